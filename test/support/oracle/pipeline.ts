// The way of an event through an agent's host: logcollector, local socket, ring, dispatcher, send. One object an event.
import { dispatchSpacingUs, lockPollUs, sendErrorSleepUs } from '../../../src/models/agent.ts';
import type { AgentOptions } from '../../../src/models/agentOptions.ts';
import { socketDatagrams } from '../../../src/models/pipeline/limits.ts';
import type { EventSource } from '../../../src/models/workload.ts';
import type { GroupOptions } from '../../../src/models/worldOptions.ts';
import { Rank, type Calendar } from './calendar.ts';
import type { Event } from './event.ts';

/** The agent daemon around the pipeline. */
export interface Daemon {
  /** The main loop reads the local socket: neither looking for a manager nor asleep in a send. */
  readonly reads: boolean;
  /** The lock is set. */
  readonly locked: boolean;
  /** Sends, or says that there is no room. */
  send(event: Event): boolean;
  /** The dispatcher sleeps in a send. */
  dispatcherBlocked(): void;
  /** The main thread sleeps in a send of its own (buffer disabled). */
  mainBlocked(): void;
  /** The main loop wakes up because something was written to its socket. */
  woken(): void;
}

export class Pipeline {
  readonly #calendar: Calendar;
  readonly #daemon: Daemon;
  readonly #options: AgentOptions;
  readonly #source: EventSource;
  readonly #socketSize: number;
  readonly #spacingUs: number;
  readonly written: Event[] = [];
  /** What does not run. */
  #down: 'nothing' | 'service' | 'collector' = 'nothing';
  /** Counts what was stopped: whoever slept until then does not wake up. */
  #life = 0;
  #collectorLife = 0;
  /** Lines in files that logcollector has not read, of one that looks into them now and then; else lines written while it does not run. */
  #unread: Event[] = [];
  readonly #queueSize: number;
  readonly #isChannel: boolean;
  /** On Windows those who read event channels are threads of the agent: they put their records into the ring themselves. */
  readonly #pastSocket: boolean;

  // logcollector
  #output: Event | null = null;
  #outputWaits: 'nothing' | 'lock' | 'socket' = 'nothing';
  readonly #lines: Event[] = [];

  readonly #socket: Event[] = [];
  readonly #ring: Event[] = [];

  // dispatcher
  #hand: Event | null = null;
  #dispatcher: 'idle' | 'spacing' | 'lock' | 'blocked' | 'asleep' = 'idle';
  #nextSendUs = -Infinity;
  /** Buffer disabled: the event the main thread sleeps with. */
  #mainHand: Event | null = null;

  constructor(calendar: Calendar, daemon: Daemon, { agent: options, events }: GroupOptions, pollUs: number) {
    this.#calendar = calendar;
    this.#daemon = daemon;
    this.#options = options;
    this.#source = events.source;
    const { maxDgramQlen, localSendBufferBytes } = options.kernel;
    this.#socketSize = socketDatagrams(maxDgramQlen, localSendBufferBytes, events.sizeBytes);
    this.#spacingUs = dispatchSpacingUs(options.clientBuffer.eventsPerSecond);
    const { logcollectorQueueSize, logcollectorLoopTimeoutSeconds, logcollectorMaxLines } = options.internal;
    // One slot of the queue stays free, one line is in the output thread's hand. Windows keeps its records.
    this.#isChannel = events.source === 'eventChannel';
    this.#pastSocket = this.#isChannel && !options.clientBuffer.disabled;
    this.#queueSize = this.#isChannel ? Infinity : logcollectorQueueSize;
    this.#polls = events.source === 'logcollector' && events.files !== null;
    if (!this.#polls) return;
    const most = logcollectorMaxLines === 0 ? Infinity : events.files! * logcollectorMaxLines;
    this.#pollFrom(pollUs, logcollectorLoopTimeoutSeconds * 1_000_000, most);
  }

  /** True while the dispatcher sleeps inside a send and holds the send lock. */
  get sendIsBlocked(): boolean {
    return this.#dispatcher === 'blocked' || this.#mainHand !== null;
  }

  /** Nothing waits for the daemon anywhere on its host. */
  get isEmpty(): boolean {
    return (
      this.#output === null &&
      this.#socket.length === 0 &&
      this.#ring.length === 0 &&
      this.#hand === null &&
      this.#mainHand === null
    );
  }

  // ------------------------------------------------------------------------------------------------------- the application

  write(event: Event): void {
    if (this.#source === 'socket') {
      if (this.#down !== 'nothing') return; // the writers are daemons of the service
      if (this.#socketIsFull()) return; // the writer is blocked: it would have been written
      this.written.push(event);
      this.#intoSocket(event);
      return;
    }
    this.written.push(event);
    if (this.#polls) this.#unread.push(event);
    else if (this.#down === 'nothing') this.#readLines([event]);
    else if (this.#options.life.onlyFutureEvents) event.end('agentRestart');
    else this.#unread.push(event);
  }
  readonly #polls: boolean;

  /** Looks into the files now, and again and again. */
  #pollFrom(atUs: number, periodUs: number, most: number): void {
    // Behind the output thread, whose looks at the lock may fall on the instants of the readings.
    this.#calendar.at(atUs, Rank.event, () => {
      // Where it goes on where it was, lines wait for it.
      if (this.#down === 'nothing' || this.#options.life.onlyFutureEvents) {
        const lines = this.#unread.splice(0, Math.min(this.#unread.length, most));
        if (this.#down === 'nothing') this.#readTogether(lines);
        else for (const line of lines) line.end('agentRestart');
      }
      this.#pollFrom(atUs + periodUs, periodUs, most);
    });
  }

  /** The main loop reads until its socket is empty, before it turns: EventForward(). Lines that come at one instant are there by then. */
  #readTogether(lines: readonly Event[]): void {
    const before = this.#wakes;
    this.#isReading = true;
    this.#readLines(lines);
    this.#isReading = false;
    if (this.#wakes > before && this.#daemon.reads) this.#daemon.woken();
  }
  #isReading = false;
  #wakes = 0;

  #wake(): void {
    this.#wakes += 1;
    if (!this.#isReading) this.#daemon.woken();
  }

  /** Of lines that are read together so many are kept as there is room for: the reader is the quicker one. */
  #readLines(lines: readonly Event[]): void {
    for (const line of lines) {
      const held = this.#lines.length + (this.#output === null ? 0 : 1);
      if (held < this.#queueSize) this.#lines.push(line);
      else line.end('logcollector');
    }
    if (this.#output !== null) return;
    this.#output = this.#lines.shift() ?? null;
    this.#outputLooks();
  }

  // --------------------------------------------------------------------------------------------------- the life of the service

  /** The service ends, and everything in its memory with it. */
  stop(): void {
    this.stopCollector();
    this.#down = 'service';
    this.#life += 1;
    const held = [...this.#socket, ...this.#ring, this.#hand, this.#mainHand];
    for (const event of held) event?.end('agentRestart');
    this.#socket.length = 0;
    this.#ring.length = 0;
    this.#hand = null;
    this.#mainHand = null;
    this.#dispatcher = 'idle';
    this.#nextSendUs = -Infinity;
  }

  start(): void {
    this.#down = 'collector';
    this.startCollector();
  }

  /** logcollector ends; what it has put into the local socket stays there. */
  stopCollector(): void {
    this.#down = 'collector';
    this.#collectorLife += 1;
    const held = [this.#output, ...this.#lines].filter((event) => event !== null);
    // A record whose callback waits is still in its channel.
    if (this.#isChannel && !this.#options.life.onlyFutureEvents) this.#unread.unshift(...held);
    else for (const event of held) event.end('agentRestart');
    this.#output = null;
    this.#outputWaits = 'nothing';
    this.#lines.length = 0;
  }

  startCollector(): void {
    if (this.#down !== 'collector') return; // it starts with the rest
    this.#down = 'nothing';
    if (!this.#polls) this.#readLines(this.#unread.splice(0));
  }

  /** logcollector's output thread, with a line in its hand, looks at the lock and sends. */
  #outputLooks(): void {
    while (this.#output !== null) {
      if (this.#daemon.locked) {
        this.#outputWaits = 'lock';
        const life = this.#collectorLife;
        this.#calendar.at(this.#calendar.nowUs + lockPollUs, Rank.event, () => {
          if (this.#collectorLife === life) this.#outputLooks();
        });
        return;
      }
      if (this.#socketIsFull()) {
        this.#outputWaits = 'socket';
        return;
      }
      this.#outputWaits = 'nothing';
      const event = this.#output;
      this.#output = this.#lines.shift() ?? null;
      this.#intoSocket(event);
    }
  }

  #socketIsFull(): boolean {
    if (this.#pastSocket) return false;
    return !this.#daemon.reads && this.#socket.length >= this.#socketSize;
  }

  #intoSocket(event: Event): void {
    if (this.#pastSocket) {
      this.#intoRing(event);
      if (this.#daemon.reads) this.#wake();
      return;
    }
    this.#socket.push(event);
    if (!this.#daemon.reads) return;
    this.readSocket();
    this.#wake();
  }

  // ------------------------------------------------------------------------------------------------------- the main thread

  /** The main loop reads until the socket is empty or it is stopped. */
  readSocket(): void {
    while (this.#daemon.reads && this.#socket.length > 0) {
      const event = this.#socket.shift()!;
      if (this.#options.clientBuffer.disabled) {
        if (!this.#daemon.send(event)) {
          this.#mainHand = event;
          this.#daemon.mainBlocked();
        }
      } else {
        this.#intoRing(event);
      }
      if (this.#output !== null && this.#outputWaits === 'socket' && !this.#socketIsFull()) this.#outputGoesOn();
    }
  }

  /** There is room again for the one who is blocked at the socket: past the lock already, he sends. */
  #outputGoesOn(): void {
    const event = this.#output!; // the caller has looked
    this.#output = this.#lines.shift() ?? null;
    this.#outputWaits = 'nothing';
    this.#intoSocket(event);
    this.#outputLooks();
  }

  #intoRing(event: Event): void {
    if (this.#ring.length >= this.#options.clientBuffer.queueSize) {
      event.end('ring');
      return;
    }
    this.#ring.push(event);
    if (this.#dispatcher === 'idle') this.#dispatch();
  }

  // --------------------------------------------------------------------------------------------------------- the dispatcher

  #later(atUs: number, action: () => void): void {
    const life = this.#life;
    this.#calendar.at(atUs, Rank.event, () => {
      if (this.#life === life) action();
    });
  }

  /** Takes the next event when its slot has come. */
  #dispatch(): void {
    for (;;) {
      if (this.#ring.length === 0) {
        this.#dispatcher = 'idle';
        return;
      }
      if (this.#calendar.nowUs < this.#nextSendUs) {
        this.#dispatcher = 'spacing';
        this.#later(this.#nextSendUs, () => this.#dispatch());
        return;
      }
      this.#hand = this.#ring.shift()!;
      if (!this.#sendHand()) return;
    }
  }

  /** @returns false when the dispatcher keeps its event. */
  #sendHand(): boolean {
    if (this.#daemon.locked) {
      this.#dispatcher = 'lock';
      this.#later(this.#calendar.nowUs + lockPollUs, () => {
        if (this.#sendHand()) this.#dispatch();
      });
      return false;
    }
    return this.#sendNow();
  }

  /** Past the lock. */
  #sendNow(): boolean {
    if (!this.#daemon.send(this.#hand!)) {
      this.#dispatcher = 'blocked';
      this.#daemon.dispatcherBlocked();
      return false;
    }
    this.#hand = null;
    this.#nextSendUs = this.#calendar.nowUs + this.#spacingUs;
    return true;
  }

  /** The connection takes bytes again: whoever sleeps in a send goes on. */
  unblocked(): void {
    if (this.#dispatcher === 'blocked' && this.#sendNow()) this.#dispatch();
    const event = this.#mainHand;
    if (event === null) return;
    if (!this.#daemon.send(event)) return;
    this.#mainHand = null;
  }

  /** The connection is gone: the send fails, its event is lost, and the sender sleeps a second. */
  sendFailed(): void {
    if (this.#dispatcher === 'blocked') {
      this.#hand!.end('sendError');
      this.#hand = null;
      this.#dispatcher = 'asleep';
      const sleepUs = this.#options.sleepsAfterSendError ? sendErrorSleepUs : 0;
      this.#later(this.#calendar.nowUs + sleepUs, () => this.#dispatch());
    }
    this.#mainHand?.end('sendError');
    this.#mainHand = null;
  }
}
