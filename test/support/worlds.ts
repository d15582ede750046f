// Small worlds for tests: a cluster of three, agents with a list or behind nginx.
import { agentWithSettings, type AgentSettings } from '../../src/models/agentVersions.ts';
import type { Platform, ServerOptions } from '../../src/models/agentOptions.ts';
import type { DatagramOptions, NginxMethod, NginxOptions } from '../../src/models/balancer/nginx/options.ts';
import type { BalancerOptions } from '../../src/models/balancer/options.ts';
import { killDefaults, type FaultOptions } from '../../src/models/fault.ts';
import { kernelDefaults, networkDefaults, type Unreachable } from '../../src/models/network.ts';
import { nodeDefaults, type NodeOptions } from '../../src/models/node.ts';
import { workloadDefaults, type WorkloadOptions } from '../../src/models/workload.ts';
import type { GroupOptions, WorldOptions } from '../../src/models/worldOptions.ts';

export const second = 1_000_000;
export const minute = 60 * second;
export const nodeNames = ['master', 'worker01', 'worker02'];

export interface GroupRecipe {
  readonly count: number;
  readonly version?: string;
  readonly events?: Partial<WorkloadOptions> & { readonly ratePerSecond: number };
  readonly agent?: AgentSettings;
  readonly protocol?: 'tcp' | 'udp';
  /** Nodes of the list, by index; absent: the balancer. */
  readonly list?: readonly number[];
  readonly order?: GroupOptions['order'];
  readonly unreachable?: Unreachable | undefined;
  readonly restartEveryUs?: number | undefined;
  readonly platform?: Platform | undefined;
}

export interface WorldRecipe {
  readonly groups: readonly GroupRecipe[];
  readonly faults?: readonly FaultOptions[];
  readonly durationUs?: number;
  readonly untilSettled?: boolean;
  readonly method?: NginxMethod;
  readonly workers?: number;
  readonly workerConnections?: number;
  readonly connectTimeoutUs?: number;
  readonly proxyTimeoutUs?: number;
  readonly datagrams?: Partial<DatagramOptions>;
  readonly shutdownTimeoutUs?: number;
  readonly sourcePorts?: number;
  readonly unreachable?: { readonly agents: Unreachable; readonly balancer: Unreachable };
  /** Of each node, instead of the network's. */
  readonly nodesUnreachable?: readonly (Unreachable | undefined)[];
  readonly eventsPerSecond?: number | null;
  readonly latencyUs?: number;
  readonly acceptQueue?: number;
  readonly startupUs?: number;
  /** Of every node. */
  readonly node?: Partial<Omit<NodeOptions, 'name' | 'address' | 'role'>>;
}

/** Faults that need nothing but places and a time. */
type PlainKind = 'kill' | 'powerOff' | 'hang' | 'stop' | 'restart' | 'zombie';

export function fault<K extends PlainKind>(
  kind: K,
  places: string | readonly string[],
  atSeconds: number | null,
  forSeconds: number | null,
): Extract<FaultOptions, { kind: K }> {
  const options = {
    kind,
    places: typeof places === 'string' ? [places] : places,
    ...timing(atSeconds, forSeconds),
    ...(kind === 'kill' ? killDefaults : {}),
  };
  return options as Extract<FaultOptions, { kind: K }>; // which options a kind has is not told by the generic
}

/** A path between two ends is cut: `oneWay`, only towards `to`. */
export function partition(
  from: string,
  to: string,
  atSeconds: number,
  forSeconds: number | null,
  oneWay = false,
): Extract<FaultOptions, { kind: 'partition' }> {
  return { kind: 'partition', from, to, oneWay, ...timing(atSeconds, forSeconds) };
}

/** A box between two ends forgets what connections are open. */
export function dropFlows(
  from: string,
  to: string,
  atSeconds: number,
  answer: 'rst' | 'silence',
): Extract<FaultOptions, { kind: 'dropFlows' }> {
  return { kind: 'dropFlows', from, to, answer, ...timing(atSeconds, 0) };
}

/** When a fault happens, once; `null`: from the start, to the end. */
export function timing(
  atSeconds: number | null,
  forSeconds: number | null,
): Pick<FaultOptions, 'atUs' | 'forUs' | 'everyUs' | 'times'> {
  return {
    atUs: atSeconds === null ? null : { fromUs: atSeconds * second, toUs: atSeconds * second },
    forUs: forSeconds === null ? null : forSeconds * second,
    everyUs: null,
    times: 1,
  };
}

export function aWorld(recipe: WorldRecipe): WorldOptions {
  const balanced = recipe.groups.some(({ list }) => list === undefined);
  return {
    warmupUs: 2 * minute,
    durationUs: recipe.durationUs ?? 20 * minute,
    untilSettled: recipe.untilSettled ?? false,
    nodes: nodeNames.map((name, index) => ({
      ...nodeDefaults,
      name,
      address: `172.0.0.${index + 3}`,
      role: index === 0 ? 'master' : 'worker',
      registrationPort: index === 0 ? 1515 : null,
      eventsPerSecond: recipe.eventsPerSecond ?? null,
      acceptQueue: recipe.acceptQueue ?? nodeDefaults.acceptQueue,
      startupUs: recipe.startupUs ?? nodeDefaults.startupUs,
      unreachable: recipe.nodesUnreachable?.[index],
      ...recipe.node,
    })),
    network: {
      ...networkDefaults,
      latencyUs: recipe.latencyUs ?? networkDefaults.latencyUs,
      unreachable: recipe.unreachable ?? networkDefaults.unreachable,
    },
    balancers: balanced ? [balancerOf(recipe)] : [],
    groups: recipe.groups.map(groupOf),
    faults: recipe.faults ?? [],
  };
}

function groupOf(recipe: GroupRecipe, index: number): GroupOptions {
  const { server, ...agent } = agentWithSettings(recipe.version ?? '4.14.7', [recipe.agent], recipe.platform);
  const common = { port: 1514, maxRetries: server.maxRetries, retryIntervalSeconds: server.retryIntervalSeconds };
  const servers: ServerOptions[] = recipe.list
    ? recipe.list.map((nodeIndex) => ({
        ...common,
        text: nodeNames[nodeIndex]!,
        endpoint: { kind: 'node', nodeIndex },
        protocol: recipe.protocol ?? 'tcp',
        registration: nodeIndex === 0 ? { kind: 'node', nodeIndex } : null,
      }))
    : [
        {
          ...common,
          text: 'balancer',
          endpoint: { kind: 'balancer', balancerIndex: 0, listenerIndex: 0 },
          ...(recipe.protocol === 'udp' && { endpoint: { kind: 'balancer', balancerIndex: 0, listenerIndex: 2 } }),
          protocol: recipe.protocol ?? 'tcp',
          registration: { kind: 'balancer', balancerIndex: 0, listenerIndex: 1 },
        },
      ];
  return {
    name: `group${index}`,
    count: recipe.count,
    addresses: { kind: 'range', firstHost: 0x0a000001 + index * 65_536, hostCount: 65_534 },
    nat: [],
    events: { ...workloadDefaults, ratePerSecond: 1, ...recipe.events },
    agent,
    servers,
    order: recipe.order ?? 'listed',
    latencyUs: null,
    unreachable: recipe.unreachable,
    restartEveryUs: recipe.restartEveryUs,
  };
}

function balancerOf(recipe: WorldRecipe): BalancerOptions {
  return {
    name: 'balancer',
    addresses: ['172.0.0.2'],
    sourcePorts: recipe.sourcePorts ?? 28_232,
    latencyUs: null,
    kernel: kernelDefaults,
    product: { kind: 'nginx', nginx: nginxOf(recipe) },
  };
}

function nginxOf(recipe: WorldRecipe): NginxOptions {
  const peer = (index: number, port: number) => ({
    serverText: `172.0.0.${index + 3}:${port}`,
    address: `172.0.0.${index + 3}`,
    port,
    weight: 1,
    maxFails: 1,
    failTimeoutSeconds: 10,
    maxConns: 0,
    down: false,
    backup: false,
  });
  const listener = (port: number, upstreamIndex: number) => ({
    port,
    protocol: 'tcp' as const,
    mappedAddresses: false,
    upstreamIndex,
    connectTimeoutUs: recipe.connectTimeoutUs ?? minute,
    sessionTimeoutUs: recipe.proxyTimeoutUs ?? 10 * minute,
    nextUpstream: true,
    nextUpstreamTries: 0,
    nextUpstreamTimeoutUs: 0,
    proxyBufferBytes: 16_384,
  });
  return {
    workers: recipe.workers ?? 2,
    workerConnections: recipe.workerConnections ?? 10_000,
    listeningSockets: 2,
    ...(recipe.shutdownTimeoutUs === undefined ? {} : { shutdownTimeoutUs: recipe.shutdownTimeoutUs }),
    listeners: [
      listener(1514, 0),
      listener(1515, 1),
      ...(recipe.groups.some(({ protocol, list }) => protocol === 'udp' && !list)
        ? [
            {
              ...listener(1514, 0),
              protocol: 'udp' as const,
              datagrams: { requests: 0, responses: null, passesErrors: true, ...recipe.datagrams },
            },
          ]
        : []),
    ],
    upstreams: [
      {
        name: 'cluster',
        method: recipe.method ?? { kind: 'hashConsistent', key: '$remote_addr' },
        peers: [peer(0, 1514), peer(1, 1514), peer(2, 1514)],
        zone: false,
      },
      { name: 'master', method: { kind: 'roundRobin' }, peers: [peer(0, 1515)], zone: false },
    ],
  };
}

/** The nginx.conf of a world's only balancer, as its reader gives it. */
export function nginxIn({ balancers }: WorldOptions): NginxOptions {
  const { product } = balancers[0]!;
  if (product.kind !== 'nginx') throw new Error('no nginx balances here');
  return product.nginx;
}
