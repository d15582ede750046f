// What happened to the agents of a group, as far as sentences need it.
import type { BalancerOptions, BalancerProduct } from '../models/balancer/options.ts';
import { listenersOf } from '../models/balancer/products.ts';
import { struckPlaces, type FaultKind, type FaultOptions } from '../models/fault.ts';
import { unreachableBetween } from '../models/network.ts';
import type { GroupOptions, WorldOptions } from '../models/worldOptions.ts';
import type { ReplicationNumbers } from './numbers.ts';
import { half, mean } from './overRuns.ts';

/** What happened to a group, means over the replications. */
export interface Story {
  readonly group: GroupOptions;
  /** The kind of all faults that hit a place; `null`: of several kinds. */
  readonly kind: FaultKind | null;
  /** As what the faults cut agents off. */
  readonly kinds: ReadonlySet<FaultKind>;
  /** Some fault is still there when its first agents notice that the ACKs stay away. */
  readonly outlastsNoticing: boolean;
  /** What has forgotten connections says so. */
  readonly answersRst: boolean;
  /** All of them lie on the way between the agents and their balancer. */
  readonly inFront: boolean;
  /** The place that is hit; `the place` where there are several. */
  readonly where: string;
  /** Agents reach the nodes through a balancer, and the place that is hit is behind it. */
  readonly behind: boolean;
  /** Connections the node that is hit takes while nobody accepts them. */
  readonly acceptQueue: number;
  /** What stands there; `undefined`: agents connect to nodes. */
  readonly product: BalancerProduct | undefined;
  /** The listener they use of it. */
  readonly listenerIndex: number;
  /** For how long the balancer passes a node over that has failed; 0: it does not. */
  readonly failTimeoutSeconds: number;
  readonly udp: boolean;
  readonly outages: number;
  readonly froze: number;
  readonly healed: number;
  readonly unfinished: number;
  /** Half of those who notice without having frozen need this; `null`: nobody did. */
  readonly detectUs: number | null;
  /** The same of those who froze and woke. */
  readonly wokenUs: number | null;
  /** What keeps a connect to a host that is gone. */
  readonly connect: { readonly us: number; readonly how: string };
  /** Bytes a connection takes before its sender blocks; Infinity where a path takes all that is written. */
  readonly room: number;
}

export function storyOf(
  world: WorldOptions,
  group: GroupOptions,
  index: number,
  runs: readonly ReplicationNumbers[],
): Story {
  const kinds = new Set(world.faults.flatMap(cutting));
  const [kind] = kinds;
  const places = new Set(world.faults.flatMap(struckPlaces));
  const [place] = places;
  const endpoint = group.servers.map((server) => server.endpoint).find(({ kind }) => kind === 'balancer');
  const front = endpoint?.kind === 'balancer' ? world.balancers[endpoint.balancerIndex] : undefined;
  const behind = front !== undefined && !world.faults.some((fault) => struckPlaces(fault).includes(front.name));
  const { network } = world;
  const balancer = behind ? front : undefined;
  const { kernel } = balancer ?? group.agent;
  const facts =
    balancer && endpoint?.kind === 'balancer' ? listenersOf(balancer.product)[endpoint.listenerIndex] : undefined;
  const listener = facts?.options;
  const hit = world.nodes.find(({ name }) => world.faults.some((fault) => struckPlaces(fault).includes(name)));
  const far = unreachableBetween(
    behind ? network.unreachable.balancer : network.unreachable.agents,
    behind ? balancer?.unreachable : group.unreachable,
    hit?.unreachable,
  );
  // A host that hangs is there: who finds its accept queue full repeats his SYN.
  const repeats = far === 'routed' || kinds.has('hang') || kinds.has('partition');
  const longest = repeats ? kernel.connectTimeoutUs : kernel.arpTimeoutUs;
  const limited = listener !== undefined && listener.connectTimeoutUs < longest;
  const { silentBytes, hungBytes } = kernel.sendBuffer;
  const direct = kind === 'powerOff' ? silentBytes : hungBytes;
  return {
    group,
    kind: kinds.size === 1 ? kind! : null,
    kinds,
    outlastsNoticing: world.faults.some(
      ({ forUs }) => forUs === null || forUs / 1e6 > group.agent.timeReconnectSeconds - group.agent.notifyTimeSeconds,
    ),
    answersRst: world.faults.every((fault) => fault.kind === 'dropFlows' && fault.answer === 'rst'),
    inFront: endpoint !== undefined && world.faults.every((fault) => isInFront(world, fault)),
    where: places.size === 1 ? place! : 'the place',
    behind,
    ...behindIt(world, balancer, endpoint?.kind === 'balancer' ? endpoint.listenerIndex : 0),
    acceptQueue: (hit?.acceptQueue ?? 0) + 1,
    failTimeoutSeconds: facts?.failTimeoutSeconds ?? 0,
    udp: group.servers.every(({ protocol }) => protocol === 'udp'),
    outages: mean(runs, (run) => run.groups[index]!.outages),
    froze: mean(runs, (run) => run.groups[index]!.froze),
    healed: mean(runs, (run) => run.groups[index]!.healed),
    unfinished: mean(runs, (run) => run.groups[index]!.unfinished),
    detectUs: half(runs, (run) => run.groups[index]!.awakeDetectUs),
    wokenUs: half(runs, (run) => run.groups[index]!.frozenDetectUs),
    connect: {
      us: limited ? listener.connectTimeoutUs : longest,
      how: limited ? connectDirective(balancer?.product) : repeats ? 'the SYN time-out' : 'no answer to ARP',
    },
    room: behind ? group.agent.kernel.sendBuffer.hungBytes + (listener?.proxyBufferBytes ?? 0) + direct : direct,
  };
}

/** Of an address that moves: what stands behind it, unless that is what was hit. */
function behindIt(
  world: WorldOptions,
  balancer: BalancerOptions | undefined,
  listenerIndex: number,
): Pick<Story, 'product' | 'listenerIndex'> {
  const product = balancer?.product;
  if (product?.kind !== 'vip') return { product, listenerIndex };
  const { of, listeners } = product.vip;
  const owners = of.map((index) => world.balancers[index]!);
  if (world.faults.some((fault) => owners.some(({ name }) => struckPlaces(fault).includes(name)))) {
    return { product, listenerIndex };
  }
  return { product: owners[0]!.product, listenerIndex: listeners[listenerIndex]!.listenerOf[0]! };
}

function connectDirective(product: BalancerProduct | undefined): string {
  switch (product?.kind) {
    case 'nginx':
      return 'proxy_connect_timeout';
    case 'haproxy':
      return 'timeout connect';
    default:
      return "the balancer's connect time-out";
  }
}

/** As what a fault cuts agents off; nothing where it cuts off nobody by itself. */
function cutting({ kind }: FaultOptions): FaultKind[] {
  switch (kind) {
    case 'stop':
    case 'restart':
    case 'rolling':
      return ['kill']; // processes end, and their connections with them
    case 'slow':
    case 'reload':
    case 'drain':
    case 'addNode':
    case 'removeNode':
    case 'pushConfig':
    case 'enroll':
    case 'restartAgents':
    case 'reconnectAgents':
      return []; // agents that are told to leave notice nothing
    default:
      return [kind];
  }
}

/** A path between agents and the balancer, with no node at either end. */
function isInFront({ nodes }: WorldOptions, fault: FaultOptions): boolean {
  if (fault.kind !== 'partition' && fault.kind !== 'dropFlows') return false;
  return !nodes.some(({ name }) => name === fault.from || name === fault.to);
}
