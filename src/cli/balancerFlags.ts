// What `assign` and `explain` are told of a balancer's configuration, and of what it would be.
import { parseHaproxyVersion, type HaproxyVersion } from '../models/balancer/haproxy/versions.ts';
import { nginxChooser } from '../scenario/assign.ts';
import { haproxyChooser } from '../scenario/assignHaproxy.ts';
import { chosenNames, type ChosenName } from '../scenario/chosenNames.ts';
import type { Chooser } from '../scenario/chooser.ts';
import { diskFiles, includeFrom, readTextFile, type TextKind } from '../scenario/files.ts';
import { ScenarioError, type Problem } from '../scenario/problem.ts';
import { releaseProblem } from '../scenario/import/nginxReleases.ts';
import type { Warning } from '../scenario/scenario.ts';
import type { ServerChanges } from '../scenario/serverChanges.ts';
import type { Anonymiser } from '../report/anonymise.ts';
import { printable } from '../report/escape.ts';
import { UsageError, type Io } from './io.ts';

export interface ConfigurationFlags {
  readonly nginx?: string;
  readonly haproxy?: string;
  readonly upstream?: string;
  readonly backend?: string;
  readonly release?: string;
  readonly env: readonly string[];
  readonly allowIncludesOutside?: boolean;
  readonly port?: number;
  readonly down: readonly string[];
  readonly resolve: readonly string[];
}

export interface ChangeFlags {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly weight: readonly string[];
}

/** @throws ScenarioError with the system's reason. */
export function readInput(path: string, kind?: TextKind): string {
  try {
    return readTextFile(path, undefined, kind);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ScenarioError(path, [{ position: null, text: `cannot be read: ${reason}` }]);
  }
}

/**
 * Asks for a choice in the file of a product, and in the file as it would be.
 * @param problems everything that is wrong but for the file itself goes there.
 */
export function chooserFromFlags(
  flags: ConfigurationFlags,
  problems: Problem[],
): (changes?: ServerChanges) => Chooser | null {
  const { nginx, haproxy } = flags;
  const file = (nginx ?? haproxy)!;
  refuseOthers(flags);
  const resolve = namesOf(flags.resolve);
  const env = envOf(flags.env);
  const nginxRelease = nginx === undefined ? undefined : nginxReleaseOf(flags);
  const version = nginx === undefined ? releaseOf(flags) : undefined;
  const common = { file, text: readInput(file, 'configuration'), port: flags.port, down: flags.down, resolve };
  const readInclude = includeFrom(diskFiles('.'), file, flags.allowIncludesOutside);
  return (changes) =>
    nginx !== undefined
      ? nginxChooser({ ...common, readInclude, upstream: flags.upstream, version: nginxRelease }, problems, changes)
      : haproxyChooser({ ...common, version, backend: flags.backend, env }, problems, changes);
}

/** Flags of one product beside the file of the other. */
function refuseOthers({ nginx, haproxy, upstream, backend, env }: ConfigurationFlags): void {
  if (nginx !== undefined && haproxy !== undefined) throw new UsageError('give it --nginx or --haproxy, not both.');
  const wrong =
    nginx === undefined
      ? upstream === undefined
        ? null
        : '--upstream is of nginx. For HAProxy: --backend NAME.'
      : backend !== undefined
        ? '--backend is of HAProxy. For nginx: --upstream NAME.'
        : env.length > 0
          ? '--env is of HAProxy.'
          : null;
  if (wrong !== null) throw new UsageError(wrong);
}

/** Flags about a configuration beside a scenario, which has its own. */
export function refuseConfiguration({
  upstream,
  backend,
  release,
  env,
  port,
  down,
  resolve,
}: ConfigurationFlags): void {
  const given = [
    ...(upstream === undefined ? [] : ['--upstream']),
    ...(backend === undefined ? [] : ['--backend']),
    ...(release === undefined ? [] : ['--release']),
    ...(port === undefined ? [] : ['--port']),
    ...(env.length > 0 ? ['--env'] : []),
    ...(down.length > 0 ? ['--down'] : []),
    ...(resolve.length > 0 ? ['--resolve'] : []),
  ];
  if (given.length === 0) return;
  throw new UsageError(`${given[0]!} belongs to --nginx or --haproxy; a scenario says it itself.`);
}

function namesOf(pairs: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>();
  for (const pair of pairs) {
    const match = /^([^=]+)=(.+)$/.exec(pair);
    if (!match) throw new UsageError(`--resolve takes NAME=ADDR[,ADDR], got ${JSON.stringify(pair)}.`);
    const [, name = '', addresses = ''] = match;
    names.set(name, [...(names.get(name) ?? []), ...addresses.split(',')]);
  }
  return names;
}

function nginxReleaseOf({ release }: ConfigurationFlags): string | undefined {
  if (release === undefined || releaseProblem(release) === null) return release;
  throw new UsageError(`--release takes 1.22.1 to 1.31 with a patch, such as 1.27.3, got ${JSON.stringify(release)}.`);
}

function releaseOf({ release }: ConfigurationFlags): HaproxyVersion | undefined {
  if (release === undefined) return undefined;
  const version = parseHaproxyVersion(release);
  if (version === null) {
    throw new UsageError(
      `--release takes 2.6 to 3.4, or a patch release such as 2.6.12, got ${JSON.stringify(release)}.`,
    );
  }
  return version;
}

function envOf(pairs: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--env takes NAME=VALUE, got ${JSON.stringify(pair)}.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

export function changesOf({ add, remove, weight }: ChangeFlags): ServerChanges {
  return {
    add,
    remove,
    weight: weight.map((pair) => {
      const match = /^(.+)=(\d{1,9})$/s.exec(pair);
      if (!match) throw new UsageError(`--weight takes SERVER=N, got ${JSON.stringify(pair)}.`);
      return { server: match[1]!, weight: Number(match[2]) };
    }),
  };
}

/** A change as it was written, one line each. */
export function changeTexts({ add, remove, weight }: ChangeFlags): string[] {
  return [
    ...remove.map((text) => `remove ${text}`),
    ...add.map((text) => `add ${text}`),
    ...weight.map((text) => `weight ${text}`),
  ];
}

/** With `--anonymise`: the names in a configuration, in what is asked of it, and in the servers that answer. */
export function learnConfiguration(
  flags: ConfigurationFlags & Partial<ChangeFlags>,
  servers: readonly { readonly label: string }[],
  description: string,
  names: Anonymiser,
): void {
  const { nginx, haproxy, upstream, backend, down, resolve, add = [], remove = [], weight = [] } = flags;
  const given = [upstream, backend, ...down, ...resolve.map((pair) => pair.split('=')[0]), ...remove].concat(
    weight.map((pair) => pair.replace(/=[^=]*$/, '')),
    add.map((text) => text.trim().split(/\s+/)[0]),
  );
  const texts = [...servers.map(({ label }) => label), ...given.filter((text) => text !== undefined)];
  const hosts = texts.map((text) => text.replace(/:\d+$/, ''));
  names.learn([...texts, ...hosts].map((text): ChosenName => ({ kind: 'server', text })));
  // What is told of the choice has the variables and texts of its key, even those of a file that was included.
  const file = nginx ?? haproxy;
  names.learn(chosenNames(null, new Map([['', description]])));
  if (file !== undefined) names.learn(chosenNames(null, new Map([[file, readInput(file, 'configuration')]])));
}

export function tellWarnings(warnings: readonly Warning[], io: Io): void {
  if (io.nameless) {
    if (warnings.length > 0)
      io.err(`note: ${warnings.length} warnings repeat what files say and are left out (--anonymise).\n`);
    return;
  }
  for (const { position, text } of warnings) {
    const place = position ? `${position.file}:${position.line}:${position.column}: ` : '';
    io.err(`${printable(`warning: ${place}${text}`)}\n`);
  }
}
