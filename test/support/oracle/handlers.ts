// remoted's queue with the handlers behind it, and from 4.13 on the thread that saves what control messages say.
import { Rank, type Calendar, type Entry } from './calendar.ts';

/** A message in remoted's queue. */
export interface Task {
  readonly isControl: boolean;
  /** A handler has come to it. @returns false: there is nothing to do, and it costs nothing. */
  handle(): boolean;
  /** It found no room, or its process is gone. */
  lost(why: 'full' | 'died'): void;
}

interface Work {
  endUs: number;
  entry: Entry | null;
}

/** Some threads that each do one thing after the other; what waits for them stands in one line. */
class Threads {
  readonly #calendar: Calendar;
  readonly #count: number;
  readonly #next: () => boolean;
  #works = new Set<Work>();
  #stoppedUs: number | null = null;

  /** @param next takes the next from the line and is told how long it keeps a thread. */
  constructor(calendar: Calendar, count: number, next: () => boolean) {
    this.#calendar = calendar;
    this.#count = count;
    this.#next = next;
  }

  get areFree(): boolean {
    return this.#stoppedUs === null && this.#works.size < this.#count;
  }

  /** Work under way, µs. */
  get leftUs(): number {
    const nowUs = this.#stoppedUs ?? this.#calendar.nowUs;
    return [...this.#works].reduce((sum, { endUs }) => sum + endUs - nowUs, 0);
  }

  look(): void {
    while (this.areFree && this.#next());
  }

  work(us: number): void {
    const own: Work = { endUs: this.#calendar.nowUs + us, entry: null };
    this.#works.add(own);
    this.#arm(own);
  }

  #arm(own: Work): void {
    own.entry = this.#calendar.at(own.endUs, Rank.control, () => {
      this.#works.delete(own);
      this.look();
    });
  }

  stop(): void {
    this.#stoppedUs ??= this.#calendar.nowUs;
    for (const { entry } of this.#works) this.#calendar.cancel(entry);
  }

  goOn(): void {
    if (this.#stoppedUs === null) return;
    const stoodUs = this.#calendar.nowUs - this.#stoppedUs;
    this.#stoppedUs = null;
    for (const own of this.#works) {
      own.endUs += stoodUs;
      this.#arm(own);
    }
    this.look();
  }

  clear(): void {
    for (const { entry } of this.#works) this.#calendar.cancel(entry);
    this.#works = new Set();
    this.#stoppedUs = null;
  }
}

export interface HandlerOptions {
  readonly workers: number;
  /** What one control message makes to do, µs. */
  readonly costUs: number;
  /** Slots of the queue; one stays free. */
  readonly queueSize: number;
}

/** Up to 4.12: a handler answers a control message, then does its work. */
export class Handlers {
  readonly #threads: Threads;
  readonly #options: HandlerOptions;
  readonly #calendar: Calendar;
  #queue: Task[] = [];
  /** Longest work that waited in counted time, as all handlers together do it; control messages dropped. */
  readonly counted = { peakUs: 0, dropped: 0 };

  constructor(calendar: Calendar, options: HandlerOptions) {
    this.#calendar = calendar;
    this.#options = options;
    this.#threads = new Threads(calendar, options.workers, () => {
      const task = this.#queue.shift();
      if (!task) return false;
      if (task.handle() && task.isControl) this.#threads.work(options.costUs);
      return true;
    });
  }

  push(task: Task): void {
    const { queueSize, costUs, workers } = this.#options;
    if (this.#queue.length >= queueSize - 1) {
      if (task.isControl && this.#calendar.nowUs >= 0) this.counted.dropped += 1;
      task.lost('full');
      return;
    }
    this.#queue.push(task);
    if (task.isControl && this.#calendar.nowUs >= 0) {
      const waiting = this.#queue.filter(({ isControl }) => isControl).length;
      const workUs = (waiting * costUs + this.#threads.leftUs) / workers;
      this.counted.peakUs = Math.max(this.counted.peakUs, workUs);
    }
    this.#threads.look();
  }

  stop(): void {
    this.#threads.stop();
  }

  goOn(): void {
    this.#threads.goOn();
  }

  clear(): void {
    const gone = this.#queue;
    this.#queue = [];
    this.#threads.clear();
    for (const task of gone) task.lost('died');
  }
}

/** From 4.13 on: one thread saves what was answered long ago, of each agent the newest message. */
export class Savers {
  readonly #threads: Threads;
  readonly #calendar: Calendar;
  readonly #costUs: number;
  readonly #size: number;
  #agents: number[] = [];
  readonly counted = { peakUs: 0, dropped: 0 };

  constructor(calendar: Calendar, costUs: number, size: number) {
    this.#calendar = calendar;
    this.#costUs = costUs;
    this.#size = size;
    this.#threads = new Threads(calendar, 1, () => {
      if (this.#agents.shift() === undefined) return false;
      this.#threads.work(costUs);
      return true;
    });
  }

  push(agent: number): void {
    if (this.#agents.includes(agent)) return;
    const isCounted = this.#calendar.nowUs >= 0;
    if (this.#agents.length >= this.#size) {
      if (isCounted) this.counted.dropped += 1;
      return;
    }
    this.#agents.push(agent);
    if (isCounted) {
      const workUs = this.#agents.length * this.#costUs + this.#threads.leftUs;
      this.counted.peakUs = Math.max(this.counted.peakUs, workUs);
    }
    this.#threads.look();
  }

  stop(): void {
    this.#threads.stop();
  }

  goOn(): void {
    this.#threads.goOn();
  }

  clear(): void {
    this.#agents = [];
    this.#threads.clear();
  }
}
