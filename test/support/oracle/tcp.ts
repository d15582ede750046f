// TCP between two hosts, packet by packet: SYNs, data, FIN and RST, and what a sender's kernel does when nothing comes back.
import { Rank, type Calendar, type Entry } from './calendar.ts';
import type { Host, Message, Remote, Service } from './host.ts';
import type { KernelOptions, Unreachable } from '../../../src/models/network.ts';

/** Who opened the connection. */
export interface Client {
  received(message: Message): void;
  /** FIN, RST or the kernel's time-out. */
  closed(): void;
}

export interface Way {
  readonly host: Host;
  readonly service: Service;
  readonly latencyUs: number;
  readonly unreachable: Unreachable;
  readonly kernel: KernelOptions;
  /** Whose connection: a name that the server finds in the messages. */
  readonly owner: number;
  /** Index of the balancer's listener; -1: the host is a node. */
  readonly listener: number;
}

export class Connection implements Remote {
  readonly way: Way;
  client: Client;
  /** Bytes sent and not yet read by the process at the other end. */
  outstanding = 0;
  /** Taken by the server's kernel, not read by its process. */
  held: Message[] = [];
  /** On the wire towards the server. */
  readonly #flying: Message[] = [];
  accepted = false;
  /** Connections in front of it in the accept queue of processes that stand still. */
  inFront = 0;
  /** Among the connects of its node already: by the instant of its SYN, or when a queue is emptied. */
  isCounted = false;
  clientIsGone = false;
  /** Its sender has found no room. */
  isFull = false;
  #firstHeldUs = 0;
  readonly #calendar: Calendar;
  readonly #life: number;
  #finArrived = false;
  #over = false;
  #retransmission: Entry | null = null;
  #giveUp: Entry | null = null;

  /** @param life of the processes that accept; -1: processes that are no more. */
  constructor(way: Way, client: Client, life: number) {
    this.way = way;
    this.client = client;
    this.#calendar = way.host.calendar;
    this.#life = life;
    way.host.everOpened.push(this);
    if (this.serverLives) way.host.connections.add(this);
  }

  get owner(): number {
    return this.way.owner;
  }

  /** A segment waits for its acknowledgement longer than it should. */
  get repeats(): boolean {
    return this.#retransmission !== null && !this.#over;
  }

  /** Who listens for it works. */
  get #isServed(): boolean {
    return this.way.host.stateOf(this.way.service) === 'up';
  }

  get serverLives(): boolean {
    return this.way.host.life === this.#life;
  }

  /** The third packet of the handshake arrives. */
  establishedAtServer(): void {
    if (this.serverLives && this.#isServed) this.#accept();
  }

  #accept(): void {
    if (this.accepted) return;
    this.accepted = true;
    this.way.host.processes.accepted(this);
  }

  send(message: Message): void {
    this.outstanding += message.bytes;
    this.#flying.push(message);
    const sentUs = this.#calendar.nowUs;
    const rank = message.kind === 'event' ? Rank.event : Rank.control;
    this.#calendar.at(sentUs + this.way.latencyUs, rank, () => this.#arrive(message, sentUs));
  }

  #arrive(message: Message, sentUs: number): void {
    const { host, latencyUs } = this.way;
    this.#flying.shift();
    if (!this.serverLives) {
      message.lost();
      // Behind a segment that waits for its acknowledgement nothing new leaves the host.
      if (this.#retransmission) return;
      if (host.state === 'silent') this.#repeat(sentUs);
      else this.#calendar.at(this.#calendar.nowUs + latencyUs, Rank.control, () => this.#closedByServer());
    } else if (!this.#isServed) {
      if (this.held.push(message) === 1) this.#firstHeldUs = sentUs;
    } else {
      this.#accept();
      this.#read(message);
    }
  }

  #leaves(message: Message): void {
    this.outstanding -= message.bytes;
    message.read?.();
  }

  #read(message: Message): void {
    this.#leaves(message);
    this.way.host.processes.received(this, message);
  }

  /** A segment was not acknowledged: the kernel repeats it until somebody answers or it gives up. */
  #repeat(firstSentUs: number): void {
    if (this.#retransmission || this.clientIsGone) return;
    const { host, latencyUs, kernel } = this.way;
    // A probe, the first repetition as long after it, then each wait twice the one before.
    let waitUs = 208_000;
    let probed = false;
    const next = (sentUs: number): void => {
      let atUs = sentUs;
      do {
        atUs += waitUs;
        if (probed) waitUs = Math.min(2 * waitUs, 120_000_000);
        probed = true;
      } while (atUs + latencyUs < this.#calendar.nowUs);
      this.#retransmission = this.#calendar.at(atUs + latencyUs, Rank.control, () => {
        if (host.state === 'silent') next(atUs);
        else this.#calendar.at(this.#calendar.nowUs + latencyUs, Rank.control, () => this.#closedByServer());
      });
    };
    next(firstSentUs);
    this.#giveUp = this.#calendar.at(firstSentUs + kernel.tcpGiveUpUs, Rank.control, () => this.#closedByServer());
  }

  reply(message: Message): void {
    this.#calendar.at(this.#calendar.nowUs + this.way.latencyUs, Rank.control, () => {
      if (!this.clientIsGone && !this.#over) this.client.received(message);
    });
  }

  /** The process closes the connection. */
  closeByServer(): void {
    this.way.host.connections.delete(this);
    // What its kernel has taken and it has not read goes with it.
    for (const message of this.held) message.lost();
    this.held = [];
    this.#calendar.at(this.#calendar.nowUs + this.way.latencyUs, Rank.control, () => this.#closedByServer());
  }

  serverDied(kernelLives: boolean): void {
    // A window that was closed is asked about at the instants of a segment that is repeated.
    if (!kernelLives && this.isFull) this.#repeat(this.#firstHeldUs);
    for (const message of this.held) {
      // The kernel that hung had acknowledged it: the sender's buffers are empty.
      if (!this.isFull) this.#leaves(message);
      message.lost();
    }
    this.held = [];
    if (kernelLives) {
      this.#calendar.at(this.#calendar.nowUs + this.way.latencyUs, Rank.control, () => this.#closedByServer());
    }
  }

  #closedByServer(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimers();
    if (!this.clientIsGone) this.client.closed();
  }

  /** The run is over: what is in front of a place that never goes on is lost. */
  settle(goesOn: boolean): void {
    if (this.serverLives && (this.#isServed || goesOn)) return;
    for (const message of [...this.held, ...this.#flying]) message.lost();
  }

  #stopTimers(): void {
    this.#calendar.cancel(this.#retransmission);
    this.#calendar.cancel(this.#giveUp);
  }

  closeByClient(): void {
    if (this.clientIsGone) return;
    this.clientIsGone = true;
    this.#stopTimers();
    this.#calendar.at(this.#calendar.nowUs + this.way.latencyUs, Rank.event, () => {
      if (!this.serverLives) return;
      this.#finArrived = true;
      if (this.#isServed) this.#serverSeesFin();
    });
  }

  #serverSeesFin(): void {
    this.way.host.connections.delete(this);
    this.way.host.processes.clientClosed(this);
  }

  /** The server's processes go on: they read what their kernel has taken. */
  serverResumed(): void {
    this.isFull = false;
    // A connection that its client has left is not played (docs/MODEL.md, "Not modelled"); what it holds is read.
    if (!this.#finArrived || this.held.some(({ bytes }) => bytes > 0)) this.#accept();
    const { held } = this;
    this.held = [];
    for (const message of held) this.#read(message);
    if (this.#finArrived) this.#serverSeesFin();
  }
}

/** Which send buffer fills because the other end takes nothing; `null`: none, it takes or somebody is about to say FIN. */
export function stuckKind(connection: Connection): 'silentBytes' | 'hungBytes' | null {
  const state = connection.way.host.stateOf(connection.way.service);
  if (state === 'silent' || connection.repeats) return 'silentBytes';
  return state === 'hung' && connection.serverLives ? 'hungBytes' : null;
}

/** A connection being opened. */
export interface Opening {
  /** The client leaves. */
  cancel(): void;
}

/**
 * Sends SYNs until one is answered or time is up. Exactly one of `established` and `failed` is called, unless cancelled;
 * after `established` the client hears of the connection's end from `client.closed`.
 */
export function open(
  way: Way,
  timeoutUs: number,
  client: Client,
  done: { established(connection: Connection): void; failed(): void },
): Opening {
  const { host, service, latencyUs, kernel } = way;
  const { calendar } = host;
  const startUs = calendar.nowUs;
  let isOpen = true;
  let connection: Connection | null = null;
  let repeat: Entry | null = null;
  const stop = (): void => {
    isOpen = false;
    calendar.cancel(repeat);
    calendar.cancel(timeout);
  };
  const fail = (): void => {
    if (!isOpen) return;
    stop();
    done.failed();
  };
  const answer = (action: () => void): void => {
    calendar.cancel(repeat);
    calendar.cancel(timeout);
    calendar.at(calendar.nowUs + latencyUs, Rank.control, () => {
      if (isOpen) action();
    });
  };
  const establish = (accepted: Connection, isCounted = false): void => {
    connection = accepted;
    accepted.isCounted = isCounted;
    accepted.client = { received: (message) => client.received(message), closed: fail };
    answer(() => {
      stop();
      accepted.client = client;
      calendar.at(calendar.nowUs + latencyUs, Rank.control, () => accepted.establishedAtServer());
      done.established(accepted);
    });
  };
  const refuse = (): void => {
    host.count('refused');
    answer(fail);
  };
  const arrive = (): void => {
    if (!isOpen) return;
    const state = host.stateOf(service);
    switch (state) {
      case 'up':
        if (!host.services.has(service)) {
          refuse();
          break;
        }
        host.count('accepted');
        establish(new Connection(way, client, host.life), true);
        break;
      case 'refusing':
        refuse();
        break;
      case 'dying':
        // Accepted by a process that is no more: the first data is answered with RST.
        if (!host.services.has(service)) refuse();
        else establish(new Connection(way, client, -1));
        break;
      case 'hung':
        if (!host.services.has(service)) refuse();
        else if (host.queued[service] <= host.acceptQueue) {
          const waits = new Connection(way, client, host.life);
          waits.inFront = host.queued[service];
          host.queued[service] += 1;
          establish(waits);
        } else {
          host.count('overflowed');
        }
        break;
      case 'silent':
        break;
      default:
        state satisfies never;
    }
  };
  const isLocal = way.unreachable === 'sameSegment' && host.state === 'silent';
  const kernelUs = isLocal ? kernel.arpTimeoutUs : kernel.connectTimeoutUs;
  let sent = 0;
  let waitUs = 1_000_000;
  const syn = (): void => {
    calendar.at(calendar.nowUs + latencyUs, Rank.control, arrive);
    repeat = calendar.at(calendar.nowUs + waitUs, Rank.control, () => {
      if (sent++ >= kernel.synLinearTimeouts) waitUs *= 2;
      // The kernel gives up at the end of the wait behind the last SYN.
      if (calendar.nowUs + waitUs <= startUs + kernelUs) syn();
    });
  };
  const timeout = calendar.at(startUs + Math.min(timeoutUs, kernelUs), Rank.control, fail);
  syn();
  return {
    cancel: () => {
      if (!isOpen) return;
      stop();
      connection?.closeByClient();
    },
  };
}
