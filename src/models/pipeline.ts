// The way of an event inside the agents: local socket, logcollector's queue, the client buffer, the dispatcher, and where
// what it sends ends up. Counted, not played: between two changes of an agent's state everything follows from the number of
// events written so far (docs/MODEL.md, "Counting").
import { addFlow } from './flow.ts';
import { Dispatchers } from './pipeline/dispatcher.ts';
import type { Limits } from './pipeline/limits.ts';
import type { PolledFiles } from './pipeline/polledFiles.ts';
import { Down, Sink } from './pipeline/sink.ts';

export class Pipelines extends Dispatchers {
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
    const polled = this.polled[group];
    if (polled) this.#pollFiles(agent, polled, fromUs, atUs);
    else addFlow(this.books.produced, fresh - (this.unwritten[agent]! - unwritten), fromUs, atUs);
    if (!flows) {
      this.seen[agent] = written;
      if (this.dispatches[agent] === 1) this.drain(agent, limits, fromUs, atUs);
    } else if (this.dispatches[agent] === 0) {
      this.#fill(agent, fresh, limits.ringSize + 1, fromUs, atUs);
      this.seen[agent] = written;
    } else if (limits.spacingUs === 0) {
      this.sendAll(agent, fresh, fromUs, atUs);
      this.seen[agent] = written;
    } else {
      this.flow(agent, limits, fresh, fromUs, atUs);
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
    const polled = this.polled[this.groupOf[agent]!];
    if (!polled) return;
    this.droppedLines[agent] = polled.begin(this.local(agent), atUs);
    this.readBefore[agent] = before + this.droppedLines[agent];
  }

  /** Lines are written into files, and read at polls: what finds no room in logcollector's queue then is lost. */
  #pollFiles(agent: number, polled: PolledFiles, fromUs: number, atUs: number): void {
    const local = this.local(agent);
    const arrivals = this.arrivals[this.groupOf[agent]!]!;
    addFlow(this.books.produced, arrivals.count(local, atUs) - arrivals.count(local, fromUs), fromUs, atUs);
    const dropped = polled.dropped(local, atUs);
    const cause = this.down[agent] === Down.No ? 'logcollector' : 'agentRestart';
    this.lose(agent, dropped - this.droppedLines[agent]!, cause, fromUs, atUs);
    this.droppedLines[agent] = dropped;
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
      if (this.sink[agent] !== Sink.Live) this.sendWaiting(agent, this.ring[agent]!, atUs, 0);
      return;
    }
    // One is in the dispatcher's hand: held there, or sent at once by a dispatcher that has rested.
    const inHand = this.dispatches[agent] === 0 || (idle && this.slotUs[agent]! <= atUs) ? 1 : 0;
    const all = this.ring[agent]! + waiting;
    const excess = Math.max(0, all - limits.ringSize - inHand);
    this.waiting.dropNewest(agent, all, this.seen[agent]!, excess);
    this.ring[agent] = all - excess;
    this.lose(agent, excess, 'ring', atUs, atUs);
    this.noteRing(agent, limits, atUs, true, excess > 0);
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
    const { isChannel, skips } = this.limits[this.groupOf[agent]!]!;
    // Records that are not through yet are still in their channel, for one who goes on behind the last that was.
    const kept = isChannel && !skips ? this.upstream[agent]! : 0;
    const all = this.ring[agent]! + this.upstream[agent]!;
    this.lose(agent, all - kept, 'agentRestart', atUs, atUs);
    if (kept === 0) this.waiting.clear(agent);
    else this.waiting.take(agent, all, this.seen[agent]!, all - kept);
    this.ringStates.reset(agent);
    this.ring[agent] = 0;
    this.upstream[agent] = kept;
    this.#closeFiles(agent, atUs);
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
    this.waiting.dropNewest(agent, this.ring[agent]! + before, this.seen[agent]!, before - kept);
    this.upstream[agent] = kept;
    this.lose(agent, before - kept, 'agentRestart', atUs, atUs);
    this.collects[agent] = blocks ? 1 : 0;
    this.down[agent] = Down.Collector;
    this.#closeFiles(agent, atUs);
  }

  /** One who goes on where he was leaves the lines in their files; else they are passed over. */
  #closeFiles(agent: number, atUs: number): void {
    const group = this.groupOf[agent]!;
    if (!this.limits[group]!.skips) this.polled[group]?.close(this.local(agent), atUs);
  }

  /** What was down starts. Lines that were not skipped are read at once. */
  start(agent: number, atUs: number): void {
    this.advance(agent, atUs);
    this.down[agent] = Down.No;
    const group = this.groupOf[agent]!;
    const { blocks, queueSize, skips } = this.limits[group]!;
    if (!skips) this.polled[group]?.open(this.local(agent), atUs);
    const before = this.upstream[agent]!;
    const excess = blocks ? 0 : Math.max(0, before - queueSize - 1 - this.inSocket[agent]!);
    this.waiting.dropNewest(agent, this.ring[agent]! + before, this.seen[agent]!, excess);
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

  // ------------------------------------------------------------------------------------------------- before the client buffer

  #hold(agent: number, group: number, limits: Limits, fresh: number, fromUs: number, toUs: number): void {
    const before = this.upstream[agent]!;
    const waiting = before + fresh;
    const kept = Math.min(waiting, Math.max(this.#roomUpstream(agent, limits), before));
    const excess = waiting - kept;
    const seen = this.seen[agent]!;
    this.waiting.add(agent, this.ring[agent]! + before, seen, kept - before, seen + fresh);
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
    this.waiting.add(agent, ring + this.upstream[agent]!, seen, kept, seen + inflow);
    this.ring[agent] = ring + kept;
    this.lose(agent, inflow - kept, 'ring', fromUs, toUs);
    const limits = this.limits[this.groupOf[agent]!]!;
    this.noteRing(agent, limits, toUs, true, kept < inflow);
  }
}
