// How long after it was written an event has been delivered: a histogram whose bins are a hundredth wide.
import type { DelayHistogram } from './ledger.ts';

// From 0.1 ms to about four months. A percentile read from it is at most 1 % too long.
const edges: number[] = [];
for (let edge = 100; edge < 1e13; edge = Math.max(edge + 1, Math.round(edge * 1.01))) edges.push(edge);
/** Upper edge of each bin. */
const upperUs = Float64Array.from([...edges, Infinity]);

export class DelayBook {
  readonly #events = new Float64Array(upperUs.length);
  #sumUs = 0;
  #maxUs = 0;
  // Nearly all events are as late as the path is long.
  #lastUs = -1;
  #lastBin = 0;

  /** So many events, whose delays lie evenly between two. */
  add(events: number, oneUs: number, otherUs: number): void {
    const shortestUs = Math.min(oneUs, otherUs);
    const longestUs = Math.max(oneUs, otherUs);
    this.#sumUs += (events * (shortestUs + longestUs)) / 2;
    if (longestUs > this.#maxUs) this.#maxUs = longestUs;
    if (shortestUs === longestUs) {
      if (shortestUs !== this.#lastUs) {
        this.#lastUs = shortestUs;
        this.#lastBin = binOf(shortestUs);
      }
      this.#events[this.#lastBin]! += events;
      return;
    }
    const perUs = events / (longestUs - shortestUs);
    let from = shortestUs;
    let bin = binOf(shortestUs);
    for (; upperUs[bin]! < longestUs; bin++) {
      this.#events[bin]! += (upperUs[bin]! - from) * perUs;
      from = upperUs[bin]!;
    }
    this.#events[bin]! += (longestUs - from) * perUs;
  }

  /** Delivered events have waited in nodes besides: together so long, and none longer. */
  addWaits(sumUs: number, longestUs: number): void {
    this.#sumUs += sumUs;
    if (longestUs > this.#maxUs) this.#maxUs = longestUs;
  }

  histogram(): DelayHistogram {
    return { binCount: upperUs.length, upperUs, events: this.#events, sumUs: this.#sumUs, maxUs: this.#maxUs };
  }
}

/** The bin a delay falls into: the first whose upper edge is not below it. */
function binOf(us: number): number {
  let low = 0;
  let high = upperUs.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (upperUs[middle]! < us) low = middle + 1;
    else high = middle;
  }
  return low;
}
