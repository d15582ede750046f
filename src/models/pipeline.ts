// The way of an event inside the agents: local socket, logcollector's queue, the client buffer, the dispatcher, and where
// what it sends ends up. Counted, not played: between two changes of an agent's state everything follows from the number of
// events written so far (docs/MODEL.md, "Counting").
import { addFlow, type Flow } from './flow.ts';
import type { EventCounts, LossCause } from './ledger.ts';
import { HeldEvents, type Fate, type Held } from './pipeline/held.ts';
import { limitsOf, type Limits } from './pipeline/limits.ts';
import type { PolledFiles } from './pipeline/polledFiles.ts';
import { RingStates, type BufferAlerts } from './pipeline/ringStates.ts';
import { busySends, isBusy, slotsUpTo } from './pipeline/spacing.ts';
import { Waiting } from './pipeline/waiting.ts';
import { dayUs } from './rateShape.ts';
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
  /** To a node that takes it and throws it away. */
  Zombie: 5,
} as const;
export type Sink = (typeof Sink)[keyof typeof Sink];

/** What of an agent does not run. */
export const Down = { No: 0, Agent: 1, Collector: 2 } as const;

/** Where the totals go: everything the pipelines of one run report. */
export interface PipelineBooks {
  readonly counts: readonly EventCounts[];
  readonly produced: Flow;
  readonly delivered: Flow;
  readonly lost: Flow;
  /** Arrivals at each node by group, [node][group]; `null` where the node's capacity is not judged. */
  readonly inflow: readonly (readonly Flow[] | null)[];
  readonly nodeDelivered: Float64Array;
  /** Of each group. */
  readonly alerts: readonly BufferAlerts[];
  /** Events reached a node from `fromUs` to `toUs`; the first of them `delayFromUs` after it was written, the last `delayToUs`. */
  addDelay(events: number, node: number, fromUs: number, toUs: number, delayFromUs: number, delayToUs: number): void;
}

/** While the client buffer is nearly full so many events are looked at together: an eighth of it, within these limits. */
const leastTogether = 16;
/** A poll that keeps the dispatcher busy for a tenth of the time to the next one is looked at by itself. */
const pollCrowd = 10;
const mostTogether = 512;

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
  /** What of it does not run. */
  readonly down: Uint8Array;
  readonly sink: Uint8Array;
  /** Node the sink belongs to; for a path, the place that broke it. */
  readonly sinkPlace: Int16Array;
  /** Node at the other end of a path. */
  readonly sinkNode: Int16Array;
  /** Latency to the sink, for delays. */
  readonly latencyUs: Float64Array;
  readonly ringStates: RingStates;
  readonly #waiting = new Waiting();
  /** Of each group; `null`: lines are read as they are written. */
  readonly #polled: readonly (PolledFiles | null)[];
  /** What is read: all that is written, or what logcollector takes out of the files. */
  readonly #lines: readonly (Arrivals | PolledFiles)[];
  /** Lines of files that found no room at the polls so far, and lines that had been read when the agent began. */
  readonly #dropped: Float64Array;
  readonly #readBefore: Float64Array;
  readonly #held: HeldEvents;

  constructor(
    groups: readonly GroupOptions[],
    arrivals: readonly Arrivals[],
    places: number,
    books: PipelineBooks,
    polled: readonly (PolledFiles | null)[] = [],
  ) {
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
    this.limits = groups.map(limitsOf);
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
    this.down = new Uint8Array(agents);
    this.sink = new Uint8Array(agents);
    this.sinkPlace = new Int16Array(agents).fill(-1);
    this.sinkNode = new Int16Array(agents).fill(-1);
    this.latencyUs = new Float64Array(agents);
    this.ringStates = new RingStates(agents);
    this.#polled = groups.map((_, index) => polled[index] ?? null);
    this.#lines = this.#polled.map((files, index) => files ?? arrivals[index]!);
    const polls = this.#polled.some((files) => files !== null);
    this.#dropped = new Float64Array(polls ? agents : 0);
    this.#readBefore = new Float64Array(polls ? agents : 0);
    this.#held = new HeldEvents(agents, this.slots);
  }

  /** Events held up and not yet judged, [agent × slots + slot]; empty until there was one. */
  get pathCount(): Float64Array {
    return this.#held.count;
  }

  /** Node at the other end of where they are held. */
  get pathNode(): Int16Array {
    return this.#held.node;
  }

  local(agent: number): number {
    return agent - this.firstOfGroup[this.groupOf[agent]!]!;
  }

  /** Events written before `atUs`; of lines in files that are polled, those taken out of them. */
  written(agent: number, atUs: number): number {
    return this.#lines[this.groupOf[agent]!]!.count(this.local(agent), atUs);
  }

  /** Instant of the agent's `ordinal`-th event; of a line in a file that is polled, of its poll. */
  writtenAt(agent: number, ordinal: number): number {
    return this.#lines[this.groupOf[agent]!]!.timeOf(this.local(agent), ordinal);
  }

  /** When the application wrote the `ordinal`-th of them. */
  bornAt(agent: number, ordinal: number): number {
    const polled = this.#polled[this.groupOf[agent]!];
    return polled ? polled.bornOf(this.local(agent), ordinal) : this.writtenAt(agent, ordinal);
  }

  /** Events that the agent's applications have written before `endUs`, up to which everything is counted. */
  produced(agent: number, endUs: number): number {
    if (this.#polled[this.groupOf[agent]!] === null) return this.seen[agent]! - this.unwritten[agent]!;
    if (this.anchorUs[agent] === Infinity) return 0;
    return this.arrivals[this.groupOf[agent]!]!.count(this.local(agent), endUs) - this.#readBefore[agent]!;
  }

  /** Lines that wait in files for the next poll. */
  unread(agent: number, endUs: number): number {
    const group = this.groupOf[agent]!;
    const polled = this.#polled[group];
    if (!polled || this.anchorUs[agent] === Infinity) return 0;
    const local = this.local(agent);
    return this.arrivals[group]!.count(local, endUs) - polled.count(local, endUs) - polled.dropped(local, endUs);
  }

  /** Brings the agent's counts to `atUs`; earlier instants change nothing. */
  advance(agent: number, atUs: number): void {
    if (atUs <= this.anchorUs[agent]!) return;
    const arrivals = this.arrivals[this.groupOf[agent]!]!;
    for (;;) {
      const changeUs = arrivals.nextFlowChangeUs(this.local(agent), this.anchorUs[agent]!);
      if (changeUs >= atUs) break;
      this.#advance(agent, changeUs);
    }
    this.#advance(agent, atUs);
  }

  /** While the agent's rate stays the same: what it writes is spread evenly over the time. */
  #advance(agent: number, atUs: number): void {
    const fromUs = this.anchorUs[agent]!;
    const group = this.groupOf[agent]!;
    const limits = this.limits[group]!;
    const seen = this.seen[agent]!;
    const written = this.written(agent, atUs);
    const fresh = written - seen;
    const flows = this.reads[agent] === 1 && this.collects[agent] === 1 && this.down[agent] === Down.No;
    const unwritten = this.unwritten[agent]!;
    if (!flows) this.#hold(agent, group, limits, fresh, fromUs, atUs);
    const polled = this.#polled[group];
    if (polled) this.#pollFiles(agent, polled, fromUs, atUs);
    else addFlow(this.books.produced, fresh - (this.unwritten[agent]! - unwritten), fromUs, atUs);
    if (!flows) {
      this.seen[agent] = written;
      if (this.dispatches[agent] === 1) this.#drain(agent, limits, fromUs, atUs);
    } else if (this.dispatches[agent] === 0) {
      this.#fill(agent, fresh, limits.ringSize + 1, fromUs, atUs);
      this.seen[agent] = written;
    } else if (limits.spacingUs === 0) {
      this.#sendAll(agent, fresh, fromUs, atUs);
      this.seen[agent] = written;
    } else {
      this.#flow(agent, limits, fresh, fromUs, atUs);
    }
    this.anchorUs[agent] = atUs;
  }

  /** Agents that do not exist yet: nothing is counted of them until they begin. */
  absent(from: number, to: number): void {
    this.anchorUs.fill(Infinity, from, to);
  }

  /** The process of an agent that was absent starts: what its applications would have written before was never written. */
  begin(agent: number, atUs: number): void {
    const before = this.written(agent, atUs);
    this.anchorUs[agent] = atUs;
    this.seen[agent] = before;
    this.unwritten[agent] = before;
    const polled = this.#polled[this.groupOf[agent]!];
    if (!polled) return;
    this.#dropped[agent] = polled.dropped(this.local(agent), atUs);
    this.#readBefore[agent] = before + this.#dropped[agent];
  }

  /** Lines are written into files, and read at polls: what finds no room in logcollector's queue then is lost. */
  #pollFiles(agent: number, polled: PolledFiles, fromUs: number, atUs: number): void {
    const local = this.local(agent);
    const arrivals = this.arrivals[this.groupOf[agent]!]!;
    addFlow(this.books.produced, arrivals.count(local, atUs) - arrivals.count(local, fromUs), fromUs, atUs);
    const dropped = polled.dropped(local, atUs);
    const cause = this.down[agent] === Down.No ? 'logcollector' : 'agentRestart';
    this.lose(agent, dropped - this.#dropped[agent]!, cause, fromUs, atUs);
    this.#dropped[agent] = dropped;
  }

  /** What waits before the client buffer goes into it, all at once. */
  release(agent: number, atUs: number): void {
    const waiting = this.upstream[agent]!;
    if (waiting === 0) return;
    this.upstream[agent] = 0;
    const limits = this.limits[this.groupOf[agent]!]!;
    const idle = this.ring[agent] === 0;
    if (limits.spacingUs === 0 && this.dispatches[agent] === 1) {
      // Sent at this instant; what becomes of it is seen when somebody looks next.
      this.ring[agent]! += waiting;
      if (this.sink[agent] !== Sink.Live) this.#sendWaiting(agent, this.ring[agent]!, atUs, 0);
      return;
    }
    // One is in the dispatcher's hand: held there, or sent at once by a dispatcher that has rested.
    const inHand = this.dispatches[agent] === 0 || (idle && this.slotUs[agent]! <= atUs) ? 1 : 0;
    const all = this.ring[agent]! + waiting;
    const excess = Math.max(0, all - limits.ringSize - inHand);
    this.#waiting.dropNewest(agent, all, this.seen[agent]!, excess);
    this.ring[agent] = all - excess;
    this.lose(agent, excess, 'ring', atUs, atUs);
    this.#noteRing(agent, limits, atUs, true, excess > 0);
    if (idle && this.dispatches[agent] === 1) this.slotUs[agent] = Math.max(this.slotUs[agent]!, atUs);
  }

  /** The dispatcher starts to send at `atUs`. */
  resumeDispatcher(agent: number, atUs: number): void {
    this.dispatches[agent] = 1;
    this.slotUs[agent] = atUs;
  }

  /** The agent's service stops: what it had in memory is lost. */
  stop(agent: number, atUs: number): void {
    this.advance(agent, atUs);
    this.lose(agent, this.ring[agent]! + this.upstream[agent]!, 'agentRestart', atUs, atUs);
    this.#waiting.clear(agent);
    this.ringStates.reset(agent);
    this.ring[agent] = 0;
    this.upstream[agent] = 0;
    this.inSocket[agent] = 0;
    this.reads[agent] = 0;
    this.collects[agent] = 0;
    this.dispatches[agent] = 0;
    this.down[agent] = Down.Agent;
  }

  /** All but agentd stops: of what waits before the client buffer only what lies in the local socket is left. */
  stopCollector(agent: number, atUs: number): void {
    this.advance(agent, atUs);
    const { blocks, socketSize } = this.limits[this.groupOf[agent]!]!;
    const before = this.upstream[agent]!;
    const kept = this.reads[agent] === 1 ? 0 : Math.min(before, blocks ? socketSize : this.inSocket[agent]!);
    this.#waiting.dropNewest(agent, this.ring[agent]! + before, this.seen[agent]!, before - kept);
    this.upstream[agent] = kept;
    this.lose(agent, before - kept, 'agentRestart', atUs, atUs);
    this.collects[agent] = blocks ? 1 : 0;
    this.down[agent] = Down.Collector;
  }

  /** What was down starts. Lines that were not skipped are read at once. */
  start(agent: number, atUs: number): void {
    this.advance(agent, atUs);
    this.down[agent] = Down.No;
    const { blocks, queueSize } = this.limits[this.groupOf[agent]!]!;
    const before = this.upstream[agent]!;
    const excess = blocks ? 0 : Math.max(0, before - queueSize - 1 - this.inSocket[agent]!);
    this.#waiting.dropNewest(agent, this.ring[agent]! + before, this.seen[agent]!, excess);
    this.upstream[agent] = before - excess;
    this.lose(agent, excess, 'logcollector', atUs, atUs);
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
    if (ordinal <= ring) return bySlot;
    if (ring === 0) {
      const firstUs = this.writtenAt(agent, seen + 1);
      const spaced = Math.max(slot, firstUs) + (ordinal - 1) * limits.spacingUs;
      return this.#isOverloaded(agent, limits) ? spaced : Math.max(spaced, this.writtenAt(agent, seen + ordinal));
    }
    if (this.#isOverloaded(agent, limits)) return bySlot;
    const written = this.writtenAt(agent, seen + ordinal - ring);
    return Math.max(written, this.#idleUs(agent, limits, slot) < written ? written : bySlot);
  }

  /** When the backlog is gone if nothing changes; Infinity while more is written than sent. */
  drainedAt(agent: number): number {
    const limits = this.limits[this.groupOf[agent]!]!;
    if (this.#isOverloaded(agent, limits)) return Infinity;
    if (this.ring[agent] === 0) return this.anchorUs[agent]!;
    return this.#idleUs(agent, limits, Math.max(this.slotUs[agent]!, this.anchorUs[agent]!));
  }

  /** How long the backlog will take to go at the agent's rate, bursts evened out, µs; Infinity while more is written than sent. */
  drainUs(agent: number): number {
    const { spacingUs } = this.limits[this.groupOf[agent]!]!;
    const arrivals = this.arrivals[this.groupOf[agent]!]!;
    const share = arrivals.smoothRatePerUs(this.local(agent), this.anchorUs[agent]!) * spacingUs;
    return share >= 1 ? Infinity : Math.round((this.ring[agent]! * spacingUs) / (1 - share));
  }

  /** An event that the dispatcher holds is lost. */
  loseInHand(agent: number, cause: LossCause, atUs: number): void {
    if (this.ring[agent]! < 1) return;
    this.#waiting.take(agent, this.ring[agent]! + this.upstream[agent]!, this.seen[agent]!, 1);
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
  settlePath(agent: number, slot: number, fate: Fate, atUs: number): void {
    const held = this.takePath(agent, slot);
    if (held) this.judge(agent, held, fate, atUs);
  }

  /** Takes what is held of the agent out of a slot; `null`: nothing is. Whoever takes it has to judge it. */
  takePath(agent: number, slot: number): Held | null {
    return this.#held.take(agent, slot);
  }

  judge(agent: number, { events, fromUs, toUs, bornFromUs, bornToUs, node }: Held, fate: Fate, atUs: number): void {
    const group = this.groupOf[agent]!;
    const counts = this.books.counts[group]!;
    switch (fate) {
      case 'path':
        counts.lost.path += events;
        addFlow(this.books.lost, events, fromUs, toUs);
        return;
      case 'keyInUse':
      case 'nodeMemory':
      case 'zombie':
        counts.lost[fate] += events;
        addFlow(this.books.lost, events, atUs, atUs);
        return;
      case 'pending':
        counts.pending += events;
        return;
      case 'delivered': {
        counts.delivered += events;
        addFlow(this.books.delivered, events, atUs, atUs);
        this.books.nodeDelivered[node]! += events;
        const inflow = this.books.inflow[node];
        if (inflow) addFlow(inflow[group]!, events, atUs, atUs);
        this.books.addDelay(events, node, atUs, atUs, atUs - bornFromUs, atUs - bornToUs);
        return;
      }
      default:
        fate satisfies never;
    }
  }

  /** What the agent wrote into a dead path at `from` is now held up at `to`. */
  movePath(agent: number, from: number, to: number): void {
    const held = this.takePath(agent, from);
    if (held) this.#held.add(agent, to, held);
  }

  /** Of a burst that the main thread was sending, `events` have found no room: one is in its hand, the others wait. */
  takeBack(agent: number, slot: number, events: number): void {
    this.#held.count[this.#held.at(agent, slot)]! -= events;
    this.ring[agent]! += 1;
    this.upstream[agent]! += events - 1;
  }

  heldInPath(agent: number, slot: number): number {
    return this.#held.events(agent, slot);
  }

  // ------------------------------------------------------------------------------------------------- before the client buffer

  #hold(agent: number, group: number, limits: Limits, fresh: number, fromUs: number, toUs: number): void {
    const before = this.upstream[agent]!;
    const waiting = before + fresh;
    const kept = Math.min(waiting, Math.max(this.#roomUpstream(agent, limits), before));
    const excess = waiting - kept;
    const seen = this.seen[agent]!;
    this.#waiting.add(agent, this.ring[agent]! + before, seen, kept - before, seen + fresh);
    this.upstream[agent] = kept;
    if (excess === 0) return;
    if (limits.blocks) {
      // What the local socket does not take is not written: the writer goes on with what comes when it wakes up.
      this.unwritten[agent]! += excess;
      return;
    }
    this.books.counts[group]!.lost[this.down[agent] === Down.No ? 'logcollector' : 'agentRestart'] += excess;
    addFlow(this.books.lost, excess, toUs - (toUs - fromUs) * (excess / fresh), toUs);
  }

  /** Events that can wait before the client buffer, while they do not flow into it. */
  #roomUpstream(agent: number, limits: Limits): number {
    // The writers at the socket stop with the service, and lines wait in their file or are skipped.
    if (this.down[agent] !== Down.No) return limits.blocks || limits.skips ? 0 : Infinity;
    if (limits.blocks) return limits.socketSize;
    // Queue and the output thread's hand; with the socket unread but no lock, its datagrams too.
    return limits.queueSize + 1 + (this.collects[agent] === 1 ? limits.socketSize : this.inSocket[agent]!);
  }

  // ------------------------------------------------------------------------------------------------------- the client buffer

  /** The main loop reads, the dispatcher does not send. */
  #fill(agent: number, inflow: number, room: number, fromUs: number, toUs: number): void {
    if (inflow === 0) return;
    const ring = this.ring[agent]!;
    const seen = this.seen[agent]!;
    const kept = Math.min(inflow, Math.max(0, room - ring));
    this.#waiting.add(agent, ring + this.upstream[agent]!, seen, kept, seen + inflow);
    this.ring[agent] = ring + kept;
    this.lose(agent, inflow - kept, 'ring', fromUs, toUs);
    const limits = this.limits[this.groupOf[agent]!]!;
    this.#noteRing(agent, limits, toUs, true, kept < inflow);
  }

  #noteRing(agent: number, limits: Limits, atUs: number, appended: boolean, overflowed: boolean): void {
    const ring = this.ring[agent]!;
    if (this.ringStates.state[agent] === 0 && ring < limits.warnAt && !overflowed) return;
    if (limits.ringSize === 0) return;
    const alerts = this.books.alerts[this.groupOf[agent]!]!;
    this.ringStates.note(agent, limits, alerts, ring, atUs, appended, overflowed);
  }

  // ------------------------------------------------------------------------------------------------------------ the dispatcher

  /** Without a buffer everything is sent when it is read. */
  #sendAll(agent: number, inflow: number, fromUs: number, toUs: number): void {
    if (this.ring[agent]! > 0) this.#sendWaiting(agent, this.ring[agent]!, fromUs, 0);
    this.#sendFresh(agent, inflow, fromUs, toUs);
  }

  /** Nothing comes into the buffer: the dispatcher works off what is there. */
  #drain(agent: number, limits: Limits, fromUs: number, toUs: number): void {
    const ring = this.ring[agent]!;
    if (ring === 0) return;
    if (limits.spacingUs === 0) {
      this.#sendWaiting(agent, ring, fromUs, 0);
      return;
    }
    const slot = Math.max(this.slotUs[agent]!, fromUs);
    const sent = Math.min(ring, slotsUpTo(slot, toUs, limits.spacingUs));
    this.#sendWaiting(agent, sent, slot, limits.spacingUs);
    this.slotUs[agent] = slot + sent * limits.spacingUs;
    this.#noteRing(agent, limits, toUs, false, false);
  }

  /**
   * Events come and leave. Taken in stretches in which the rate does not change and the buffer cannot become full, or, where it is
   * full, in short ones.
   */
  #flow(agent: number, limits: Limits, inflow: number, fromUs: number, toUs: number): void {
    let at = fromUs;
    let left = inflow;
    const arrivals = this.arrivals[this.groupOf[agent]!]!;
    const local = this.local(agent);
    const peakPerUs = arrivals.peakRatePerUs(local);
    const polled = this.#polled[this.groupOf[agent]!];
    const mayOverflow =
      left > 0 &&
      (isBusy(peakPerUs, limits.spacingUs) || (polled && peakPerUs * polled.periodUs > limits.ringSize / 2) === true);
    while (at < toUs) {
      const seen = this.seen[agent]!;
      const ring = this.ring[agent]!;
      const room = limits.ringSize - ring;
      const together = Math.max(leastTogether, Math.min(mostTogether, Math.ceil(limits.ringSize / 8)));
      let until = toUs;
      // An agent that never writes as fast as it may send fills no buffer that is not nearly full.
      const isTight = mayOverflow || room < together;
      const pollUs = polled && left > room && isTight ? this.writtenAt(agent, seen + 1) : -1;
      if (pollUs >= 0) {
        // Nothing comes up to the poll, then many lines at once.
        until = Math.min(until, pollUs > at ? pollUs : pollUs + 1);
      } else if (left > room && isTight) {
        const leap = Math.max(room, together);
        if (left > leap) until = Math.min(until, this.writtenAt(agent, seen + leap) + 1);
        // As long as its backlog lasts the dispatcher does not rest.
        if (ring > 0 && room < together) until = Math.min(until, at + Math.max(ring, together) * limits.spacingUs);
      }
      if (mayOverflow) until = Math.min(until, arrivals.nextChangeUs(local, at));
      const fresh = until === toUs ? left : this.written(agent, until) - seen;
      const overflows =
        isTight && ring + fresh > limits.ringSize && (ring > 0 || isBusy(fresh / (until - at), limits.spacingUs));
      if (overflows) this.#overflow(agent, limits, fresh, at, until);
      else this.#pass(agent, limits, fresh, at, until);
      left -= fresh;
      at = until;
    }
  }

  /** The buffer has room for all that comes. */
  #pass(agent: number, limits: Limits, inflow: number, fromUs: number, toUs: number): void {
    let at = fromUs;
    let left = inflow;
    for (;;) {
      const ring = this.ring[agent]!;
      // The lines of a poll come all at once: where they are many they make a backlog of their own.
      const crowd = this.#polled[this.groupOf[agent]!] ? pollCrowd : 1;
      if (ring === 0 && !isBusy((crowd * left) / (toUs - at), limits.spacingUs)) {
        this.#sendFresh(agent, left, at, toUs);
        break;
      }
      const seen = this.seen[agent]!;
      const from = ring > 0 ? at : this.writtenAt(agent, seen + 1);
      const slot = Math.max(this.slotUs[agent]!, from);
      const slots = slotsUpTo(slot, toUs, limits.spacingUs);
      const sends = busySends(this, agent, ring, seen, slot, limits.spacingUs, slots);
      const isOver = sends < slots;
      const sent = Math.min(sends, slots);
      // What has come while it was busy; the rest, if it is idle then, comes after.
      const idleUs = slot + sends * limits.spacingUs;
      const come = isOver ? sent - ring : left;
      this.#waiting.add(agent, ring, seen, come, seen + come);
      this.seen[agent] = seen + come;
      this.ring[agent] = ring + come;
      this.#sendWaiting(agent, sent, slot, limits.spacingUs);
      this.slotUs[agent] = slot + sent * limits.spacingUs;
      left -= come;
      if (!isOver) break;
      at = Math.max(at, Math.min(idleUs, toUs - 1));
    }
    this.#noteRing(agent, limits, toUs, inflow > 0, false);
  }

  /** More comes than the buffer has room for: it never rests, and how many find it full is seen at the end of the stretch. */
  #overflow(agent: number, limits: Limits, inflow: number, fromUs: number, toUs: number): void {
    const ring = this.ring[agent]!;
    const seen = this.seen[agent]!;
    const from = ring > 0 ? fromUs : Math.max(fromUs, this.writtenAt(agent, seen + 1));
    const slot = Math.max(this.slotUs[agent]!, from);
    const slots = slotsUpTo(slot, toUs, limits.spacingUs);
    const offered = Math.min(slots, ring + inflow);
    // The buffer is fullest just after the last event: only then is it known how many found it full.
    const lastUs = inflow > 0 ? this.writtenAt(agent, seen + inflow) : fromUs;
    const sentBefore = Math.min(offered, slot <= lastUs ? Math.floor((lastUs - slot) / limits.spacingUs) + 1 : 0);
    const excess = Math.max(0, ring + inflow - sentBefore - limits.ringSize);
    const sent = Math.min(offered, ring + inflow - excess);
    this.#waiting.add(agent, ring, seen, inflow - excess, seen + inflow, true);
    this.seen[agent] = seen + inflow;
    this.ring[agent] = ring + inflow - excess;
    this.lose(agent, excess, 'ring', fromUs, toUs);
    this.#sendWaiting(agent, sent, slot, limits.spacingUs);
    this.slotUs[agent] = slot + sent * limits.spacingUs;
    this.#noteRing(agent, limits, toUs, inflow > 0, excess > 0);
  }

  #isOverloaded(agent: number, limits: Limits): boolean {
    return this.arrivals[this.groupOf[agent]!]!.meanRatePerUs(this.local(agent), dayUs) * limits.spacingUs >= 1;
  }

  #idleUs(agent: number, { spacingUs }: Limits, slot: number): number {
    return slot + busySends(this, agent, this.ring[agent]!, this.seen[agent]!, slot, spacingUs, Infinity) * spacingUs;
  }

  // ------------------------------------------------------------------------------------------------------------- what is sent

  /** Events that are sent as they are written, between two instants. */
  #sendFresh(agent: number, events: number, fromUs: number, toUs: number): void {
    this.seen[agent]! += events;
    if (events === 0) return;
    this.#emit(agent, events, fromUs, toUs);
    const latency = this.latencyUs[agent]!;
    if (this.sink[agent] === Sink.Live) {
      const inFileUs = this.#polled[this.groupOf[agent]!]?.periodUs ?? 0;
      const place = this.sinkPlace[agent]!;
      this.books.addDelay(events, place, fromUs + latency, toUs + latency, latency, latency + inFileUs);
    } else if (this.sink[agent] === Sink.Path) {
      this.#intoPath(agent, events, fromUs, toUs, fromUs, toUs);
    }
  }

  /** The oldest `events` of those that wait are sent, the first at `slot`, the others one spacing after the other. */
  #sendWaiting(agent: number, events: number, slot: number, spacingUs: number): void {
    if (events <= 0) return;
    const waiting = this.#waiting;
    const ring = this.ring[agent]!;
    waiting.take(agent, ring + this.upstream[agent]!, this.seen[agent]!, events);
    this.ring[agent] = ring - events;
    this.#emit(agent, events, slot, slot + events * spacingUs);
    if (this.sink[agent] === Sink.Live) {
      const place = this.sinkPlace[agent]!;
      const latency = this.latencyUs[agent]!;
      let atUs = slot + latency;
      for (let part = 0; part < waiting.parts; part++) {
        const count = waiting.count[part]!;
        const lastUs = atUs + (count - 1) * spacingUs;
        const first = Math.max(latency, atUs - this.bornAt(agent, waiting.first[part]!));
        const last = count === 1 ? first : Math.max(latency, lastUs - this.bornAt(agent, waiting.last[part]!));
        this.books.addDelay(count, place, atUs, lastUs, first, last);
        atUs = lastUs + spacingUs;
      }
    } else if (this.sink[agent] === Sink.Path) {
      const oldestUs = this.bornAt(agent, waiting.first[0]!);
      const newestUs = this.bornAt(agent, waiting.last[waiting.parts - 1]!);
      this.#intoPath(agent, events, slot, slot + (events - 1) * spacingUs, oldestUs, newestUs);
    }
  }

  /** Books what is sent, but for paths whose fate is open. */
  #emit(agent: number, events: number, fromUs: number, toUs: number): void {
    const group = this.groupOf[agent]!;
    const counts = this.books.counts[group]!;
    switch (this.sink[agent]) {
      case Sink.Live: {
        const place = this.sinkPlace[agent]!;
        const latency = this.latencyUs[agent]!;
        counts.delivered += events;
        this.books.nodeDelivered[place]! += events;
        addFlow(this.books.delivered, events, fromUs + latency, toUs + latency);
        const inflow = this.books.inflow[place];
        if (inflow) addFlow(inflow[group]!, events, fromUs + latency, toUs + latency);
        return;
      }
      case Sink.Memory:
        counts.lost.nodeMemory += events;
        addFlow(this.books.lost, events, fromUs, toUs);
        return;
      case Sink.Zombie:
        counts.lost.zombie += events;
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
    }
  }

  #intoPath(agent: number, events: number, fromUs: number, toUs: number, bornFromUs: number, bornToUs: number): void {
    const node = this.sinkNode[agent]!;
    this.#held.add(agent, this.sinkPlace[agent]!, { events, fromUs, toUs, bornFromUs, bornToUs, node });
  }
}
