// How the main thread of an agent of 3.12.0 to 3.13.0 looks for a manager, as it would be written down: it asks on the connection it
// has, then walks down its list. Wazuh 3.12.3, src/client-agent/start_agent.c, start_agent() and connect_server(), in words.
import { receiveTimeoutUs } from '../../../src/models/agent.ts';
import type { ServerOptions } from '../../../src/models/agentOptions.ts';
import type { Channel } from './agent.ts';
import { Rank, type Calendar, type Entry } from './calendar.ts';
import type { Message } from './host.ts';
import { control } from './manager.ts';
import type { Client, Opening } from './tcp.ts';

/** `sleep()` of whole seconds takes this much longer. Measured: 9.003 to 9.006 s for six of them, 21.003 s for six over UDP. */
const sleepSlackUs = 400;

/** A connection, or an address, and what has come from it and was not read. */
interface Line {
  readonly channel: Channel;
  readonly inbox: Message[];
  /** The peer has said FIN, or RST: then nothing can be written any more. */
  end: 'no' | 'fin' | 'reset';
  /** Something was sent that nobody answered. */
  asked: boolean;
}

export interface WalkHost {
  readonly calendar: Calendar;
  readonly servers: readonly ServerOptions[];
  readonly recvTimeoutSeconds: number;
  readonly notifyTimeSeconds: number;
  /** Opens a connection, or an address at once. `null`: it has failed. */
  connect(server: ServerOptions, client: Client, done: (channel: Channel | null) => void): Opening | null;
  tried(server: number): void;
  failed(): void;
  /** The answer has come; the rest of what has come is to be read by the main loop. */
  found(channel: Channel, server: number, attemptUs: number, rest: readonly Message[]): void;
}

/** What the main thread waits for. */
type Wait =
  | { readonly kind: 'sleep'; readonly us: number }
  | { readonly kind: 'frame'; readonly us: number }
  | { readonly kind: 'connect' };

export class ListWalk {
  readonly #host: WalkHost;
  #server = 0;
  #line: Line | null = null;
  #attemptUs = 0;
  #thread: Iterator<Wait, void, boolean> | null = null;
  #wait: Wait | null = null;
  #timer: Entry | null = null;
  #opening: Opening | null = null;

  constructor(host: WalkHost) {
    this.#host = host;
  }

  /** The process starts. */
  start(): void {
    this.#begin(this.#fromStart());
  }

  /** The agent has noticed, and goes on with the connection it has. @param end what it knows of it. */
  resume(channel: Channel, end: Line['end']): void {
    if (this.#line?.channel !== channel) throw new Error('another connection than the one that was found');
    this.#line.end = end;
    this.#line.asked = false;
    this.#attemptUs = this.#host.calendar.nowUs;
    this.#begin(this.#search());
  }

  /** The process ends. */
  stop(): void {
    this.#host.calendar.cancel(this.#timer);
    this.#thread = null;
    this.#wait = null;
    this.#opening?.cancel();
    this.#line?.channel.close();
    this.#line = null;
  }

  /** Something has come on the connection while the main thread looks for a manager. */
  received(channel: Channel, message: Message): void {
    const line = this.#line;
    if (line?.channel !== channel) return;
    line.inbox.push(message);
    if (this.#wait?.kind === 'frame') this.#goOn(true);
  }

  closed(channel: Channel): void {
    const line = this.#line;
    // An ICMP refusal is read, and forgotten, by the next look for an answer.
    if (line?.channel !== channel || line.end !== 'no' || this.#isUdp()) return;
    line.end = line.asked ? 'reset' : 'fin';
    if (this.#wait?.kind === 'frame') this.#goOn(true);
  }

  #isUdp(): boolean {
    const { protocol, endpoint } = this.#host.servers[this.#server]!;
    return protocol === 'udp' && endpoint.kind === 'node';
  }

  // ------------------------------------------------------------------------------------------------------------- the thread

  #begin(thread: Iterator<Wait, void, boolean>): void {
    this.#thread = thread;
    this.#goOn(true);
  }

  #goOn(what: boolean): void {
    const { calendar } = this.#host;
    calendar.cancel(this.#timer);
    this.#wait = null;
    const { value, done } = this.#thread!.next(what);
    if (done === true) return;
    this.#wait = value;
    if (value.kind !== 'connect') {
      this.#timer = calendar.at(calendar.nowUs + value.us, Rank.control, () => this.#goOn(false));
    }
  }

  *#sleep(seconds: number): Generator<Wait, void, boolean> {
    yield { kind: 'sleep', us: seconds * 1_000_000 + sleepSlackUs };
  }

  *#fromStart(): Generator<Wait, void, boolean> {
    yield* this.#connectServer(0);
    yield* this.#search();
  }

  *#search(): Generator<Wait, void, boolean> {
    const { servers, notifyTimeSeconds } = this.#host;
    let patience = 1;
    for (;;) {
      if (yield* this.#round()) {
        this.#found();
        return;
      }
      this.#host.failed();
      if (servers.length === 1) {
        yield* this.#sleep(Math.min(patience, notifyTimeSeconds));
        patience += 18;
        yield* this.#connectServer(0);
        continue;
      }
      const before = this.#server;
      yield* this.#connectServer((before + 1) % servers.length);
      if (this.#server !== before) patience += 5;
      yield* this.#sleep(Math.min(patience, notifyTimeSeconds));
      if (this.#server === before) patience += 18;
    }
  }

  /** Six waits in vain, each followed by a sleep as long as its number; from the third on it connects anew. */
  *#round(): Generator<Wait, boolean, boolean> {
    yield* this.#ask();
    for (let tries = 1; tries <= 6; tries++) {
      if (yield* this.#isAnswered()) return true;
      yield* this.#sleep(tries);
      if (this.#isUdp()) {
        if (tries >= 3) yield* this.#ask();
        continue;
      }
      if (tries >= 3) yield* this.#connectServer(this.#server);
      yield* this.#ask();
    }
    return false;
  }

  /** Sends the startup message; one that cannot be sent costs a second. */
  *#ask(): Generator<Wait, void, boolean> {
    const line = this.#line!; // nobody asks without a connection
    if (line.end === 'reset') {
      yield* this.#sleep(1);
      return;
    }
    line.channel.send(control('startup'));
    line.asked = true;
    if (line.end === 'fin') line.end = 'reset'; // what is sent to who has left is answered with RST
  }

  *#isAnswered(): Generator<Wait, boolean, boolean> {
    const line = this.#line!; // as above
    if (this.#isUdp()) return line.inbox.shift()?.kind === 'ack';
    if (line.inbox.length === 0 && line.end === 'no') {
      yield { kind: 'frame', us: receiveTimeoutUs(this.#host.recvTimeoutSeconds) };
    }
    return line.inbox.shift()?.kind === 'ack';
  }

  /** Walks down the list from entry `first` until somebody accepts; behind the last one it sleeps and begins with the first. */
  *#connectServer(first: number): Generator<Wait, void, boolean> {
    const { servers, calendar, notifyTimeSeconds } = this.#host;
    if (this.#line) {
      yield* this.#sleep(1);
      this.#line.channel.close();
      this.#line = null;
    }
    this.#server = first;
    let pass = 1;
    for (;;) {
      this.#attemptUs = calendar.nowUs;
      this.#host.tried(this.#server);
      const isOpen = this.#open(servers[this.#server]!);
      if (isOpen || (yield { kind: 'connect' })) return;
      this.#host.failed();
      this.#server = (this.#server + 1) % servers.length;
      if (this.#server === 0) yield* this.#sleep(Math.min(2 + 10 * pass++, notifyTimeSeconds));
    }
  }

  /** @returns true when there is nothing to wait for: an address is all it takes. */
  #open(server: ServerOptions): boolean {
    const early: Message[] = [];
    let line: Line | null = null;
    const client: Client = {
      received: (message) => {
        if (line) this.onLine(line.channel, message);
        else early.push(message);
      },
      closed: () => {
        if (line) this.onEnd(line.channel);
      },
    };
    this.#opening = this.#host.connect(server, client, (channel) => {
      if (channel) {
        line = { channel, inbox: early, end: 'no', asked: false };
        this.#line = line;
      }
      if (this.#wait?.kind === 'connect') this.#goOn(channel !== null);
    });
    return this.#line !== null;
  }

  /** Where messages of the connection go: here, or once it is found to the main loop. */
  onLine: (channel: Channel, message: Message) => void = () => undefined;
  onEnd: (channel: Channel) => void = () => undefined;

  #found(): void {
    const line = this.#line!; // somebody has answered on it
    this.#host.found(line.channel, this.#server, this.#attemptUs, line.inbox.splice(0));
  }
}
