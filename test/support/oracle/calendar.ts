// The oracle's future: a binary heap of things to do.

/** At one instant places change first, then agents and packets of the connection, then events move; who only looks comes last. */
export const Rank = { place: 0, control: 1, event: 2, look: 3 } as const;
export type Rank = (typeof Rank)[keyof typeof Rank];

export interface Entry {
  readonly atUs: number;
  readonly rank: Rank;
  readonly order: number;
  action: (() => void) | null;
}

export class Calendar {
  nowUs = -Infinity;
  #order = 0;
  readonly #heap: Entry[] = [];

  at(atUs: number, rank: Rank, action: () => void): Entry {
    if (atUs < this.nowUs) throw new Error(`the past is over: ${atUs} < ${this.nowUs}`);
    const entry: Entry = { atUs, rank, order: this.#order++, action };
    const heap = this.#heap;
    let child = heap.push(entry) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = entry;
    return entry;
  }

  cancel(entry: Entry | null): void {
    if (entry) entry.action = null;
  }

  /** Does everything before `endUs`. */
  run(endUs: number): void {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atUs >= endUs) return;
      this.#pop();
      if (next.action === null) continue;
      this.nowUs = next.atUs;
      next.action();
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!; // the caller has seen that there is one
    if (heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[parent] = heap[child]!;
      parent = child;
    }
    heap[parent] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  if (a.atUs !== b.atUs) return a.atUs < b.atUs;
  return a.rank === b.rank ? a.order < b.order : a.rank < b.rank;
}
