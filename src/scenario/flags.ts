// A run without a scenario file: the cluster is what the configurations name, the rest is said as an assumption.
import { stringify } from 'yaml';
import { knownAgentVersion } from '../models/agentVersions.ts';
import { nodeDefaults } from '../models/node.ts';
import { parseAddress } from './addresses.ts';
import { flagCommand } from './command.ts';
import { haproxyServers, listOf, nobody, peersOf } from './configuredHosts.ts';
import { diskFiles, type Files } from './files.ts';
import { givesCpus } from './import/nginxConf.ts';
import { loadScenario, type Overrides } from './load.ts';
import { ScenarioError, type Problem } from './problem.ts';
import type { Scenario } from './scenario.ts';
import { listNames } from './wording.ts';

export interface FlagScenario {
  readonly nginx?: string;
  readonly haproxy?: string;
  /** Of HAProxy. */
  readonly release?: string;
  readonly ossec?: string;
  /** Processors of the balancer, for `worker_processes auto`. */
  readonly cpus?: number;
  readonly agents?: number;
  readonly rate?: string;
  readonly agentVersion?: string;
  /** `name=address` of nodes. */
  readonly node?: readonly string[];
  readonly kill?: readonly string[];
  readonly powerOff?: readonly string[];
  readonly hang?: readonly string[];
  readonly stop?: readonly string[];
  readonly zombie?: readonly string[];
  readonly at?: string;
  readonly for?: string;
  readonly duration?: string;
  readonly overrides?: Overrides;
}

const source = 'command line';

/** What a path of the scenario that is made here is called on the command line. */
const flagPaths: readonly (readonly [path: RegExp, flag: string])[] = [
  [/^duration\b/, '--duration'],
  [/^fleet\.agents\.events\.rate\b/, '--rate'],
  [/^fleet\.agents\.version\b/, '--agent-version'],
  [/^faults\[\d+\]\.at\b/, '--at'],
  [/^faults\[\d+\]\.for\b/, '--for'],
  [/^faults\[\d+\]\.kill\b/, '--kill'],
  [/^faults\[\d+\]\.powerOff\b/, '--power-off'],
  [/^faults\[\d+\]\.hang\b/, '--hang'],
  [/^faults\[\d+\]\.stop\b/, '--stop'],
  [/^faults\[\d+\]\.zombie\b/, '--zombie'],
  [/^modes\.[a-z-]+\.nginx\b/, '--nginx'],
  [/^modes\.[a-z-]+\.haproxy\.version\b/, '--release'],
  [/^modes\.[a-z-]+\.haproxy\b/, '--haproxy'],
  [/^modes\.[a-z-]+\.ossec\b/, '--ossec'],
];
const faultKinds = ['kill', 'powerOff', 'hang', 'stop', 'zombie'] as const;

/** @throws ScenarioError with every mistake in the flags and the files they name. */
export function scenarioFromFlags(flags: FlagScenario, files: Files = diskFiles('.')): Scenario {
  const problems: Problem[] = [];
  const problem = (text: string): void => void problems.push({ position: null, text });
  const version = flags.agentVersion ?? nodeDefaults.version;
  const wrong = knownAgentVersion(version);
  if (wrong !== null) problem(`--agent-version: ${wrong}`);
  if (flags.agents === undefined) problem('--agents: say how many agents there are, such as --agents 9000.');
  const falls = faultKinds.flatMap((kind) => (flags[kind] ?? []).map((place) => ({ kind, place })));
  for (const flag of ['at', 'for'] as const) {
    if (flags[flag] !== undefined && falls.length === 0) {
      problem(
        `--${flag}: nothing happens that it could be about. Add --kill, --power-off, --hang, --stop or --zombie.`,
      );
    }
  }
  const read = (flag: string, path: string): string | null => {
    try {
      return files.read(path, undefined, flag === '--ossec' ? 'text' : 'configuration');
    } catch (error) {
      problem(`${flag} ${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  const nginxText = flags.nginx === undefined ? null : read('--nginx', flags.nginx);
  const haproxyText = flags.haproxy === undefined ? null : read('--haproxy', flags.haproxy);
  if (flags.release !== undefined && flags.haproxy === undefined) problem('--release is of HAProxy: add --haproxy.');
  const ossecText = flags.ossec === undefined ? null : read('--ossec', flags.ossec);
  const peers = [
    ...(nginxText === null ? [] : peersOf(flags.nginx!, nginxText, files, flags.overrides?.includesOutside)),
    ...(haproxyText === null ? [] : haproxyServers(flags.haproxy!, haproxyText, flags.release)),
  ];
  // Mistakes of the files are told, with their places, when the scenario is read.
  const listed = ossecText === null || wrong !== null ? [] : listOf(flags.ossec!, ossecText, version);
  // An address that is no node's is the balancer's.
  const balanced = nginxText !== null || haproxyText !== null;
  const behindBalancer = balanced && !listed.some((host) => peers.includes(host));
  const hosts = [...new Set([...peers, ...(behindBalancer ? [] : listed)])].filter((host) => host !== '');
  const named = new Map<string, string>();
  for (const pair of flags.node ?? []) {
    const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/.exec(pair);
    if (!match) problem(`--node takes name=address such as worker01=172.0.0.4, got ${JSON.stringify(pair)}.`);
    else if (!hosts.includes(match[2]!))
      problem(`--node ${pair}: no configuration names ${match[2]!}. Named: ${listNames(hosts)}.`);
    else if ([...named.values()].includes(match[1]!))
      problem(`--node ${pair}: ${match[1]!} is the name of another node.`);
    else named.set(match[2]!, match[1]!);
  }
  if (problems.length > 0) throw new ScenarioError(source, problems);

  const nodes = Object.fromEntries(
    (hosts.length === 0 ? [nobody] : hosts).map((host, index) => [
      named.get(host) ?? host,
      {
        address: parseAddress(host) === null ? `192.0.2.${index + 1}` : host,
        names: [host],
        role: index === 0 ? 'master' : 'worker',
      },
    ]),
  );
  const at = flags.at ?? '10m';
  const length = flags.for ?? '10m';
  const rate = flags.rate ?? '1/s';
  const addresses = '10.0.0.0/8';
  const modes: Record<string, unknown> = {};
  if (flags.nginx !== undefined) {
    const nginx = flags.cpus === undefined ? flags.nginx : { file: flags.nginx, cpus: flags.cpus };
    modes['load-balancer'] = { nginx, ...(behindBalancer && flags.ossec && { ossec: flags.ossec }) };
  }
  if (flags.haproxy !== undefined) {
    const { haproxy: file, cpus, release: version } = flags;
    const haproxy = cpus === undefined && version === undefined ? file : { file, cpus, version };
    const name = flags.nginx === undefined ? 'load-balancer' : 'haproxy';
    modes[name] = { haproxy, ...(behindBalancer && flags.ossec && { ossec: flags.ossec }) };
  }
  if (flags.ossec !== undefined && !behindBalancer) modes.failover = { ossec: flags.ossec };
  const scenario = {
    fleetfall: 1,
    title: `${flags.agents!} agents: ${falls.map(({ kind, place }) => `${kind} ${place}`).join(', ') || 'nothing happens'}`,
    duration: flags.duration ?? '30m',
    cluster: { nodes },
    fleet: { agents: { count: flags.agents!, version, addresses, events: { rate } } },
    modes,
    faults: faultKinds.flatMap((kind) => (flags[kind]?.length ? [{ at, [kind]: flags[kind], for: length }] : [])),
  };
  const said: string[] = [];
  if (hosts.some((host) => parseAddress(host) === null)) {
    said.push('Host names stand for one node each; their addresses do not matter for the choice.');
  }
  said.push(`Every agent is of release ${version} and writes ${rate}.`);
  if (balanced) said.push(`The agents have the first addresses of ${addresses}.`);
  if (falls.length > 0) said.push(`The fault is at ${at} for ${length}.`);
  let loaded: Scenario;
  try {
    loaded = loadScenario({ file: source, text: stringify(scenario), files, overrides: flags.overrides ?? {} });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ScenarioError(
      source,
      error.problems.map(({ position, text }) => ({
        position: position?.file === source ? null : position,
        text: inFlags(text),
      })),
    );
  }
  if (hosts.length === 0) {
    throw new ScenarioError(source, [
      { position: null, text: 'the configuration names no server, so there is no node to fall.' },
    ]);
  }
  const modesSaid = loaded.modes.map((mode) => ({ ...mode, assumptions: [...said, ...mode.assumptions] }));
  return { ...loaded, name: 'run', modes: modesSaid, command: flagCommand(flags) };
}

function inFlags(text: string): string {
  if (text.includes(givesCpus)) return text.replace(givesCpus, 'say --cpus 4');
  for (const [path, flag] of flagPaths) if (path.test(text)) return text.replace(path, flag);
  return text;
}
