// All state of the world of one replication, and what is asked of it from everywhere: clocks, distances, timers.
import { EventQueue } from '../../kernel/eventQueue.ts';
import { rootKey, shuffle, uniform, type Key } from '../../kernel/random.ts';
import { groupAddresses } from '../addresses.ts';
import type { Endpoint } from '../agentOptions.ts';
import type { BalancerSession } from '../balancer/contract.ts';
import { listenersOf } from '../balancer/products.ts';
import type { Proxy, ProxyListener } from '../balancer/proxy.ts';
import type { SessionTrace } from '../balancer/trace.ts';
import { ConnectionHistory } from '../cluster/history.ts';
import { ClusterLinks } from '../cluster/links.ts';
import { EnrolmentLog } from '../cluster/enrolmentLog.ts';
import { Registration } from '../cluster/registration.ts';
import { groupArrivals } from '../eventRates.ts';
import { planFaults, type PlannedFault } from '../faultPlan.ts';
import { type Clockwork, type Wakes } from '../keepalive.ts';
import { unreachableBetween, type Unreachable } from '../network.ts';
import { OutageBook, newOpenOutages } from '../outages.ts';
import { PlaceState, newPlace, serviceState, type Place } from '../place.ts';
import { Ways } from '../ways.ts';
import { Checks } from './checks.ts';
import type { Flow } from './flows.ts';
import { newHelper, type Helper } from './haproxyHelper.ts';
import { newHosts, slowest, type BalancerHost } from './host.ts';
import { AbandonedAttempts } from './abandoned.ts';
import { Leftovers } from './leftovers.ts';
import { Legs } from './legs.ts';
import { Repeats } from './repeats.ts';
import type { Shutdown } from './shutdown.ts';
import { Purpose, drawIndex, groupKey, namedKey } from '../workload.ts';
import { WorldBooks } from '../worldBooks.ts';
import { newOrders, type Orders } from './orders.ts';
import { Broken, Timer, timersPerAgent } from './kinds.ts';
import { newWalkState, type WalkState } from './walkState.ts';
import type { GroupOptions, Luck, WorldOptions } from '../worldOptions.ts';
import type { PeerTarget } from '../balancer/proxy.ts';
import { newcomersOf } from './newcomers.ts';

/** Told what an agent's main thread does, as it happens; instants in µs since the end of the warm-up. */
export interface WorldProbe {
  /** An attempt at entry `server` of the agent's list begins. */
  tried?(agent: number, atUs: number, server: number): void;
  noticed?(agent: number, atUs: number, why: 'closed' | 'silence' | 'forced'): void;
  /** The agent's service stops. */
  stopped?(agent: number, atUs: number): void;
  connected?(agent: number, atUs: number, server: number, node: number): void;
  /** A balancer takes a connection of the agent's: @returns what is to be told of its choices; `undefined`: nothing. */
  looksOn?(agent: number, atUs: number, place: number): SessionTrace | undefined;
  /** A balancer connects to a peer for the agent, or hands its packets to it. @property place of the balancer. */
  peerTried?(agent: number, atUs: number, place: number, peer: number): void;
  /** @param isMute nothing was heard of it. */
  peerFailed?(agent: number, atUs: number, place: number, isMute: boolean): void;
  /** A balancer has no room for the connection, or no peer. */
  turnedAway?(agent: number, atUs: number, place: number, why: 'noSlot' | 'noPeer'): void;
  /** An attempt is over without a session. @property isEnrolment it was one to the registration service. */
  failed?(agent: number, atUs: number, isEnrolment: boolean): void;
  /** It asks for a key. */
  enrols?(agent: number, atUs: number): void;
  /** The agent closes its end of a session. */
  left?(agent: number, atUs: number, node: number): void;
  /** A connection that the agent has left unheard is closed by the place that still had it. */
  oldEnded?(agent: number, atUs: number, place: number): void;
  /** The agent goes on to the next entry of its list. */
  gaveUp?(agent: number, atUs: number, server: number): void;
  /** A balancer takes a peer out of its choice, or back. */
  peerTurned?(balancer: number, peer: number, atUs: number, isUp: boolean, target: PeerTarget): void;
  /** After a failure, for each worker process of a balancer that passes a node over. */
  passedOver?(
    balancer: number,
    node: number,
    of: { readonly worker: number; readonly workers: number },
    atUs: number,
    untilUs: number,
  ): void;
  /** New processes of a balancer begin without a memory. */
  processesStarted?(balancer: number, atUs: number): void;
  /** A place changed its state. */
  changed?(place: number, atUs: number, state: PlaceState): void;
}

/** What a measurement fixes instead of leaving it to chance. Arrays by agent; NaN: drawn as usual. */
export interface WorldFixed {
  readonly startUs?: Float64Array;
  readonly clockPhaseUs?: Float64Array;
  /** The last ACK before the first fault. */
  readonly lastAckUs?: Float64Array;
}

/** All state of one replication. What happens to it is in the files beside this one. */
export class WorldState implements Wakes {
  readonly options: WorldOptions;
  readonly root: Key;
  readonly probe: WorldProbe;
  readonly fixed: WorldFixed;
  readonly fixedAckUs: Float64Array | undefined;
  readonly agents: number;
  readonly queue: EventQueue;
  readonly places: Place[];
  /** Places from here on are balancers. */
  readonly nodeCount: number;
  readonly hosts: readonly BalancerHost[];
  readonly books: WorldBooks;
  readonly faults: readonly PlannedFault[];
  readonly notes: string[];
  readonly outages = new OutageBook();
  readonly links: ClusterLinks;
  readonly history = new ConnectionHistory();
  readonly enrolment: EnrolmentLog;
  readonly registration: Registration;
  /** Agents of each group that come without a key, and how many of them have come. */
  readonly newcomers: readonly number[];
  readonly enrolled: number[];

  readonly groupOf: Uint16Array;
  readonly indexInGroup: (agent: number) => number;
  /** One way between an agent of a group and a place, µs, [group][place]. */
  readonly latency: number[][];
  /** What agents see of a host that is gone, by group and place. */
  readonly unreachable: readonly (readonly Unreachable[])[];
  readonly addresses: (Uint32Array | null)[];
  readonly workerKeys: Key[];
  readonly choiceKeys: Key[];
  readonly orders: (Uint8Array | null)[];

  /** Of agents of 3.12.0 to 3.13.0; `null`: there are none. */
  readonly walk: WalkState | null;
  readonly deeds: Orders;
  readonly state: Uint8Array;
  readonly server: Int16Array;
  readonly triesLeft: Int32Array;
  readonly attemptAtUs: Float64Array;
  readonly arrivedAtUs: Float64Array;
  readonly connectAtUs: Float64Array;
  readonly establishedAtUs: Float64Array;
  readonly step: Uint8Array;
  readonly wait: Uint8Array;
  readonly target: Int16Array;
  readonly listener: Int16Array;
  readonly peerNode: Int16Array;
  readonly peerSinceUs: Float64Array;
  /** When the balancer heard its peer accept: from then on it passes on what the client says. */
  readonly peerHeardUs: Float64Array;
  /** The balancer's own time-out for it, from then on. */
  readonly peerTimeoutUs: Float64Array;
  readonly connects: Int32Array;
  readonly nodeLife: Int32Array;
  readonly balancerLife: Int32Array;
  /** Which processes of the agent's balancer have its connection: index in its `proxies`. */
  readonly generation: Uint32Array;
  /** 1: the attempt's connection, or its datagram, waits in the kernel of a node that stands still. */
  readonly untaken: Uint8Array;
  readonly worker: Int16Array;
  readonly peer: Int16Array;
  readonly sessions = new Map<number, BalancerSession>();
  /** Agents whose session waits for a peer that has room. */
  readonly queued = new Map<BalancerSession, number>();
  /** 1: nothing was heard of the peer that is tried now when its time was over. */
  readonly peerMute: Uint8Array;
  readonly checks = new Checks();
  readonly helper: Helper | null;

  /** 1: the attempt sends its startup message in a datagram. */
  readonly udpAttempt: Uint8Array;
  /** Attempts so far: a message of an earlier one is nobody's. */
  readonly serial: Int32Array;
  /** Connections in front of an attempt's own in the accept queue of a node that takes none, -1: it is in none. */
  readonly ticket: Int32Array;
  /** 1: the node will find the agent's key in use. */
  readonly refused: Uint8Array;
  /** Where in its second each node's clock stands at instant 0, µs. */
  readonly nodeClockUs: readonly number[];
  /** By node: the event at which its handlers go on, -1: none. */
  readonly handlerEvents: Int32Array;
  /** Of each node: the next flush that somebody waits for, and when what it writes has come. */
  readonly flushUs: Float64Array;
  readonly lateUs: Float64Array;

  /** Node of the agent's session, -1: none. */
  readonly node: Int16Array;
  readonly viaBalancer: Uint8Array;
  readonly udp: Uint8Array;
  readonly ackUs: Float64Array;
  readonly phaseUs: Float64Array;
  readonly keepalivePhaseUs: Float64Array;
  readonly keepaliveSecond: Float64Array;
  readonly connectedSecond: Float64Array;
  /** Place of the balancer that forwards the agent's packets to where they go (`target`), -1: none does. */
  readonly through: Int16Array;
  readonly flows = new Map<number, Flow>();
  /** Ports of agents whose datagrams pass nginx. */
  readonly udpPorts = new Map<number, number>();
  /** Sessions of nginx over UDP that are to be looked at, and places in this list that are free again. */
  readonly lapsing: Flow[] = [];
  readonly lapsingFree: number[] = [];
  /** When the datagram leaves that is played next, and when the last one left that was. */
  readonly datagramUs: Float64Array;
  readonly playedUs: Float64Array;
  /** Balancer whose moving address the agent has connected to, -1: none. */
  readonly address: Int16Array;
  /** The listener it has asked for there. */
  readonly vipListener: Int16Array;
  readonly legs: Legs;
  readonly leftovers = new Leftovers();
  readonly abandoned = new AbandonedAttempts();
  readonly repeats: Repeats;
  readonly ways: Ways;
  readonly broken: Uint8Array;
  readonly brokenPlace: Int16Array;
  /** 1: the session stands, keepalives are answered, and the node throws the events away. */
  readonly wasted: Uint8Array;
  readonly blocked: Uint8Array;
  readonly locked: Uint8Array;
  readonly lockSeen: Float64Array;
  readonly dispatcherMetUs: Float64Array;
  readonly logcollectorMetUs: Float64Array;
  /** 1: logcollector sleeps in a send to the local socket that nobody reads. */
  readonly atSocket: Uint8Array;
  /** How long the balancer's kernel tries to reach the peer. */
  readonly peerSynUs: Float64Array;
  /** When logcollector lets go of what it held during the handshake: until then nothing it reads wakes the main loop. */
  readonly releaseUs: Float64Array;
  /** The last ACK before the session healed; `ackUs` is then the first one after it, which may still be to come. */
  readonly ackBeforeHealUs: Float64Array;
  /** When the latest outage ended, -Infinity: there was none. */
  readonly backSinceUs: Float64Array;
  readonly open: ReturnType<typeof newOpenOutages>;
  /** When the master registered the agent's key; -Infinity: before the run, every node knows it; Infinity: it has none. */
  readonly keyUs: Float64Array;
  /** What an agent that came without a key is about (enrolment.ts, `Errand`). */
  readonly errand: Uint8Array;
  /** Rounds over its servers in which it got no key. */
  readonly rounds: Int32Array;
  /** 1: the node that its request is with cannot reach the master. */
  readonly relayBroken: Uint8Array;

  readonly clock = {
    phaseUs: 0,
    keepalivePhaseUs: 0,
    keepaliveSecond: 0,
    notifyTimeSeconds: 0,
    timeReconnectSeconds: 0,
  };
  wakesAgent = 0;
  /** Occurrence whose change is being worked on. */
  cause = -1;
  /** Agents with no session that works. */
  away: number;
  faultsUnderWay: number;
  readonly shutdowns: Shutdown[] = [];
  lastChangeUs = 0;
  settledHandle = -1;
  endUs: number;

  constructor(options: WorldOptions, luck: Luck, probe: WorldProbe, fixed: WorldFixed) {
    this.options = options;
    this.probe = probe;
    this.fixed = fixed;
    this.fixedAckUs = fixed.lastAckUs?.slice();
    this.root = rootKey(luck.seed, luck.replication);
    this.agents = options.groups.reduce((sum, { count }) => sum + count, 0);
    const { agents, root } = this;
    this.endUs = options.durationUs;
    this.queue = new EventQueue({ staticSlots: agents * timersPerAgent });
    const { nodes, balancers, network, groups } = options;
    this.nodeCount = nodes.length;
    this.places = nodes.map((node) => newPlace(node.startupUs, node.acceptQueue));
    for (const { product } of balancers) {
      this.places.push(newPlace(0, Math.max(0, ...listenersOf(product).map(({ options: { backlog } }) => backlog))));
    }
    this.hosts = newHosts(options, root);
    const placeLatency = [...nodes, ...balancers].map(({ latencyUs }) => latencyUs);
    this.latency = groups.map((group) => placeLatency.map((own) => slowest(network.latencyUs, group.latencyUs, own)));
    const { agents: agentsSee } = network.unreachable;
    this.unreachable = groups.map((group) => [
      ...nodes.map((node) => unreachableBetween(agentsSee, group.unreachable, node.unreachable)),
      ...balancers.map(() => unreachableBetween(agentsSee, group.unreachable)),
    ]);
    this.addresses = groups.map((group) =>
      balancers.length > 0 ? groupAddresses(group, groupKey(root, Purpose.Address, group)) : null,
    );
    this.workerKeys = groups.map((group) => groupKey(root, Purpose.BalancerWorker, group));
    this.choiceKeys = groups.map((group) => groupKey(root, Purpose.BalancerChoice, group));
    this.orders = groups.map((group) => serverOrders(group, groupKey(root, Purpose.ServerOrder, group)));
    const arrivals = groups.map((group) => groupArrivals(group, root));
    this.books = new WorldBooks(options, arrivals, root);
    const { pipelines } = this.books;
    this.groupOf = pipelines.groupOf;
    this.indexInGroup = (agent) => pipelines.local(agent);
    this.links = new ClusterLinks(nodes, root, -options.warmupUs);
    this.enrolment = new EnrolmentLog(agents);
    const toMaster = nodes.map((node) =>
      slowest(network.latencyUs, node.latencyUs, nodes[this.links.master]?.latencyUs),
    );
    this.registration = new Registration(nodes, this.links, toMaster);
    this.newcomers = newcomersOf(options);
    this.enrolled = groups.map(() => 0);
    const plan = planFaults(options, root);
    this.faults = plan.faults;
    this.notes = [...plan.notes];
    this.faultsUnderWay = plan.faults.length;
    this.helper = newHelper(this);
    const absent = this.newcomers.reduce((sum, count) => sum + count, 0);
    this.away = agents - absent;
    this.books.present(-options.warmupUs, agents - absent);

    const f64 = (): Float64Array => new Float64Array(agents);
    this.deeds = newOrders();
    this.walk = groups.some(({ agent }) => agent.search === 'listWalk') ? newWalkState(agents) : null;
    this.state = new Uint8Array(agents);
    this.server = new Int16Array(agents);
    this.triesLeft = new Int32Array(agents);
    this.attemptAtUs = f64();
    this.arrivedAtUs = f64();
    this.connectAtUs = f64();
    this.establishedAtUs = f64();
    this.step = new Uint8Array(agents);
    this.wait = new Uint8Array(agents);
    this.target = new Int16Array(agents);
    this.listener = new Int16Array(agents);
    this.peerNode = new Int16Array(agents).fill(-1);
    this.peerSinceUs = f64();
    this.peerHeardUs = f64();
    this.peerTimeoutUs = f64();
    this.connects = new Int32Array(agents);
    this.nodeLife = new Int32Array(agents);
    this.balancerLife = new Int32Array(agents);
    this.generation = new Uint32Array(agents);
    this.untaken = new Uint8Array(agents);
    this.worker = new Int16Array(agents).fill(-1);
    this.peer = new Int16Array(agents);
    this.peerMute = new Uint8Array(agents);
    this.udpAttempt = new Uint8Array(agents);
    this.serial = new Int32Array(agents);
    this.ticket = new Int32Array(agents).fill(-1);
    this.refused = new Uint8Array(agents);
    this.nodeClockUs = nodes.map(({ name }) =>
      Math.floor(uniform(namedKey(root, Purpose.NodeClock, name), 0, 0) * 1e6),
    );
    this.handlerEvents = new Int32Array(nodes.length).fill(-1);
    this.flushUs = new Float64Array(nodes.length).fill(-Infinity);
    this.lateUs = new Float64Array(nodes.length).fill(-Infinity);
    this.node = new Int16Array(agents).fill(-1);
    this.viaBalancer = new Uint8Array(agents);
    this.udp = new Uint8Array(agents);
    this.ackUs = f64();
    this.phaseUs = f64();
    this.keepalivePhaseUs = f64();
    this.keepaliveSecond = f64();
    this.connectedSecond = f64();
    this.datagramUs = f64();
    this.playedUs = f64().fill(-Infinity);
    this.through = new Int16Array(agents).fill(-1);
    this.address = new Int16Array(agents).fill(-1);
    this.vipListener = new Int16Array(agents);
    this.legs = new Legs(agents);
    this.repeats = new Repeats(agents);
    this.ways = new Ways(groups.length, nodes.length + balancers.length, balancers.length);
    this.broken = new Uint8Array(agents);
    this.brokenPlace = new Int16Array(agents).fill(-1);
    this.wasted = new Uint8Array(agents);
    this.blocked = new Uint8Array(agents);
    this.locked = new Uint8Array(agents);
    this.lockSeen = f64();
    this.dispatcherMetUs = f64().fill(-Infinity);
    this.logcollectorMetUs = f64().fill(-Infinity);
    this.peerSynUs = f64();
    this.atSocket = new Uint8Array(agents);
    this.releaseUs = f64().fill(-Infinity);
    this.ackBeforeHealUs = f64();
    this.backSinceUs = f64().fill(-Infinity);
    this.open = newOpenOutages(agents);
    this.keyUs = f64().fill(-Infinity);
    this.errand = new Uint8Array(agents);
    this.rounds = new Int32Array(agents);
    this.relayBroken = new Uint8Array(agents);
    this.newcomers.forEach((count, group) => {
      const first = pipelines.firstOfGroup[group]!;
      this.keyUs.fill(Infinity, first, first + count);
      pipelines.absent(first, first + count);
    });
  }

  before(atUs: number): number {
    const { pipelines } = this.books;
    const written = pipelines.written(this.wakesAgent, atUs);
    const last = written === 0 ? -Infinity : pipelines.writtenAt(this.wakesAgent, written);
    const releaseUs = this.releaseUs[this.wakesAgent]!;
    if (last >= releaseUs) return last;
    return releaseUs < atUs ? releaseUs : -Infinity;
  }

  from(atUs: number): number {
    const { pipelines } = this.books;
    if (atUs <= this.releaseUs[this.wakesAgent]!) return this.releaseUs[this.wakesAgent]!;
    return pipelines.writtenAt(this.wakesAgent, pipelines.written(this.wakesAgent, atUs) + 1);
  }
}

export function isBalancer(world: WorldState, place: number): boolean {
  return place >= world.nodeCount;
}

/** The balancer that has the agent's connection, or is asked for one: where its session leads, or its attempt. */
export function hostOf(world: WorldState, agent: number): BalancerHost {
  return world.hosts[world.target[agent]! - world.nodeCount]!;
}

/** The balancer's processes that have the agent's connection. */
export function proxyOf(world: WorldState, agent: number): Proxy {
  return hostOf(world, agent).proxies[world.generation[agent]!]!;
}

/** The listener that has the agent's connection. */
export function listenerOf(world: WorldState, agent: number): ProxyListener {
  return proxyOf(world, agent).listeners[world.listener[agent]!]!;
}

/** The place that an entry of a list leads to. */
export function placeOf(world: WorldState, endpoint: Endpoint): number {
  return endpoint.kind === 'node' ? endpoint.nodeIndex : world.nodeCount + endpoint.balancerIndex;
}

/** One way between the agent's balancer and a node. */
export function hopUs(world: WorldState, agent: number, node: number): number {
  return hostOf(world, agent).latencyUs[node]!;
}

/** When a timer of an agent fires, Infinity: it is not armed. */
export function deadlineUs(world: WorldState, agent: number, timer: number): number {
  const tick = world.queue.deadline(agent * timersPerAgent + timer);
  return tick < 0 ? Infinity : tick - world.options.warmupUs;
}

export function hasNoBuffer(world: WorldState, agent: number): boolean {
  return world.options.groups[world.groupOf[agent]!]!.agent.clientBuffer.disabled;
}

/** The agent's clockwork, valid until the next call; also points the wakes at the agent. */
export function clockOf(world: WorldState, agent: number): Clockwork {
  const { clock } = world;
  const { agent: options } = world.options.groups[world.groupOf[agent]!]!;
  world.wakesAgent = agent;
  clock.phaseUs = world.phaseUs[agent]!;
  clock.keepalivePhaseUs = world.keepalivePhaseUs[agent]!;
  clock.keepaliveSecond = world.keepaliveSecond[agent]!;
  clock.notifyTimeSeconds = options.notifyTimeSeconds;
  clock.timeReconnectSeconds = options.timeReconnectSeconds;
  return clock;
}

export function unreachableTo(world: WorldState, agent: number, place: number): Unreachable {
  if (world.through[agent]! >= 0) return 'routed';
  return world.unreachable[world.groupOf[agent]!]![place]!;
}

/** One way from an agent to where its connection leads, or to the balancer that forwards it there. */
export function latencyTo(world: WorldState, agent: number, place: number): number {
  const through = world.through[agent]!;
  const latency = world.latency[world.groupOf[agent]!]!;
  if (through < 0 || place === through) return latency[place]!;
  return latency[through]! + world.hosts[through - world.nodeCount]!.latencyUs[place]!;
}

/** The agent as an end of ways, as the place sees it that its connection leads to. */
export function endOf(world: WorldState, agent: number): number {
  const through = world.through[agent]!;
  const group = world.groupOf[agent]!;
  return through < 0 ? group : world.ways.endBehind(group, through - world.nodeCount);
}

/** One way from an agent to a node behind the balancer. */
export function nodeLatencyOf(world: WorldState, agent: number, node: number): number {
  return latencyTo(world, agent, world.target[agent]!) + hopUs(world, agent, node);
}

/** One way from a connected agent to its node. */
export function nodeLatencyUs(world: WorldState, agent: number): number {
  const node = world.node[agent]!;
  return world.viaBalancer[agent] === 0 ? latencyTo(world, agent, node) : nodeLatencyOf(world, agent, node);
}

export function placeLatencyUs(world: WorldState, agent: number, place: number): number {
  return isBalancer(world, place) ? latencyTo(world, agent, place) : nodeLatencyUs(world, agent);
}

export function armTimer(world: WorldState, agent: number, timer: number, atUs: number): void {
  if (atUs < world.options.durationUs)
    world.queue.schedule(agent * timersPerAgent + timer, Math.ceil(atUs) + world.options.warmupUs);
  else world.queue.cancel(agent * timersPerAgent + timer);
}

/** The main timer is armed even past the end: others compare themselves with it. */
export function armMain(world: WorldState, agent: number, atUs: number): void {
  world.queue.schedule(agent * timersPerAgent + Timer.Main, Math.ceil(atUs) + world.options.warmupUs);
}

/** A time-out that is shorter than the way of the packet it waits for is seen when that packet arrives. */
export function orNow(world: WorldState, atUs: number): number {
  return Math.max(atUs, world.queue.nowTick - world.options.warmupUs);
}

export function armMainOrNow(world: WorldState, agent: number, atUs: number): void {
  armMain(world, agent, orNow(world, atUs));
}

/** @param atUs Infinity: what comes next is up to others. */
export function nextStep(world: WorldState, agent: number, step: number, atUs: number): void {
  world.step[agent] = step;
  if (atUs === Infinity) world.queue.cancel(agent * timersPerAgent + Timer.Path);
  else world.queue.schedule(agent * timersPerAgent + Timer.Path, Math.ceil(atUs) + world.options.warmupUs);
}

/** @returns a handle with which the event can be taken back. */
export function addPlaceEvent(world: WorldState, kind: number, argument: number, atUs: number): number {
  return world.queue.add(kind, argument, atUs + world.options.warmupUs);
}

/** What a connection made in `life` of a place's processes has become. @param registration it is one to authd. */
export function conditionOf(place: Place, life: number, registration = false): number {
  if (place.state === PlaceState.Silent) return Broken.Silent;
  if (place.life !== life) return Broken.Dead;
  return serviceState(place, registration) === PlaceState.Hung ? Broken.Hung : Broken.No;
}

/** Entry of the configured list at each position of each agent's own list; `null`: as listed. */
function serverOrders(group: GroupOptions, key: Key): Uint8Array | null {
  const { length } = group.servers;
  if (group.order === 'listed' || length < 2) return null;
  const orders = new Uint8Array(group.count * length);
  for (let i = 0; i < group.count; i++) {
    const index = drawIndex(group, i);
    const list = group.servers.map((_, at) => (group.order === 'rotated' ? (at + index) % length : at));
    if (group.order === 'shuffled') shuffle(list, key, index);
    orders.set(list, i * length);
  }
  return orders;
}
