// Which events wait inside an agent, by their number. While nothing is dropped they are the last ones written, and nothing is kept
// about them; where the newest were dropped, the agent has a list of what stays until all of it has left.

/** Ranges of numbers in ascending order; of a range only so many wait, evenly spread over it. */
interface Ranges {
  first: number[];
  last: number[];
  count: number[];
  /** Index of the oldest range that is not empty. */
  head: number;
}

/** From this count on, what is taken is handed out in parts, so that the instants in between are interpolated over few events. */
const partSize = 64;

export class Waiting {
  readonly #lists = new Map<number, Ranges>();
  /** What `take` has found: `parts` ranges of numbers, with how many events each stands for. */
  parts = 0;
  readonly first: number[] = [];
  readonly last: number[] = [];
  readonly count: number[] = [];

  /**
   * `kept` events more wait, out of the numbers from `first` to `last`; the others of these have been dropped, the newest first
   * unless `spread`.
   * @param waiting events that wait already; `before`: the newest number before these.
   */
  add(agent: number, waiting: number, before: number, kept: number, last: number, spread = false): void {
    let list = this.#lists.get(agent);
    if (!list) {
      // The last ones written are still all there is.
      if (kept === last - before || waiting + kept === 0) return;
      list = this.#explicit(agent, waiting, before);
    }
    if (kept === 0) return;
    const end = spread ? last : before + kept;
    const at = list.last.length - 1;
    const isDense = kept === end - before;
    if (at >= list.head && list.last[at] === before && isDense && list.count[at] === before - list.first[at]! + 1) {
      list.last[at] = end;
      list.count[at] += kept;
      return;
    }
    list.first.push(before + 1);
    list.last.push(end);
    list.count.push(kept);
  }

  /** The newest `events` of those that wait are dropped. */
  dropNewest(agent: number, waiting: number, newest: number, events: number): void {
    if (events === 0) return;
    const list = this.#lists.get(agent) ?? this.#explicit(agent, waiting, newest);
    let left = events;
    while (left > 0) {
      const at = list.last.length - 1;
      const count = list.count[at]!;
      if (count > left) {
        const span = list.last[at]! - list.first[at]! + 1;
        list.last[at] = list.first[at]! + Math.ceil(((count - left) / count) * span) - 1;
        list.count[at] = count - left;
        return;
      }
      left -= count;
      list.first.pop();
      list.last.pop();
      list.count.pop();
    }
    if (list.head >= list.last.length) this.#lists.delete(agent);
  }

  /** The oldest `events` leave: their numbers are in `parts`. */
  take(agent: number, waiting: number, newest: number, events: number): void {
    this.parts = 0;
    const list = this.#lists.get(agent);
    if (!list) {
      const first = newest - waiting + 1;
      this.#part(first, first + events - 1, events);
      return;
    }
    let left = events;
    while (left > 0) {
      const at = list.head;
      const first = list.first[at]!;
      const count = list.count[at]!;
      if (count > left) {
        const span = list.last[at]! - first + 1;
        const next = first + Math.max(1, Math.floor((left / count) * span));
        this.#part(first, next - 1, left);
        list.first[at] = next;
        list.count[at] = count - left;
        return;
      }
      this.#part(first, list.last[at]!, count);
      left -= count;
      list.head += 1;
    }
    if (list.head >= list.last.length) {
      this.#lists.delete(agent);
    } else if (list.head > 64) {
      list.first.splice(0, list.head);
      list.last.splice(0, list.head);
      list.count.splice(0, list.head);
      list.head = 0;
    }
  }

  /** Nothing waits any more. */
  clear(agent: number): void {
    this.#lists.delete(agent);
  }

  #explicit(agent: number, waiting: number, newest: number): Ranges {
    const list: Ranges = { first: [], last: [], count: [], head: 0 };
    if (waiting > 0) {
      list.first.push(newest - waiting + 1);
      list.last.push(newest);
      list.count.push(waiting);
    }
    this.#lists.set(agent, list);
    return list;
  }

  #part(first: number, last: number, count: number): void {
    const pieces = Math.ceil(count / partSize);
    let from = first;
    let left = count;
    for (let piece = 0; piece < pieces; piece++) {
      const events = Math.min(partSize, left);
      const end = piece === pieces - 1 ? last : from + Math.max(1, Math.floor((events / left) * (last - from + 1))) - 1;
      this.first[this.parts] = from;
      this.last[this.parts] = end;
      this.count[this.parts] = events;
      this.parts += 1;
      from = end + 1;
      left -= events;
    }
  }
}
