// One event of one agent, and what became of it.
import { emptyCounts, type EventCounts, type LossCause } from '../../../src/models/ledger.ts';

export type Fate = 'delivered' | LossCause;

export class Event {
  readonly writtenUs: number;
  /** When a node took it in, or went on with it after a hang. */
  arrivedUs = NaN;
  /** `null`: on its way. */
  fate: Fate | null = null;

  constructor(writtenUs: number) {
    this.writtenUs = writtenUs;
  }

  /** How often a node has read it. */
  reads = 0;

  end(fate: Fate): void {
    if (this.fate !== null) throw new Error(`an event that was ${this.fate} is now ${fate}`);
    this.fate = fate;
  }
}

export function countEvents(events: Iterable<Event>): EventCounts {
  const counts = emptyCounts();
  for (const { fate } of events) {
    counts.produced += 1;
    if (fate === null) counts.pending += 1;
    else if (fate === 'delivered') counts.delivered += 1;
    else counts.lost[fate] += 1;
  }
  return counts;
}
