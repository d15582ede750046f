// The processes of a manager node: remoted and authd answer, analysisd writes what it has once a second.
import { nodeDefaults } from '../../../src/models/node.ts';
import { Rank, type Calendar } from './calendar.ts';
import type { Event } from './event.ts';
import type { Host, Message, Processes, Remote } from './host.ts';

export interface EventMessage extends Message {
  readonly kind: 'event';
  readonly event: Event;
}

export const control = (kind: Exclude<Message['kind'], 'event'>): Message => ({
  kind,
  bytes: 0,
  lost: () => undefined,
  refused: () => undefined,
});

export class Manager implements Processes {
  readonly #host: Host;
  readonly #calendar: Calendar;
  readonly #flushPhaseUs: number;
  /** Refuses a second connection of a key whose first one is open. */
  readonly #checksKeys: boolean;
  /** Capacity of analysisd; `null`: it keeps up with everything. */
  readonly #eventsPerSecond: number | null;
  /** Waits for analysisd. */
  #queue: Event[] = [];
  #analyses = false;
  #inMemory: Event[] = [];
  #flushPlanned = false;
  /** Agents whose newest connection waits to be accepted while the processes go on. */
  #waiting = new Set<number>();

  constructor(host: Host, flushPhaseUs: number, checksKeys: boolean, eventsPerSecond: number | null) {
    this.#host = host;
    this.#calendar = host.calendar;
    this.#flushPhaseUs = flushPhaseUs;
    this.#checksKeys = checksKeys;
    this.#eventsPerSecond = eventsPerSecond;
  }

  accepted(): void {
    // Nothing to do before the first message.
  }

  received(remote: Remote, message: Message): void {
    switch (message.kind) {
      case 'startup':
      case 'keepalive':
        remote.reply(control('ack'));
        break;
      case 'ping':
        remote.reply(control('pong'));
        break;
      case 'hello':
      case 'request':
        remote.reply(control(message.kind));
        break;
      case 'event':
        if (remote.clientIsGone && this.#waiting.has(remote.owner)) message.refused();
        else this.#take((message as EventMessage).event); // the only kind of event message there is
        break;
      case 'ack':
      case 'pong':
        throw new Error(`nobody sends ${message.kind} to a manager`);
      default:
        message.kind satisfies never;
    }
  }

  #take(event: Event): void {
    event.arrivedUs = this.#calendar.nowUs;
    if (this.#eventsPerSecond === null) {
      this.#analysed(event);
    } else if (this.#queue.length >= nodeDefaults.analysisQueueSize - 1) {
      event.end('analysis');
    } else {
      this.#queue.push(event);
      this.#analyse(this.#eventsPerSecond);
    }
  }

  /** One event after the other, each in its time. */
  #analyse(eventsPerSecond: number): void {
    if (this.#analyses || this.#queue.length === 0 || !this.#host.works) return;
    this.#analyses = true;
    const { life } = this.#host;
    this.#calendar.at(this.#calendar.nowUs + Math.round(1e6 / eventsPerSecond), Rank.event, () => {
      this.#analyses = false;
      const event = this.#host.works && this.#host.life === life ? this.#queue.shift() : undefined;
      if (event) this.#analysed(event);
      this.#analyse(eventsPerSecond);
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
      if (this.#host.works) {
        for (const event of this.#inMemory) event.end('delivered');
        this.#inMemory = [];
      } else if (this.#inMemory.length > 0) {
        this.#planFlush();
      }
    });
  }

  clientClosed(): void {
    // remoted forgets the connection; what it has read stays read.
  }

  died(): void {
    for (const event of [...this.#inMemory, ...this.#queue]) event.end('nodeMemory');
    this.#inMemory = [];
    this.#queue = [];
  }

  stuck(): void {
    this.died();
  }

  resumed(): void {
    for (const event of [...this.#inMemory, ...this.#queue]) event.arrivedUs = this.#calendar.nowUs;
    if (this.#eventsPerSecond !== null) this.#analyse(this.#eventsPerSecond);
    if (!this.#checksKeys) return;
    for (const connection of this.#host.connections) {
      const asks = connection.held.some(({ kind }) => kind === 'startup');
      if (asks && !connection.clientIsGone) this.#waiting.add(connection.way.owner);
    }
  }

  caughtUp(): void {
    this.#waiting.clear();
  }
}
