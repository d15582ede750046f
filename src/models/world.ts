// The world of one replication: all state and the one switch over event kinds. What it plays are changes of connections;
// events and keepalives are counted when a connection changes (docs/ARCHITECTURE.md, "Counting instead of playing").
import { EventQueue } from '../kernel/eventQueue.ts';
import { below, deriveKey, rootKey, shuffle, uniform, type Key } from '../kernel/random.ts';
import { groupAddresses } from './addresses.ts';
import {
  lockReleaseUs,
  receiveTimeoutUs,
  retransmissionUs,
  sendErrorSleepUs,
  synRetryUs,
  wholeSeconds,
  instantOfSecond,
} from './agent.ts';
import type { Endpoint, ServerOptions } from './agentOptions.ts';
import { atLeast } from './agentVersions.ts';
import { keyOf, listenBacklog, newProxy, type Proxy, type ProxyListener } from './balancer/proxy.ts';
import type { NginxSession } from './balancer/nginx/session.ts';
import { eventRates } from './eventRates.ts';
import { planFaults, type PlannedFault } from './faultPlan.ts';
import {
  lastAckUs,
  lastKeepaliveSecond,
  nextKeepaliveUs,
  noticeUs,
  turnAt,
  type Clockwork,
  type Wakes,
} from './keepalive.ts';
import type { Books } from './ledger.ts';
import { unreachableBetween, type Unreachable } from './network.ts';
import { newOpenOutages, openOutage, OutageBook } from './outages.ts';
import { fitsQueue, newPlace, PlaceState, stateOf, type Place } from './place.ts';
import { Sink } from './pipeline.ts';
import { Arrivals, namedKey, Purpose } from './workload.ts';
import { WorldBooks } from './worldBooks.ts';
import type { GroupOptions, Luck, WorldOptions } from './worldOptions.ts';

/** Told what an agent's main thread does, as it happens; instants in µs since the end of the warm-up. */
export interface WorldProbe {
  /** An attempt at entry `server` of the agent's list begins. */
  tried?(agent: number, atUs: number, server: number): void;
  noticed?(agent: number, atUs: number, why: 'closed' | 'silence' | 'forced'): void;
  connected?(agent: number, atUs: number, server: number, node: number): void;
  /** The agent goes on to the next entry of its list. */
  gaveUp?(agent: number, atUs: number, server: number): void;
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

// What the main thread of an agent does.
const State = {
  Off: 0,
  Trying: 1,
  Sleeping: 2,
  /** Up to 4.2.1, before it enrolls: asks whether the manager lives. */
  Pinging: 3,
  Enrolling: 4,
  Connected: 5,
  Frozen: 6,
  Waking: 7,
} as const;
// Next step of a connection attempt, or of the end of a connection.
const Step = {
  Arrive: 0,
  PeerArrive: 1,
  PeerFailed: 2,
  Handshake: 3,
  Enrolled: 4,
  Fail: 5,
  Closed: 6,
  Udp: 7,
  /** The balancer has seen no byte for its time-out. */
  Idle: 8,
  /** The third packet of the handshake reaches the balancer. */
  Accept: 9,
  /** The peer's answer to the balancer's SYN arrives. */
  PeerConnected: 10,
} as const;
// What an attempt waits for when no step is under way.
const Wait = { None: 0, Syn: 1, Queue: 2, Ack: 3, PeerSyn: 4, Stalled: 5 } as const;
// What happens to what a connected agent sends.
const Broken = { No: 0, Silent: 1, Hung: 2, Dead: 3, Void: 4 } as const;
// Timers of an agent: its main thread, its connection, its dispatcher, logcollector, the keepalive that meets a full buffer.
const Timer = { Main: 0, Path: 1, Dispatch: 2, Logcollector: 3, Keepalive: 4 } as const;
const timersPerAgent = 5;
const EventKind = { FaultStart: 0, FaultEnd: 1, StartupEnd: 2, AcceptsEnd: 3, Settled: 4 } as const;

/** Plays one replication of one mode. @throws an Error (our mistake) when the books do not balance. */
export function runWorld(options: WorldOptions, luck: Luck, probe: WorldProbe = {}, fixed: WorldFixed = {}): Books {
  return new World(options, luck, probe, fixed).run();
}

class World implements Wakes {
  readonly options: WorldOptions;
  readonly root: Key;
  readonly probe: WorldProbe;
  readonly fixed: WorldFixed;
  readonly fixedAckUs: Float64Array | undefined;
  readonly agents: number;
  readonly queue: EventQueue;
  readonly places: Place[];
  /** The balancer's place; equal to the number of nodes whether there is a balancer or not. */
  readonly balancerPlace: number;
  proxy: Proxy | null;
  readonly balancerPhaseUs: number;
  readonly books: WorldBooks;
  readonly faults: readonly PlannedFault[];
  readonly notes: string[];
  readonly outages = new OutageBook();

  readonly groupOf: Uint16Array;
  readonly indexInGroup: (agent: number) => number;
  /** One way between an agent of a group and a place, µs, [group][place]. */
  readonly latency: number[][];
  /** One way between the balancer and a node. */
  readonly balancerLatency: number[];
  /** What agents see of a host that is gone, by group and place. */
  readonly #unreachable: readonly (readonly Unreachable[])[];
  /** What the balancer sees of a node that is gone. */
  readonly #balancerUnreachable: readonly Unreachable[];
  readonly addresses: (Uint32Array | null)[];
  readonly workerKeys: Key[];
  readonly orders: (Uint8Array | null)[];

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
  readonly connects: Int32Array;
  readonly nodeLife: Int32Array;
  readonly balancerLife: Int32Array;
  readonly worker: Int16Array;
  readonly peer: Int16Array;
  readonly sessions = new Map<number, NginxSession>();

  /** Node of the agent's session, -1: none. */
  readonly node: Int16Array;
  readonly viaBalancer: Uint8Array;
  readonly udp: Uint8Array;
  readonly ackUs: Float64Array;
  readonly phaseUs: Float64Array;
  readonly keepalivePhaseUs: Float64Array;
  readonly keepaliveSecond: Float64Array;
  readonly connectedSecond: Float64Array;
  readonly broken: Uint8Array;
  readonly brokenPlace: Int16Array;
  readonly brokenSinceUs: Float64Array;
  readonly firstSendUs: Float64Array;
  readonly heldBefore: Float64Array;
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

  readonly clock = {
    phaseUs: 0,
    keepalivePhaseUs: 0,
    keepaliveSecond: 0,
    notifyTimeSeconds: 0,
    timeReconnectSeconds: 0,
  };
  wakesAgent = 0;
  /** Occurrence whose change is being worked on. */
  cause = 0;
  /** Agents with no session that works. */
  away: number;
  faultsUnderWay: number;
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
    const { nodes, balancer, network, groups } = options;
    this.balancerPlace = nodes.length;
    this.places = nodes.map((node) => newPlace(node.startupUs, node.acceptQueue));
    if (balancer) this.places.push(newPlace(0, listenBacklog));
    this.proxy = balancer ? newProxy(balancer, nodes) : null;
    this.balancerPhaseUs = Math.floor(uniform(deriveKey(root, Purpose.BalancerClock, 0), 0, 0) * 1e6);
    const slowest = (...own: (number | null | undefined)[]): number => {
      const given = own.filter((value) => typeof value === 'number');
      return given.length > 0 ? Math.max(...given) : network.latencyUs;
    };
    const placeLatency = [...nodes.map((node) => node.latencyUs), ...(balancer ? [balancer.latencyUs] : [])];
    this.latency = groups.map((group) => placeLatency.map((own) => slowest(group.latencyUs, own)));
    this.balancerLatency = nodes.map((node) => slowest(node.latencyUs, balancer?.latencyUs));
    const { agents: agentsSee, balancer: balancerSees } = network.unreachable;
    this.#unreachable = groups.map((group) => [
      ...nodes.map((node) => unreachableBetween(agentsSee, group.unreachable, node.unreachable)),
      unreachableBetween(agentsSee, group.unreachable),
    ]);
    this.#balancerUnreachable = nodes.map((node) =>
      unreachableBetween(balancerSees, balancer?.unreachable, node.unreachable),
    );
    this.addresses = groups.map((group) =>
      balancer ? groupAddresses(group, namedKey(root, Purpose.Address, group.name)) : null,
    );
    this.workerKeys = groups.map(({ name }) => namedKey(root, Purpose.BalancerWorker, name));
    this.orders = groups.map((group) => serverOrders(group, namedKey(root, Purpose.ServerOrder, group.name)));
    const arrivals = groups.map(
      (group) => new Arrivals(root, group.name, group.events.arrival, eventRates(group, root)),
    );
    this.books = new WorldBooks(options, arrivals, root);
    const { pipelines } = this.books;
    this.groupOf = pipelines.groupOf;
    this.indexInGroup = (agent) => pipelines.local(agent);
    const plan = planFaults(options, root);
    this.faults = plan.faults;
    this.notes = [...plan.notes];
    this.faultsUnderWay = plan.faults.length;
    this.away = agents;

    const f64 = (): Float64Array => new Float64Array(agents);
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
    this.connects = new Int32Array(agents);
    this.nodeLife = new Int32Array(agents);
    this.balancerLife = new Int32Array(agents);
    this.worker = new Int16Array(agents).fill(-1);
    this.peer = new Int16Array(agents);
    this.node = new Int16Array(agents).fill(-1);
    this.viaBalancer = new Uint8Array(agents);
    this.udp = new Uint8Array(agents);
    this.ackUs = f64();
    this.phaseUs = f64();
    this.keepalivePhaseUs = f64();
    this.keepaliveSecond = f64();
    this.connectedSecond = f64();
    this.broken = new Uint8Array(agents);
    this.brokenPlace = new Int16Array(agents).fill(-1);
    this.brokenSinceUs = f64();
    this.firstSendUs = f64();
    this.heldBefore = f64();
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
  }

  run(): Books {
    const { queue, options } = this;
    this.#scheduleFaults();
    this.#scheduleStarts();
    const staticSlots = queue.staticSlots;
    let warm = false;
    for (;;) {
      const slot = queue.pop();
      const nowUs = slot < 0 ? Infinity : queue.nowTick - options.warmupUs;
      if (!warm && nowUs >= 0) {
        warm = true;
        this.books.atStart(this.node, queue.popped - (slot < 0 ? 0 : 1));
      }
      if (slot < 0 || nowUs >= this.endUs) break;
      if (slot < staticSlots) this.#agentEvent(Math.floor(slot / timersPerAgent), slot % timersPerAgent, nowUs);
      else this.#placeEvent(queue.kindOf(slot), queue.argumentOf(slot), nowUs);
      if (options.untilSettled) this.#watchSettling(nowUs);
    }
    return this.#finish();
  }

  // ---------------------------------------------------------------------------------------------------- faults and places

  #scheduleFaults(): void {
    // Where one fault takes over from another, nothing works in between.
    for (const fault of this.faults) this.#add(EventKind.FaultStart, fault.index, fault.startUs);
    for (const fault of this.faults) {
      if (fault.endUs < this.options.durationUs) this.#add(EventKind.FaultEnd, fault.index, fault.endUs);
    }
  }

  #placeEvent(kind: number, argument: number, nowUs: number): void {
    switch (kind) {
      case EventKind.FaultStart:
        this.#faultStart(this.faults[argument]!, nowUs);
        return;
      case EventKind.FaultEnd:
        this.#faultEnd(this.faults[argument]!, nowUs);
        return;
      case EventKind.StartupEnd:
      case EventKind.AcceptsEnd:
        this.#changed(argument, nowUs);
        return;
      case EventKind.Settled:
        this.settledHandle = -1;
        if (this.away === 0 && this.#drainedUs(nowUs) <= nowUs) this.endUs = Math.ceil(nowUs / 1e6) * 1e6;
        return;
      default:
        throw new Error(`unknown event kind ${kind}`);
    }
  }

  #faultStart(fault: PlannedFault, nowUs: number): void {
    this.cause = fault.index;
    for (const index of fault.placeIndexes) {
      const place = this.places[index]!;
      switch (fault.options.kind) {
        case 'kill':
          place.killed += 1;
          place.life += 1;
          // A process that did not run, or a host that is off, takes no more connections.
          if (place.state === PlaceState.Up || place.state === PlaceState.Hung) {
            place.acceptsUntilUs = nowUs + fault.options.acceptsForUs;
            if (fault.options.acceptsForUs > 0) this.#add(EventKind.AcceptsEnd, index, place.acceptsUntilUs);
          }
          break;
        case 'powerOff':
          place.poweredOff += 1;
          place.life += 1;
          break;
        case 'hang':
          place.hung += 1;
          break;
        default:
          fault.options.kind satisfies never;
      }
    }
    // All places of a fault change before anybody looks.
    for (const index of fault.placeIndexes) this.#changed(index, nowUs);
  }

  #faultEnd(fault: PlannedFault, nowUs: number): void {
    this.cause = fault.index;
    this.faultsUnderWay -= 1;
    for (const index of fault.placeIndexes) {
      const place = this.places[index]!;
      const ran = place.killed === 0 && place.poweredOff === 0;
      if (fault.options.kind === 'kill') place.killed -= 1;
      else if (fault.options.kind === 'powerOff') place.poweredOff -= 1;
      else place.hung -= 1;
      if (!ran && place.killed === 0 && place.poweredOff === 0) {
        place.startsUntilUs = nowUs + place.startupUs;
        if (place.startupUs > 0) this.#add(EventKind.StartupEnd, index, place.startsUntilUs);
      }
    }
    for (const index of fault.placeIndexes) this.#changed(index, nowUs);
  }

  /** A place may be in another state now: whoever depends on it looks again. */
  #changed(index: number, nowUs: number): void {
    const place = this.places[index]!;
    const before = place.state;
    const after = stateOf(place, nowUs);
    const isBalancer = index === this.balancerPlace;
    const reborn = place.seenLife !== place.life;
    if (before === after && !reborn) return;
    place.state = after;
    place.seenLife = place.life;
    this.lastChangeUs = nowUs;
    this.probe.changed?.(index, nowUs, after);
    this.books.placeChanged(index, nowUs, after, reborn);
    if (reborn) {
      place.queued = 0;
      place.queuedRegistration = 0;
      this.#loseHeld(index, nowUs);
      if (isBalancer) this.#resetBalancer(nowUs);
    }
    if (before === PlaceState.Hung && after === PlaceState.Up) {
      place.queued = 0;
      place.queuedRegistration = 0;
      this.#deliverHeld(index, nowUs);
    }
    for (let agent = 0; agent < this.agents; agent++) {
      const state = this.state[agent]!;
      if (state === State.Connected || state === State.Frozen) {
        if (this.node[agent] === index || (isBalancer && this.viaBalancer[agent] === 1)) {
          this.#reviewSession(agent, nowUs);
        }
      } else if (this.wait[agent] !== Wait.None) {
        if (this.target[agent] === index || this.peerNode[agent] === index) this.#reviewAttempt(agent, nowUs);
      }
    }
  }

  /** The processes of a place are new: what older connections hold there is lost. */
  #loseHeld(index: number, nowUs: number): void {
    const { pipelines } = this.books;
    if (pipelines.pathCount.length === 0) return;
    for (let agent = 0; agent < this.agents; agent++) {
      pipelines.settlePath(agent, pipelines.memoryOf(index), 'nodeMemory', nowUs);
      if (pipelines.heldInPath(agent, index) === 0) continue;
      if (this.brokenPlace[agent] === index && this.node[agent]! >= 0) pipelines.advance(agent, nowUs);
      pipelines.settlePath(agent, index, 'path', nowUs);
      this.heldBefore[agent] = 0;
    }
  }

  /** A place works again: it takes what agents that have left since wrote into their old connections. */
  #deliverHeld(index: number, nowUs: number): void {
    const { pipelines } = this.books;
    if (pipelines.pathCount.length === 0) return;
    for (let agent = 0; agent < this.agents; agent++) {
      pipelines.settlePath(agent, pipelines.memoryOf(index), 'delivered', nowUs);
      if (pipelines.heldInPath(agent, index) === 0) continue;
      if (this.brokenPlace[agent] === index && this.node[agent]! >= 0) continue;
      const node = pipelines.pathNode[agent * pipelines.slots + index]!;
      if (index === this.balancerPlace && this.places[node]!.state === PlaceState.Hung) {
        pipelines.movePath(agent, index, node);
        continue;
      }
      if (this.places[node]!.state !== PlaceState.Up) {
        pipelines.settlePath(agent, index, 'path', nowUs);
        continue;
      }
      // remoted takes the new connection of the same key first and refuses what the old one still holds: measured, 47 of
      // 2,788 old events got through. Wazuh 4.4 and later, remoted/secure.c, HandleSecureMessage().
      const accepted = this.wait[agent] === Wait.Queue || this.wait[agent] === Wait.Ack;
      const waitsThere =
        this.state[agent] === State.Trying &&
        accepted &&
        (this.target[agent] === node || this.peerNode[agent] === node);
      const { version } = this.options.nodes[node]!;
      if (waitsThere && atLeast(version, '4.4.0')) pipelines.settlePath(agent, index, 'keyInUse', nowUs);
      // Before 4.6 remoted throws away what it has queued from a connection that is closed by now; measured on 3.13.6, 39 of
      // 2,788 got through. Wazuh 4.5.4, src/remoted/secure.c, rem_handler_main().
      else pipelines.settlePath(agent, index, atLeast(version, '4.6.0') ? 'delivered' : 'path', nowUs);
    }
  }

  #resetBalancer(nowUs: number): void {
    this.proxy = newProxy(this.options.balancer!, this.options.nodes);
    const killed = this.places[this.balancerPlace]!.state !== PlaceState.Silent;
    for (const agent of [...this.sessions.keys()].sort((a, b) => a - b)) {
      this.sessions.delete(agent);
      this.peerNode[agent] = -1;
      this.queue.cancel(agent * timersPerAgent + Timer.Path);
      if (killed) {
        this.wait[agent] = Wait.None;
        this.#later(agent, Step.Fail, nowUs + this.#latencyTo(agent, this.balancerPlace));
      } else {
        this.#armAttemptTimeout(agent);
        this.#waitInVain(agent);
      }
    }
  }

  // -------------------------------------------------------------------------------------------------------------- sessions

  /** Looks again at the connection of a connected agent: works, silent, hung, dead. */
  #reviewSession(agent: number, nowUs: number): void {
    const node = this.places[this.node[agent]!]!;
    const before = this.broken[agent]!;
    let after: number = Broken.No;
    let at = this.node[agent]!;
    if (this.udp[agent] === 1) {
      if (node.state !== PlaceState.Up) after = Broken.Void;
    } else {
      if (this.viaBalancer[agent] === 1) {
        after = conditionOf(this.places[this.balancerPlace]!, this.balancerLife[agent]!);
        if (after !== Broken.No) at = this.balancerPlace;
      }
      const nodeCondition = conditionOf(node, this.nodeLife[agent]!);
      // The nearer place hides the farther one, unless it only stands still and the farther one is gone for good.
      if (after === Broken.No) {
        after = nodeCondition;
        at = this.node[agent]!;
      }
    }
    if (before === after && (after === Broken.No || this.brokenPlace[agent] === at)) return;
    if (after === Broken.No) this.#heal(agent, nowUs);
    else if (before === Broken.No) this.#break(agent, after, at, nowUs);
    else this.#worsen(agent, before, after, at, nowUs);
  }

  #break(agent: number, condition: number, at: number, nowUs: number): void {
    const { pipelines } = this.books;
    const node = this.node[agent]!;
    const toNodeUs = this.#toNodeUs(agent);
    const toPlaceUs = at === this.balancerPlace ? this.#latencyTo(agent, at) : toNodeUs;
    if (at !== this.balancerPlace) {
      // What arrived after the last flush dies with the processes; processes that only stand still keep it.
      pipelines.advance(agent, this.books.lastFlushUs(node, nowUs) - toPlaceUs);
      pipelines.sink[agent] = Sink.Memory;
      if (this.places[node]!.state === PlaceState.Hung) {
        pipelines.sink[agent] = Sink.Path;
        pipelines.sinkPlace[agent] = pipelines.memoryOf(node);
      }
    }
    pipelines.advance(agent, nowUs - toPlaceUs);
    pipelines.sinkPlace[agent] = at;
    pipelines.sink[agent] = condition === Broken.Void ? Sink.Void : Sink.Path;
    this.broken[agent] = condition;
    this.brokenPlace[agent] = at;
    this.brokenSinceUs[agent] = nowUs;
    this.heldBefore[agent] = pipelines.heldInPath(agent, at);
    this.blocked[agent] = 0;
    if (this.open.fault[agent]! < 0) {
      openOutage(this.open, agent, this.cause, node, nowUs);
      this.away += 1;
    }
    this.books.unaware(nowUs, 1);
    const clock = this.#clockOf(agent);
    const fixedAck = this.fixedAckUs?.[agent] ?? NaN;
    if (!Number.isNaN(fixedAck)) this.ackUs[agent] = fixedAck;
    // Healed, and broken again before the first keepalive since came to the node: that ACK was never sent.
    else if (this.ackUs[agent]! - toNodeUs >= nowUs) this.ackUs[agent] = this.ackBeforeHealUs[agent]!;
    // An ACK passes the balancer one way after it left the node.
    else this.ackUs[agent] = lastAckUs(clock, this, this.ackUs[agent]!, nowUs - (toNodeUs - toPlaceUs), toNodeUs);
    if (this.fixedAckUs) this.fixedAckUs[agent] = NaN;
    if (condition === Broken.Dead) {
      this.#later(agent, Step.Closed, nowUs + this.#fromPlaceUs(agent, at));
      return;
    }
    const silenceUs = Math.max(nowUs, noticeUs(clock, this, this.ackUs[agent]));
    this.#armMain(agent, Math.min(silenceUs, this.#forcedUs(agent, nowUs)));
    if (condition === Broken.Void) return;
    this.#noteFirstSend(agent, nowUs - toPlaceUs);
    this.#armGiveUp(agent, nowUs);
    this.#armBlock(agent, nowUs);
  }

  /** A broken connection breaks in another way: a hung process dies, a host that was off is back without it. */
  #worsen(agent: number, before: number, after: number, at: number, nowUs: number): void {
    this.broken[agent] = after;
    if (after === Broken.Dead) {
      const oneWayUs = this.#fromPlaceUs(agent, at);
      let resetUs = nowUs;
      if (before === Broken.Silent) {
        // The new host knows nothing of the connection: it answers the next segment, or the next repeated one, with RST. Behind a
        // balancer it is the balancer that repeats.
        const throughUs =
          this.viaBalancer[agent] === 1 && at !== this.balancerPlace ? this.#latencyTo(agent, this.balancerPlace) : 0;
        const wayUs = oneWayUs - throughUs;
        const firstUs = this.firstSendUs[agent]! + throughUs;
        resetUs = (firstUs + wayUs >= nowUs ? firstUs : retransmissionUs(firstUs, nowUs - wayUs)) + wayUs;
      }
      this.#later(agent, Step.Closed, resetUs + oneWayUs);
    } else if (after !== before) {
      // A kernel that hung has acknowledged what came before its host went silent.
      if (before === Broken.Hung && after === Broken.Silent && this.blocked[agent] === 0) {
        const fromUs = nowUs - this.#fromPlaceUs(agent, at);
        this.books.pipelines.advance(agent, fromUs);
        this.heldBefore[agent] = this.books.pipelines.heldInPath(agent, at);
        this.#noteFirstSend(agent, fromUs);
      }
      // A FIN or RST that is under way still arrives.
      if (before === Broken.Dead && this.#deadline(agent, Timer.Path) <= nowUs + this.#fromPlaceUs(agent, at)) return;
      this.#armGiveUp(agent, nowUs);
      this.#armBlock(agent, nowUs);
    }
  }

  /** Notes the first segment that nobody acknowledges, an event or a keepalive, sent at or after `fromUs`; the counts are there. */
  #noteFirstSend(agent: number, fromUs: number): void {
    const { pipelines } = this.books;
    let eventUs = pipelines.sendInstant(agent, 1);
    if (pipelines.dispatches[agent] === 0) eventUs = this.#deadline(agent, Timer.Dispatch);
    else if (pipelines.collects[agent] === 0 && !pipelines.hasBacklog(agent)) {
      eventUs = this.#deadline(agent, Timer.Logcollector);
    }
    const keepaliveUs = nextKeepaliveUs(this.#clockOf(agent), this, this.ackUs[agent]!, fromUs);
    this.firstSendUs[agent] = Math.min(eventUs, keepaliveUs);
  }

  /** When a timer of an agent fires, Infinity: it is not armed. */
  #deadline(agent: number, timer: number): number {
    const tick = this.queue.deadline(agent * timersPerAgent + timer);
    return tick < 0 ? Infinity : tick - this.options.warmupUs;
  }

  /** The old session is processed again. */
  #heal(agent: number, nowUs: number): void {
    const { pipelines } = this.books;
    const clock = this.#clockOf(agent);
    const toNodeUs = this.#toNodeUs(agent);
    const at = this.brokenPlace[agent]!;
    const node = this.node[agent]!;
    // From the place that goes on, past the node, to the agent.
    const toPlaceUs = this.#fromPlaceUs(agent, at);
    const backUs = 2 * toNodeUs - toPlaceUs;
    // A datagram that is under way arrives at a place that works.
    pipelines.advance(agent, this.udp[agent] === 1 ? nowUs - toNodeUs : nowUs);
    pipelines.settlePath(agent, at, 'delivered', nowUs);
    this.queue.cancel(agent * timersPerAgent + Timer.Path);
    this.broken[agent] = Broken.No;
    this.brokenPlace[agent] = -1;
    this.books.unaware(nowUs, -1);
    if (this.state[agent] === State.Frozen && this.locked[agent] === 1) {
      // The old socket is closed; the main thread was only waiting for the sender to let go of it.
      this.blocked[agent] = 0;
      this.locked[agent] = 0;
      this.#leaveNode(agent, nowUs);
      this.#beginServer(agent, nowUs);
      return;
    }
    pipelines.sink[agent] = Sink.Live;
    pipelines.sinkPlace[agent] = node;
    let isAnswered = true;
    if (this.state[agent] === State.Frozen) {
      this.state[agent] = State.Connected;
      pipelines.reads[agent] = 1;
      if (this.#hasNoBuffer(agent)) this.#unblock(agent, nowUs); // nothing but the send takes what waits
      pipelines.release(agent, nowUs);
      // The keepalive it slept with leaves, and another at the ACK if that one is long ago.
      const ackUs = nowUs + backUs + 2 * toNodeUs;
      const second = wholeSeconds(ackUs, this.keepalivePhaseUs[agent]!);
      const isDue = second - this.keepaliveSecond[agent]! >= clock.notifyTimeSeconds;
      if (isDue) this.keepaliveSecond[agent] = second;
      this.ackUs[agent] = isDue ? ackUs + 2 * toNodeUs : ackUs;
    } else {
      const deadline = Math.max(nowUs, noticeUs(clock, this, this.ackUs[agent]!));
      let answered = this.ackUs[agent]!;
      const sentFrom = (fromUs: number): number => nextKeepaliveUs(clock, this, this.ackUs[agent]!, fromUs);
      if (this.udp[agent] === 1) answered = sentFrom(nowUs - toNodeUs) + 2 * toNodeUs;
      else if (sentFrom(this.brokenSinceUs[agent]! - toPlaceUs) < nowUs) answered = nowUs + backUs;
      // A balancer that stood still had passed the keepalive on: its ACK waited there.
      else if (sentFrom(this.brokenSinceUs[agent]! - backUs) < nowUs) answered = nowUs + toPlaceUs;
      // When no ACK comes in time the agent still leaves, though its events flow.
      isAnswered = answered <= deadline;
      if (isAnswered) {
        this.ackBeforeHealUs[agent] = this.ackUs[agent]!;
        this.ackUs[agent] = answered;
      }
    }
    this.#unblock(agent, nowUs);
    if (isAnswered) this.#armForced(agent, nowUs);
    this.outages.close(this.open, agent, 'healed', node, nowUs, nowUs);
    this.books.blind(agent, nowUs - this.open.brokenAtUs[agent]!);
    this.backSinceUs[agent] = nowUs;
    this.#noteBacklog(agent, nowUs);
    this.away -= 1;
    this.lastChangeUs = nowUs;
  }

  /** The send buffer drains: nobody will find it full. */
  #unblock(agent: number, nowUs: number): void {
    const { pipelines } = this.books;
    this.queue.cancel(agent * timersPerAgent + Timer.Keepalive);
    if (this.blocked[agent] === 1) {
      this.blocked[agent] = 0;
      pipelines.resumeDispatcher(agent, nowUs);
    } else if (pipelines.dispatches[agent] === 1) {
      this.queue.cancel(agent * timersPerAgent + Timer.Dispatch);
    }
  }

  /** When TCP gives the connection up, or the balancer closes one on which nothing moves. */
  #armGiveUp(agent: number, nowUs: number): void {
    const group = this.options.groups[this.groupOf[agent]!]!;
    const at = this.brokenPlace[agent]!;
    const { balancer } = this.options;
    let closedUs = Infinity;
    if (this.viaBalancer[agent] === 0 || at === this.balancerPlace) {
      if (this.broken[agent] === Broken.Silent) closedUs = this.firstSendUs[agent]! + group.agent.kernel.tcpGiveUpUs;
    } else if (balancer) {
      const toBalancerUs = this.#latencyTo(agent, this.balancerPlace);
      if (this.broken[agent] === Broken.Silent) {
        closedUs = this.firstSendUs[agent]! + balancer.kernel.tcpGiveUpUs + 2 * toBalancerUs;
      }
      const { sessionTimeoutUs } = this.proxy!.listeners[this.listener[agent]!]!.options;
      const { pipelines } = this.books;
      pipelines.advance(agent, nowUs);
      this.wakesAgent = agent;
      const left = this.#fits(agent, this.#balancerRoom(agent));
      const full = left < 0 ? this.before(nowUs) : pipelines.sendInstant(agent, left + 1);
      closedUs = Math.min(closedUs, full + sessionTimeoutUs + 2 * toBalancerUs);
    }
    if (closedUs < this.options.durationUs) this.#later(agent, Step.Closed, closedUs);
    else this.queue.cancel(agent * timersPerAgent + Timer.Path);
  }

  /** Bytes a balancer takes for a node that does not: its own send buffer and its proxy buffer. */
  #balancerRoom(agent: number): number {
    const { balancer } = this.options;
    const { sendBuffer } = balancer!.kernel;
    const own = this.broken[agent] === Broken.Silent ? sendBuffer.silentBytes : sendBuffer.hungBytes;
    return own + this.proxy!.listeners[this.listener[agent]!]!.options.proxyBufferBytes;
  }

  /** When the dispatcher meets a full send buffer, if the agent does not notice first. */
  #armBlock(agent: number, nowUs: number): void {
    const condition = this.broken[agent];
    if (condition !== Broken.Silent && condition !== Broken.Hung) return;
    const { pipelines } = this.books;
    if (pipelines.dispatches[agent] === 0 || this.blocked[agent] === 1) return;
    pipelines.advance(agent, nowUs);
    const left = this.#roomLeft(agent);
    const fullUs = left < 0 ? nowUs : Math.max(nowUs, pipelines.sendInstant(agent, left + 1));
    const slot = agent * timersPerAgent;
    const notice = this.queue.deadline(slot + Timer.Main) - this.options.warmupUs;
    if (fullUs <= notice) this.#arm(agent, Timer.Dispatch, fullUs);
    else this.queue.cancel(slot + Timer.Dispatch);
  }

  /** Events that still fit into the send buffers of a broken path; negative: a burst was too large for them. */
  #roomLeft(agent: number): number {
    const { agent: options } = this.options.groups[this.groupOf[agent]!]!;
    const { sendBuffer } = options.kernel;
    const beyond = this.viaBalancer[agent] === 1 && this.brokenPlace[agent] !== this.balancerPlace;
    const bytes = beyond
      ? this.#balancerRoom(agent) + sendBuffer.hungBytes
      : this.broken[agent] === Broken.Silent
        ? sendBuffer.silentBytes
        : sendBuffer.hungBytes;
    return this.#fits(agent, bytes);
  }

  /** Events for which so many bytes have room beyond what was written since the path broke. */
  #fits(agent: number, bytes: number): number {
    const { sizeBytes } = this.options.groups[this.groupOf[agent]!]!.events;
    const written = this.books.pipelines.heldInPath(agent, this.brokenPlace[agent]!) - this.heldBefore[agent]!;
    return Math.floor(bytes / sizeBytes) - written;
  }

  #hasNoBuffer(agent: number): boolean {
    return this.options.groups[this.groupOf[agent]!]!.agent.clientBuffer.disabled;
  }

  #dispatcherBlocks(agent: number, nowUs: number): void {
    const { pipelines } = this.books;
    pipelines.advance(agent, nowUs);
    this.blocked[agent] = 1;
    pipelines.dispatches[agent] = 0;
    if (this.#hasNoBuffer(agent)) {
      // Without a buffer the main thread itself sends, and sleeps with the event in its hand; the rest of a burst stays behind.
      const over = -this.#roomLeft(agent);
      if (over > 0) pipelines.takeBack(agent, this.brokenPlace[agent]!, over);
      else pipelines.advance(agent, nowUs + 1);
      this.#freeze(agent, nowUs);
      return;
    }
    const keepalive = nextKeepaliveUs(this.#clockOf(agent), this, this.ackUs[agent]!, nowUs);
    const notice = this.queue.deadline(agent * timersPerAgent + Timer.Main) - this.options.warmupUs;
    if (keepalive < notice) this.#arm(agent, Timer.Keepalive, keepalive);
  }

  /** The main thread sleeps on the send lock: from here on it notices nothing. */
  #freeze(agent: number, nowUs: number): void {
    const { pipelines } = this.books;
    pipelines.advance(agent, nowUs);
    pipelines.reads[agent] = 0;
    // The keepalive it falls asleep with counts as sent.
    this.keepaliveSecond[agent] = lastKeepaliveSecond(this.#clockOf(agent), this, this.ackUs[agent]!, nowUs + 1);
    this.state[agent] = State.Frozen;
    this.open.froze[agent] = 1;
    this.queue.cancel(agent * timersPerAgent + Timer.Main);
  }

  /** FIN, RST or a time-out of TCP reaches the agent. */
  #closed(agent: number, nowUs: number): void {
    const { pipelines } = this.books;
    if (this.blocked[agent] === 1) {
      pipelines.advance(agent, nowUs);
      pipelines.loseInHand(agent, 'sendError', nowUs);
    }
    if (this.state[agent] === State.Frozen) {
      if (this.locked[agent] === 1) {
        this.locked[agent] = 0;
        this.blocked[agent] = 0;
        this.dispatcherMetUs[agent] = pipelines.hasBacklog(agent) ? nowUs + sendErrorSleepUs : -Infinity;
        this.#leaveNode(agent, nowUs);
        this.#beginServer(agent, nowUs);
        return;
      }
      this.blocked[agent] = 0;
      this.dispatcherMetUs[agent] = pipelines.hasBacklog(agent) ? nowUs + sendErrorSleepUs : -Infinity;
      // A writer that is blocked at the socket is past his look at the lock.
      if (pipelines.isSocketFull(agent)) this.atSocket[agent] = 1;
      this.state[agent] = State.Waking;
      this.#armMain(agent, nowUs + sendErrorSleepUs);
      return;
    }
    this.#notice(agent, nowUs, 'closed');
  }

  /** The main thread sets the lock and looks for a manager. */
  #notice(agent: number, nowUs: number, why: 'closed' | 'silence' | 'forced'): void {
    const { pipelines } = this.books;
    const group = this.options.groups[this.groupOf[agent]!]!;
    const slot = agent * timersPerAgent;
    // An event that wakes the main loop is read, and sent, before the loop looks at its clock.
    pipelines.advance(agent, why === 'closed' ? nowUs : nowUs + 1);
    const clock = this.#clockOf(agent);
    const slept = this.state[agent] === State.Waking; // no keepalive left since it fell asleep
    // Healed, and leaving before the first ACK since.
    if (this.broken[agent] === Broken.No && this.ackUs[agent]! > nowUs)
      this.ackUs[agent] = this.ackBeforeHealUs[agent]!;
    const isFirstTurn = this.broken[agent] === Broken.No && this.ackUs[agent] === nowUs;
    if (this.broken[agent] === Broken.No && !isFirstTurn) {
      this.ackUs[agent] = lastAckUs(clock, this, this.ackUs[agent]!, nowUs, this.#toNodeUs(agent));
    }
    // An agent that has to leave in the turn of its handshake sends no keepalive before.
    if (!isFirstTurn && !slept) {
      this.keepaliveSecond[agent] = lastKeepaliveSecond(clock, this, this.ackUs[agent]!, nowUs);
    }
    this.queue.cancel(slot + Timer.Keepalive);
    this.queue.cancel(slot + Timer.Main);
    if (this.open.fault[agent]! >= 0) this.open.noticedAtUs[agent] = nowUs;
    this.probe.noticed?.(agent, nowUs, why);
    this.#lock(agent, nowUs);
    if (this.blocked[agent] === 1 && why !== 'closed' && !group.agent.shutdownBeforeClose) {
      // close() alone does not wake the blocked sender, and the startup message needs the lock it holds.
      this.state[agent] = State.Frozen;
      this.locked[agent] = 1;
      this.open.froze[agent] = 1;
      return;
    }
    if (this.blocked[agent] === 1) {
      if (why !== 'closed') pipelines.loseInHand(agent, 'sendError', nowUs);
      this.dispatcherMetUs[agent] = pipelines.hasBacklog(agent) ? nowUs + sendErrorSleepUs : -Infinity;
      this.blocked[agent] = 0;
    }
    this.queue.cancel(slot + Timer.Path);
    this.#leaveNode(agent, nowUs);
    this.#beginServer(agent, nowUs);
  }

  #lock(agent: number, nowUs: number): void {
    const { pipelines } = this.books;
    const slot = agent * timersPerAgent;
    if (pipelines.dispatches[agent] === 1) {
      this.dispatcherMetUs[agent] = pipelines.hasBacklog(agent) ? Math.max(nowUs, pipelines.slotUs[agent]!) : -Infinity;
    }
    if (pipelines.collects[agent] === 1) this.logcollectorMetUs[agent] = -Infinity;
    this.queue.cancel(slot + Timer.Dispatch);
    this.queue.cancel(slot + Timer.Logcollector);
    pipelines.dispatches[agent] = 0;
    pipelines.stopReading(agent);
    if (!pipelines.limits[this.groupOf[agent]!]!.blocks) pipelines.collects[agent] = 0;
    this.lockSeen[agent] = pipelines.seen[agent]!;
  }

  /** The session ends on the agent's side. */
  #leaveNode(agent: number, nowUs: number): void {
    const { pipelines } = this.books;
    const node = this.node[agent]!;
    if (this.broken[agent] !== Broken.No) {
      this.books.unaware(nowUs, -1);
      // A place that stands still keeps what it has taken in; what is on the way to any other is lost.
      if (this.broken[agent] === Broken.Silent || this.broken[agent] === Broken.Dead) {
        pipelines.settlePath(agent, this.brokenPlace[agent]!, 'path', nowUs);
      }
    }
    this.broken[agent] = Broken.No;
    this.brokenPlace[agent] = -1;
    if (this.viaBalancer[agent] === 1) this.#endSession(agent, nowUs);
    this.books.left(node, nowUs, agent);
    this.node[agent] = -1;
  }

  // -------------------------------------------------------------------------------------------------------------- attempts

  #scheduleStarts(): void {
    const { options, root } = this;
    let agent = 0;
    options.groups.forEach((group) => {
      const startKey = namedKey(root, Purpose.Start, group.name);
      const phaseKey = namedKey(root, Purpose.ClockPhase, group.name);
      const span = Math.floor(options.warmupUs / 2);
      for (let i = 0; i < group.count; i++, agent++) {
        const fixedStart = this.fixed.startUs?.[agent];
        const fixedPhase = this.fixed.clockPhaseUs?.[agent];
        const startUs =
          fixedStart !== undefined && !Number.isNaN(fixedStart)
            ? fixedStart
            : Math.floor(uniform(startKey, i, 0) * span) - options.warmupUs;
        const drawn = Math.floor(uniform(phaseKey, i, 0) * 1e6);
        this.phaseUs[agent] = fixedPhase !== undefined && !Number.isNaN(fixedPhase) ? fixedPhase : drawn;
        const own = group.agent.firstKeepalive === 'afterNotifyTime';
        this.keepalivePhaseUs[agent] = own ? Math.floor(uniform(phaseKey, i, 1) * 1e6) : this.phaseUs[agent]!;
        this.keepaliveSecond[agent] = own ? wholeSeconds(startUs, this.keepalivePhaseUs[agent]!) : -Infinity;
        this.#armMain(agent, startUs);
      }
    });
  }

  #serverOf(agent: number): ServerOptions {
    const group = this.groupOf[agent]!;
    const { servers } = this.options.groups[group]!;
    const order = this.orders[group];
    const at = this.server[agent]!;
    return servers[order ? order[this.indexInGroup(agent) * servers.length + at]! : at]!;
  }

  /** All attempts at the current entry of the list, from the first. */
  #beginServer(agent: number, nowUs: number): void {
    this.triesLeft[agent] = this.#serverOf(agent).maxRetries;
    this.#beginAttempt(agent, nowUs);
  }

  #beginAttempt(agent: number, nowUs: number): void {
    const server = this.#serverOf(agent);
    this.state[agent] = State.Trying;
    this.wait[agent] = Wait.None;
    this.attemptAtUs[agent] = nowUs;
    if (this.open.fault[agent]! >= 0) this.open.attempts[agent]! += 1;
    this.probe.tried?.(agent, nowUs, this.server[agent]!);
    this.#address(agent, server, nowUs);
  }

  /** Sends the startup message, or the ping, to the current server: in a datagram, or as soon as a connection stands. */
  #address(agent: number, { endpoint, protocol }: ServerOptions, nowUs: number): void {
    if (protocol === 'tcp' || endpoint.kind === 'balancer') {
      this.#connect(agent, endpoint, nowUs);
      return;
    }
    this.target[agent] = endpoint.nodeIndex;
    this.peerNode[agent] = -1;
    this.connectAtUs[agent] = nowUs;
    this.establishedAtUs[agent] = nowUs;
    this.#armAttemptTimeout(agent);
    this.#later(agent, Step.Udp, nowUs + this.#latencyTo(agent, endpoint.nodeIndex));
  }

  #connect(agent: number, endpoint: Endpoint, nowUs: number): void {
    const target = endpoint.kind === 'node' ? endpoint.nodeIndex : this.balancerPlace;
    this.target[agent] = target;
    this.peerNode[agent] = -1;
    if (endpoint.kind === 'balancer') this.listener[agent] = endpoint.listenerIndex;
    this.connectAtUs[agent] = nowUs;
    this.#later(agent, Step.Arrive, nowUs + this.#latencyTo(agent, target));
  }

  /** The SYN reaches the host the agent connects to. */
  #arrive(agent: number, nowUs: number): void {
    const target = this.target[agent]!;
    const place = this.places[target]!;
    const oneWayUs = this.#latencyTo(agent, target);
    const enrolling = this.state[agent] === State.Enrolling;
    const nobody = enrolling && this.#serverOf(agent).registration === null;
    if (place.state === PlaceState.Silent) {
      this.#waitSyn(agent, this.#unreachableTo(agent, target) === 'routed');
      return;
    }
    if (nobody || place.state === PlaceState.Refusing) {
      this.books.refused(target, nowUs);
      this.#later(agent, Step.Fail, nowUs + oneWayUs);
      return;
    }
    this.establishedAtUs[agent] = nowUs + oneWayUs;
    if (place.state === PlaceState.Dying) {
      this.#later(agent, Step.Fail, nowUs + 3 * oneWayUs);
      return;
    }
    if (place.state === PlaceState.Hung) {
      if (!this.#queueUp(place, enrolling, target, nowUs)) {
        this.#waitSyn(agent, true);
        return;
      }
      if (target !== this.balancerPlace) this.nodeLife[agent] = place.life;
      else this.balancerLife[agent] = place.life;
      this.wait[agent] = Wait.Queue;
      this.#armAttemptTimeout(agent);
      return;
    }
    if (target === this.balancerPlace) {
      // nginx gets the connection when the handshake is over; until then it lies in the kernel.
      this.balancerLife[agent] = place.life;
      this.wait[agent] = Wait.Queue;
      this.#armAttemptTimeout(agent);
      this.#later(agent, Step.Accept, nowUs + 2 * oneWayUs);
      return;
    }
    this.nodeLife[agent] = place.life;
    this.books.accepted(target, nowUs);
    // Startup message and ACK; an enrollment takes a round trip for TLS and one for the request.
    if (enrolling) this.#later(agent, Step.Enrolled, nowUs + 5 * oneWayUs);
    else this.#later(agent, Step.Handshake, nowUs + 3 * oneWayUs);
  }

  /** True when the connection fits into the accept queue of processes that take none. */
  #queueUp(place: Place, registration: boolean, index: number, nowUs: number): boolean {
    if (!fitsQueue(registration ? place.queuedRegistration : place.queued, place.acceptQueue)) {
      this.books.overflowed(index, nowUs);
      return false;
    }
    if (registration) place.queuedRegistration += 1;
    else place.queued += 1;
    return true;
  }

  #waitSyn(agent: number, routed: boolean): void {
    const { kernel } = this.options.groups[this.groupOf[agent]!]!.agent;
    this.wait[agent] = Wait.Syn;
    this.#armMain(agent, this.connectAtUs[agent]! + (routed ? kernel.connectTimeoutUs : kernel.arpTimeoutUs));
  }

  /** The time-out of an established attempt: of the handshake ACK, or of the enrollment's answer. */
  #armAttemptTimeout(agent: number): void {
    const { internal, enrollment } = this.options.groups[this.groupOf[agent]!]!.agent;
    const seconds = this.state[agent] === State.Enrolling ? enrollment.timeoutSeconds : internal.recvTimeoutSeconds;
    if (seconds === null) this.queue.cancel(agent * timersPerAgent + Timer.Main);
    else this.#armMain(agent, this.establishedAtUs[agent]! + receiveTimeoutUs(seconds));
  }

  /** Nobody answers for now. A balancer in between closes a session in which no byte has moved since `movedUs` for too long. */
  #waitForAnswer(agent: number, movedUs: number): void {
    this.wait[agent] = Wait.Ack;
    this.#armAttemptTimeout(agent);
    if (this.target[agent] !== this.balancerPlace) return;
    const { sessionTimeoutUs } = this.proxy!.listeners[this.listener[agent]!]!.options;
    this.#later(agent, Step.Idle, movedUs + sessionTimeoutUs);
  }

  #acceptAtBalancer(agent: number, nowUs: number): void {
    const proxy = this.proxy!;
    const group = this.groupOf[agent]!;
    const listener = proxy.listeners[this.listener[agent]!]!;
    const connect = this.connects[agent]!;
    this.connects[agent] = connect + 1;
    const local = this.indexInGroup(agent);
    const worker = below(proxy.workers, this.workerKeys[group]!, local, connect);
    this.balancerLife[agent] = this.places[this.balancerPlace]!.life;
    if (proxy.slots[worker]! >= proxy.sessionsPerWorker) {
      this.books.noSlot += 1;
      this.#later(agent, Step.Fail, nowUs + this.#latencyTo(agent, this.balancerPlace));
      return;
    }
    proxy.slots[worker]! += 1;
    // Ports of a client: net.ipv4.ip_local_port_range, 32768 to 60999 by default.
    const remotePort = 32_768 + below(28_232, this.workerKeys[group]!, local, -1 - connect);
    const session = listener.balancer.open(keyOf(listener, this.addresses[group]![local]!, remotePort), worker);
    this.sessions.set(agent, session);
    this.arrivedAtUs[agent] = nowUs;
    this.#tryPeer(agent, session, listener, nowUs);
  }

  #tryPeer(agent: number, session: NginxSession, listener: ProxyListener, nowUs: number): void {
    const proxy = this.proxy!;
    const seconds = wholeSeconds(nowUs, this.balancerPhaseUs);
    for (;;) {
      const peer = listener.balancer.next(session, seconds);
      if (peer < 0) {
        this.books.noPeer += 1;
        break;
      }
      if (listener.ports[peer]! < proxy.portsPerPeer) {
        listener.ports[peer]! += 1;
        this.peerNode[agent] = listener.targets[peer]!.nodeIndex;
        this.peerSinceUs[agent] = nowUs;
        this.#later(agent, Step.PeerArrive, nowUs + this.balancerLatency[this.peerNode[agent]]!);
        return;
      }
      // No local port is left: nginx counts it as a failure of the peer.
      this.books.noPort += 1;
      if (!listener.balancer.failed(session, seconds, nowUs - this.arrivedAtUs[agent]!)) break;
    }
    this.#dropSession(agent, session);
    this.#later(agent, Step.Fail, nowUs + this.#latencyTo(agent, this.balancerPlace));
  }

  /** The balancer's SYN reaches the peer. */
  #peerArrive(agent: number, nowUs: number): void {
    const session = this.sessions.get(agent)!;
    const listener = this.proxy!.listeners[this.listener[agent]!]!;
    const index = this.peerNode[agent]!;
    const place = this.places[index]!;
    const oneWayUs = this.balancerLatency[index]!;
    const { registration } = listener.targets[session.peerIndex]!;
    const nobody = registration && this.options.nodes[index]!.registrationPort === null;
    const connectTimeoutUs = listener.options.connectTimeoutUs;
    const { kernel } = this.options.balancer!;
    const giveUp = (kernelUs: number): void => {
      this.wait[agent] = Wait.PeerSyn;
      this.peerSynUs[agent] = kernelUs;
      this.#armAttemptTimeout(agent);
      this.#later(agent, Step.PeerFailed, this.peerSinceUs[agent]! + Math.min(connectTimeoutUs, kernelUs));
    };
    if (place.state === PlaceState.Silent) {
      giveUp(this.#balancerUnreachable[index] === 'sameSegment' ? kernel.arpTimeoutUs : kernel.connectTimeoutUs);
      return;
    }
    if (nobody || place.state === PlaceState.Refusing) {
      this.books.refused(index, nowUs);
      this.#later(agent, Step.PeerFailed, nowUs + oneWayUs);
      return;
    }
    if (place.state === PlaceState.Hung && !this.#queueUp(place, registration, index, nowUs)) {
      giveUp(kernel.connectTimeoutUs);
      return;
    }
    // A dying process takes the connection of no life that goes on.
    this.nodeLife[agent] = place.state === PlaceState.Dying ? -1 : place.life;
    if (place.state === PlaceState.Up) this.books.accepted(index, nowUs);
    this.#later(agent, Step.PeerConnected, nowUs + oneWayUs);
  }

  /** The peer's answer reaches the balancer, which passes on what the client has sent. */
  #peerConnected(agent: number, nowUs: number): void {
    const session = this.sessions.get(agent)!;
    const listener = this.proxy!.listeners[this.listener[agent]!]!;
    const index = this.peerNode[agent]!;
    const place = this.places[index]!;
    listener.balancer.connected(session, wholeSeconds(nowUs, this.balancerPhaseUs));
    if (place.state === PlaceState.Hung && place.life === this.nodeLife[agent]) {
      this.#waitForAnswer(agent, nowUs);
      return;
    }
    const oneWayUs = this.balancerLatency[index]!;
    const toBalancerUs = this.#latencyTo(agent, this.balancerPlace);
    const answerUs = nowUs + 2 * oneWayUs + toBalancerUs;
    if (this.state[agent] === State.Enrolling) {
      this.#later(agent, Step.Enrolled, answerUs + 2 * (oneWayUs + toBalancerUs));
    } else {
      this.#later(agent, Step.Handshake, answerUs);
    }
  }

  #peerFailed(agent: number, nowUs: number): void {
    const session = this.sessions.get(agent)!;
    const listener = this.proxy!.listeners[this.listener[agent]!]!;
    const seconds = wholeSeconds(nowUs, this.balancerPhaseUs);
    this.wait[agent] = Wait.None;
    listener.ports[session.peerIndex]! -= 1;
    this.peerNode[agent] = -1;
    if (listener.balancer.failed(session, seconds, nowUs - this.arrivedAtUs[agent]!)) {
      this.#tryPeer(agent, session, listener, nowUs);
      return;
    }
    this.#dropSession(agent, session);
    this.#later(agent, Step.Fail, nowUs + this.#latencyTo(agent, this.balancerPlace));
  }

  /** Frees the slot of a session that has no peer. */
  #dropSession(agent: number, session: NginxSession): void {
    this.proxy!.slots[session.worker]! -= 1;
    this.sessions.delete(agent);
    this.peerNode[agent] = -1;
  }

  /** An established session through the balancer ends, whoever ended it. */
  #endSession(agent: number, nowUs: number): void {
    if (this.balancerLife[agent] !== this.places[this.balancerPlace]!.life) return;
    const listener = this.proxy!.listeners[this.listener[agent]!]!;
    const worker = this.worker[agent]!;
    const peerIndex = this.peer[agent]!;
    listener.ports[peerIndex]! -= 1;
    listener.balancer.closed({ worker, peerIndex }, wholeSeconds(nowUs, this.balancerPhaseUs));
    this.proxy!.slots[worker]! -= 1;
  }

  /** The agent's ACK, or the answer to its enrollment, is due: does the connection still stand? */
  #answer(agent: number, nowUs: number): void {
    const condition = this.#attemptCondition(agent);
    if (condition === Broken.Dead) {
      this.#fail(agent, nowUs);
    } else if (condition !== Broken.No) {
      this.#waitForAnswer(agent, nowUs);
    } else if (this.state[agent] === State.Enrolling) {
      this.#fail(agent, nowUs); // the manager refuses a second registration of a key that is valid
    } else if (this.state[agent] === State.Pinging) {
      this.#abandonSession(agent, nowUs);
      this.#enroll(agent, nowUs);
    } else {
      this.#connected(agent, nowUs);
    }
  }

  #attemptCondition(agent: number): number {
    let condition: number = Broken.No;
    let node = this.target[agent]!;
    if (node === this.balancerPlace) {
      condition = conditionOf(this.places[node]!, this.balancerLife[agent]!);
      node = this.peerNode[agent]!;
    }
    if (condition !== Broken.No || node < 0) return condition;
    return conditionOf(this.places[node]!, this.nodeLife[agent]!);
  }

  /** A place changed while an attempt waits for something there. */
  #reviewAttempt(agent: number, nowUs: number): void {
    const target = this.target[agent]!;
    const place = this.places[target]!;
    const oneWayUs = this.#latencyTo(agent, target);
    const slot = agent * timersPerAgent;
    switch (this.wait[agent]) {
      case Wait.Syn: {
        if (place.state === PlaceState.Silent) return;
        const { kernel } = this.options.groups[this.groupOf[agent]!]!.agent;
        const deadlineUs = this.queue.deadline(slot + Timer.Main) - this.options.warmupUs;
        const sinceUs = this.connectAtUs[agent]!;
        const againUs =
          synRetryUs(sinceUs, nowUs - oneWayUs, kernel.synLinearTimeouts, deadlineUs - sinceUs) + oneWayUs;
        if (againUs >= deadlineUs) return;
        // The attempt goes on; should its SYN be dropped again, the clock of the first one still runs.
        this.queue.cancel(slot + Timer.Main);
        this.wait[agent] = Wait.None;
        this.#later(agent, Step.Arrive, againUs);
        return;
      }
      case Wait.Queue:
        if (place.state === PlaceState.Hung) return;
        if (place.state === PlaceState.Silent) {
          this.#waitInVain(agent);
          return;
        }
        this.queue.cancel(slot + Timer.Main);
        this.wait[agent] = Wait.None;
        if (
          conditionOf(place, target === this.balancerPlace ? this.balancerLife[agent]! : this.nodeLife[agent]!) !==
          Broken.No
        ) {
          this.#later(agent, Step.Fail, nowUs + oneWayUs);
        } else if (target === this.balancerPlace) {
          this.#acceptAtBalancer(agent, nowUs);
        } else {
          this.books.accepted(target, nowUs);
          if (this.state[agent] === State.Enrolling) this.#later(agent, Step.Enrolled, nowUs + 3 * oneWayUs);
          else this.#later(agent, Step.Handshake, nowUs + oneWayUs);
        }
        return;
      case Wait.Ack: {
        const condition = this.#attemptCondition(agent);
        if (condition === Broken.Hung) return;
        if (condition === Broken.Silent) {
          this.#waitInVain(agent);
          return;
        }
        const node = this.peerNode[agent]!;
        const backUs = oneWayUs + (node >= 0 ? this.balancerLatency[node]! : 0);
        // A datagram that was taken in gets no refusal when its reader dies.
        if (this.step[agent] === Step.Udp && condition === Broken.Dead) return;
        this.queue.cancel(slot + Timer.Main);
        this.wait[agent] = Wait.None;
        if (condition === Broken.Dead) this.#later(agent, Step.Fail, nowUs + backUs);
        else if (this.state[agent] === State.Enrolling) this.#later(agent, Step.Enrolled, nowUs + 3 * backUs);
        else this.#later(agent, Step.Handshake, nowUs + backUs);
        return;
      }
      case Wait.PeerSyn: {
        const node = this.peerNode[agent]!;
        if (node < 0 || this.places[node]!.state === PlaceState.Silent) return;
        const deadlineUs = this.queue.deadline(slot + Timer.Path) - this.options.warmupUs;
        const sinceUs = this.peerSinceUs[agent]!;
        const toNodeUs = this.balancerLatency[node]!;
        const { synLinearTimeouts } = this.options.balancer!.kernel;
        const againUs = synRetryUs(sinceUs, nowUs - toNodeUs, synLinearTimeouts, this.peerSynUs[agent]!) + toNodeUs;
        if (againUs >= deadlineUs) return;
        this.wait[agent] = Wait.None;
        this.#later(agent, Step.PeerArrive, againUs);
        return;
      }
      case Wait.Stalled:
        if (this.places[this.balancerPlace]!.state !== PlaceState.Up) return;
        this.wait[agent] = Wait.None;
        this.#later(agent, this.step[agent]!, nowUs);
        return;
      default:
    }
  }

  /**
   * What was to answer has lost its memory, and nothing is on the way that a new host could reset: only the attempt's own
   * time-out ends it.
   */
  #waitInVain(agent: number): void {
    this.wait[agent] = Wait.None;
  }

  /** The attempt has failed, or the enrollment is over. */
  #fail(agent: number, nowUs: number): void {
    const slot = agent * timersPerAgent;
    this.queue.cancel(slot + Timer.Path);
    this.queue.cancel(slot + Timer.Main);
    this.#abandonSession(agent, nowUs);
    this.wait[agent] = Wait.None;
    this.peerNode[agent] = -1;
    const server = this.#serverOf(agent);
    const { enrollment } = this.options.groups[this.groupOf[agent]!]!.agent;
    if (this.state[agent] === State.Trying) {
      this.triesLeft[agent]! -= 1;
      this.books.attemptsFailed += 1;
      if (this.triesLeft[agent] === 0 && enrollment.enabled) {
        if (enrollment.pingsFirst) {
          this.state[agent] = State.Pinging;
          this.#address(agent, server, nowUs);
        } else {
          this.#enroll(agent, nowUs);
        }
        return;
      }
    }
    this.state[agent] = State.Sleeping;
    this.#armMain(agent, nowUs + server.retryIntervalSeconds * 1e6);
  }

  #enroll(agent: number, nowUs: number): void {
    const { registration, endpoint } = this.#serverOf(agent);
    this.state[agent] = State.Enrolling;
    this.#connect(agent, registration ?? endpoint, nowUs);
  }

  /** The client of an attempt through the balancer has gone: a normal end, even of a session still looking for a peer. */
  #abandonSession(agent: number, nowUs: number): void {
    const session = this.sessions.get(agent);
    if (!session) return;
    if (session.peerIndex >= 0) {
      const listener = this.proxy!.listeners[this.listener[agent]!]!;
      listener.ports[session.peerIndex]! -= 1;
      listener.balancer.closed(session, wholeSeconds(nowUs, this.balancerPhaseUs));
    }
    this.#dropSession(agent, session);
  }

  #wakeUp(agent: number, nowUs: number): void {
    if (this.triesLeft[agent]! > 0) {
      this.#beginAttempt(agent, nowUs);
      return;
    }
    this.probe.gaveUp?.(agent, nowUs, this.server[agent]!);
    const { servers } = this.options.groups[this.groupOf[agent]!]!;
    this.server[agent] = (this.server[agent]! + 1) % servers.length;
    this.#beginServer(agent, nowUs);
  }

  /** The handshake's ACK has come. */
  #connected(agent: number, nowUs: number): void {
    const { pipelines } = this.books;
    const slot = agent * timersPerAgent;
    const group = this.options.groups[this.groupOf[agent]!]!;
    const server = this.#serverOf(agent);
    const session = this.sessions.get(agent);
    this.queue.cancel(slot + Timer.Main);
    this.state[agent] = State.Connected;
    this.wait[agent] = Wait.None;
    this.viaBalancer[agent] = session ? 1 : 0;
    this.udp[agent] = server.protocol === 'udp' && !session ? 1 : 0;
    const node = session ? this.peerNode[agent]! : this.target[agent]!;
    if (session) {
      this.worker[agent] = session.worker;
      this.peer[agent] = session.peerIndex;
      this.sessions.delete(agent);
    }
    this.node[agent] = node;
    this.broken[agent] = Broken.No;
    this.brokenPlace[agent] = -1;
    const toNodeUs = this.#toNodeUs(agent);
    const second = wholeSeconds(nowUs, this.keepalivePhaseUs[agent]!);
    this.ackUs[agent] = nowUs;
    this.connectedSecond[agent] = wholeSeconds(this.attemptAtUs[agent]!, this.phaseUs[agent]!);
    // The first keepalive is due at once.
    if (this.keepaliveSecond[agent] === -Infinity) this.keepaliveSecond[agent] = second - group.agent.notifyTimeSeconds;
    const keepaliveIsDue = second - this.keepaliveSecond[agent]! >= group.agent.notifyTimeSeconds;
    if (keepaliveIsDue && this.#forcedDueUs(agent) > nowUs) {
      this.keepaliveSecond[agent] = second;
      this.ackUs[agent] = nowUs + 2 * toNodeUs;
    }
    pipelines.advance(agent, nowUs);
    pipelines.sink[agent] = Sink.Live;
    pipelines.sinkPlace[agent] = node;
    pipelines.sinkNode[agent] = node;
    pipelines.latencyUs[agent] = toNodeUs;
    pipelines.reads[agent] = 1;
    let flowsUs = nowUs;
    if (this.dispatcherMetUs[agent] === -Infinity) {
      pipelines.resumeDispatcher(agent, nowUs);
    } else {
      flowsUs = lockReleaseUs(this.dispatcherMetUs[agent]!, nowUs);
      this.#arm(agent, Timer.Dispatch, flowsUs);
    }
    if (pipelines.limits[this.groupOf[agent]!]!.blocks) {
      pipelines.release(agent, nowUs);
    } else {
      const atSocket = this.atSocket[agent] === 1;
      this.atSocket[agent] = 0;
      if (this.logcollectorMetUs[agent] === -Infinity && !atSocket && pipelines.seen[agent]! > this.lockSeen[agent]!) {
        this.logcollectorMetUs[agent] = pipelines.writtenAt(agent, this.lockSeen[agent]! + 1);
      }
      const met = this.logcollectorMetUs[agent]!;
      this.releaseUs[agent] = -Infinity;
      if (met === -Infinity) {
        pipelines.collects[agent] = 1;
        pipelines.release(agent, nowUs);
      } else {
        const releasedUs = lockReleaseUs(met, nowUs);
        this.#arm(agent, Timer.Logcollector, releasedUs);
        this.releaseUs[agent] = releasedUs;
        if (releasedUs > flowsUs) flowsUs = releasedUs;
      }
    }
    this.#armForced(agent, nowUs);
    this.books.joined(node, nowUs, agent);
    this.probe.connected?.(agent, nowUs, this.server[agent]!, node);
    this.away -= 1;
    this.lastChangeUs = nowUs;
    if (this.open.fault[agent]! >= 0) {
      this.books.blind(agent, flowsUs - this.open.brokenAtUs[agent]!);
      this.outages.close(this.open, agent, 'reconnected', node, this.attemptAtUs[agent]!, nowUs);
      this.backSinceUs[agent] = nowUs;
      this.#noteBacklog(agent, nowUs);
    } else {
      this.backSinceUs[agent] = -Infinity;
    }
  }

  /** Notes how long what waits in an agent that is back will take; again when the next of its threads goes on. */
  #noteBacklog(agent: number, nowUs: number): void {
    const { pipelines } = this.books;
    const sinceUs = this.backSinceUs[agent]!;
    if (sinceUs === -Infinity || pipelines.dispatches[agent] === 0) return;
    this.books.drained(agent, nowUs - sinceUs + pipelines.drainUs(agent));
  }

  #armForced(agent: number, nowUs: number): void {
    const forcedUs = this.#forcedUs(agent, nowUs);
    if (forcedUs === Infinity) this.queue.cancel(agent * timersPerAgent + Timer.Main);
    else this.#armMain(agent, forcedUs);
  }

  /** Turn of the main loop at which force_reconnect_interval makes the agent leave; Infinity: never. */
  #forcedUs(agent: number, nowUs: number): number {
    const dueUs = this.#forcedDueUs(agent);
    if (dueUs === Infinity) return Infinity;
    const clock = this.#clockOf(agent);
    const atUs = Math.max(nowUs, dueUs);
    if (this.broken[agent] !== Broken.No) return turnAt(this, Math.min(nowUs, this.ackUs[agent]!), atUs);
    // Of every keepalive that leaves before, whether or not its ACK comes before.
    const toNodeUs = this.#toNodeUs(agent);
    if (this.ackUs[agent]! > nowUs) {
      // Of a session that has just healed the first keepalive may be due in this turn, or later.
      const turn = turnAt(this, this.ackBeforeHealUs[agent]!, atUs);
      if (turn <= this.ackUs[agent]! - 2 * toNodeUs) return turn;
    }
    const ackUs = lastAckUs(clock, this, this.ackUs[agent]!, atUs + toNodeUs - 1, toNodeUs);
    return ackUs > atUs ? Math.min(ackUs, this.from(atUs)) : turnAt(this, ackUs, atUs);
  }

  /** Why the main loop makes the agent leave in this turn: the missing ACK comes first. */
  #isForced(agent: number, nowUs: number): boolean {
    if (nowUs < this.#forcedDueUs(agent)) return false;
    return this.broken[agent] === Broken.No || nowUs < noticeUs(this.#clockOf(agent), this, this.ackUs[agent]!);
  }

  #forcedDueUs(agent: number): number {
    const seconds = this.options.groups[this.groupOf[agent]!]!.agent.forceReconnectIntervalSeconds;
    return seconds === 0 ? Infinity : instantOfSecond(this.connectedSecond[agent]! + seconds, this.phaseUs[agent]!);
  }

  // ---------------------------------------------------------------------------------------------------------------- events

  #agentEvent(agent: number, timer: number, nowUs: number): void {
    switch (timer) {
      case Timer.Main:
        this.#mainEvent(agent, nowUs);
        return;
      case Timer.Path:
        this.#pathEvent(agent, nowUs);
        return;
      case Timer.Dispatch:
        if (this.books.pipelines.dispatches[agent] === 1) {
          this.#dispatcherBlocks(agent, nowUs);
        } else {
          this.books.pipelines.advance(agent, nowUs);
          this.dispatcherMetUs[agent] = -Infinity;
          this.books.pipelines.resumeDispatcher(agent, nowUs);
          this.#noteBacklog(agent, nowUs);
          if (this.broken[agent] !== Broken.No) this.#armBlock(agent, nowUs);
        }
        return;
      case Timer.Logcollector:
        this.books.pipelines.advance(agent, nowUs);
        this.logcollectorMetUs[agent] = -Infinity;
        this.books.pipelines.collects[agent] = 1;
        this.books.pipelines.release(agent, nowUs);
        this.#noteBacklog(agent, nowUs);
        if (this.broken[agent] !== Broken.No) this.#armBlock(agent, nowUs);
        return;
      case Timer.Keepalive:
        this.books.pipelines.advance(agent, nowUs + 1); // the event that may have woken the loop is read before
        this.#freeze(agent, nowUs);
        return;
      default:
        throw new Error(`unknown timer ${timer}`);
    }
  }

  #mainEvent(agent: number, nowUs: number): void {
    switch (this.state[agent]) {
      case State.Off:
        this.lockSeen[agent] = 0;
        this.books.pipelines.collects[agent] = this.books.pipelines.limits[this.groupOf[agent]!]!.blocks ? 1 : 0;
        this.#beginServer(agent, nowUs);
        return;
      case State.Sleeping:
        this.#wakeUp(agent, nowUs);
        return;
      case State.Trying:
      case State.Pinging:
      case State.Enrolling:
        this.#fail(agent, nowUs);
        return;
      case State.Waking:
        this.#notice(agent, nowUs, 'closed');
        return;
      case State.Connected:
        // The event that wakes the loop finds no room: without a buffer the main thread itself now sleeps in the send.
        if (this.books.pipelines.dispatches[agent] === 1 && this.#deadline(agent, Timer.Dispatch) === nowUs) {
          this.queue.cancel(agent * timersPerAgent + Timer.Dispatch);
          this.#dispatcherBlocks(agent, nowUs);
          if (this.#hasNoBuffer(agent)) return;
        }
        if (this.open.fault[agent]! < 0) this.away += 1;
        this.#notice(agent, nowUs, this.#isForced(agent, nowUs) ? 'forced' : 'silence');
        return;
      default:
        throw new Error(`agent ${agent}: a main timer in state ${this.state[agent]!}`);
    }
  }

  #pathEvent(agent: number, nowUs: number): void {
    const step = this.step[agent]!;
    if (
      (step === Step.PeerArrive || step === Step.PeerConnected || step === Step.PeerFailed || step === Step.Idle) &&
      this.places[this.balancerPlace]!.state === PlaceState.Hung
    ) {
      this.wait[agent] = Wait.Stalled;
      this.#armAttemptTimeout(agent);
      return;
    }
    switch (step) {
      case Step.Arrive:
        this.#arrive(agent, nowUs);
        return;
      case Step.Accept:
        if (this.wait[agent] !== Wait.Queue || this.places[this.balancerPlace]!.state !== PlaceState.Up) return;
        this.queue.cancel(agent * timersPerAgent + Timer.Main);
        this.wait[agent] = Wait.None;
        this.#acceptAtBalancer(agent, nowUs);
        return;
      case Step.PeerArrive:
        this.#peerArrive(agent, nowUs);
        return;
      case Step.PeerConnected:
        this.#peerConnected(agent, nowUs);
        return;
      case Step.PeerFailed:
        this.#peerFailed(agent, nowUs);
        return;
      case Step.Handshake:
      case Step.Enrolled:
        this.#answer(agent, nowUs);
        return;
      case Step.Fail:
        this.#fail(agent, nowUs);
        return;
      case Step.Closed:
        this.#closed(agent, nowUs);
        return;
      case Step.Udp:
        this.#udpArrive(agent, nowUs);
        return;
      case Step.Idle:
        this.#later(agent, Step.Fail, nowUs + this.#latencyTo(agent, this.balancerPlace));
        return;
      default:
        throw new Error(`unknown step ${step}`);
    }
  }

  /** The startup datagram reaches the node. */
  #udpArrive(agent: number, nowUs: number): void {
    const target = this.target[agent]!;
    const place = this.places[target]!;
    const oneWayUs = this.#latencyTo(agent, target);
    switch (place.state) {
      case PlaceState.Up:
        this.nodeLife[agent] = place.life;
        this.books.accepted(target, nowUs);
        this.#later(agent, Step.Handshake, nowUs + oneWayUs);
        return;
      case PlaceState.Refusing:
      case PlaceState.Dying:
        this.books.refused(target, nowUs);
        this.#later(agent, Step.Fail, nowUs + oneWayUs);
        return;
      case PlaceState.Hung:
        this.nodeLife[agent] = place.life;
        this.wait[agent] = Wait.Ack;
        return;
      case PlaceState.Silent:
        this.wait[agent] = Wait.None;
        if (this.#unreachableTo(agent, target) === 'sameSegment') {
          const { arpTimeoutUs } = this.options.groups[this.groupOf[agent]!]!.agent.kernel;
          this.#armMain(agent, this.connectAtUs[agent]! + arpTimeoutUs);
        }
        return;
      default:
        place.state satisfies never;
    }
  }

  // --------------------------------------------------------------------------------------------------------------- helpers

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

  /** The agent's clockwork, valid until the next call; also points the wakes at the agent. */
  #clockOf(agent: number): Clockwork {
    const { clock } = this;
    const { agent: options } = this.options.groups[this.groupOf[agent]!]!;
    this.wakesAgent = agent;
    clock.phaseUs = this.phaseUs[agent]!;
    clock.keepalivePhaseUs = this.keepalivePhaseUs[agent]!;
    clock.keepaliveSecond = this.keepaliveSecond[agent]!;
    clock.notifyTimeSeconds = options.notifyTimeSeconds;
    clock.timeReconnectSeconds = options.timeReconnectSeconds;
    return clock;
  }

  #unreachableTo(agent: number, place: number): Unreachable {
    return this.#unreachable[this.groupOf[agent]!]![place]!;
  }

  #latencyTo(agent: number, place: number): number {
    return this.latency[this.groupOf[agent]!]![place]!;
  }

  /** One way from a connected agent to its node. */
  #toNodeUs(agent: number): number {
    const node = this.node[agent]!;
    if (this.viaBalancer[agent] === 0) return this.#latencyTo(agent, node);
    return this.#latencyTo(agent, this.balancerPlace) + this.balancerLatency[node]!;
  }

  #fromPlaceUs(agent: number, place: number): number {
    return place === this.balancerPlace ? this.#latencyTo(agent, place) : this.#toNodeUs(agent);
  }

  #arm(agent: number, timer: number, atUs: number): void {
    if (atUs < this.options.durationUs)
      this.queue.schedule(agent * timersPerAgent + timer, Math.ceil(atUs) + this.options.warmupUs);
    else this.queue.cancel(agent * timersPerAgent + timer);
  }

  /** The main timer is armed even past the end: others compare themselves with it. */
  #armMain(agent: number, atUs: number): void {
    this.queue.schedule(agent * timersPerAgent + Timer.Main, Math.ceil(atUs) + this.options.warmupUs);
  }

  #later(agent: number, step: number, atUs: number): void {
    this.step[agent] = step;
    this.queue.schedule(agent * timersPerAgent + Timer.Path, Math.ceil(atUs) + this.options.warmupUs);
  }

  #add(kind: number, argument: number, atUs: number): void {
    this.queue.add(kind, argument, atUs + this.options.warmupUs);
  }

  /** Ends a run that goes on until nothing is left to happen. */
  #watchSettling(nowUs: number): void {
    if (this.settledHandle >= 0 && this.away > 0) {
      this.queue.remove(this.settledHandle);
      this.settledHandle = -1;
    }
    if (this.settledHandle >= 0 || this.away > 0 || this.faultsUnderWay > 0 || nowUs < 0) return;
    const atUs = Math.ceil(this.#drainedUs(nowUs)) + 1e6;
    if (atUs < this.endUs) this.settledHandle = this.queue.add(EventKind.Settled, 0, atUs + this.options.warmupUs);
  }

  /** When the agents have passed on what waited in them, as far as can be said now. */
  #drainedUs(nowUs: number): number {
    const { pipelines } = this.books;
    let drainedUs = nowUs;
    for (let agent = 0; agent < this.agents; agent++) {
      const slot = agent * timersPerAgent;
      for (const timer of [Timer.Dispatch, Timer.Logcollector]) {
        const tick = this.queue.deadline(slot + timer);
        if (tick >= 0) drainedUs = Math.max(drainedUs, tick - this.options.warmupUs);
      }
      if (!pipelines.hasBacklog(agent)) continue;
      const ownUs = pipelines.drainedAt(agent);
      if (ownUs < Infinity) drainedUs = Math.max(drainedUs, ownUs);
    }
    return drainedUs;
  }

  #finish(): Books {
    const { pipelines } = this.books;
    const endUs = this.endUs;
    for (let agent = 0; agent < this.agents; agent++) {
      const node = this.node[agent]!;
      if (node >= 0 && this.broken[agent] === Broken.No) {
        pipelines.advance(agent, this.books.lastFlushUs(node, endUs) - this.#toNodeUs(agent));
        pipelines.sink[agent] = Sink.Pending;
      }
      pipelines.advance(agent, endUs);
    }
    const resumes = this.places.map((_, index) => this.#resumes(index));
    return this.books.close({
      endUs,
      resumes,
      node: this.node,
      outages: this.outages.finish(this.open),
      faults: this.faults,
      notes: this.notes,
      kernelEvents: this.queue.popped,
    });
  }

  /** True when a place that stands still will go on as scheduled. */
  #resumes(index: number): boolean {
    const place = this.places[index]!;
    if (place.state !== PlaceState.Hung) return false; // what is still held there belongs to a connection of an earlier life
    return this.faults.every(
      ({ placeIndexes, options, startUs, endUs }) =>
        options.kind !== 'hang' || !placeIndexes.includes(index) || startUs >= this.endUs || endUs < Infinity,
    );
  }
}

/** What a connection made in `life` of a place's processes has become. */
function conditionOf(place: Place, life: number): number {
  if (place.state === PlaceState.Silent) return Broken.Silent;
  if (place.life !== life) return Broken.Dead;
  return place.state === PlaceState.Hung ? Broken.Hung : Broken.No;
}

/** Entry of the configured list at each position of each agent's own list; `null`: as listed. */
function serverOrders(group: GroupOptions, key: Key): Uint8Array | null {
  const { length } = group.servers;
  if (group.order === 'listed' || length < 2) return null;
  const orders = new Uint8Array(group.count * length);
  for (let i = 0; i < group.count; i++) {
    const list = group.servers.map((_, at) => (group.order === 'rotated' ? (at + i) % length : at));
    if (group.order === 'shuffled') shuffle(list, key, i);
    orders.set(list, i * length);
  }
  return orders;
}
