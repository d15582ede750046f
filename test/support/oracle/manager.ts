// The processes of a manager node: remoted and authd answer, analysisd writes what it has once a second.
import { atLeast } from '../../../src/models/agentVersions.ts';
import type { NodeOptions } from '../../../src/models/node.ts';
import { Analysisd, NodeLosses } from './analysisd.ts';
import type { Authd } from './authd.ts';
import type { Cluster } from './cluster.ts';
import type { Event } from './event.ts';
import { Handlers, Savers } from './handlers.ts';
import type { Host, Message, Processes, Remote } from './host.ts';
import { Connection } from './tcp.ts';

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
  readonly #flushPhaseUs: number;
  readonly #clockPhaseUs: number;
  readonly #options: NodeOptions;
  #analysisd: Analysisd;
  readonly losses = new NodeLosses();
  /** Agents whose newest connection waits to be accepted while the processes go on; bytes of the old one that are read before. */
  #waiting = new Map<number, number>();
  /** New connections that will find their key in use. */
  #inUse = new Set<Remote>();

  constructor(host: Host, flushPhaseUs: number, clockPhaseUs: number, options: NodeOptions) {
    this.#host = host;
    this.#flushPhaseUs = flushPhaseUs;
    this.#clockPhaseUs = clockPhaseUs;
    this.#options = options;
    this.#analysisd = this.#newAnalysisd();
    const { controlCostUs, version, workerPool, queueSize, controlQueueSize } = options;
    const isInline = !atLeast(version, '4.13.0');
    if (controlCostUs !== null && isInline) {
      this.#handlers = new Handlers(this.#host.calendar, { workers: workerPool, costUs: controlCostUs, queueSize });
    } else if (controlCostUs !== null) {
      this.#savers = new Savers(this.#host.calendar, controlCostUs, controlQueueSize);
    }
  }
  /** Where control messages cost something: who does their work. */
  readonly #handlers: Handlers | null = null;
  readonly #savers: Savers | null = null;

  get controlCounts(): { readonly peakUs: number; readonly dropped: number } | null {
    return (this.#handlers ?? this.#savers)?.counted ?? null;
  }

  stopped(): void {
    this.#handlers?.stop();
    this.#savers?.stop();
  }

  #newAnalysisd(): Analysisd {
    return new Analysisd(this.#host, this.#flushPhaseUs, this.#options, this.losses);
  }

  /** Who knows what of new keys; `null`: nobody comes without one. */
  enrolment: { readonly authd: Authd; readonly cluster: Cluster; unknownKey(agent: number): void } | null = null;

  accepted(connection: Connection): void {
    if (connection.way.service === 'registration') this.enrolment?.authd.connected(connection, connection);
  }

  received(remote: Remote, message: Message): void {
    if (!this.#handlers) {
      this.#handle(remote, message);
      return;
    }
    const isEvent = message.kind === 'event';
    this.#handlers.push({
      isControl: message.kind === 'startup' || message.kind === 'keepalive',
      handle: () => {
        // What comes of a connection that is closed by now is thrown away, events only before 4.6.
        const isClosed = remote.isClosed === true;
        if (isClosed && !isEvent) return false;
        this.#handle(remote, message);
        return true;
      },
      lost: (why) => {
        if (isEvent) (message as EventMessage).event.end(why === 'full' ? 'nodeQueue' : 'nodeMemory');
      },
    });
  }

  #handle(remote: Remote, message: Message): void {
    switch (message.kind) {
      case 'startup':
        if (this.enrolment?.cluster.knows(this.#host.index, remote.owner) === false) {
          if (!remote.clientIsGone) this.enrolment.unknownKey(remote.owner);
          remote.closeByServer?.();
        } else if (this.#inUse.delete(remote) || this.#refusesKey(remote)) remote.closeByServer?.();
        else {
          remote.reply(control('ack'));
          this.#savers?.push(remote.owner);
        }
        break;
      case 'keepalive':
        this.#host.keepaliveRead(remote.owner);
        remote.reply(control('ack'));
        this.#savers?.push(remote.owner);
        if (this.#host.owes(remote.owner)) remote.reply(control('config'));
        break;
      case 'ping':
        remote.reply(control('pong'));
        break;
      case 'hello':
        remote.reply(control('hello'));
        break;
      case 'request':
        if (this.enrolment) this.enrolment.authd.requested(remote);
        else remote.reply(control('refused'));
        break;
      case 'event':
        if ((remote.finIsThere === true || message.finFollows === true) && !atLeast(this.#options.version, '4.6.0'))
          message.lost();
        else if (remote.clientIsGone && !this.#isRead(remote.owner, message.bytes)) message.refused();
        else this.#take((message as EventMessage).event); // the only kind of event message there is
        break;
      case 'ack':
      case 'pong':
      case 'config':
      case 'key':
      case 'refused':
      case 'error':
        throw new Error(`nobody sends ${message.kind} to a manager`);
      default:
        message.kind satisfies never;
    }
  }

  /** The agent's old connection stands, and keeps the new one out; one that has been silent for long enough is closed itself. */
  #refusesKey(remote: Remote): boolean {
    const { version, connectionOvertakeSeconds } = this.#options;
    if (!atLeast(version, '4.4.0')) return false;
    const old = [...this.#host.connections].find(
      (one) => one !== remote && one.accepted && one.owner === remote.owner && one.way.service === 'events',
    );
    if (!old || !(remote instanceof Connection)) return false;
    const second = (atUs: number): number => Math.floor((atUs + this.#clockPhaseUs) / 1e6);
    const silent = second(this.#host.calendar.nowUs) - second(old.validUs);
    const canOvertake = atLeast(version, '4.5.2') && connectionOvertakeSeconds > 0;
    if (!canOvertake || silent <= connectionOvertakeSeconds) return true;
    old.closeByServer();
    return false;
  }

  /** Of an old connection so much is read until a new one of the same agent is looked at. */
  #isRead(agent: number, bytes: number): boolean {
    const left = this.#waiting.get(agent);
    if (left === undefined) return true;
    this.#waiting.set(agent, left - bytes);
    return left >= bytes;
  }

  #take(event: Event): void {
    event.arrivedUs = this.#host.calendar.nowUs;
    event.reads += 1;
    if (this.#host.isZombie) event.end('zombie');
    else this.#analysisd.take(event);
  }

  clientClosed(): void {
    // remoted forgets the connection; what it has read stays read.
  }

  died(inOrder: boolean): void {
    this.enrolment?.authd.died();
    this.#handlers?.clear();
    this.#savers?.clear();
    // exit() writes what is analysed. Up to 4.12 analysisd hears of it 0.2 s later than remoted.
    if (inOrder) this.#analysisd.ends(atLeast(this.#options.version, '4.13.0') ? 0 : 200_000);
    else this.#analysisd.dies('nodeMemory');
    this.#analysisd = this.#newAnalysisd();
  }

  turnedZombie(): void {
    this.#analysisd.dies('zombie');
    this.#analysisd = this.#newAnalysisd();
  }

  stuck(): void {
    this.died(false);
  }

  analysisResumed(): void {
    this.#analysisd.resumed();
  }

  registrationResumed(): void {
    this.enrolment?.authd.resumed();
  }

  resumed(): void {
    this.#handlers?.goOn();
    this.#savers?.goOn();
    const { version, connectionOvertakeSeconds, receiveChunkBytes } = this.#options;
    if (!atLeast(version, '4.4.0')) return;
    const second = (atUs: number): number => Math.floor((atUs + this.#clockPhaseUs) / 1e6);
    for (const one of this.#host.connections) {
      const { held, clientIsGone, inFront, way } = one;
      if (clientIsGone || !held.some(({ kind }) => kind === 'startup')) continue;
      const readBytes = (inFront + 2) * receiveChunkBytes;
      const old = [...this.#host.connections].filter((other) => other.way.owner === way.owner && other.clientIsGone);
      const heldBytes = old.flatMap((one) => one.held).reduce((sum, { bytes }) => sum + bytes, 0);
      if (heldBytes <= readBytes) continue;
      const silent = second(this.#host.calendar.nowUs) - second(this.#host.hungUs - way.latencyUs);
      const canOvertake = atLeast(version, '4.5.2') && connectionOvertakeSeconds > 0;
      if (canOvertake && silent > connectionOvertakeSeconds) this.#waiting.set(way.owner, readBytes);
      else this.#inUse.add(one);
    }
  }

  caughtUp(): void {
    this.#waiting.clear();
  }
}
