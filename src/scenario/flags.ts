// A run without a scenario file: the cluster is what the configurations name, the rest is said as an assumption.
import { stringify } from 'yaml';
import { parseAddress } from './addresses.ts';
import { flagCommand } from './command.ts';
import { diskFiles, includeFrom, type Files } from './files.ts';
import { readDirectives, type Directive } from './import/nginxSyntax.ts';
import { readOssecConf } from './import/ossecConf.ts';
import { loadScenario, type Overrides } from './load.ts';
import { ScenarioError, type Problem } from './problem.ts';
import type { Scenario } from './scenario.ts';

export interface FlagScenario {
  readonly nginx?: string;
  readonly ossec?: string;
  readonly agents?: number;
  readonly rate?: string;
  readonly agentVersion?: string;
  /** `name=address` of nodes. */
  readonly node?: readonly string[];
  readonly kill?: readonly string[];
  readonly powerOff?: readonly string[];
  readonly hang?: readonly string[];
  readonly at?: string;
  readonly for?: string;
  readonly duration?: string;
  readonly overrides?: Overrides;
}

const source = 'command line';

/** @throws ScenarioError with every mistake in the flags and the files they name. */
export function scenarioFromFlags(flags: FlagScenario, files: Files = diskFiles('.')): Scenario {
  const problems: Problem[] = [];
  const problem = (text: string): void => void problems.push({ position: null, text });
  const version = flags.agentVersion ?? '4.14.7';
  if (flags.agents === undefined) problem('--agents: say how many agents there are, such as --agents 9000.');
  const read = (flag: string, path: string): string => {
    try {
      return files.read(path);
    } catch (error) {
      problem(`${flag} ${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return '';
    }
  };
  const hosts: string[] = [];
  const collect = (host: string): void => {
    if (host !== '' && !hosts.includes(host)) hosts.push(host);
  };
  if (flags.nginx !== undefined) {
    const text = read('--nginx', flags.nginx);
    // Mistakes of the file are told, with their places, when the scenario is read.
    const directives = readDirectives(flags.nginx, text, includeFrom(files, flags.nginx), [], []);
    const visit = (list: readonly Directive[], inUpstream: boolean): void => {
      for (const { name, args, block } of list) {
        const [target] = args;
        if (block) visit(block, name === 'upstream');
        else if (
          target &&
          ((inUpstream && name === 'server') || (name === 'proxy_pass' && /:\d+$/.test(target.text)))
        ) {
          collect(target.text.replace(/:\d+$/, ''));
        }
      }
    };
    visit(
      directives.filter(({ name }) => name === 'stream'),
      false,
    );
  }
  if (flags.ossec !== undefined) {
    const text = read('--ossec', flags.ossec);
    if (problems.length === 0)
      for (const server of readOssecConf({ file: flags.ossec, text, version }).servers) collect(server.text);
  }
  const named = new Map<string, string>();
  for (const pair of flags.node ?? []) {
    const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/.exec(pair);
    if (!match) problem(`--node takes name=address such as worker01=172.0.0.4, got ${JSON.stringify(pair)}.`);
    else if (!hosts.includes(match[2]!))
      problem(`--node ${pair}: no configuration names ${match[2]!}. Named: ${hosts.join(', ')}.`);
    else named.set(match[2]!, match[1]!);
  }
  const said: string[] = [];
  let invented = 0;
  const nodes: Record<string, { address: string; names: string[]; role: 'master' | 'worker' }> = {};
  hosts.forEach((host, index) => {
    const isAddress = parseAddress(host) !== null;
    if (!isAddress) invented += 1;
    nodes[named.get(host) ?? host] = {
      address: isAddress ? host : `192.0.2.${index + 1}`,
      names: [host],
      role: index === 0 ? 'master' : 'worker',
    };
  });
  if (hosts.length === 0 && problems.length === 0)
    problem('the configuration names no server, so there is no node to fall.');
  if (problems.length > 0) throw new ScenarioError(source, problems);
  if (invented > 0) said.push('Host names stand for one node each; their addresses do not matter for the choice.');
  said.push(`Every agent is of release ${version} and writes ${flags.rate ?? '1/s'}.`);
  const at = flags.at ?? '10m';
  const length = flags.for ?? '10m';
  const faults = (['kill', 'powerOff', 'hang'] as const).flatMap((kind) =>
    (flags[kind] ?? []).length > 0 ? [{ at, [kind]: flags[kind], for: length }] : [],
  );
  const falls = (['kill', 'powerOff', 'hang'] as const).flatMap((kind) =>
    (flags[kind] ?? []).map((place) => `${kind} ${place}`),
  );
  if (faults.length > 0) said.push(`The fault is at ${at} for ${length}.`);
  const modes: Record<string, unknown> = {};
  if (flags.nginx !== undefined) modes['load-balancer'] = { nginx: flags.nginx };
  if (flags.ossec !== undefined) modes.failover = { ossec: flags.ossec };
  const scenario = {
    fleetfall: 1,
    title: `${flags.agents!} agents: ${falls.length === 0 ? 'nothing happens' : falls.join(', ')}`,
    duration: flags.duration ?? '30m',
    cluster: { nodes },
    fleet: {
      agents: { count: flags.agents!, version, addresses: '10.0.0.0/8', events: { rate: flags.rate ?? '1/s' } },
    },
    modes,
    faults,
  };
  try {
    const loaded = loadScenario({ file: source, text: stringify(scenario), files, overrides: flags.overrides ?? {} });
    const modesSaid = loaded.modes.map((mode) => ({ ...mode, assumptions: [...said, ...mode.assumptions] }));
    return { ...loaded, name: 'run', modes: modesSaid, command: flagCommand(flags) };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ScenarioError(
      source,
      error.problems.map(({ position, text }) => ({ position: position?.file === source ? null : position, text })),
    );
  }
}
