// A first scenario from the configurations a cluster already has: text with comments, meant to be read and changed.
import { posix } from 'node:path';
import { stringify } from 'yaml';
import { nodeDefaults } from '../models/node.ts';
import { parseAddress } from './addresses.ts';
import { haproxyServers, listOf, nobody, peersOf } from './configuredHosts.ts';
import type { Files } from './files.ts';
import { givesCpus } from './import/nginxConf.ts';
import { loadScenario } from './load.ts';
import { ScenarioError, type Problem } from './problem.ts';
import type { Scenario } from './scenario.ts';
import { listNames } from './wording.ts';

/** All paths as they are written into the scenario: relative to it, or absolute. */
export interface InitialInput {
  readonly nginx?: string | undefined;
  readonly haproxy?: string | undefined;
  /** Of HAProxy. */
  readonly release?: string | undefined;
  /** One a group of agents. */
  readonly ossec: readonly string[];
  /** CSV or JSON, instead of numbers of agents. */
  readonly inventory?: string | undefined;
  /** Agents of each group; a single number without a name is of the only group. */
  readonly agents: readonly { readonly group: string | null; readonly count: number }[];
  readonly rate?: string | undefined;
  readonly agentVersion?: string | undefined;
  /** Release of the managers. */
  readonly version?: string | undefined;
  readonly cpus?: number | undefined;
  /** Host of the master, as a configuration names it. */
  readonly master?: string | undefined;
  readonly fault: 'kill' | 'powerOff' | 'hang' | 'stop' | 'zombie';
  /** Who falls: a name or host of a node; absent: the first worker. */
  readonly place?: string | undefined;
  /** For editors; `null`: none is known from where the scenario lies. */
  readonly schema: string | null;
}

export interface InitialScenario {
  /** YAML, ending in a line feed. */
  readonly text: string;
  readonly scenario: Scenario;
}

interface Group {
  readonly name: string;
  /** Its ossec.conf. */
  readonly ossec: string | null;
  readonly count: number | null;
}

interface Cluster {
  readonly hosts: readonly string[];
  readonly balanced: boolean;
  /** By file of agents: it lists managers, not a balancer. */
  readonly direct: readonly boolean[];
}

interface Node {
  readonly name: string;
  readonly host: string;
  readonly role: 'master' | 'worker';
}

/** Documentation addresses (RFC 5737) for nodes that are known by name only. */
const placeholder = (index: number): string => `192.0.2.${index + 1}`;

/**
 * @param file the scenario's name, for messages. @param files relative to where it will lie.
 * @throws ScenarioError with every mistake in what was asked for and in the files it names.
 */
export function initialScenario(file: string, input: InitialInput, files: Files): InitialScenario {
  const problems: Problem[] = [];
  const problem = (text: string): void => void problems.push({ position: null, text });
  const agentVersion = input.agentVersion ?? nodeDefaults.version;
  const groups = groupsOf(input, problem);
  const cluster = hostsOf(input, agentVersion, files, problem);
  const nodes = nodesOf(cluster.hosts, input.master, problem);
  const falls = fallenNode(nodes, input.place, problem);
  if (problems.length > 0) throw new ScenarioError(file, problems);
  if (falls === null) {
    // Whatever is wrong with the configurations is why they name nobody.
    const somebody: Node = { name: 'master', host: nobody, role: 'master' };
    const asked = { ...cluster, balanced: input.nginx !== undefined || input.haproxy !== undefined };
    checked(file, textOf(input, groups, [somebody], somebody, agentVersion, asked), files);
    throw new ScenarioError(file, [
      { position: null, text: 'the configuration names no server, so there is no node to fall.' },
    ]);
  }
  const text = textOf(input, groups, nodes, falls, agentVersion, cluster);
  return { text, scenario: checked(file, text, files) };
}

/** The scenario as `fleetfall run` will read it: nothing is written that does not run. */
function checked(file: string, text: string, files: Files): Scenario {
  try {
    return loadScenario({ file, text, files });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ScenarioError(
      file,
      error.problems.map(({ position, text: said }) => ({
        position: position?.file === file ? null : position,
        text: said.includes(givesCpus) ? said.replace(givesCpus, 'say --cpus 4') : said,
      })),
    );
  }
}

function groupsOf({ ossec, agents, inventory }: InitialInput, problem: (text: string) => void): Group[] {
  if (inventory !== undefined) {
    if (agents.length > 0) problem('--agents: the inventory says how many agents there are. Leave one of them out.');
    if (ossec.length > 1)
      problem(
        '--ossec: agents of an inventory have one configuration in common. Give one file, and add others by group in the scenario.',
      );
    return [{ name: 'agents', ossec: ossec[0] ?? null, count: null }];
  }
  const names = ossec.length > 1 ? groupNames(ossec) : [agents[0]?.group ?? 'agents'];
  for (const { group } of agents) {
    if (group !== null && !names.includes(group))
      problem(`--agents ${group}=…: there is no such group. Groups: ${listNames(names)}.`);
  }
  return names.map((name, index) => {
    const said = agents.find(({ group }) => group === name || (group === null && names.length === 1));
    if (!said) {
      problem(
        `--agents: say how many agents ${names.length === 1 ? 'there are, such as --agents 9000' : `are like ${ossec[index]!}: --agents ${name}=9000`}.`,
      );
    }
    return { name, ossec: ossec[index] ?? null, count: said?.count ?? 1 };
  });
}

/** Groups called like their files: `branch/ossec.conf` is branch, `ossec-linux.conf` linux. */
function groupNames(paths: readonly string[]): string[] {
  const taken = new Set<string>();
  return paths.map((path, index) => {
    const base = posix
      .basename(path)
      .replace(/\.[^.]*$/, '')
      .replace(/^ossec[-_.]?|[-_.]?ossec$/, '');
    const from = base === '' ? posix.basename(posix.dirname(path)) : base;
    const plain = from.replace(/[^A-Za-z0-9-]+/g, '-').replace(/^-+|-+$/g, '');
    const name = /[A-Za-z]/.test(plain) && !taken.has(plain) ? plain : `group${index + 1}`;
    taken.add(name);
    return name;
  });
}

function hostsOf(
  { nginx, haproxy, release, ossec }: InitialInput,
  agentVersion: string,
  files: Files,
  problem: (text: string) => void,
): Cluster {
  if (nginx === undefined && haproxy === undefined && ossec.length === 0) {
    problem('give it a configuration: --nginx nginx.conf, --haproxy haproxy.cfg or --ossec ossec.conf.');
  }
  const read = (path: string, kind: 'text' | 'configuration'): string => {
    try {
      return files.read(path, undefined, kind);
    } catch (error) {
      problem(`${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return '';
    }
  };
  const behind = [
    ...(nginx === undefined ? [] : peersOf(nginx, read(nginx, 'configuration'), files)),
    ...(haproxy === undefined ? [] : haproxyServers(haproxy, read(haproxy, 'configuration'), release)),
  ].filter((host) => host !== '');
  const listed = ossec.map((path) => listOf(path, read(path, 'text'), agentVersion));
  const balanced = behind.length > 0;
  // An address that no balancer leads to is the balancer's own.
  const direct = listed.map((list) => !balanced || list.some((host) => behind.includes(host)));
  const own = listed.filter((_, index) => direct[index]).flat();
  const hosts = [...new Set([...behind, ...own])].filter((host) => host !== '');
  return { hosts, balanced, direct };
}

function nodesOf(hosts: readonly string[], master: string | undefined, problem: (text: string) => void): Node[] {
  if (master !== undefined && !hosts.includes(master)) {
    problem(`--master ${master}: no configuration names it. Named: ${listNames(hosts)}.`);
  }
  let workers = 0;
  return hosts.map((host, index) => {
    const role = host === (master ?? hosts[0]) ? 'master' : 'worker';
    if (role === 'worker') workers += 1;
    const label = host.split('.')[0]!;
    // A name of the operator's is kept: its first label, where no other host has the same.
    const own = parseAddress(host) === null && hosts.filter((each) => each.split('.')[0] === label).length === 1;
    const made = role === 'master' ? 'master' : `worker${String(workers).padStart(2, '0')}`;
    const name = own && /^[A-Za-z][\w-]*$/.test(label) ? label : hosts.includes(made) ? `node${index + 1}` : made;
    return { name, host, role };
  });
}

function fallenNode(nodes: readonly Node[], place: string | undefined, problem: (text: string) => void): Node | null {
  if (place === undefined) return nodes.find(({ role }) => role === 'worker') ?? nodes[0] ?? null;
  const found = nodes.find(({ name, host }) => name === place || host === place);
  if (!found) problem(`--fall ${place}: there is no such node. Nodes: ${listNames(nodes.map(({ name }) => name))}.`);
  return found ?? null;
}

/** A value as YAML writes it, on one line. */
function yaml(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trimEnd();
}

const faultComments = {
  kill: 'its processes die, the host lives: connections are refused',
  powerOff: 'its host is gone without a word',
  hang: 'its processes stand still, its kernel still accepts',
  stop: 'its processes are stopped in order',
  zombie: 'it accepts events and throws them away',
} satisfies Record<InitialInput['fault'], string>;

function textOf(
  input: InitialInput,
  groups: readonly Group[],
  nodes: readonly Node[],
  falls: Node,
  agentVersion: string,
  cluster: Cluster,
): string {
  const { schema, rate = '1/s', version = nodeDefaults.version } = input;
  const modes = modesOf(input, groups, nodes, cluster);
  const lines = [
    `# What happens to these agents, and to their events, when ${yaml(falls.name)} falls? Answer: fleetfall run <this file>`,
    '# Lines that begin with "?" say what only you know; everything else was read from the configurations or is a default.',
    ...(schema === null ? [] : [`# yaml-language-server: $schema=${schema}`]),
    'fleetfall: 1',
    `title: ${yaml(`${falls.name} falls for ten minutes`)}`,
    'replications: 10 # runs with luck drawn anew; the summary gives the mean and its interval',
    'duration: 30m # counted time; a warm-up of 2m comes before it',
    '',
    'cluster:',
    `  version: ${yaml(version)} # ? Wazuh release of the managers`,
    '  nodes:',
    '    # ? Which of them is the master; eventsPerSecond: 8000 lets the capacity of a node be judged.',
    ...nodes.map(({ name, host, role }, index) =>
      parseAddress(host) === null
        ? `    ${yaml(name)}: ${yaml({ address: placeholder(index), names: [host], role })} # ? its address`
        : `    ${yaml(name)}: ${yaml({ address: host, role })}`,
    ),
    '',
    'fleet:',
    ...groups.flatMap(({ name, count }, index) => [
      `  ${yaml(name)}:`,
      ...(count === null
        ? [
            `    inventory: ${yaml(input.inventory)}`,
            '    # ? Agents behind NAT: nat: [{ from: 10.0.0.0/8, to: [203.0.113.7] }]',
          ]
        : [
            `    count: ${count}`,
            `    version: ${yaml(agentVersion)} # ? Wazuh release of these agents`,
            `    addresses: ${yaml(`10.${index}.0.0/${count > 65_000 ? 8 : 16}`)} # ? as the balancer sees them; behind NAT: nat: [203.0.113.7]`,
          ]),
      `    events: ${yaml({ rate, size: '300B' })} # ? what an agent writes${count === null ? ' where the inventory has no eps' : ''}`,
    ]),
    '',
    'modes: # ways to connect the agents, compared under the same luck',
    ...modes,
    '',
    'faults:',
    `  - ${yaml({ at: '10m', [input.fault]: falls.name, for: '10m' })} # ${faultComments[input.fault]}`,
    '',
    '# What must hold; a run that breaches one of them exits with code 99.',
    'expect:',
    ...expectationsOf(input, cluster.balanced),
  ];
  return `${lines.join('\n')}\n`;
}

function firstMode({ nginx, haproxy }: InitialInput): string {
  return nginx === undefined && haproxy === undefined ? 'failover' : 'load-balancer';
}

function modesOf(input: InitialInput, groups: readonly Group[], nodes: readonly Node[], cluster: Cluster): string[] {
  const { nginx, haproxy, release, cpus } = input;
  const { balanced, direct } = cluster;
  const [first, ...others] = groups.filter(({ ossec }) => ossec !== null);
  // One file that lists managers while there is a balancer: two ways to connect the same agents, and the question is which.
  const alternative = balanced && first !== undefined && others.length === 0 && direct[0] === true;
  const configured = {
    ...(first && { ossec: first.ossec }),
    ...(others.length > 0 && { groups: Object.fromEntries(others.map(({ name, ossec }) => [name, { ossec }])) }),
  };
  const settings = Object.entries(configured).map(([setting, value]) => `    ${setting}: ${yaml(value)}`);
  const balancer = (name: string, key: 'nginx' | 'haproxy', file: string, more: object): string[] => [
    `  ${name}: # as it is configured`,
    `    ${key}: ${yaml(Object.keys(more).length === 0 ? file : { file, ...more })}`,
    ...(alternative ? [] : settings),
  ];
  const list = nodes.map(({ name }) => name);
  const shuffled = [`    servers: ${yaml(list)}`, '    order: shuffled'];
  return [
    ...(nginx === undefined ? [] : balancer('load-balancer', 'nginx', nginx, cpus === undefined ? {} : { cpus })),
    ...(haproxy === undefined
      ? []
      : balancer(nginx === undefined ? 'load-balancer' : 'haproxy', 'haproxy', haproxy, {
          ...(release !== undefined && { version: release }),
          ...(cpus !== undefined && { cpus }),
        })),
    ...(alternative ? ["  failover: # the agents' list as it is configured, without the balancer", ...settings] : []),
    ...(balanced && !alternative
      ? [
          '  failover: # for comparison: no balancer, each agent has all nodes in its list, in an order of its own',
          ...shuffled,
        ]
      : []),
    ...(balanced ? [] : ['  failover: # as it is configured', ...settings]),
    ...((alternative || !balanced) && list.length > 1
      ? ['  failover-shuffled: # for comparison: all nodes, each agent in an order of its own', ...shuffled]
      : []),
  ];
}

function expectationsOf(input: InitialInput, balanced: boolean): string[] {
  const mode = firstMode(input);
  return [
    `  - ${mode}.reconnect.unfinished == 0 # everybody reports again before the run ends`,
    `  # - ${mode}.reconnect.p95 <= 2m`,
    `  # - ${mode}.loss.share < 0.1%`,
    `  # - ${mode}.skew.agents.after < 1.5`,
    ...(balanced ? [`  # - ${mode}.events.lost <= failover.events.lost`] : []),
  ];
}
