// A measured run of the real agent, played by the engine. Loopback: next to no latency, send buffers of its MTU, nobody on the
// registration port.
import { agentDefaults } from '../../src/models/agentVersions.ts';
import type { AgentOptions, ServerOptions } from '../../src/models/agentOptions.ts';
import { killDefaults, type FaultOptions } from '../../src/models/fault.ts';
import { networkDefaults } from '../../src/models/network.ts';
import { nodeDefaults } from '../../src/models/node.ts';
import { workloadDefaults } from '../../src/models/workload.ts';
import { runWorld } from '../../src/models/world.ts';
import type { WorldProbe } from '../../src/models/world/state.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';

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

const us = (seconds: number): number => Math.round(seconds * 1e6);

/** Plays a measured run: home node, phase, age of the ACK and the instants at which nodes listened are the run's. */
export function playRun(run: MeasuredRun): AgentStory {
  const names = ['A', 'B'];
  const boots = run.id.startsWith('E10');
  const { config } = run;
  const agent = agentOf(run);
  const list = config.servers ?? names;
  const servers = list.map((name): ServerOptions => {
    const tag = (key: string): number | undefined => {
      const found = new RegExp(`<${key}>(\\d+)<`).exec(config.server_extra ?? '');
      return found ? Number(found[1]) : undefined;
    };
    return {
      text: name,
      endpoint: { kind: 'node', nodeIndex: names.indexOf(name) },
      port: 1514,
      protocol: config.proto === 'udp' ? 'udp' : 'tcp',
      maxRetries: tag('max_retries') ?? 5,
      retryIntervalSeconds: tag('retry_interval') ?? 10,
      registration: null,
    };
  });
  const handshakeUs = boots ? 0 : -us(run.secondsFromHandshakeToFault);
  const warmupUs = 60_000_000;
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
    })),
    network: { ...networkDefaults, latencyUs: 50 },
    balancer: null,
    groups: [
      {
        name: 'one',
        count: 1,
        addresses: { kind: 'range', firstHost: 0x7f000001, hostCount: 1 },
        nat: [],
        events: { ...workloadDefaults, ratePerSecond: config.rate, sizeBytes: 174 },
        agent,
        servers,
        order: 'listed',
        latencyUs: null,
      },
    ],
    faults: faultsOf(run, boots),
  };
  const story: AgentStory = { noticed: [], tries: [], handshakes: [], gaveUp: [] };
  const nodeOf = (server: number): string => list[server]!;
  const started = boots ? -1 : 0;
  const add = (rows: { seconds: number; node: string }[], atUs: number, node: string): void => {
    if (atUs >= started) rows.push({ seconds: atUs / 1e6, node });
  };
  const probe: WorldProbe = {
    noticed: (_, atUs) => add(story.noticed, atUs, ''),
    tried: (_, atUs, server) => add(story.tries, atUs, nodeOf(server)),
    connected: (_, atUs, server) => add(story.handshakes, atUs, nodeOf(server)),
    gaveUp: (_, atUs, server) => add(story.gaveUp, atUs, nodeOf(server)),
  };
  const ackUs = run.lastAckSeconds === null ? NaN : us(run.lastAckSeconds);
  const fraction = us(run.lastAckUnixFraction ?? 0);
  const phase = Number.isNaN(ackUs) ? 0 : (((fraction - ackUs) % 1_000_000) + 1_000_000) % 1_000_000;
  runWorld(options, { seed: '1', replication: 0 }, probe, {
    startUs: Float64Array.of(handshakeUs),
    clockPhaseUs: Float64Array.of(phase),
    lastAckUs: Float64Array.of(ackUs),
  });
  return story;
}

function agentOf({ agentVersion, config }: MeasuredRun): AgentOptions {
  const defaults = agentDefaults(agentVersion);
  const internal = /^agent\.recv_timeout=(\d+)$/.exec(config.internal?.[0] ?? '');
  const linear = config.sysctl?.['net/ipv4/tcp_syn_linear_timeouts'];
  return {
    ...defaults,
    notifyTimeSeconds: config.notify ?? defaults.notifyTimeSeconds,
    timeReconnectSeconds: config.reconnect ?? defaults.timeReconnectSeconds,
    enrollment: { ...defaults.enrollment, enabled: config.enrollment !== 'no' },
    internal: { ...defaults.internal, recvTimeoutSeconds: internal ? Number(internal[1]) : 60 },
    kernel: {
      ...defaults.kernel,
      sendBuffer: { silentBytes: 3_940_000, hungBytes: 4_150_000 },
      // Measured without the linear SYN time-outs: 129 to 131 s.
      ...(linear === 0 ? { synLinearTimeouts: 0, connectTimeoutUs: 130_000_000 } : {}),
    },
  };
}

/** Steps of a run as faults: what begins with kill, stop or drop ends with start, cont or undrop at the same node. */
function faultsOf({ steps, config, homeNode, listeningAtSeconds }: MeasuredRun, boots: boolean): FaultOptions[] {
  const faults: FaultOptions[] = [];
  const add = (kind: FaultOptions['kind'], place: string, atUs: number | null, endUs: number | null): void => {
    faults.push({
      kind,
      places: [place],
      atUs: atUs === null ? null : { fromUs: atUs, toUs: atUs },
      forUs: endUs === null ? null : endUs - (atUs ?? 0),
      everyUs: null,
      times: 1,
      ...killDefaults,
    });
  };
  const endOf = (end: string, node: string, from: number): number | null => {
    if (end === 'start' && listeningAtSeconds[node] !== undefined) return us(listeningAtSeconds[node]);
    const step = steps.find(([seconds, what, where]) => seconds >= from && what === end && where === node);
    return step ? us(step[0]) : null;
  };
  if (boots) add('kill', config.up === 'B' ? 'A' : 'B', null, endOf('start', 'A', 0));
  for (const [seconds, what, where] of steps) {
    const node = where === 'home' ? homeNode : where;
    if (what === 'kill') add('kill', node, us(seconds), endOf('start', node, seconds));
    if (what === 'stop') add('hang', node, us(seconds), endOf('cont', node, seconds));
    if (what === 'drop') add('powerOff', node, us(seconds), endOf('undrop', node, seconds));
  }
  return faults;
}
