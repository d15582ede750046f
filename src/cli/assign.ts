// fleetfall assign: which server does each client address land on? Lines in, CSV out.
import { stringify } from 'csv-stringify/sync';
import { parseHaproxyVersion, type HaproxyVersion } from '../models/balancer/haproxy/versions.ts';
import { assignNginx } from '../scenario/assign.ts';
import { assignHaproxy } from '../scenario/assignHaproxy.ts';
import { diskFiles, includeFrom, readTextFile, type TextKind } from '../scenario/files.ts';
import { ScenarioError } from '../scenario/problem.ts';
import { ExitCode, UsageError, type Io } from './io.ts';

export interface AssignFlags {
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

export async function assign(clientsFile: string | undefined, flags: AssignFlags, io: Io): Promise<number> {
  const { nginx, haproxy } = flags;
  const file = nginx ?? haproxy;
  if (file === undefined) {
    throw new UsageError('give it the configuration: --nginx nginx.conf, or --haproxy haproxy.cfg.');
  }
  refuseOthers(flags);
  const read = (path: string, kind?: TextKind): string => {
    try {
      return readTextFile(path, undefined, kind);
    } catch (error) {
      throw new ScenarioError(path, [
        { position: null, text: `cannot be read: ${error instanceof Error ? error.message : String(error)}` },
      ]);
    }
  };
  const names = new Map<string, readonly string[]>();
  for (const pair of flags.resolve) {
    const match = /^([^=]+)=(.+)$/.exec(pair);
    if (!match) throw new UsageError(`--resolve takes NAME=ADDR[,ADDR], got ${JSON.stringify(pair)}.`);
    const [, name = '', addresses = ''] = match;
    names.set(name, [...(names.get(name) ?? []), ...addresses.split(',')]);
  }
  const text = read(file, 'configuration');
  const input = clientsFile === undefined || clientsFile === '-' ? await io.readInput() : read(clientsFile);
  const lines = input.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const clients = lines.map((line) => line.trim());
  const common = {
    file,
    text,
    clients,
    clientsFile: clientsFile ?? 'standard input',
    port: flags.port,
    down: flags.down,
    resolve: names,
  };
  const { servers, warnings } =
    nginx !== undefined
      ? assignNginx({
          ...common,
          readInclude: includeFrom(diskFiles('.'), nginx, flags.allowIncludesOutside),
          upstream: flags.upstream,
          version: nginxReleaseOf(flags),
        })
      : assignHaproxy({ ...common, version: releaseOf(flags), backend: flags.backend, env: envOf(flags.env) });
  for (const { position, text: warning } of warnings) {
    io.err(`warning: ${position ? `${position.file}:${position.line}:${position.column}: ` : ''}${warning}\n`);
  }
  io.out(
    stringify(
      clients.map((client, index) => [client, servers[index]!]),
      { header: true, columns: ['client', 'server'], escape_formulas: true },
    ),
  );
  return ExitCode.Ok;
}

/** Flags of one product beside the file of the other. */
function refuseOthers({ nginx, haproxy, upstream, backend, env }: AssignFlags): void {
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

function nginxReleaseOf({ release }: AssignFlags): string | undefined {
  if (release === undefined || /^1\.(2[2-9]|3[01])\.\d+$/.test(release)) return release;
  throw new UsageError(`--release takes 1.22.1 to 1.31 with a patch, such as 1.27.3, got ${JSON.stringify(release)}.`);
}

function releaseOf({ release }: AssignFlags): HaproxyVersion | undefined {
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
