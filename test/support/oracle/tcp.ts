// TCP between two hosts, packet by packet: SYNs, data, FIN and RST, and what a sender's kernel does when nothing comes back.
import type { Backlog } from './backlog.ts';
import { Rank, type Calendar, type Entry } from './calendar.ts';
import type { Host, Message, Remote, Service } from './host.ts';
import type { Leg } from './leg.ts';
import { Probes } from './probes.ts';
import type { KernelOptions, Unreachable } from '../../../src/models/network.ts';
import { openWindowUs, orphanGiveUpUs, orphanLastRepeatUs } from '../../../src/models/tcp.ts';

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
  /** What lies in between. */
  readonly leg: Leg;
  /** Between the opener of a connection and whoever it opens it for, one way. */
  readonly behindUs?: number;
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
  /** Sent into a path that is cut, or behind such a segment: comes with the repetition that gets through. */
  #waiting: Message[] = [];
  /** Answers whose way back is cut. */
  #unheard: Message[] = [];
  accepted = false;
  /** Connections in front of it in the accept queue of processes that stand still. */
  inFront = 0;
  /** The handshake is over on the server's side as well: it is in the accept queue, or was. */
  #hasEntered = false;
  /** Among the connects of its node already: by the instant of its SYN, or when a queue is emptied. */
  isCounted = false;
  clientIsGone = false;
  /** Its FIN came with what is read now. */
  finIsThere = false;
  /** Its sender has found no room. */
  isFull = false;
  /** When the process at the other end last read a message of it. */
  validUs = -Infinity;
  /** A box on the way knows nothing of it, and says so or not. */
  forgotten: 'rst' | 'silence' | null = null;
  #firstHeldUs = 0;
  readonly #calendar: Calendar;
  readonly #life: number;
  #finArrived = false;
  #over = false;
  /** The server's end is closed: by its process, or its kernel has given up. */
  #serverLeft = false;
  /** When the first segment was sent that waits for its acknowledgement; `null`: none does. */
  #firstUs: number | null = null;
  #retransmission: Entry | null = null;
  #giveUp: Entry | null = null;
  /** The client has left, its FIN waits with the rest. */
  #finWaits = false;
  #probes: Probes | null = null;

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
    return this.#firstUs !== null && !this.#over;
  }

  /** Who listens for it works, and has taken it from its accept queue if it does so one by one. */
  get #isServed(): boolean {
    return this.way.host.stateOf(this.way.service) === 'up' && (this.accepted || this.#backlog === null);
  }

  get #backlog(): Backlog | null {
    return this.way.service === 'events' ? this.way.host.backlog : null;
  }

  get isClosed(): boolean {
    return this.#finArrived || this.#serverLeft;
  }

  get serverLives(): boolean {
    return this.way.host.life === this.#life && !this.#serverLeft;
  }

  /** Nothing between its ends is in the way. */
  get isWhole(): boolean {
    return this.forgotten === null && this.#firstUs === null && this.way.leg.isOpen(this.#calendar.nowUs);
  }

  /** What its client sends now would come to nobody. */
  get isDark(): boolean {
    const { nowUs } = this.#calendar;
    if (this.forgotten !== null || !this.way.leg.passesThere(nowUs) || this.#waiting.length > 0) return true;
    return this.#firstUs !== null && nowUs > this.#firstUs + openWindowUs;
  }

  /** A box on the way forgets it. One that says nothing stays worse than one that answers; who has left is not there to be forgotten. */
  forget(answer: 'rst' | 'silence'): void {
    if (this.forgotten === null || !this.clientIsGone)
      this.forgotten = this.forgotten === 'silence' ? 'silence' : answer;
  }

  /** The third packet of the handshake arrives. */
  establishedAtServer(): void {
    if (!this.serverLives || this.forgotten !== null || !this.way.leg.passesThere(this.#calendar.nowUs)) return;
    if (!this.#enters()) return;
    this.#byte();
    if (this.#isServed) this.#accept();
  }

  /** @returns false: a full accept queue, and its host forgets what has come. */
  #enters(): boolean {
    const backlog = this.#backlog;
    if (this.#hasEntered) return true;
    if (backlog?.isFull === true) {
      this.way.host.count('overflowed');
      return false;
    }
    this.#hasEntered = true;
    backlog?.enter(this);
    return true;
  }

  /** The loop of who listens takes it from the accept queue, and reads what has come. */
  taken(): void {
    if (!this.serverLives) return;
    if (!this.clientIsGone) this.way.host.count('accepted');
    this.serverResumed();
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
    const { host, leg } = this.way;
    const { nowUs } = this.#calendar;
    this.#flying.shift();
    if (this.forgotten === 'silence' || !leg.passesThere(nowUs)) {
      if (this.serverLives && this.forgotten === null) this.#waiting.push(message);
      else message.lost();
      this.#repeat(sentUs);
    } else if (this.forgotten === 'rst' || !this.serverLives) {
      message.lost();
      // Behind a segment that waits for its acknowledgement nothing new leaves the host.
      if (this.#firstUs !== null) return;
      if (host.state === 'silent' && this.forgotten === null) this.#repeat(sentUs);
      else if (!leg.passesBack(nowUs)) this.#repeat(sentUs);
      else this.#afterLatency(() => this.#closedByServer());
    } else if (this.#backlog && !this.#hasEntered) {
      // The third packet found the accept queue full, and so does this one.
      this.#waiting.push(message);
      this.#repeat(sentUs);
    } else if (this.#waiting.length > 0 || (this.#firstUs !== null && sentUs > this.#firstUs + openWindowUs)) {
      this.#waiting.push(message);
    } else {
      this.#take(message, sentUs);
      if (!leg.passesBack(nowUs)) this.#repeat(sentUs);
      else if (this.#firstUs !== null) this.#heard();
    }
  }

  #afterLatency(action: () => void): void {
    this.#calendar.at(this.#calendar.nowUs + this.way.latencyUs, Rank.control, action);
  }

  /** The server's kernel has it. */
  #take(message: Message, sentUs: number): void {
    this.#byte();
    if (!this.#isServed) {
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
    this.validUs = this.#calendar.nowUs;
  }

  /** A segment was not acknowledged: the kernel repeats it until somebody answers or it gives up. */
  #repeat(firstSentUs: number): void {
    if (this.#firstUs !== null || this.#over) return;
    // What an orphan could still bring to nobody is lost already.
    if (this.clientIsGone && (!this.serverLives || this.forgotten !== null)) return;
    this.#firstUs = firstSentUs;
    const { latencyUs, kernel } = this.way;
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
      if (this.clientIsGone && atUs - firstSentUs > orphanLastRepeatUs) return;
      this.#retransmission = this.#calendar.at(atUs + latencyUs, Rank.control, () => {
        if (this.clientIsGone && atUs - firstSentUs > orphanLastRepeatUs) return;
        if (!this.#isRepeated()) next(atUs);
      });
    };
    next(firstSentUs);
    if (this.clientIsGone) {
      this.#orphaned();
      return;
    }
    this.#giveUp = this.#calendar.at(firstSentUs + kernel.tcpGiveUpUs, Rank.control, () => this.#closedByServer());
  }

  /** @returns false when the repetition that arrives now is not answered. */
  #isRepeated(): boolean {
    const { host, leg } = this.way;
    const { nowUs } = this.#calendar;
    if (this.forgotten === 'silence' || !leg.passesThere(nowUs)) return false;
    if (host.state === 'silent' && this.forgotten === null) return false;
    if (!leg.passesBack(nowUs)) return false;
    if (this.forgotten === 'rst' || !this.serverLives) this.#afterLatency(() => this.#closedByServer());
    // Who has left a handshake that a full accept queue forgot is not played (docs/MODEL.md, "Accepting, and control messages").
    else if (this.clientIsGone && this.#backlog && !this.#hasEntered) return false;
    else if (this.#enters()) this.#heard();
    else return false;
    return true;
  }

  /** A segment of the client is acknowledged: all that waits comes with it. */
  #heard(): void {
    this.#stopTimers();
    this.#firstUs = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.finIsThere = this.#finWaits;
    const unheard = this.#unheard;
    this.#unheard = [];
    if (unheard.length > 0) this.#probes = null;
    for (const message of unheard) this.#carry(message);
    for (const message of waiting) this.#take(message, this.#calendar.nowUs);
    if (this.#finWaits) {
      this.#finArrived = true;
      this.#probes?.stop();
      if (this.#isServed) this.#serverSeesFin();
    } else {
      this.way.host.changed(this.way.host, -1);
    }
  }

  reply(message: Message): void {
    if (this.forgotten !== null) return;
    if (this.way.leg.passesBack(this.#calendar.nowUs)) {
      this.#carry(message);
      return;
    }
    if (this.#unheard.push(message) === 1 && this.way.host.keepalive) this.#repeatAnswer(this.#calendar.nowUs);
  }

  /** A node whose answer nobody acknowledges asks nothing else: its keepalive timer rests. Linux, tcp_keepalive_timer(). */
  #repeatAnswer(saidUs: number): void {
    const { leg, latencyUs } = this.way;
    this.#probes?.stop();
    let waitUs = 208_000;
    let atUs = saidUs;
    const again = (): void => {
      if (!this.serverLives || this.#unheard.length === 0) return;
      const { nowUs } = this.#calendar;
      if (this.forgotten === 'rst') {
        this.#serverGivesUp('reset'); // the box stands in front of the node
        return;
      }
      if (
        this.forgotten === null &&
        leg.passesBack(nowUs) &&
        leg.passesThere(nowUs + 2 * latencyUs) &&
        !this.#hasSocket
      ) {
        this.#calendar.at(nowUs + 2 * latencyUs, Rank.control, () => this.#serverGivesUp('reset'));
        return;
      }
      next();
    };
    const next = (): void => {
      const isProbe = atUs === saidUs;
      atUs += waitUs;
      if (!isProbe) waitUs = Math.min(2 * waitUs, 120_000_000);
      this.#calendar.at(atUs, Rank.control, again);
    };
    next();
  }

  #carry(message: Message): void {
    const { nowUs } = this.#calendar;
    this.#calendar.at(nowUs + 2 * this.way.latencyUs, Rank.control, () => {
      if (this.forgotten === null && this.way.leg.passesThere(this.#calendar.nowUs)) this.#byte();
    });
    this.#afterLatency(() => {
      if (!this.clientIsGone && !this.#over) this.client.received(message);
    });
  }

  // ----------------------------------------------------------------------------------------------------- the server leaves

  /** The node's kernel hears something of the client. */
  #byte(): void {
    const { host } = this.way;
    if (this.#probes) this.#probes.byte();
    else if (host.keepalive && this.serverLives) {
      this.#probes = new Probes(this.#calendar, host.keepalive, {
        probe: () => this.#probe(),
        end: (why) => this.#serverGivesUp(why),
      });
    }
  }

  #probe(): 'nothing' | 'socket' | 'reset' {
    const { leg, latencyUs } = this.way;
    const { nowUs } = this.#calendar;
    if (this.forgotten === 'rst') return 'reset';
    if (this.forgotten === 'silence' || !leg.passesBack(nowUs) || !leg.passesThere(nowUs + 2 * latencyUs))
      return 'nothing';
    return this.#hasSocket ? 'socket' : 'reset';
  }

  /** Somebody at the client's host would acknowledge something. */
  get #hasSocket(): boolean {
    return !this.#over && (!this.clientIsGone || this.#firstUs !== null || this.#finFlies);
  }
  #finFlies = false;

  #serverGivesUp(why: 'timeout' | 'reset'): void {
    const { leg } = this.way;
    if (!this.serverLives || this.#finArrived) return;
    this.#serverLeft = true;
    this.#loseWaiting();
    // Processes that stand still will read what their kernel has taken, and then the end of it.
    this.#finArrived = true;
    if (this.#isServed) this.#serverSeesFin();
    if (why === 'timeout' && this.forgotten === null && leg.passesBack(this.#calendar.nowUs)) {
      this.#afterLatency(() => this.#closedByServer());
    }
  }

  #loseWaiting(): void {
    for (const message of this.#waiting) message.lost();
    this.#waiting = [];
  }

  /** The process closes the connection. */
  closeByServer(): void {
    if (!this.serverLives) return;
    this.#probes?.stop();
    this.#serverLeft = true;
    this.way.host.connections.delete(this);
    // What its kernel has taken and it has not read goes with it, and what waits will not be taken any more.
    for (const message of this.held) message.lost();
    this.held = [];
    this.#loseWaiting();
    this.#sayFin();
  }

  /** Repeated like any segment as long as its host stands. */
  #sayFin(): void {
    const { host, leg } = this.way;
    const { boots } = host;
    const saidUs = this.#calendar.nowUs;
    const say = (nextWaitUs: number): void => {
      if (host.boots !== boots || this.forgotten !== null || this.#over) return;
      const { nowUs } = this.#calendar;
      if (leg.passesBack(nowUs)) {
        this.#afterLatency(() => this.#closedByServer());
        return;
      }
      if (nowUs + nextWaitUs - saidUs > orphanLastRepeatUs) return;
      this.#calendar.at(nowUs + nextWaitUs, Rank.control, () => say(nowUs === saidUs ? nextWaitUs : 2 * nextWaitUs));
    };
    say(208_000);
  }

  serverDied(kernelLives: boolean): void {
    this.#probes?.stop();
    // A window that was closed is asked about at the instants of a segment that is repeated.
    if (!kernelLives && this.isFull) this.#repeat(this.#firstHeldUs);
    for (const message of this.held) {
      // The kernel that hung had acknowledged it: the sender's buffers are empty.
      if (!this.isFull) this.#leaves(message);
      message.lost();
    }
    this.held = [];
    this.#loseWaiting();
    // Of a handshake that was not over nothing is left, and whatever comes of it is answered by RST.
    if (kernelLives && this.#hasEntered) this.#sayFin();
  }

  #closedByServer(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimers();
    this.#loseWaiting();
    if (!this.clientIsGone) this.client.closed();
  }

  /** The run is over: what is in front of a place that never goes on is lost. */
  settle(goesOn: boolean): void {
    const { leg } = this.way;
    const isCut = this.forgotten !== null || leg.isCutForGood(this.#calendar.nowUs);
    const isRead = this.way.host.life === this.#life && (this.#isServed || goesOn);
    if (isRead && this.serverLives && !isCut) return;
    for (const message of [...(isRead ? [] : this.held), ...this.#flying, ...this.#waiting]) message.lost();
  }

  #stopTimers(): void {
    this.#calendar.cancel(this.#retransmission);
    this.#calendar.cancel(this.#giveUp);
  }

  // ----------------------------------------------------------------------------------------------------- the client leaves

  closeByClient(): void {
    if (this.clientIsGone) return;
    this.clientIsGone = true;
    if (this.#firstUs !== null && this.serverLives && this.forgotten === null && !this.#over) {
      this.#calendar.cancel(this.#giveUp);
      this.#orphaned();
      return;
    }
    this.#stopTimers();
    const closedUs = this.#calendar.nowUs;
    this.#finFlies = true;
    this.#calendar.at(closedUs + this.way.latencyUs, Rank.event, () => {
      this.#finFlies = false;
      const { leg } = this.way;
      if (!this.serverLives || this.forgotten !== null) return;
      if (this.#firstUs !== null)
        this.#finWaits = true; // lost meanwhile, and an orphan already
      else if (!leg.passesThere(this.#calendar.nowUs)) this.#repeat(closedUs);
      else {
        this.#finArrived = true;
        this.#probes?.stop();
        if (this.#isServed) this.#serverSeesFin();
      }
    });
  }

  /** The socket has no process any more, and something waits in it. */
  #orphaned(): void {
    this.#finWaits = true;
    const firstUs = this.#firstUs!; // that is what makes an orphan
    // Its kernel sees at the next time-out that it has repeated enough.
    const endUs = Math.max(firstUs + orphanGiveUpUs, this.#calendar.nowUs);
    this.#giveUp = this.#calendar.at(endUs, Rank.control, () => this.#closedByServer());
  }

  #serverSeesFin(): void {
    this.#probes?.stop();
    this.way.host.connections.delete(this);
    this.way.host.processes.clientClosed(this);
  }

  /** The server's processes go on: they read what their kernel has taken. */
  serverResumed(): void {
    this.isFull = false;
    this.finIsThere = this.#finArrived;
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
  const { host, service, latencyUs, kernel, leg } = way;
  const { calendar } = host;
  const startUs = calendar.nowUs;
  let isOpen = true;
  let connection: Connection | null = null;
  let repeat: Entry | null = null;
  const stop = (): void => {
    isOpen = false;
    calendar.cancel(repeat);
    calendar.cancel(timeout);
    calendar.cancel(unresolved);
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
  const backlog = service === 'events' ? host.backlog : null;
  /** Who waits for a loop that takes one a pass is seen when the handshake is over, whether the loop runs or not. */
  const offer = (to: Backlog): void => {
    if (to.isFull) host.count('overflowed');
    else establish(new Connection(way, client, host.life));
  };
  /** A SYN has left into a cut: the host's address was known, and is until the attempt is over. */
  let isKnown = false;
  const arrive = (): void => {
    if (!isOpen) return;
    const state = host.stateOf(service);
    // Either its SYN is lost or what is said to it; for a host that is off nobody answers ARP, behind a cut neither.
    if (state !== 'silent' && !leg.isOpen(calendar.nowUs)) {
      isKnown = true;
      return;
    }
    if (state !== 'silent') {
      calendar.cancel(unresolved);
      unresolved = null;
    }
    switch (state) {
      case 'up':
        if (!host.services.has(service)) {
          refuse();
          break;
        }
        if (backlog) offer(backlog);
        else {
          host.count('accepted');
          establish(new Connection(way, client, host.life), true);
        }
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
        else if (backlog) offer(backlog);
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
        // On the same segment nobody answers ARP either, and the kernel says so.
        if (way.unreachable === 'sameSegment' && !isKnown)
          unresolved ??= calendar.at(calendar.nowUs - latencyUs + kernel.arpTimeoutUs, Rank.control, fail);
        break;
      default:
        state satisfies never;
    }
  };
  let unresolved: Entry | null = null;
  const kernelUs = kernel.connectTimeoutUs;
  let sent = 0;
  let waitUs = 1_000_000;
  const syn = (): void => {
    calendar.at(calendar.nowUs + latencyUs, Rank.control, arrive);
    repeat = calendar.at(calendar.nowUs + waitUs, Rank.control, () => {
      if (sent++ >= kernel.synLinearTimeouts) waitUs *= 2;
      // The kernel gives up at the end of the wait behind the last SYN.
      const endUs = Math.min(startUs + kernelUs, unresolved?.atUs ?? Infinity);
      if (calendar.nowUs + waitUs <= endUs) syn();
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
