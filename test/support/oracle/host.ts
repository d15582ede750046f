// A host and the processes on it, as those see it who send packets to it.
import { Rank, type Calendar } from './calendar.ts';
import type { Connection } from './tcp.ts';

export type HostState = 'up' | 'refusing' | 'dying' | 'hung' | 'silent';
export type Service = 'events' | 'registration';

/** The other end, as the processes see it. */
export interface Remote {
  readonly owner: number;
  readonly clientIsGone: boolean;
  reply(message: Message): void;
  /** The process closes the connection; absent where there is none. */
  closeByServer?(): void;
}

/** What runs on the host. */
export interface Processes {
  /** A connection is established and taken from the accept queue. */
  accepted(connection: Connection): void;
  received(from: Remote, message: Message): void;
  /** The client's FIN has arrived. */
  clientClosed(connection: Connection): void;
  /** The processes are gone: what they had in memory is gone too. */
  died(): void;
  /** They go on after a hang, before they look at any connection. */
  resumed?(): void;
  /** They have read what had come before they went on. */
  caughtUp?(): void;
  /** The run is over, and they will never go on. */
  stuck?(): void;
}

export interface Message {
  readonly kind: 'startup' | 'keepalive' | 'event' | 'ping' | 'hello' | 'request' | 'ack' | 'pong';
  /** Bytes that count in send buffers. */
  readonly bytes: number;
  /** It is in nobody's send buffer any more. */
  read?(): void;
  /** It will never be read. */
  lost(): void;
  /** It has been read, late, by a node that knows a newer connection of the same agent. */
  refused(): void;
}

export class Host {
  readonly name: string;
  readonly index: number;
  readonly calendar: Calendar;
  readonly startupUs: number;
  readonly acceptQueue: number;
  readonly services: ReadonlySet<Service>;
  processes!: Processes; // set by whoever builds the host, before time begins
  /** Told after every change of state. */
  changed: (host: Host, fault: number) => void = () => undefined;
  state: HostState = 'up';
  /** Counts the lives of the processes. */
  life = 0;
  readonly connections = new Set<Connection>();
  /** Questions in the receive buffers of processes that stand still, to be read when they go on. */
  datagrams: (() => void)[] = [];
  readonly everOpened: Connection[] = [];
  readonly queued = { events: 0, registration: 0 };
  /** Connections taken from the accept queue and startup messages without one; SYNs refused; SYNs that found the queue full. */
  readonly counted = { accepted: [] as number[], refused: 0, overflowed: 0 };
  readonly #active = { kill: 0, powerOff: 0, hang: 0 };
  /** When the processes last stood still. */
  hungUs = -Infinity;
  #acceptsUntilUs = -Infinity;
  #startsUntilUs = -Infinity;

  constructor(
    calendar: Calendar,
    options: Pick<Host, 'name' | 'index' | 'startupUs' | 'acceptQueue'> & { readonly services: readonly Service[] },
  ) {
    this.calendar = calendar;
    this.name = options.name;
    this.index = options.index;
    this.startupUs = options.startupUs;
    this.acceptQueue = options.acceptQueue;
    this.services = new Set(options.services);
  }

  begin(kind: 'kill' | 'powerOff' | 'hang', fault: number, acceptsForUs: number): void {
    const { calendar } = this;
    this.#active[kind] += 1;
    if (kind === 'kill' && (this.state === 'up' || this.state === 'hung')) {
      this.#acceptsUntilUs = calendar.nowUs + acceptsForUs;
      calendar.at(this.#acceptsUntilUs, Rank.place, () => this.#update(fault));
    }
    this.#update(fault);
  }

  end(kind: 'kill' | 'powerOff' | 'hang', fault: number): void {
    const { calendar } = this;
    this.#active[kind] -= 1;
    if (kind !== 'hang' && this.#active.kill === 0 && this.#active.powerOff === 0) {
      this.#startsUntilUs = calendar.nowUs + this.startupUs;
      calendar.at(this.#startsUntilUs, Rank.place, () => this.#update(fault));
    }
    this.#update(fault);
  }

  count(what: 'accepted' | 'refused' | 'overflowed'): void {
    const { nowUs } = this.calendar;
    if (nowUs < 0) return;
    if (what === 'accepted') this.counted.accepted.push(nowUs);
    else this.counted[what] += 1;
  }

  get works(): boolean {
    return this.state === 'up';
  }

  #stateNow(): HostState {
    const { nowUs } = this.calendar;
    if (this.#active.powerOff > 0) return 'silent';
    if (this.#active.kill > 0) return nowUs < this.#acceptsUntilUs ? 'dying' : 'refusing';
    if (nowUs < this.#startsUntilUs) return 'refusing';
    return this.#active.hang > 0 ? 'hung' : 'up';
  }

  #update(fault: number): void {
    const before = this.state;
    this.state = this.#stateNow();
    if (this.state === before) return;
    if (this.state === 'hung') this.hungUs = this.calendar.nowUs;
    const alive = (state: HostState): boolean => state === 'up' || state === 'hung';
    if (alive(before) && !alive(this.state)) this.#die();
    if (before === 'hung' && this.state === 'up') this.#resume();
    this.changed(this, fault);
  }

  /** The run is over. @param goesOn processes that stand still will go on. */
  settle(goesOn: boolean): void {
    for (const connection of this.everOpened) connection.settle(goesOn);
    if (this.state === 'hung' && !goesOn) this.processes.stuck?.();
  }

  /** Of what happens at one instant, agents that come first in the fleet hear first. */
  #byOwner(): Connection[] {
    return [...this.connections].sort((a, b) => a.owner - b.owner);
  }

  #die(): void {
    this.life += 1;
    this.queued.events = 0;
    this.queued.registration = 0;
    this.datagrams = [];
    this.processes.died();
    for (const connection of this.#byOwner()) connection.serverDied(this.state !== 'silent');
    this.connections.clear();
  }

  #resume(): void {
    this.queued.events = 0;
    this.queued.registration = 0;
    this.processes.resumed?.();
    // What is open already comes first, then what waits to be accepted.
    const connections = this.#byOwner();
    for (const connection of connections) if (connection.accepted) connection.serverResumed();
    for (const connection of connections) {
      if (connection.accepted) continue;
      // One whose client has left is accepted and read empty at once (docs/MODEL.md, "Not modelled").
      if (!connection.clientIsGone && !connection.isCounted) this.count('accepted');
      connection.serverResumed();
    }
    for (const read of this.datagrams) read();
    this.datagrams = [];
    this.processes.caughtUp?.();
  }
}
