// The way of an event inside the agents: local socket, logcollector's queue, the client buffer, the dispatcher, and where
// what it sends ends up. Counted, not played: between two changes of an agent's state everything follows from the number of
// events written so far (docs/MODEL.md, "Counting").
import { dispatchSpacingUs } from './agent.ts';
import { addFlow, type Flow } from './flow.ts';
import type { EventCounts, LossCause } from './ledger.ts';
import type { Arrivals } from './workload.ts';
import type { GroupOptions } from './worldOptions.ts';

/** Where an event goes that the dispatcher sends now. */
export const Sink = {
  /** To a node that processes it. */
  Live: 0,
  /** Into a node that is about to die before the event is flushed. */
  Memory: 1,
  /** Into a connection nobody reads: its fate is open until the place resumes or dies. */
  Path: 2,
  /** Arrives after the end of the run. */
  Pending: 3,
  /** Datagrams to a place that takes none: lost as they are sent. */
  Void: 4,
} as const;
export type Sink = (typeof Sink)[keyof typeof Sink];

/** Where the totals go: everything the pipelines of one run report. */
export interface PipelineBooks {
  readonly counts: readonly EventCounts[];
  readonly produced: Flow;
  readonly delivered: Flow;
  readonly lost: Flow;
  /** Arrivals at each node by group, [node][group]; `null` where the node's capacity is not judged. */
  readonly inflow: readonly (readonly Flow[] | null)[];
  readonly nodeDelivered: Float64Array;
  addDelay(events: number, shortestUs: number, longestUs: number): void;
}

/** What of a group the pipeline needs, in its own units. */
interface Limits {
  readonly spacingUs: number;
  readonly ringSize: number;
  readonly queueSize: number;
  readonly socketSize: number;
  readonly blocks: boolean;
}

export class Pipelines {
  readonly groupOf: Uint16Array;
  readonly firstOfGroup: readonly number[];
  readonly arrivals: readonly Arrivals[];
  readonly limits: readonly Limits[];
  readonly books: PipelineBooks;
  readonly places: number;
  /** Where events of an agent can be held: the paths to the places, then the memory of each. */
  readonly slots: number;

  /** All counts hold at this instant. */
  readonly anchorUs: Float64Array;
  /** Events written before the anchor, those that a blocked writer left out included. */
  readonly seen: Float64Array;
  /** Events in the client buffer and in the dispatcher's hand. */
  readonly ring: Float64Array;
  /** Events before the client buffer: local socket, logcollector's hand and queue. */
  readonly upstream: Float64Array;
  /** Events that would have been written while the writer was blocked. */
  readonly unwritten: Float64Array;
  /** Datagrams that lay in the local socket when the lock was set. */
  readonly inSocket: Float64Array;
  /** Instant of the dispatcher's next send while it has a backlog. */
  readonly slotUs: Float64Array;
  /** The main thread drains the local socket. */
  readonly reads: Uint8Array;
  /** Logcollector passes on what it reads. */
  readonly collects: Uint8Array;
  readonly dispatches: Uint8Array;
  readonly sink: Uint8Array;
  /** Node the sink belongs to; for a path, the place that broke it. */
  readonly sinkPlace: Int16Array;
  /** Node at the other end of a path. */
  readonly sinkNode: Int16Array;
  /** Latency to the sink, for delays. */
  readonly latencyUs: Float64Array;
  /** Events held up and not yet judged, [agent × slots + slot], and when. Allocated with the first one. */
  pathCount = new Float64Array(0);
  pathFromUs = new Float64Array(0);
  pathToUs = new Float64Array(0);
  pathNode = new Int16Array(0);

  constructor(groups: readonly GroupOptions[], arrivals: readonly Arrivals[], places: number, books: PipelineBooks) {
    const agents = groups.reduce((sum, group) => sum + group.count, 0);
    this.arrivals = arrivals;
    this.books = books;
    this.places = places;
    this.slots = 2 * places;
    this.groupOf = new Uint16Array(agents);
    const firstOfGroup: number[] = [];
    let first = 0;
    groups.forEach((group, index) => {
      firstOfGroup.push(first);
      this.groupOf.fill(index, first, first + group.count);
      first += group.count;
    });
    this.firstOfGroup = firstOfGroup;
    this.limits = groups.map(({ agent, events }) => ({
      spacingUs: agent.clientBuffer.disabled ? 0 : dispatchSpacingUs(agent.clientBuffer.eventsPerSecond),
      ringSize: agent.clientBuffer.disabled ? 0 : agent.clientBuffer.queueSize,
      // Wazuh, shared/queue_op.c, queue_full(): one slot stays free.
      queueSize: agent.internal.logcollectorQueueSize - 1,
      socketSize: agent.kernel.maxDgramQlen + 1,
      blocks: events.source === 'socket',
    }));
    this.anchorUs = new Float64Array(agents);
    this.seen = new Float64Array(agents);
    this.ring = new Float64Array(agents);
    this.upstream = new Float64Array(agents);
    this.unwritten = new Float64Array(agents);
    this.inSocket = new Float64Array(agents);
    this.slotUs = new Float64Array(agents);
    this.reads = new Uint8Array(agents);
    this.collects = new Uint8Array(agents).fill(1);
    this.dispatches = new Uint8Array(agents);
    this.sink = new Uint8Array(agents);
    this.sinkPlace = new Int16Array(agents).fill(-1);
    this.sinkNode = new Int16Array(agents).fill(-1);
    this.latencyUs = new Float64Array(agents);
  }

  local(agent: number): number {
    return agent - this.firstOfGroup[this.groupOf[agent]!]!;
  }

  /** Events written before `atUs`. */
  written(agent: number, atUs: number): number {
    return this.arrivals[this.groupOf[agent]!]!.count(this.local(agent), atUs);
  }

  /** Instant of the agent's `ordinal`-th event. */
  writtenAt(agent: number, ordinal: number): number {
    return this.arrivals[this.groupOf[agent]!]!.timeOf(this.local(agent), ordinal);
  }

  /** Brings the agent's counts to `atUs`; earlier instants change nothing. */
  advance(agent: number, atUs: number): void {
    const fromUs = this.anchorUs[agent]!;
    if (atUs <= fromUs) return;
    const group = this.groupOf[agent]!;
    const limits = this.limits[group]!;
    const seen = this.seen[agent]!;
    const written = this.written(agent, atUs);
    const fresh = written - seen;
    const flows = this.reads[agent] === 1 && this.collects[agent] === 1;
    const unwritten = this.unwritten[agent]!;
    if (!flows) this.#hold(agent, group, limits, fresh, fromUs, atUs);
    addFlow(this.books.produced, fresh - (this.unwritten[agent]! - unwritten), fromUs, atUs);
    const inflow = flows ? fresh : 0;
    if (this.dispatches[agent] === 1) {
      this.#dispatch(agent, limits, inflow, flows, fromUs, atUs);
    } else if (inflow > 0) {
      this.#fill(agent, inflow, limits.ringSize + 1, fromUs, atUs);
    }
    this.anchorUs[agent] = atUs;
    this.seen[agent] = written;
  }

  /** What waits before the client buffer goes into it, all at once. */
  release(agent: number, atUs: number): void {
    const waiting = this.upstream[agent]!;
    if (waiting === 0) return;
    this.upstream[agent] = 0;
    const limits = this.limits[this.groupOf[agent]!]!;
    const idle = this.ring[agent] === 0;
    if (limits.spacingUs === 0 && this.dispatches[agent] === 1) {
      if (this.sink[agent] === Sink.Live) {
        this.ring[agent]! += waiting; // sent at this instant; what becomes of it is seen when somebody looks next
        return;
      }
      const youngestUs = this.#youngestUs(agent, waiting, waiting);
      this.#emit(agent, waiting, atUs, atUs, this.#oldestUs(agent, waiting), youngestUs);
      return;
    }
    // One is in the dispatcher's hand: held there, or sent at once by a dispatcher that has rested.
    const inHand = this.dispatches[agent] === 0 || (idle && this.slotUs[agent]! <= atUs) ? 1 : 0;
    this.#fill(agent, waiting, limits.ringSize + inHand, atUs, atUs);
    if (idle && this.dispatches[agent] === 1) this.slotUs[agent] = Math.max(this.slotUs[agent]!, atUs);
  }

  /** The dispatcher starts to send at `atUs`. */
  resumeDispatcher(agent: number, atUs: number): void {
    this.dispatches[agent] = 1;
    this.slotUs[agent] = atUs;
  }

  /** The main loop stops reading under the lock; what a loop that slept has left in the local socket stays there. */
  stopReading(agent: number): void {
    const { socketSize } = this.limits[this.groupOf[agent]!]!;
    this.inSocket[agent] = this.reads[agent] === 1 ? 0 : Math.min(this.upstream[agent]!, socketSize);
    this.reads[agent] = 0;
  }

  /** True when more waits than the local socket holds. */
  isSocketFull(agent: number): boolean {
    return this.upstream[agent]! > this.limits[this.groupOf[agent]!]!.socketSize;
  }

  /** True when the dispatcher has something in its hand or behind it. */
  hasBacklog(agent: number): boolean {
    return this.ring[agent]! > 0;
  }

  /** Instant of the `ordinal`-th send from the anchor on, while nothing changes; Infinity when it never comes. */
  sendInstant(agent: number, ordinal: number): number {
    const limits = this.limits[this.groupOf[agent]!]!;
    const ring = this.ring[agent]!;
    const seen = this.seen[agent]!;
    const slot = Math.max(this.slotUs[agent]!, this.anchorUs[agent]!);
    const bySlot = slot + (ordinal - 1) * limits.spacingUs;
    if (this.#overloaded(agent, limits)) return ring > 0 ? bySlot : Math.max(bySlot, this.writtenAt(agent, seen + 1));
    if (ordinal <= ring) return bySlot;
    const written = this.writtenAt(agent, seen + ordinal - ring);
    return ring > 0
      ? Math.max(written, this.#busyUntil(agent, limits, slot, Infinity) < written ? written : bySlot)
      : written;
  }

  /** An event that the dispatcher holds is lost. */
  loseInHand(agent: number, cause: LossCause, atUs: number): void {
    if (this.ring[agent]! < 1) return;
    this.ring[agent]! -= 1;
    this.lose(agent, 1, cause, atUs, atUs);
  }

  lose(agent: number, events: number, cause: LossCause, fromUs: number, toUs: number): void {
    if (events === 0) return;
    this.books.counts[this.groupOf[agent]!]!.lost[cause] += events;
    addFlow(this.books.lost, events, fromUs, toUs);
  }

  /** The slot of what has reached a node that stands still, and was not flushed. */
  memoryOf(node: number): number {
    return this.places + node;
  }

  /** Judges what is held of the agent in a slot: delivered at `atUs`, lost for a cause, or pending. */
  settlePath(
    agent: number,
    slot: number,
    fate: 'delivered' | 'path' | 'keyInUse' | 'nodeMemory' | 'pending',
    atUs: number,
  ): void {
    if (this.pathCount.length === 0) return;
    const at = agent * this.slots + slot;
    const events = this.pathCount[at]!;
    if (events === 0) return;
    const group = this.groupOf[agent]!;
    const counts = this.books.counts[group]!;
    this.pathCount[at] = 0;
    switch (fate) {
      case 'path':
        counts.lost.path += events;
        addFlow(this.books.lost, events, this.pathFromUs[at]!, this.pathToUs[at]!);
        return;
      case 'keyInUse':
      case 'nodeMemory':
        counts.lost[fate] += events;
        addFlow(this.books.lost, events, atUs, atUs);
        return;
      case 'pending':
        counts.pending += events;
        return;
      case 'delivered': {
        const node = this.pathNode[at]!;
        counts.delivered += events;
        addFlow(this.books.delivered, events, atUs, atUs);
        this.books.nodeDelivered[node]! += events;
        const inflow = this.books.inflow[node];
        if (inflow) addFlow(inflow[group]!, events, atUs, atUs);
        this.books.addDelay(events, atUs - this.pathToUs[at]!, atUs - this.pathFromUs[at]!);
        return;
      }
      default:
        fate satisfies never;
    }
  }

  /** What the agent wrote into a dead path at `from` is now held up at `to`. */
  movePath(agent: number, from: number, to: number): void {
    if (this.pathCount.length === 0) return;
    const source = agent * this.slots + from;
    const target = agent * this.slots + to;
    if (this.pathCount[source] === 0) return;
    if (this.pathCount[target] === 0) this.pathFromUs[target] = this.pathFromUs[source]!;
    this.pathToUs[target] = this.pathToUs[source]!;
    this.pathNode[target] = this.pathNode[source]!;
    this.pathCount[target]! += this.pathCount[source]!;
    this.pathCount[source] = 0;
  }

  /** Of a burst that the main thread was sending, `events` have found no room: one is in its hand, the others wait. */
  takeBack(agent: number, slot: number, events: number): void {
    this.pathCount[agent * this.slots + slot]! -= events;
    this.ring[agent]! += 1;
    this.upstream[agent]! += events - 1;
  }

  heldInPath(agent: number, slot: number): number {
    return this.pathCount.length === 0 ? 0 : this.pathCount[agent * this.slots + slot]!;
  }

  #hold(agent: number, group: number, limits: Limits, fresh: number, fromUs: number, toUs: number): void {
    const waiting = this.upstream[agent]! + fresh;
    if (limits.blocks) {
      // What the local socket does not take is not written: the writer goes on with what comes when it wakes up.
      const kept = Math.min(waiting, limits.socketSize);
      this.upstream[agent] = kept;
      this.unwritten[agent]! += waiting - kept;
      return;
    }
    // Queue and the output thread's hand; with the socket unread but no lock, its datagrams too.
    const room = limits.queueSize + 1 + (this.collects[agent] === 1 ? limits.socketSize : this.inSocket[agent]!);
    const excess = Math.max(0, waiting - Math.max(room, this.upstream[agent]!));
    this.upstream[agent] = waiting - excess;
    if (excess > 0) {
      this.books.counts[group]!.lost.logcollector += excess;
      const share = fresh > 0 ? excess / fresh : 1;
      addFlow(this.books.lost, excess, toUs - (toUs - fromUs) * share, toUs);
    }
  }

  #fill(agent: number, inflow: number, room: number, fromUs: number, toUs: number): void {
    const waiting = this.ring[agent]! + inflow;
    const excess = Math.max(0, waiting - room);
    this.ring[agent] = waiting - excess;
    this.lose(agent, excess, 'ring', fromUs, toUs);
  }

  #overloaded(agent: number, limits: Limits): boolean {
    const group = this.groupOf[agent]!;
    return this.arrivals[group]!.ratePerUs(this.local(agent)) * limits.spacingUs >= 1;
  }

  #dispatch(agent: number, limits: Limits, inflow: number, flows: boolean, fromUs: number, toUs: number): void {
    const ring = this.ring[agent]!;
    const seen = this.seen[agent]!;
    if (limits.spacingUs === 0) {
      this.ring[agent] = 0;
      this.#emit(agent, ring, fromUs, fromUs, this.#oldestUs(agent, ring), this.#youngestUs(agent, ring, ring));
      this.#emit(agent, inflow, fromUs, toUs);
      return;
    }
    if (flows && this.#overloaded(agent, limits)) {
      this.#dispatchOverloaded(agent, limits, inflow, fromUs, toUs);
      return;
    }
    if (ring === 0) {
      this.#emit(agent, inflow, fromUs, toUs);
      return;
    }
    const slot = Math.max(this.slotUs[agent]!, fromUs);
    const slots = slot < toUs ? Math.floor((toUs - 1 - slot) / limits.spacingUs) + 1 : 0;
    const busy = flows ? this.#busySends(agent, limits, slot, slots) : ring;
    const idleUs = slot + busy * limits.spacingUs;
    const sent = Math.min(busy, slots);
    const oldestUs = this.#oldestUs(agent, ring);
    this.#emit(agent, sent, slot, Math.min(toUs, idleUs), oldestUs, this.#youngestUs(agent, ring, sent));
    if (
      busy <= slots &&
      ring + inflow - sent >= 0 &&
      (!flows || ring + this.#writtenSince(agent, seen, idleUs) <= busy)
    ) {
      // The backlog is gone before the end: whatever comes after is sent at once.
      const rest = ring + inflow - busy;
      this.ring[agent] = 0;
      if (rest > 0) this.#emit(agent, rest, Math.min(idleUs, toUs), toUs);
    } else {
      this.ring[agent] = ring + inflow - sent;
    }
    this.slotUs[agent] = slot + sent * limits.spacingUs;
    this.#trim(agent, limits, fromUs, toUs);
  }

  /** More is written than the dispatcher may send: it never rests, and what the buffer cannot hold is lost. */
  #dispatchOverloaded(agent: number, limits: Limits, inflow: number, fromUs: number, toUs: number): void {
    const ring = this.ring[agent]!;
    const seen = this.seen[agent]!;
    const from = ring > 0 ? fromUs : Math.max(fromUs, this.writtenAt(agent, seen + 1));
    const slot = Math.max(this.slotUs[agent]!, from);
    const slots = slot < toUs ? Math.floor((toUs - 1 - slot) / limits.spacingUs) + 1 : 0;
    const offered = Math.min(slots, ring + inflow);
    // The buffer is fullest just after the last event: only then is it known how many found it full.
    const lastUs = inflow > 0 ? this.writtenAt(agent, seen + inflow) : fromUs;
    const sentBefore = Math.min(offered, slot <= lastUs ? Math.floor((lastUs - slot) / limits.spacingUs) + 1 : 0);
    const excess = Math.max(0, ring + inflow - sentBefore - limits.ringSize);
    const sent = Math.min(offered, ring + inflow - excess);
    this.#emit(agent, sent, slot, toUs, ring > 0 ? this.#oldestUs(agent, ring) : slot);
    this.ring[agent] = ring + inflow - sent - excess;
    this.lose(agent, excess, 'ring', fromUs, toUs);
    this.slotUs[agent] = slot + sent * limits.spacingUs;
  }

  #trim(agent: number, limits: Limits, fromUs: number, toUs: number): void {
    const excess = this.ring[agent]! - limits.ringSize;
    if (excess <= 0) return;
    this.ring[agent] = limits.ringSize;
    this.lose(agent, excess, 'ring', fromUs, toUs);
  }

  #writtenSince(agent: number, seen: number, uptoUs: number): number {
    return this.written(agent, uptoUs + 1) - seen;
  }

  /**
   * Number of sends, one a slot, until a slot finds nothing to send: the smallest n with backlog + written by slot n ≤ n.
   * Each pass leaps over all events known to be there; at most `most` slots are looked at.
   */
  #busySends(agent: number, limits: Limits, slot: number, most: number): number {
    const ring = this.ring[agent]!;
    const seen = this.seen[agent]!;
    let sends = ring;
    while (sends < most) {
      const there = ring + this.#writtenSince(agent, seen, slot + sends * limits.spacingUs);
      if (there <= sends) return sends;
      sends = there;
    }
    return sends;
  }

  #busyUntil(agent: number, limits: Limits, slot: number, most: number): number {
    return slot + this.#busySends(agent, limits, slot, most) * limits.spacingUs;
  }

  /** When the backlog is gone if nothing changes; Infinity while more is written than sent. */
  drainedAt(agent: number): number {
    const limits = this.limits[this.groupOf[agent]!]!;
    if (this.#overloaded(agent, limits)) return Infinity;
    if (this.ring[agent] === 0) return this.anchorUs[agent]!;
    const slot = Math.max(this.slotUs[agent]!, this.anchorUs[agent]!);
    return this.#busyUntil(agent, limits, slot, Infinity);
  }

  /** How long the backlog will take to go at the agent's mean rate, µs; Infinity while more is written than sent. */
  drainUs(agent: number): number {
    const { spacingUs } = this.limits[this.groupOf[agent]!]!;
    const share = this.arrivals[this.groupOf[agent]!]!.ratePerUs(this.local(agent)) * spacingUs;
    return share >= 1 ? Infinity : Math.round((this.ring[agent]! * spacingUs) / (1 - share));
  }

  /** About when the oldest of `waiting` events in the agent was written. */
  #oldestUs(agent: number, waiting: number): number {
    return this.writtenAt(agent, Math.max(1, this.seen[agent]! - waiting - this.upstream[agent]! + 1));
  }

  /** About when the last of the next `sent` events was written, `waiting` being in the agent. */
  #youngestUs(agent: number, waiting: number, sent: number): number {
    return this.writtenAt(agent, Math.max(1, this.seen[agent]! - waiting - this.upstream[agent]! + sent));
  }

  /** @param oldestUs when the first of these was written, and `youngestUs` the last; -1: each is sent when it is written. */
  #emit(agent: number, events: number, fromUs: number, toUs: number, oldestUs = -1, youngestUs = -1): void {
    if (events <= 0) return;
    const group = this.groupOf[agent]!;
    const counts = this.books.counts[group]!;
    const place = this.sinkPlace[agent]!;
    const latency = this.latencyUs[agent]!;
    switch (this.sink[agent]) {
      case Sink.Live: {
        counts.delivered += events;
        this.books.nodeDelivered[place]! += events;
        addFlow(this.books.delivered, events, fromUs + latency, toUs + latency);
        const inflow = this.books.inflow[place];
        if (inflow) addFlow(inflow[group]!, events, fromUs + latency, toUs + latency);
        const firstUs = oldestUs < 0 ? latency : Math.max(latency, fromUs + latency - oldestUs);
        const lastUs = youngestUs < 0 ? latency : Math.max(latency, toUs + latency - youngestUs);
        this.books.addDelay(events, Math.min(firstUs, lastUs), Math.max(firstUs, lastUs));
        return;
      }
      case Sink.Memory:
        counts.lost.nodeMemory += events;
        addFlow(this.books.lost, events, fromUs, toUs);
        return;
      case Sink.Pending:
        counts.pending += events;
        return;
      case Sink.Void:
        counts.lost.path += events;
        addFlow(this.books.lost, events, fromUs, toUs);
        return;
      default:
        this.#intoPath(agent, place, events, fromUs, toUs);
    }
  }

  #intoPath(agent: number, slot: number, events: number, fromUs: number, toUs: number): void {
    if (this.pathCount.length === 0) {
      const size = this.groupOf.length * this.slots;
      this.pathCount = new Float64Array(size);
      this.pathFromUs = new Float64Array(size);
      this.pathToUs = new Float64Array(size);
      this.pathNode = new Int16Array(size);
    }
    const at = agent * this.slots + slot;
    if (this.pathCount[at] === 0) this.pathFromUs[at] = fromUs;
    this.pathToUs[at] = toUs;
    this.pathNode[at] = this.sinkNode[agent]!;
    this.pathCount[at]! += events;
  }
}
