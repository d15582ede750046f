// Which server does each client address land on? The same choice of HAProxy the simulation makes, asked one connection after the other.
import { rootKey } from '../kernel/random.ts';
import { createHaproxyBackend } from '../models/balancer/haproxy/haproxy.ts';
import type { HaproxyBindOptions } from '../models/balancer/haproxy/options.ts';
import { haproxyRemarks } from '../models/balancer/haproxy/remarks.ts';
import { documentedVersion, type HaproxyVersion } from '../models/balancer/haproxy/versions.ts';
import { askedAtUs, assigned, resolverOf, type AssignAsked, type Assignment, type Chooser } from './chooser.ts';
import { readHaproxyConf, type HaproxyConf, type HaproxyConfInput } from './import/haproxyConf.ts';
import { askedByFlag } from './import/haproxySyntax.ts';
import { ScenarioError, type Problem } from './problem.ts';
import type { Warning } from './scenario.ts';
import {
  changeBackend,
  isChange,
  noChanges,
  readChanged,
  unfound,
  weightSettings,
  type ServerChanges,
} from './serverChanges.ts';
import { listNames, quote } from './wording.ts';

export interface HaproxyAsked {
  readonly file: string;
  readonly text: string;
  /** Absent: the one Wazuh documents. */
  readonly version?: HaproxyVersion | undefined;
  readonly backend?: string | undefined;
  /** Port of the `bind`; default 1514. */
  readonly port?: number | undefined;
  /** Names of servers that their checks have found down. */
  readonly down: readonly string[];
  /** Addresses of host names. */
  readonly resolve: ReadonlyMap<string, readonly string[]>;
  readonly env: ReadonlyMap<string, string>;
}

export type AssignHaproxyInput = HaproxyAsked & AssignAsked;

/** Where the clients come in, and the backend that is asked. */
interface Way {
  readonly bind: HaproxyBindOptions;
  readonly frontendIndex: number;
  readonly backendIndex: number;
}

/**
 * The clients connect one after the other, and each leaves before the next comes.
 * @returns names of servers.
 * @throws ScenarioError for mistakes in the configuration, a line that is no address, or a name that is not in the file.
 */
export function assignHaproxy(input: AssignHaproxyInput): Assignment {
  const problems: Problem[] = [];
  return assigned(input, haproxyChooser(input, problems), problems);
}

/**
 * @param problems names that are not in the file, and the like, go there.
 * @param changes a hypothetical other configuration.
 * @returns `null` where there were problems.
 * @throws ScenarioError for mistakes in the configuration.
 */
export function haproxyChooser(
  input: HaproxyAsked,
  problems: Problem[],
  changes: ServerChanges = noChanges,
): Chooser | null {
  const conf = readAsked(input);
  const warnings = [...conf.warnings];
  const before = problems.length;
  const problem = (text: string): void => void problems.push({ position: null, text });
  const warn = (text: string): void => void warnings.push({ position: null, text });
  const way = wayThrough(conf, input, problem, warn);
  if (way && isChange(changes)) {
    const changed = changedConf(input, conf.options.backends[way.backendIndex]!.name, changes, problems);
    if (changed === null) return null;
    const again = wayThrough(changed, input, problem, () => {});
    return again && chooserOf(changed, input, again, changed.warnings);
  }
  const backend = way && conf.options.backends[way.backendIndex]!;
  if (way) problems.push(...conf.problemsOf(way.frontendIndex, way.backendIndex));
  if (backend) {
    const names = backend.servers.map(({ serverText }) => serverText);
    for (const name of input.down) {
      if (!names.includes(name)) problem(`--down: no server is called ${quote(name)}. Known: ${listNames(names)}.`);
    }
    if (backend.balance.kind === 'hash' && backend.balance.sample.fetch === 'src_port') {
      problem('balance hash src_port: the port of a client is not in its line.');
    }
  }
  if (problems.length > before || way === null) return null;
  return chooserOf(conf, input, way, warnings);
}

function readAsked(input: HaproxyAsked, more: Partial<HaproxyConfInput> = {}): HaproxyConf {
  const conf = withFlags(() =>
    readHaproxyConf({
      file: input.file,
      text: input.text,
      version: input.version ?? documentedVersion,
      cpus: 1,
      env: input.env,
      resolve: resolverOf(input.resolve),
      assume: [],
      purpose: 'choice',
      ...more,
    }),
  );
  return { ...conf, problemsOf: (...which) => conf.problemsOf(...which).map(flagged) };
}

/** What a scenario would say beside the file is here said by flags. */
function flagged(problem: Problem): Problem {
  return { ...problem, text: askedByFlag(problem.text) };
}

function withFlags<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ScenarioError(error.source, error.problems.map(flagged));
  }
}

/** The file as it would be. */
function changedConf(
  input: HaproxyAsked,
  backend: string,
  changes: ServerChanges,
  problems: Problem[],
): HaproxyConf | null {
  const settings = weightSettings(changes, { name: 'backend', selector: backend });
  return readChanged(problems, () =>
    readAsked(input, {
      settings,
      edit: (sections, found) => {
        problems.push(...unfound(settings));
        return changeBackend(sections, backend, changes, found);
      },
    }),
  );
}

function chooserOf(
  conf: HaproxyConf,
  { file, down }: HaproxyAsked,
  { bind, frontendIndex, backendIndex }: Way,
  known: readonly Warning[],
): Chooser {
  const backend = conf.options.backends[backendIndex]!;
  const balancer = createHaproxyBackend(conf.options, backendIndex, rootKey('assign', 0))(bind);
  const remarks = haproxyRemarks(conf.options).filter((remark) => remark.backendIndex === backendIndex);
  const warnings = [...known, ...remarks.map(({ text }): Warning => ({ position: null, text }))];
  backend.servers.forEach(({ serverText, check }, index) => {
    if (!down.includes(serverText)) return;
    if (check === null) {
      const text = `--down ${serverText}: it has no check, so HAProxy would not find it down by itself.`;
      warnings.push({ position: null, text });
      balancer.admin!.setState(index, 'maint', askedAtUs);
      return;
    }
    for (let failed = 0; failed < check.rise + check.fall && balancer.admin!.isUp(index); failed++) {
      balancer.checks!.checked(index, false, askedAtUs);
    }
  });
  return {
    balancer,
    description: conf.description(frontendIndex),
    place: `${file}, backend ${backend.name} behind port ${bind.port}`,
    servers: backend.servers.map(({ serverText, weight, backup, disabled }) => ({
      label: serverText,
      weight,
      takesPart: !backup && !disabled && weight > 0 && !down.includes(serverText),
      refuses: false,
    })),
    warnings,
  };
}

/** The frontend that listens on the port, else the one whose connections go to the backend. */
function wayThrough(
  { options, bindPositions }: HaproxyConf,
  input: HaproxyAsked,
  problem: (text: string) => void,
  warn: (text: string) => void,
): Way | null {
  const { frontends, backends } = options;
  const port = input.port ?? 1514;
  const ways = frontends.flatMap(({ binds, backendIndex }, frontendIndex) =>
    binds.map((bind): Way => ({ bind, frontendIndex, backendIndex })),
  );
  const onPort = ways.filter(({ bind }) => bind.port === port);
  const ports = (): string =>
    listNames(
      frontends.flatMap(({ binds }, front) =>
        binds.map((bind, index) => `${bind.port} (line ${bindPositions[front]![index]!.line})`),
      ),
    );
  const backendsOf = (list: readonly Way[]): number => new Set(list.map(({ backendIndex }) => backendIndex)).size;
  if (input.backend === undefined) {
    const way = onPort[0] ?? (input.port === undefined && backendsOf(ways) === 1 ? ways[0] : undefined);
    if (backendsOf(onPort) > 1) problem(`several frontends listen on ${port}. Name the backend: --backend NAME.`);
    else if (way) return way;
    else if (ways.length === 0) problem('no frontend of this file listens for connections.');
    else problem(`--port: no frontend listens on ${port}. Ports of this file: ${ports()}.`);
    return null;
  }
  const backendIndex = backends.findIndex(({ name }) => name === input.backend);
  if (backendIndex < 0) {
    const known = listNames(backends.map(({ name }) => name));
    problem(`--backend: there is no backend ${quote(input.backend)}. Known: ${known}.`);
    return null;
  }
  const { name } = backends[backendIndex]!;
  const leads = (list: readonly Way[]): Way | undefined => list.find((way) => way.backendIndex === backendIndex);
  const way = leads(onPort) ?? leads(ways) ?? onPort[0] ?? ways[0];
  if (!way) {
    problem('no frontend of this file listens for connections.');
    return null;
  }
  if (way.backendIndex !== backendIndex) {
    warn(`no frontend leads to ${quote(name)} by itself; the clients come to port ${way.bind.port}.`);
  } else if (input.port !== undefined && way.bind.port !== port) {
    warn(`no frontend of ${quote(name)} listens on ${port}; the one on ${way.bind.port} is taken.`);
  }
  return { ...way, backendIndex };
}
