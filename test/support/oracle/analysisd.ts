// One life of a node's analysisd, event by event: remoted's queue before it, its ring, its pace, the credits of an EPS limit, and what
// it has analysed and not yet written. Facts: wazuh 4.14.7, src/remoted/queue.c; src/analysisd/analysisd.c, ad_input_main(), limits.c,
// w_log_flush().
import type { NodeOptions } from '../../../src/models/node.ts';
import { Rank, type Calendar } from './calendar.ts';
import type { Event, Fate } from './event.ts';
import { Fifo } from './fifo.ts';
import type { Host } from './host.ts';

/** remoted's handlers have emptied their queue at every whole tenth of a second (docs/MODEL.md, "remoted's queue"). */
const handOverUs = 100_000;

/** What became of events at a node, over all its lives. */
export class NodeLosses {
  nodeQueue = 0;
  analysis = 0;
  nodeMemory = 0;
  delivered = 0;
  /** Most events that waited in it when remoted had handed on. */
  peak = 0;

  end(event: Event, fate: Fate): void {
    event.end(fate);
    if (fate === 'nodeQueue' || fate === 'analysis' || fate === 'nodeMemory' || fate === 'delivered') this[fate] += 1;
  }
}

export class Analysisd {
  readonly #calendar: Calendar;
  readonly #host: Host;
  readonly #options: NodeOptions;
  readonly #flushPhaseUs: number;
  readonly #losses: NodeLosses;
  /** Messages that remoted has read and not handed on. */
  readonly #remoted = new Fifo<Event>();
  #handOverPlanned = false;
  readonly #ring = new Fifo<Event>();
  #isBusy = false;
  /** Analysed, in the buffer of the file. */
  #inMemory: Event[] = [];
  #flushPlanned = false;
  /** It was told to end, and works on until then. */
  #endsUs: number | null = null;
  #isOver = false;

  // The EPS limit.
  #credits: number;
  /** Seconds it has run since it first spent something; credits spent in each. */
  #second = 0;
  readonly #spent = new Map<number, number>();
  #tickPlanned = false;

  constructor(host: Host, flushPhaseUs: number, options: NodeOptions, losses: NodeLosses) {
    this.#losses = losses;
    this.#calendar = host.calendar;
    this.#host = host;
    this.#options = options;
    this.#flushPhaseUs = flushPhaseUs;
    const limit = options.epsLimit;
    this.#credits = limit ? limit.maximum * limit.timeframeSeconds : Infinity;
  }

  get #runs(): boolean {
    return !this.#isOver && (this.#endsUs !== null || this.#host.analyses);
  }

  /** remoted has read an event. */
  take(event: Event): void {
    const { eventsPerSecond, epsLimit, queueSize } = this.#options;
    if (eventsPerSecond === null && epsLimit === null) {
      this.#analysed(event);
    } else if (this.#remoted.length >= queueSize - 1) {
      this.#losses.end(event, 'nodeQueue');
    } else {
      this.#remoted.push(event);
      this.#planHandOver();
      this.#work();
    }
  }

  #planHandOver(): void {
    if (this.#handOverPlanned) return;
    this.#handOverPlanned = true;
    const nextUs = (Math.floor(this.#calendar.nowUs / handOverUs) + 1) * handOverUs;
    this.#calendar.at(nextUs, Rank.control, () => {
      this.#handOverPlanned = false;
      if (this.#isOver || this.#remoted.length === 0) return;
      if (this.#host.state === 'up') {
        for (let event = this.#remoted.shift(); event; event = this.#remoted.shift()) this.#intoRing(event);
      } else {
        this.#planHandOver();
      }
      this.#work();
      this.#losses.peak = Math.max(this.#losses.peak, this.#ring.length + this.#remoted.length);
    });
  }

  #intoRing(event: Event): void {
    if (this.#ring.length >= this.#options.analysisQueueSize - 1) this.#losses.end(event, 'analysis');
    else this.#ring.push(event);
  }

  /** What the decoders find to do; what is still in remoted's queue they get at once. */
  #next(): Event | undefined {
    return this.#ring.first ?? (this.#host.state === 'up' ? this.#remoted.first : undefined);
  }

  #shift(): void {
    if (this.#ring.length > 0) this.#ring.shift();
    else this.#remoted.shift();
    // There is room in the ring: a handler that holds the next event hands it on.
    if (this.#host.state !== 'up' || this.#ring.length === 0) return;
    const next = this.#remoted.shift();
    if (next) this.#ring.push(next);
  }

  /** One event after the other, each in its time, as long as there are credits. */
  #work(): void {
    const { eventsPerSecond } = this.#options;
    while (!this.#isBusy && this.#runs && this.#credits > 0) {
      const event = this.#next();
      if (event === undefined) return;
      if (eventsPerSecond === null) {
        this.#done(event);
        continue;
      }
      this.#isBusy = true;
      const eventUs = Math.max(1, Math.round(1e6 / (eventsPerSecond * this.#host.capacityShare)));
      this.#calendar.at(this.#calendar.nowUs + eventUs, Rank.event, () => {
        this.#isBusy = false;
        const first = this.#runs ? this.#next() : undefined;
        if (first) this.#done(first);
        this.#work();
      });
    }
  }

  #done(event: Event): void {
    this.#shift();
    this.#spend();
    this.#analysed(event);
  }

  #spend(): void {
    if (this.#options.epsLimit === null) return;
    this.#credits -= 1;
    this.#spent.set(this.#second, (this.#spent.get(this.#second) ?? 0) + 1);
    this.#planTick();
  }

  /** At whole seconds; one that stands still counts none. */
  #planTick(): void {
    const limit = this.#options.epsLimit;
    if (limit === null || this.#tickPlanned) return;
    this.#tickPlanned = true;
    const nextUs = (Math.floor(this.#calendar.nowUs / 1e6) + 1) * 1e6;
    this.#calendar.at(nextUs, Rank.place, () => {
      this.#tickPlanned = false;
      if (this.#isOver) return;
      if (this.#runs) {
        this.#second += 1;
        const oldest = this.#second - limit.timeframeSeconds;
        this.#credits += this.#spent.get(oldest) ?? 0;
        this.#spent.delete(oldest);
      }
      if (this.#spent.size > 0) this.#planTick();
      this.#work();
    });
  }

  #analysed(event: Event): void {
    this.#inMemory.push(event);
    this.#planFlush();
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    const { nowUs } = this.#calendar;
    const second = Math.floor((nowUs - this.#flushPhaseUs) / 1e6) + 1;
    this.#calendar.at(second * 1e6 + this.#flushPhaseUs, Rank.control, () => {
      this.#flushPlanned = false;
      if (this.#isOver) return;
      if (this.#runs) {
        for (const event of this.#inMemory) this.#losses.end(event, 'delivered');
        this.#inMemory = [];
      } else if (this.#inMemory.length > 0) {
        this.#planFlush();
      }
    });
  }

  /** It goes on after a hang. */
  resumed(): void {
    for (const event of this.#inMemory) event.arrivedUs = this.#calendar.nowUs;
    this.#ring.forEach((event) => {
      event.arrivedUs = this.#calendar.nowUs;
    });
    this.#work();
  }

  /** It is no more. @param written what becomes of what it had analysed. */
  dies(written: Fate): void {
    this.#isOver = true;
    for (const event of this.#inMemory) this.#losses.end(event, written);
    this.#inMemory = [];
    for (const queue of [this.#ring, this.#remoted]) {
      for (let event = queue.shift(); event; event = queue.shift()) this.#losses.end(event, 'nodeMemory');
    }
  }

  /** Told to end, when remoted is gone already: it works for so long on what it has, and writes it. */
  ends(afterUs: number): void {
    for (let event = this.#remoted.shift(); event; event = this.#remoted.shift()) this.#losses.end(event, 'nodeMemory');
    if (afterUs === 0 || (this.#options.eventsPerSecond === null && this.#options.epsLimit === null)) {
      this.dies('delivered');
      return;
    }
    this.#endsUs = this.#calendar.nowUs + afterUs;
    this.#calendar.at(this.#endsUs, Rank.place, () => this.dies('delivered'));
  }
}
