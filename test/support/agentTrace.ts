// A measured run of the real agent, played by the engine. Loopback: next to no latency, send buffers of its MTU, nobody on the
// registration port.
import type { ServerOptions } from '../../src/models/agentOptions.ts';
import { agentWithSettings, type AgentDefaults, type AgentSettings } from '../../src/models/agentVersions.ts';
import { killDefaults, type LinkFault, type PlaceFault } from '../../src/models/fault.ts';
import { networkDefaults } from '../../src/models/network.ts';
import { nodeDefaults } from '../../src/models/node.ts';
import { workloadDefaults } from '../../src/models/workload.ts';
import { readInternalOptions } from '../../src/scenario/import/internalOptions.ts';
import { ScenarioError } from '../../src/scenario/problem.ts';
import { runWorld } from '../../src/models/world.ts';
import type { WorldProbe } from '../../src/models/world/state.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';

/** The group of the one agent. */
const groupName = 'one';

type Happening = PlaceFault | LinkFault;

/** What the measurements did to a node. */
type TracedKind = 'kill' | 'powerOff' | 'hang' | 'partition';

export interface MeasuredRun {
  readonly id: string;
  readonly agentVersion: string;
  readonly config: {
    readonly proto: string;
    readonly notify: number | null;
    readonly reconnect: number | null;
    readonly rate: number;
    readonly up?: string;
    readonly servers?: readonly string[];
    readonly enrollment?: string;
    readonly internal?: readonly string[];
    readonly server_extra?: string;
    readonly sysctl?: Readonly<Record<string, number>>;
  };
  readonly homeNode: string;
  readonly steps: readonly (readonly [number, string, string])[];
  readonly secondsFromHandshakeToFault: number;
  readonly lastAckSeconds: number | null;
  readonly lastAckUnixFraction: number | null;
  readonly listeningAtSeconds: Readonly<Record<string, number>>;
  readonly watchedSeconds: number;
  readonly noticed: readonly (readonly [number, string])[];
  readonly tries: readonly (readonly [number, string])[];
  readonly handshakes: readonly (readonly [number, string])[];
  readonly gaveUp: readonly (readonly [number, string])[];
}

export interface AgentStory {
  readonly noticed: { seconds: number; node: string }[];
  readonly tries: { seconds: number; node: string }[];
  readonly handshakes: { seconds: number; node: string }[];
  readonly gaveUp: { seconds: number; node: string }[];
}

export type Played =
  | { readonly kind: 'played'; readonly story: AgentStory }
  /** The run says something that is not understood. */
  | { readonly kind: 'refused'; readonly why: string };

const us = (seconds: number): number => Math.round(seconds * 1e6);

/** Plays a measured run: home node, phase, age of the ACK and the instants at which nodes listened are the run's. */
export function playRun(run: MeasuredRun): Played {
  const boots = run.id.startsWith('E10');
  const { config, homeNode } = run;
  const refused: string[] = [];
  const list = config.servers ?? ['A', 'B'];
  const names = [...new Set(['A', 'B', ...list])];
  const { faults, noArp } = stepsOf(run, names, refused);
  // The list is a ring: an agent on its second server is one on the first of a list that begins there.
  const first = boots ? 0 : list.indexOf(homeNode);
  const ring = [...list.slice(first), ...list.slice(0, Math.max(first, 0))];
  if (first < 0) refused.push(`no server of its list is the home node ${homeNode}`);
  if (!boots && config.up?.includes(homeNode) === false) refused.push(`the home node ${homeNode} does not run`);
  const { server, ...agent } = agentOf(run, refused);
  const servers = serversOf(run, ring, names, server, refused);
  if (refused.length > 0) return { kind: 'refused', why: refused.join('; ') };

  const handshakeUs = boots ? 0 : -us(run.secondsFromHandshakeToFault);
  const warmupUs = 60_000_000 - handshakeUs;
  const options: WorldOptions = {
    warmupUs,
    durationUs: us(run.watchedSeconds),
    untilSettled: false,
    nodes: names.map((name, index) => ({
      ...nodeDefaults,
      name,
      address: `127.0.0.${index + 1}`,
      startupUs: 0,
      registrationPort: null,
      // The stand-in for a manager is a plain listener: its connections have no keepalive of TCP.
      keepalive: { ...nodeDefaults.keepalive, idleUs: 1e12 },
      ...(noArp.has(name) ? { unreachable: 'sameSegment' as const } : {}),
    })),
    network: { ...networkDefaults, latencyUs: 50 },
    balancers: [],
    groups: [
      {
        name: groupName,
        count: 1,
        addresses: { kind: 'range', firstHost: 0x7f000001, hostCount: 1 },
        nat: [],
        events: { ...workloadDefaults, ratePerSecond: config.rate, arrival: 'regular', sizeBytes: 174 },
        agent,
        servers,
        order: 'listed',
        latencyUs: null,
      },
    ],
    faults,
  };
  const story: AgentStory = { noticed: [], tries: [], handshakes: [], gaveUp: [] };
  const nodeOf = (server: number): string => ring[server]!;
  const started = boots ? -1 : 0;
  const add = (rows: { seconds: number; node: string }[], atUs: number, node: string): void => {
    if (atUs >= started) rows.push({ seconds: atUs / 1e6, node });
  };
  const probe: WorldProbe = {
    noticed: (_, atUs) => add(story.noticed, atUs, ''),
    tried: (_, atUs, server) => {
      add(story.tries, atUs, nodeOf(server));
    },
    connected: (_, atUs, server) => {
      add(story.handshakes, atUs, nodeOf(server));
    },
    gaveUp: (_, atUs, server) => add(story.gaveUp, atUs, nodeOf(server)),
  };
  const lastAckUs = run.lastAckSeconds === null ? NaN : us(run.lastAckSeconds);
  const fraction = us(run.lastAckUnixFraction ?? 0);
  const phase = Number.isNaN(lastAckUs) ? 0 : (((fraction - lastAckUs) % 1_000_000) + 1_000_000) % 1_000_000;
  // It is the last one before time 0; where home breaks later, others have followed.
  const breaksAtOnce = run.steps.some(([seconds, , where]) => seconds <= 0 && (where === 'home' || where === homeNode));
  runWorld(options, { seed: '1', replication: 0 }, probe, {
    startUs: Float64Array.of(handshakeUs),
    clockPhaseUs: Float64Array.of(phase),
    lastAckUs: Float64Array.of(breaksAtOnce ? lastAckUs : NaN),
  });
  return { kind: 'played', story };
}

const configKeys = 'proto notify reconnect rate up servers enrollment internal server_extra sysctl'.split(' ');

function serversOf(
  { config }: MeasuredRun,
  list: readonly string[],
  names: readonly string[],
  defaults: AgentDefaults['server'],
  refused: string[],
): ServerOptions[] {
  const { proto, server_extra: extra = '' } = config;
  for (const key of Object.keys(config)) if (!configKeys.includes(key)) refused.push(`config.${key} is unknown`);
  if (proto !== 'tcp' && proto !== 'udp') refused.push(`protocol ${proto} is unknown`);
  const tags = new Map<string, number>();
  const rest = extra.replace(/<(max_retries|retry_interval)>(\d+)<\/\1>/g, (_, tag: string, value: string) => {
    tags.set(tag, Number(value));
    return '';
  });
  if (rest.trim() !== '') refused.push(`in <server>, ${rest.trim()} is unknown`);
  return list.map((name) => ({
    text: name,
    endpoint: { kind: 'node', nodeIndex: names.indexOf(name) },
    port: 1514,
    protocol: proto === 'udp' ? 'udp' : 'tcp',
    maxRetries: tags.get('max_retries') ?? defaults.maxRetries,
    retryIntervalSeconds: tags.get('retry_interval') ?? defaults.retryIntervalSeconds,
    registration: null,
  }));
}

const sysctls: Readonly<Record<string, 'synLinearTimeouts' | 'maxDgramQlen'>> = {
  'net/ipv4/tcp_syn_linear_timeouts': 'synLinearTimeouts',
  'net/unix/max_dgram_qlen': 'maxDgramQlen',
};

function agentOf({ agentVersion: version, config }: MeasuredRun, refused: string[]): AgentDefaults {
  const kernel: NonNullable<AgentSettings['kernel']>[] = Object.entries(config.sysctl ?? {}).map(([name, value]) => {
    const key = sysctls[name];
    if (key) return { [key]: value };
    refused.push(`sysctl ${name} is not modelled`);
    return {};
  });
  const loopback: AgentSettings = {
    notifyTimeSeconds: config.notify ?? undefined,
    timeReconnectSeconds: config.reconnect ?? undefined,
    ...(config.enrollment === 'no' ? { enrollment: { enabled: false } } : {}),
    kernel: { sendBuffer: { silentBytes: 3_940_000, hungBytes: 4_150_000 } },
  };
  return agentWithSettings(version, [
    loopback,
    ...kernel.map((layer) => ({ kernel: layer })),
    ...(config.internal ?? []).map((line) => ({ internal: internalOf(line, version, refused) })),
  ]);
}

function internalOf(line: string, version: string, refused: string[]): AgentSettings['internal'] {
  try {
    const { internal } = readInternalOptions({ file: 'internal', text: line, version });
    if (Object.keys(internal).length === 0) refused.push(`internal option ${line} is not modelled`);
    return internal;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    refused.push(error.message);
    return {};
  }
}

interface Steps {
  readonly faults: readonly Happening[];
  /** Nodes that stopped answering ARP. */
  readonly noArp: ReadonlySet<string>;
}

/** What was done to the nodes, as faults from one step to the one that ends it. */
function stepsOf(run: MeasuredRun, names: readonly string[], refused: string[]): Steps {
  const { config, homeNode, listeningAtSeconds } = run;
  const steps = run.steps.toSorted(([a], [b]) => a - b);
  const faults: Happening[] = [];
  const noArp = new Set<string>();
  /** Faults that have no end yet, by kind and node. */
  const open = new Map<string, { readonly fromUs: number | null; readonly position: number }>();
  const begin = (kind: TracedKind, node: string, fromUs: number | null): void => {
    open.set(`${kind} ${node}`, { fromUs, position: faults.length });
    const timing = {
      atUs: fromUs === null ? null : { fromUs, toUs: fromUs },
      forUs: null,
      everyUs: null,
      times: 1,
    };
    // Every packet from and to the node vanishes; its processes and its connections live on.
    if (kind === 'partition') faults.push({ kind, from: groupName, to: node, oneWay: false, ...timing });
    else faults.push({ kind, places: [node], ...timing, ...killDefaults });
  };
  /** @returns false when it had not begun. */
  const end = (kind: TracedKind, node: string, toUs: number): boolean => {
    const key = `${kind} ${node}`;
    const fault = open.get(key);
    if (!fault) return false;
    open.delete(key);
    const fromUs = fault.fromUs ?? 0; // what is down from the start is so for the warm-up and `forUs`
    faults[fault.position] = { ...faults[fault.position]!, forUs: toUs - fromUs };
    return true;
  };
  for (const name of names) if (config.up?.includes(name) === false) begin('kill', name, null);
  for (const [seconds, what, where] of steps) {
    if (what === 'sockets') continue; // somebody looked at the send queues
    const node = where === 'home' ? homeNode : where;
    const atUs = us(seconds);
    const is = (kind: TracedKind): boolean => open.has(`${kind} ${node}`);
    const refuse = (why: string): void => void refused.push(`step ${what} ${where} at ${seconds} s: ${why}`);
    if (!names.includes(node)) {
      refuse('there is no such node');
      continue;
    }
    switch (what) {
      case 'term': // SIGTERM: an orderly stop closes the connections as the death of the process does
      case 'kill':
        if (is('kill')) break;
        if (what === 'term' && is('hang')) refuse('a stopped process does not see the signal');
        begin('kill', node, atUs);
        end('hang', node, atUs);
        break;
      case 'start': {
        const again = steps.find(([later, next, place]) => later > seconds && next === what && place === where);
        const listening = listeningAtSeconds[node] ?? -Infinity;
        const listens = listening >= seconds && listening < (again?.[0] ?? Infinity);
        if (!end('kill', node, listens ? us(listening) : atUs)) refuse('it runs');
        break;
      }
      case 'stop':
        if (!is('kill') && !is('hang')) begin('hang', node, atUs);
        break;
      case 'cont':
        if (!end('hang', node, atUs) && !is('kill')) refuse('it was not stopped');
        break;
      case 'drop':
        if (is('partition')) refuse('its packets vanish already');
        begin('partition', node, atUs);
        break;
      case 'undrop':
        if (!end('partition', node, atUs)) refuse('nothing was dropped');
        break;
      case 'hostoff':
        if (is('powerOff')) refuse('it is gone already');
        noArp.add(node);
        begin('powerOff', node, atUs);
        break;
      default:
        refuse('unknown');
    }
  }
  for (const node of noArp) {
    if (steps.some(([, what, where]) => what === 'drop' && (where === 'home' ? homeNode : where) === node)) {
      refused.push(`${node} is both off and behind a path that drops`);
    }
  }
  return { faults, noArp };
}
