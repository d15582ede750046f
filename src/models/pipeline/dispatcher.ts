// The client buffer and the dispatcher behind it: what leaves when, and what finds the buffer full.
import { dayUs } from '../rateShape.ts';
import { Accounts } from './accounts.ts';
import type { Limits } from './limits.ts';
import { busySends, isBusy, slotsUpTo } from './spacing.ts';

/** While the client buffer is nearly full so many events are looked at together: an eighth of it, within these limits. */
const leastTogether = 16;
const mostTogether = 512;
/** A poll that keeps the dispatcher busy for a tenth of the time to the next one is looked at by itself. */
const pollCrowd = 10;
/**
 * An event that writers of so small a share of what may be sent are held up by for more than this ÷ (1 − share) slots comes once in
 * 10^15: e^(−2 (1 − share) n) bounds how often the backlog of a Poisson process is n slots long (Lundberg), and one of regular
 * arrivals never is. Writers who may be as fast as the dispatcher have no such bound.
 */
const rareBacklog = 18;

export class Dispatchers extends Accounts {
  /** Instant of the `ordinal`-th send from the anchor on, while nothing changes; Infinity when it never comes. */
  sendInstant(agent: number, ordinal: number): number {
    const limits = this.limits[this.groupOf[agent]!]!;
    const ring = this.ring[agent]!;
    const seen = this.seen[agent]!;
    const slot = Math.max(this.slotUs[agent]!, this.anchorUs[agent]!);
    const bySlot = slot + (ordinal - 1) * limits.spacingUs;
    if (ordinal <= ring) return bySlot;
    if (this.#isOverloaded(agent, limits)) {
      if (ring > 0) return bySlot;
      return Math.max(slot, this.writtenAt(agent, seen + 1)) + (ordinal - 1) * limits.spacingUs;
    }
    const last = seen + ordinal - ring;
    if (!this.polled[this.groupOf[agent]!]) return this.#sentAt(agent, seen, last, bySlot, limits.spacingUs);
    const readUs = this.writtenAt(agent, last);
    if (ring > 0) return Math.max(readUs, this.#idleUs(agent, limits, slot) < readUs ? readUs : bySlot);
    // The lines of one look leave one by one, from its instant on.
    const spaced = Math.max(slot, this.writtenAt(agent, seen + 1)) + (ordinal - 1) * limits.spacingUs;
    const before = readUs < Infinity ? this.written(agent, readUs) : last - 1;
    return Math.max(spaced, readUs + (last - 1 - before) * limits.spacingUs);
  }

  /**
   * When the event `last` leaves: a slot behind the one before it, or when it is written, so the latest of all instants at which it may
   * be held up by an event that was written before it. The events are looked at from the newest on. One that would let it leave n slots
   * earlier than another does is passed over, and with it the n before: they are no younger, and each is but a slot further from it.
   * @param seen event before the first that is not sent; `bySlot`: when `last` would leave if the dispatcher never rested until then.
   */
  #sentAt(agent: number, seen: number, last: number, bySlot: number, spacingUs: number): number {
    const longestUs = this.#backlogUs(agent, spacingUs);
    let sentUs = bySlot;
    for (let event = last; event > seen;) {
      const earliestUs = this.writtenAt(agent, event) + (last - event) * spacingUs;
      sentUs = Math.max(sentUs, earliestUs);
      if (spacingUs === 0 || sentUs === Infinity || earliestUs < sentUs - longestUs) break;
      event -= 1 + Math.floor((sentUs - earliestUs) / spacingUs);
    }
    return sentUs;
  }

  /** No event waits longer than this behind others, as long as the buffer has been empty before. */
  #backlogUs(agent: number, spacingUs: number): number {
    const share = this.arrivals[this.groupOf[agent]!]!.peakRatePerUs(this.local(agent)) * spacingUs;
    return share < 1 ? (rareBacklog * spacingUs) / (1 - share) : Infinity;
  }

  /**
   * The same, Infinity when it does not come before `untilUs`. Nobody looks for it where the events expected until then, and ten
   * times their deviation more, are too few.
   */
  sendInstantBefore(agent: number, ordinal: number, untilUs: number): number {
    const lengthUs = Math.max(0, untilUs - this.anchorUs[agent]!);
    const expected = lengthUs * this.arrivals[this.groupOf[agent]!]!.peakRatePerUs(this.local(agent));
    if (this.ring[agent]! + expected + 10 * Math.sqrt(expected) + 10 < ordinal) return Infinity;
    const instant = this.sendInstant(agent, ordinal);
    return instant < untilUs ? instant : Infinity;
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

  protected noteRing(agent: number, limits: Limits, atUs: number, appended: boolean, overflowed: boolean): void {
    const ring = this.ring[agent]!;
    if (this.ringStates.state[agent] === 0 && ring < limits.warnAt && !overflowed) return;
    if (limits.ringSize === 0) return;
    const alerts = this.books.alerts[this.groupOf[agent]!]!;
    this.ringStates.note(agent, limits, alerts, ring, atUs, appended, overflowed);
  }

  // ------------------------------------------------------------------------------------------------------------ the dispatcher

  /** Without a buffer everything is sent when it is read. */
  protected sendAll(agent: number, inflow: number, fromUs: number, toUs: number): void {
    if (this.ring[agent]! > 0) this.sendWaiting(agent, this.ring[agent]!, fromUs, 0);
    this.sendFresh(agent, inflow, fromUs, toUs);
  }

  /** Nothing comes into the buffer: the dispatcher works off what is there. */
  protected drain(agent: number, limits: Limits, fromUs: number, toUs: number): void {
    const ring = this.ring[agent]!;
    if (ring === 0) return;
    if (limits.spacingUs === 0) {
      this.sendWaiting(agent, ring, fromUs, 0);
      return;
    }
    const slot = Math.max(this.slotUs[agent]!, fromUs);
    const sent = Math.min(ring, slotsUpTo(slot, toUs, limits.spacingUs));
    this.sendWaiting(agent, sent, slot, limits.spacingUs);
    this.slotUs[agent] = slot + sent * limits.spacingUs;
    this.noteRing(agent, limits, toUs, false, false);
  }

  /**
   * Events come and leave. Taken in stretches in which the rate does not change and the buffer cannot become full, or, where it is
   * full, in short ones.
   */
  protected flow(agent: number, limits: Limits, inflow: number, fromUs: number, toUs: number): void {
    let at = fromUs;
    let left = inflow;
    const arrivals = this.arrivals[this.groupOf[agent]!]!;
    const local = this.local(agent);
    const peakPerUs = arrivals.peakRatePerUs(local);
    const polled = this.polled[this.groupOf[agent]!];
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
      const crowd = this.polled[this.groupOf[agent]!] ? pollCrowd : 1;
      if (ring === 0 && !isBusy((crowd * left) / (toUs - at), limits.spacingUs)) {
        this.#sendIdle(agent, left, at, toUs, limits.spacingUs);
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
      this.waiting.add(agent, ring, seen, come, seen + come);
      this.seen[agent] = seen + come;
      this.ring[agent] = ring + come;
      this.sendWaiting(agent, sent, slot, limits.spacingUs);
      this.slotUs[agent] = slot + sent * limits.spacingUs;
      left -= come;
      if (!isOver) break;
      at = Math.max(at, Math.min(idleUs, toUs - 1));
    }
    this.noteRing(agent, limits, toUs, inflow > 0, false);
  }

  /** Fewer come than may be sent. What has come so close behind others that its slot lies beyond the end is still to be sent. */
  #sendIdle(agent: number, inflow: number, fromUs: number, toUs: number, spacingUs: number): void {
    if (inflow === 0 || this.polled[this.groupOf[agent]!]) {
      this.sendFresh(agent, inflow, fromUs, toUs);
      return;
    }
    const seen = this.seen[agent]!;
    const slot = Math.max(this.slotUs[agent]!, fromUs);
    const busyUs = Math.min(inflow * spacingUs, this.#backlogUs(agent, spacingUs));
    // Most agents have written nothing for so long that nothing of it can be left.
    if (
      slot + inflow * spacingUs <= toUs &&
      toUs - busyUs > fromUs &&
      this.written(agent, toUs - busyUs) === seen + inflow
    ) {
      this.sendFresh(agent, inflow, fromUs, toUs);
      return;
    }
    const sentUs = this.#sentAt(agent, seen, seen + inflow, slot + (inflow - 1) * spacingUs, spacingUs);
    const held = sentUs < toUs ? 0 : Math.min(inflow, Math.floor((sentUs - toUs) / spacingUs) + 1);
    this.sendFresh(agent, inflow - held, fromUs, toUs);
    this.slotUs[agent] = sentUs - (held - 1) * spacingUs;
    if (held === 0) return;
    this.waiting.add(agent, 0, seen + inflow - held, held, seen + inflow);
    this.seen[agent] = seen + inflow;
    this.ring[agent] = held;
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
    this.waiting.add(agent, ring, seen, inflow - excess, seen + inflow, true);
    this.seen[agent] = seen + inflow;
    this.ring[agent] = ring + inflow - excess;
    this.lose(agent, excess, 'ring', fromUs, toUs);
    this.sendWaiting(agent, sent, slot, limits.spacingUs);
    this.slotUs[agent] = slot + sent * limits.spacingUs;
    this.noteRing(agent, limits, toUs, inflow > 0, excess > 0);
  }

  #isOverloaded(agent: number, limits: Limits): boolean {
    return this.arrivals[this.groupOf[agent]!]!.meanRatePerUs(this.local(agent), dayUs) * limits.spacingUs >= 1;
  }

  #idleUs(agent: number, { spacingUs }: Limits, slot: number): number {
    return slot + busySends(this, agent, this.ring[agent]!, this.seen[agent]!, slot, spacingUs, Infinity) * spacingUs;
  }
}
