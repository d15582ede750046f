// How many events are where in each agent, and what becomes of those that leave it.
import { addFlow } from '../flow.ts';
import type { LossCause } from '../ledger.ts';
import type { Arrivals } from '../workload.ts';
import type { GroupOptions } from '../worldOptions.ts';
import { HeldEvents, type Fate, type Held } from './held.ts';
import { limitsOf, type Limits } from './limits.ts';
import type { PolledFiles } from './polledFiles.ts';
import { RingStates } from './ringStates.ts';
import { Sink, type PipelineBooks } from './sink.ts';
import { Waiting } from './waiting.ts';

export class Accounts {
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
  protected readonly waiting = new Waiting();
  /** Of each group; `null`: lines are read as they are written. */
  protected readonly polled: readonly (PolledFiles | null)[];
  /** What is read: all that is written, or what logcollector takes out of the files. */
  protected readonly readable: readonly (Arrivals | PolledFiles)[];
  /** Lines of files that found no room at the polls so far, and lines that had been read when the agent began. */
  protected readonly droppedLines: Float64Array;
  protected readonly readBefore: Float64Array;
  protected readonly held: HeldEvents;

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
    this.polled = groups.map((_, index) => polled[index] ?? null);
    this.readable = this.polled.map((files, index) => files ?? arrivals[index]!);
    const polls = this.polled.some((files) => files !== null);
    this.droppedLines = new Float64Array(polls ? agents : 0);
    this.readBefore = new Float64Array(polls ? agents : 0);
    this.held = new HeldEvents(agents, this.slots);
  }

  /** Events held up and not yet judged, [agent × slots + slot]; empty until there was one. */
  get pathCount(): Float64Array {
    return this.held.count;
  }

  /** Node at the other end of where they are held. */
  get pathNode(): Int16Array {
    return this.held.node;
  }

  local(agent: number): number {
    return agent - this.firstOfGroup[this.groupOf[agent]!]!;
  }

  /** Events written before `atUs`; of lines in files that are polled, those taken out of them. */
  written(agent: number, atUs: number): number {
    return this.readable[this.groupOf[agent]!]!.count(this.local(agent), atUs);
  }

  /** Instant of the agent's `ordinal`-th event; of a line in a file that is polled, of its poll. */
  writtenAt(agent: number, ordinal: number): number {
    return this.readable[this.groupOf[agent]!]!.timeOf(this.local(agent), ordinal);
  }

  /** When the application wrote the `ordinal`-th of them. */
  bornAt(agent: number, ordinal: number): number {
    const polled = this.polled[this.groupOf[agent]!];
    return polled ? polled.bornOf(this.local(agent), ordinal) : this.writtenAt(agent, ordinal);
  }

  /** Events that the agent's applications have written before `endUs`, up to which everything is counted. */
  produced(agent: number, endUs: number): number {
    if (this.polled[this.groupOf[agent]!] === null) return this.seen[agent]! - this.unwritten[agent]!;
    if (this.anchorUs[agent] === Infinity) return 0;
    return this.arrivals[this.groupOf[agent]!]!.count(this.local(agent), endUs) - this.readBefore[agent]!;
  }

  /** Lines that wait in files for the next poll. */
  unread(agent: number, endUs: number): number {
    const group = this.groupOf[agent]!;
    const polled = this.polled[group];
    if (!polled || this.anchorUs[agent] === Infinity) return 0;
    const local = this.local(agent);
    return this.arrivals[group]!.count(local, endUs) - polled.count(local, endUs) - polled.dropped(local, endUs);
  }

  /** An event that the dispatcher holds is lost. */
  loseInHand(agent: number, cause: LossCause, atUs: number): void {
    if (this.ring[agent]! < 1) return;
    this.waiting.take(agent, this.ring[agent]! + this.upstream[agent]!, this.seen[agent]!, 1);
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
    return this.held.take(agent, slot);
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
    if (held) this.held.add(agent, to, held);
  }

  /** Events that were taken out of one slot are held in another. */
  keep(agent: number, slot: number, held: Held): void {
    this.held.add(agent, slot, held);
  }

  /** Of a burst that the main thread was sending, `events` have found no room: one is in its hand, the others wait. */
  takeBack(agent: number, slot: number, events: number): void {
    this.held.count[this.held.at(agent, slot)]! -= events;
    this.ring[agent]! += 1;
    this.upstream[agent]! += events - 1;
  }

  /** Of the lines of a look `events` have found no room in the send buffer: one is in the dispatcher's hand, the others wait behind it. */
  putBack(agent: number, slot: number, events: number): void {
    this.held.count[this.held.at(agent, slot)]! -= events;
    const before = this.ring[agent]! + this.upstream[agent]!;
    this.waiting.add(agent, before, this.seen[agent]! - events, events, this.seen[agent]!);
    this.ring[agent]! += events;
  }

  heldInPath(agent: number, slot: number): number {
    return this.held.events(agent, slot);
  }

  // ------------------------------------------------------------------------------------------------------------- what is sent

  /** Events that are sent as they are written, between two instants. */
  protected sendFresh(agent: number, events: number, fromUs: number, toUs: number): void {
    this.seen[agent]! += events;
    if (events === 0) return;
    this.#emit(agent, events, fromUs, toUs);
    const latency = this.latencyUs[agent]!;
    if (this.sink[agent] === Sink.Live) {
      const inFileUs = this.polled[this.groupOf[agent]!]?.periodUs ?? 0;
      const place = this.sinkPlace[agent]!;
      let firstUs = 0;
      let lastUs = inFileUs;
      if (inFileUs > 0) {
        // Lines that one look does not take wait for the next ones.
        const inFile = (ordinal: number): number => this.writtenAt(agent, ordinal) - this.bornAt(agent, ordinal);
        const seen = this.seen[agent]!;
        const oldestUs = Math.max(inFile(seen - events + 1), inFile(seen));
        if (oldestUs > inFileUs) {
          firstUs = inFile(seen - events + 1);
          lastUs = inFile(seen);
        }
      }
      this.books.addDelay(events, place, fromUs + latency, toUs + latency, latency + firstUs, latency + lastUs);
    } else if (this.sink[agent] === Sink.Path) {
      this.#intoPath(agent, events, fromUs, toUs, fromUs, toUs);
    }
  }

  /** The oldest `events` of those that wait are sent, the first at `slot`, the others one spacing after the other. */
  protected sendWaiting(agent: number, events: number, slot: number, spacingUs: number): void {
    if (events <= 0) return;
    const waiting = this.waiting;
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
    this.held.add(agent, this.sinkPlace[agent]!, { events, fromUs, toUs, bornFromUs, bornToUs, node });
  }
}
