// One agent daemon: its main thread turn by turn, its connection, its pipeline.
import {
  instantOfSecond,
  loopPeriodUs,
  receiveTimeoutUs,
  retrySleepUs,
  sendErrorSleepUs,
  wholeSeconds,
} from '../../../src/models/agent.ts';
import type { ServerOptions } from '../../../src/models/agentOptions.ts';
import type { GroupOptions } from '../../../src/models/worldOptions.ts';
import { Rank, type Calendar, type Entry } from './calendar.ts';
import type { Event } from './event.ts';
import type { Message } from './host.ts';
import { ListWalk } from './listWalk.ts';
import { control, type EventMessage } from './manager.ts';
import { askedForKeys, seekKey } from './newcomer.ts';
import { Pipeline, type Daemon } from './pipeline.ts';
import type { Client, Opening } from './tcp.ts';

/** An open way to a manager: a TCP connection, or just an address. */
export interface Channel {
  send(message: Message): void;
  /** Room for so many bytes more, now. */
  hasRoom(bytes: number): boolean;
  close(): void;
  /** The node at its end, or the last one it had. */
  node(): number;
  /** Everything on the way works and knows the connection. */
  takes(): boolean;
  /** So does the node at its end, with what it takes. */
  works(): boolean;
  /** What is sent now is processed, whether or not its answer comes. */
  isHeard(): boolean;
  /** … or thrown away behind the remoted that has read it. */
  isRead(): boolean;
}

/** How the agent reaches its servers; told by the agent what it does. */
export interface Surroundings {
  open(
    server: ServerOptions,
    service: 'events' | 'registration',
    client: Client,
    done: { established(channel: Channel): void; failed(): void },
  ): Opening;
  datagrams(server: ServerOptions, client: Client): Channel;
  tried(server: number): void;
  noticed(why: 'closed' | 'silence' | 'forced'): void;
  connected(server: number, node: number, attemptUs: number): void;
  attemptFailed(): void;
  froze(): void;
  /** A new shared configuration has come. */
  configured(): void;
  /** A keepalive leaves, or would if its send did not block. */
  keepaliveSent(): void;
  /** The next one is due then. */
  keepaliveDue(atUs: number): void;
  /** A request for a key has brought one, or was refused because there is one already, or has brought none. */
  askedForKey(answer: 'key' | 'refused' | 'none'): void;
}

type State = 'off' | 'looking' | 'running' | 'frozen' | 'down';

export class Agent implements Daemon {
  readonly #calendar: Calendar;
  readonly #group: GroupOptions;
  readonly #servers: readonly ServerOptions[];
  readonly #world: Surroundings;
  readonly pipeline: Pipeline;
  readonly #phaseUs: number;
  readonly #keepalivePhaseUs: number;

  #state: State = 'off';
  #server = 0;
  #triesLeft = 0;
  #attemptUs = 0;
  channel: Channel | null = null;
  #timer: Entry | null = null;
  #lastAckSecond = 0;
  #keepaliveDueSecond = -Infinity;
  #walk: ListWalk | null;
  /** The connection of a walker: closed by its peer, and whether something was sent into it since. */
  #lineEnd: 'no' | 'fin' | 'reset' = 'no';
  /** The main loop turns for the first time after it stood still. */
  #heldUp = true;
  /** What the main thread does when it wakes from a send that blocks it. */
  #onWake: (() => void) | null = null;

  constructor(
    calendar: Calendar,
    group: GroupOptions,
    servers: readonly ServerOptions[],
    world: Surroundings,
    phases: { readonly clockUs: number; readonly keepaliveUs: number; readonly pollUs: number },
  ) {
    this.#calendar = calendar;
    this.#group = group;
    this.#servers = servers;
    this.#world = world;
    this.#phaseUs = phases.clockUs;
    this.#keepalivePhaseUs = phases.keepaliveUs;
    this.pipeline = new Pipeline(calendar, this, group, phases.pollUs);
    this.#walk = group.agent.search === 'listWalk' ? this.#newWalk() : null;
  }

  #newWalk(): ListWalk {
    const { agent } = this.#group;
    const walk = new ListWalk({
      calendar: this.#calendar,
      servers: this.#servers,
      recvTimeoutSeconds: agent.internal.recvTimeoutSeconds,
      notifyTimeSeconds: agent.notifyTimeSeconds,
      connect: (server, client, done) => {
        if (server.isUnresolvable === true) {
          const { unresolvedUs } = agent;
          const end = this.#calendar.at(this.#calendar.nowUs + unresolvedUs, Rank.control, () => done(null));
          return { cancel: () => this.#calendar.cancel(end) };
        }
        if (server.protocol === 'udp' && server.endpoint.kind === 'node') {
          done(this.#world.datagrams(server, client));
          return null;
        }
        return this.#world.open(server, 'events', client, { established: done, failed: () => done(null) });
      },
      tried: (server) => {
        this.#server = server;
        this.#world.tried(server);
      },
      failed: () => this.#world.attemptFailed(),
      found: (channel, server, attemptUs, rest) => {
        this.#server = server;
        this.#attemptUs = attemptUs;
        this.#handshake(channel);
        for (const message of rest) this.#received(message);
      },
    });
    const looks = (): boolean => this.#state === 'looking';
    walk.onLine = (channel, message) => {
      if (looks()) walk.received(channel, message);
      else this.#received(message);
    };
    walk.onEnd = (channel) => {
      if (looks()) {
        walk.closed(channel);
        return;
      }
      this.#lineEnd = 'fin';
      this.#closed();
    };
    return walk;
  }

  get reads(): boolean {
    return this.#state === 'running';
  }

  get locked(): boolean {
    return this.#lock;
  }
  #lock = true;

  get hasSession(): boolean {
    return !this.#lock;
  }

  /** The server it is at is a node of its list. */
  get viaNode(): boolean {
    return this.#entry.endpoint.kind === 'node';
  }

  get protocol(): 'tcp' | 'udp' {
    return this.#entry.protocol;
  }

  get isDown(): boolean {
    return this.#state === 'down' || this.#state === 'off';
  }

  /** The service stops, and starts again as if it had never run. */
  restart(): void {
    const { agent } = this.#group;
    this.#calendar.cancel(this.#timer);
    this.#giveUp?.();
    this.#giveUp = null;
    this.#walk?.stop();
    this.channel?.close();
    this.channel = null;
    this.#lock = true;
    this.#lineEnd = 'no';
    this.#heldUp = true;
    this.#onWake = null;
    this.#state = 'down';
    this.pipeline.stop();
    this.#after(agent.life.restartUs, () => {
      this.#server = 0;
      this.#keepaliveDueSecond = -Infinity;
      if (this.#walk) this.#walk = this.#newWalk();
      this.pipeline.start();
      this.start();
    });
  }
  /** Ends the attempt under way. */
  #giveUp: (() => void) | null = null;

  /** All daemons but this one restart. */
  reload(): void {
    this.pipeline.stopCollector();
    const { restartUs } = this.#group.agent.life;
    this.#calendar.at(this.#calendar.nowUs + restartUs, Rank.place, () => this.pipeline.startCollector());
  }

  /** Its manager asks it to connect anew. */
  reconnect(): void {
    if (this.#state === 'running') this.#notice('forced');
  }
  /** The process starts without a key. */
  startWithoutKey(): void {
    this.#startClock();
    this.#state = 'looking';
    seekKey(askedForKeys(this.#group, this.#servers), {
      delayAfterEnrollmentSeconds: this.#group.agent.enrollment.delayAfterEnrollmentSeconds,
      ask: (place, done) => this.#register(place, (answer) => done(answer === 'key')),
      after: (us, action) => this.#after(us, action),
      begin: () => this.#beginServer(),
    });
  }

  start(): void {
    this.#startClock();
    this.#state = 'looking';
    if (this.#walk) this.#walk.start();
    else this.#beginServer();
  }

  #startClock(): void {
    const { agent } = this.#group;
    if (agent.firstKeepalive === 'afterNotifyTime') {
      this.#keepaliveDueSecond = wholeSeconds(this.#calendar.nowUs, this.#keepalivePhaseUs) + agent.notifyTimeSeconds;
    }
  }

  // ------------------------------------------------------------------------------------------------- looking for a manager

  get #entry(): ServerOptions {
    return this.#servers[this.#server]!;
  }

  #after(us: number, action: () => void): void {
    this.#calendar.cancel(this.#timer);
    this.#timer = this.#calendar.at(this.#calendar.nowUs + us, Rank.control, action);
  }

  #beginServer(): void {
    this.#triesLeft = this.#entry.maxRetries;
    this.#attempt();
  }

  #attempt(): void {
    this.#attemptUs = this.#calendar.nowUs;
    this.#world.tried(this.#server);
    this.#ask(this.#entry, 'events', 'startup', ['ack'], this.#group.agent.internal.recvTimeoutSeconds, (channel) => {
      if (channel) this.#handshake(channel);
      else this.#attemptFailed();
    });
  }

  /** One question on a new connection; `done` with the channel when the answer came, with `null` when it did not. */
  #ask(
    server: ServerOptions,
    service: 'events' | 'registration',
    question: 'startup' | 'ping' | 'hello',
    answers: readonly Message['kind'][],
    timeoutSeconds: number | null,
    done: (channel: Channel | null, answer: Message['kind'] | null) => void,
  ): void {
    let channel: Channel | null = null;
    let opening: Opening | null = null;
    this.#giveUp = () => {
      opening?.cancel();
      channel?.close();
    };
    const finish = (answer: Message['kind'] | null): void => {
      this.#giveUp = null;
      this.#calendar.cancel(this.#timer);
      opening?.cancel();
      if (answer === null) channel?.close();
      done(answer === null ? null : channel, answer);
    };
    const client: Client = {
      received: (message) => {
        if (answers.includes(message.kind)) {
          client.received = (next) => this.#received(next);
          client.closed = () => this.#closed();
          finish(message.kind);
        } else {
          // Enrollment: the answer to the first question leads to the second.
          channel!.send(control('request'));
        }
      },
      closed: () => finish(null),
    };
    const begin = (opened: Channel): void => {
      channel = opened;
      opened.send(control(question));
      if (timeoutSeconds !== null) this.#after(receiveTimeoutUs(timeoutSeconds), () => finish(null));
    };
    if (server.isUnresolvable === true) {
      // Its resolver has tried as often as it does, a second apart; nothing has left the host.
      this.#after(this.#group.agent.unresolvedUs, () => finish(null));
    } else if (service === 'events' && server.protocol === 'udp') {
      begin(this.#world.datagrams(server, client));
    } else {
      opening = this.#world.open(server, service, client, { established: begin, failed: () => finish(null) });
    }
  }

  #attemptFailed(): void {
    const { retryIntervalSeconds } = this.#entry;
    this.#world.attemptFailed();
    this.#triesLeft -= 1;
    if (this.#triesOnce) {
      this.#triesOnce = false;
      this.#after(retrySleepUs(retryIntervalSeconds), () => this.#nextServer());
      return;
    }
    if (this.#triesLeft > 0) this.#after(retrySleepUs(retryIntervalSeconds), () => this.#attempt());
    else if (this.#group.agent.enrollment.behindPause)
      this.#after(retrySleepUs(retryIntervalSeconds), () => this.#enroll(() => this.#nextServer()));
    else this.#enroll(() => this.#after(retrySleepUs(retryIntervalSeconds), () => this.#nextServer()));
  }

  #nextServer(): void {
    this.#server = (this.#server + 1) % this.#servers.length;
    this.#beginServer();
  }

  #enroll(done: () => void): void {
    const { enrollment, internal } = this.#group.agent;
    if (!enrollment.enabled) {
      done();
      return;
    }
    const register = (): void => {
      this.#register(this.#entry, (answer) => {
        if (answer !== 'key') {
          done();
          return;
        }
        this.#after(retrySleepUs(enrollment.delayAfterEnrollmentSeconds), () => {
          this.#triesOnce = true;
          this.#attempt();
        });
      });
    };
    if (!enrollment.pingsFirst) {
      register();
      return;
    }
    this.#ask(this.#entry, 'events', 'ping', ['pong'], internal.recvTimeoutSeconds, (channel) => {
      channel?.close();
      if (channel) register();
      else done();
    });
  }

  /** With a new key one attempt more at the same server. */
  #triesOnce = false;

  #register(place: ServerOptions, done: (answer: 'key' | 'refused' | 'none') => void): void {
    const { timeoutSeconds } = this.#group.agent.enrollment;
    this.#ask(place, 'registration', 'hello', ['key', 'refused', 'error'], timeoutSeconds, (channel, answer) => {
      channel?.close();
      const told = answer === 'key' || answer === 'refused' ? answer : 'none';
      this.#world.askedForKey(told);
      done(told);
    });
  }

  // --------------------------------------------------------------------------------------------------------- the main loop

  #handshake(channel: Channel): void {
    this.channel = channel;
    this.#lineEnd = 'no';
    this.#lock = false;
    this.#state = 'running';
    this.#lastAckSecond = wholeSeconds(this.#calendar.nowUs, this.#phaseUs);
    this.#world.connected(this.#server, channel.node(), this.#attemptUs);
    this.#tellDue();
    this.#turn();
    this.pipeline.readSocket();
  }

  woken(): void {
    this.#turn();
  }

  #turn(): void {
    if (this.#state !== 'running') return;
    this.#after(loopPeriodUs, () => this.#turn());
    const wasHeldUp = this.#heldUp;
    this.#heldUp = false;
    this.#runNotify(wasHeldUp);
  }

  #tellDue(): void {
    if (this.#keepaliveDueSecond === -Infinity) return;
    this.#world.keepaliveDue(instantOfSecond(this.#keepaliveDueSecond, this.#keepalivePhaseUs));
  }

  #runNotify(wasHeldUp: boolean): void {
    const { agent } = this.#group;
    const { nowUs } = this.#calendar;
    const second = wholeSeconds(nowUs, this.#phaseUs);
    if (second - this.#lastAckSecond > agent.timeReconnectSeconds) {
      this.#notice('silence');
      return;
    }
    const force = agent.forceReconnectIntervalSeconds;
    if (force > 0 && second - wholeSeconds(this.#attemptUs, this.#phaseUs) >= force) {
      this.#notice('forced');
      return;
    }
    const keepaliveSecond = wholeSeconds(nowUs, this.#keepalivePhaseUs);
    if (keepaliveSecond < this.#keepaliveDueSecond) return;
    // A turn that comes a little late does not move the grid of the keepalives, an agent that was held up starts a new one.
    const onGrid = !wasHeldUp && keepaliveSecond - this.#keepaliveDueSecond <= 1;
    this.#keepaliveDueSecond = (onGrid ? this.#keepaliveDueSecond : keepaliveSecond) + agent.notifyTimeSeconds;
    if (wasHeldUp) this.#world.keepaliveSent();
    this.#tellDue();
    if (this.pipeline.sendIsBlocked) {
      this.#freeze(() => this.channel!.send(control('keepalive')));
    } else {
      this.channel!.send(control('keepalive'));
    }
  }

  #received(message: Message): void {
    if (message.kind === 'config' && this.#state === 'running') this.#world.configured();
    if (message.kind !== 'ack') return;
    this.#lastAckSecond = wholeSeconds(this.#calendar.nowUs, this.#phaseUs);
    this.#turn();
  }

  send(event: Event): boolean {
    const bytes = this.#group.events.sizeBytes;
    if (!this.channel!.hasRoom(bytes)) return false;
    const message: EventMessage = {
      kind: 'event',
      event,
      bytes,
      lost: () => event.end('path'),
      refused: () => event.end('keyInUse'),
    };
    this.channel!.send(message);
    return true;
  }

  // ------------------------------------------------------------------------------------------------- asleep inside a send

  /** The dispatcher sleeps in a send. From 4.14.9 such a send fails after a while, and its failure closes the socket. */
  dispatcherBlocked(): void {
    const { sendTimeoutSeconds } = this.#group.agent.internal;
    if (sendTimeoutSeconds === null) return;
    const { channel } = this;
    const blockedUs = this.#calendar.nowUs;
    this.#blockedUs = blockedUs;
    this.#calendar.at(blockedUs + sendTimeoutSeconds * 1_000_000, Rank.control, () => {
      if (this.channel === channel && this.pipeline.sendIsBlocked && this.#blockedUs === blockedUs) this.#closed();
    });
  }
  #blockedUs = 0;

  mainBlocked(): void {
    this.dispatcherBlocked();
    this.#freeze(() => undefined);
  }

  #freeze(onWake: () => void): void {
    this.#state = 'frozen';
    this.#calendar.cancel(this.#timer);
    this.#onWake = onWake;
    // One whose send times out does not stay so.
    if (this.#group.agent.internal.sendTimeoutSeconds === null) this.#world.froze();
  }

  /** The path takes bytes again. */
  pathHealed(): void {
    if (this.channel === null) return;
    this.pipeline.unblocked();
    if (this.#state !== 'frozen' || this.pipeline.sendIsBlocked) return;
    const onWake = this.#onWake!;
    this.#onWake = null;
    this.#state = 'running';
    // The ACK comes before the main loop looks at its clock (docs/MODEL.md, "Not modelled").
    this.#lastAckSecond = wholeSeconds(this.#calendar.nowUs, this.#phaseUs);
    onWake();
    if (!this.reads) return;
    this.#after(loopPeriodUs, () => this.#turn());
    this.pipeline.readSocket();
  }

  #closed(): void {
    if (this.#state === 'running') {
      this.#notice('closed');
    } else if (this.#state === 'frozen') {
      const locked = this.#lock;
      this.pipeline.sendFailed();
      this.#after(this.#group.agent.sleepsAfterSendError ? sendErrorSleepUs : 0, () => {
        if (locked) this.#look();
        else this.#notice('closed');
      });
    }
  }

  #notice(why: 'closed' | 'silence' | 'forced'): void {
    this.#lock = true;
    this.#heldUp = true;
    this.#world.noticed(why);
    if (this.pipeline.sendIsBlocked) {
      if (why === 'closed' || this.#group.agent.shutdownBeforeClose) {
        this.pipeline.sendFailed();
      } else {
        // close() does not wake the sender; the main thread waits for it with the lock set.
        this.#freeze(() => this.#look());
        return;
      }
    }
    this.#look();
  }

  #look(): void {
    this.#calendar.cancel(this.#timer);
    if (this.#walk) {
      this.#state = 'looking';
      this.#walk.resume(this.channel!, this.#lineEnd);
      return;
    }
    this.channel?.close();
    this.channel = null;
    this.#state = 'looking';
    this.#beginServer();
  }
}
