// A host and the processes on it, as those see it who send packets to it.
import { killDefaults, type PlaceFault } from '../../../src/models/fault.ts';
import { Backlog } from './backlog.ts';
import { Rank, type Calendar } from './calendar.ts';
import type { Connection } from './tcp.ts';
import type { TcpKeepalive } from '../../../src/models/tcp.ts';

export type HostState = 'up' | 'refusing' | 'dying' | 'hung' | 'silent';
export type Service = 'events' | 'registration';

/** The other end, as the processes see it. */
export interface Remote {
  readonly owner: number;
  readonly clientIsGone: boolean;
  reply(message: Message): void;
  /** The process closes the connection; absent where there is none. */
  closeByServer?(): void;
  /** Its end has come to the processes' host, from either side. */
  readonly isClosed?: boolean;
  /** The client's FIN has come with what is read now. */
  readonly finIsThere?: boolean;
}

/** What runs on the host. */
export interface Processes {
  /** A connection is established and taken from the accept queue. */
  accepted(connection: Connection): void;
  received(from: Remote, message: Message): void;
  /** The client's FIN has arrived. */
  clientClosed(connection: Connection): void;
  /** The processes are gone: what they had in memory is gone too. @param inOrder they were told to end, and could. */
  died(inOrder: boolean): void;
  /** What listens for events stands still. */
  stopped?(): void;
  /** They go on after a hang, before they look at any connection. */
  resumed?(): void;
  /** Who grants keys stood still and goes on. */
  registrationResumed?(): void;
  /** What analyses goes on after a hang; before that. */
  analysisResumed?(): void;
  /** What analyses is dead, the rest lives. */
  turnedZombie?(): void;
  /** They have read what had come before they went on. */
  caughtUp?(): void;
  /** The run is over, and they will never go on. */
  stuck?(): void;
}

export interface Message {
  readonly kind:
    | 'startup'
    | 'keepalive'
    | 'event'
    | 'ping'
    | 'hello'
    | 'request'
    | 'ack'
    | 'pong'
    | 'config'
    | 'key'
    | 'refused'
    | 'error';
  /** Bytes that count in send buffers. */
  readonly bytes: number;
  /** It is in nobody's send buffer any more. */
  read?(): void;
  /** The balancer has it together with its client's FIN: its connection is closed behind it. */
  readonly finFollows?: boolean;
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
  /** Of the connections that are opened to it; `null`: none. */
  readonly keepalive: TcpKeepalive | null;
  readonly services: ReadonlySet<Service>;
  processes!: Processes; // set by whoever builds the host, before time begins
  /** Told after every change of state. */
  changed: (host: Host, fault: number) => void = () => undefined;
  /** Of who listens for events. */
  /** A keepalive of an agent has been read. */
  keepaliveRead: (agent: number) => void = () => undefined;
  /** True for an agent to which the node has a new shared configuration to give. */
  owes: (agent: number) => boolean = () => false;
  state: HostState = 'up';
  /** Of who listens for registrations. */
  #registrationState: HostState = 'up';
  /** Occurrence that last turned it into a zombie. */
  zombieFault = -1;
  #wasZombie = false;
  #clusterWorked = true;
  #analysisStood = false;
  /** Counts the lives of the processes. */
  life = 0;
  /** Counts how often the host has lost its power. */
  boots = 0;
  readonly connections = new Set<Connection>();
  /** Questions in the receive buffers of processes that stand still, to be read when they go on. */
  datagrams: (() => void)[] = [];
  readonly everOpened: Connection[] = [];
  readonly queued = { events: 0, registration: 0 };
  /** Of a node that is judged by how it takes connections; `null`: it takes all that come. */
  readonly backlog: Backlog | null;
  /** Connections taken from the accept queue and startup messages without one; SYNs refused; SYNs that found the queue full. */
  readonly counted = { accepted: [] as number[], refused: 0, overflowed: 0 };
  readonly #active = { kill: 0, powerOff: 0, hang: 0, remoted: 0, authd: 0, zombie: 0 };
  readonly #slow: number[] = [];
  /** When the processes last stood still. */
  hungUs = -Infinity;
  #acceptsUntilUs = -Infinity;
  #startsUntilUs = -Infinity;

  constructor(
    calendar: Calendar,
    options: Pick<Host, 'name' | 'index' | 'startupUs' | 'acceptQueue' | 'keepalive'> & {
      readonly services: readonly Service[];
      /** What a pass of the loop takes that takes a connection, µs; `null`: nothing, and nobody asks. */
      readonly passUs: number | null;
    },
  ) {
    this.calendar = calendar;
    this.name = options.name;
    this.index = options.index;
    this.startupUs = options.startupUs;
    this.acceptQueue = options.acceptQueue;
    this.keepalive = options.keepalive;
    this.services = new Set(options.services);
    const { passUs } = options;
    this.backlog = passUs === null ? null : new Backlog(calendar, options.acceptQueue, passUs);
  }

  begin(fault: PlaceFault, occurrence: number): void {
    const { calendar } = this;
    switch (fault.kind) {
      case 'kill':
      case 'stop':
      case 'restart':
      case 'rolling':
        this.#active.kill += 1;
        if (this.#lives()) {
          this.#endsInOrder = fault.kind !== 'kill' && this.#active.hang === 0;
          this.#acceptsUntilUs = calendar.nowUs + (fault.kind === 'kill' ? fault : killDefaults).acceptsForUs;
          calendar.at(this.#acceptsUntilUs, Rank.place, () => this.#update(occurrence));
        }
        break;
      case 'powerOff':
        this.#active.powerOff += 1;
        break;
      case 'hang':
        this.#active[fault.only ?? 'hang'] += 1;
        break;
      case 'zombie':
        this.#active.zombie += 1;
        this.zombieFault = occurrence;
        break;
      case 'slow':
        this.#slow.push(fault.toShare);
        break;
      default:
        fault satisfies never;
    }
    this.#update(occurrence);
  }
  #endsInOrder = false;

  end(fault: PlaceFault, occurrence: number): void {
    switch (fault.kind) {
      case 'kill':
      case 'stop':
      case 'restart':
      case 'rolling':
        this.#active.kill -= 1;
        this.#starts(occurrence);
        break;
      case 'powerOff':
        this.#active.powerOff -= 1;
        this.#starts(occurrence);
        break;
      case 'hang':
        this.#active[fault.only ?? 'hang'] -= 1;
        break;
      case 'zombie':
        this.#active.zombie -= 1;
        break;
      case 'slow':
        this.#slow.splice(this.#slow.indexOf(fault.toShare), 1);
        break;
      default:
        fault satisfies never;
    }
    this.#update(occurrence);
  }

  #starts(occurrence: number): void {
    if (this.#active.kill > 0 || this.#active.powerOff > 0) return;
    const { calendar } = this;
    this.#startsUntilUs = calendar.nowUs + this.startupUs;
    calendar.at(this.#startsUntilUs, Rank.place, () => this.#update(occurrence));
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

  /** What belongs to neither remoted nor authd runs: clusterd, monitord, the database. */
  get clusterWorks(): boolean {
    return this.state === 'up' || (this.state === 'hung' && this.#active.hang === 0);
  }

  stateOf(service: Service): HostState {
    return service === 'events' ? this.state : this.#registrationState;
  }

  /** Takes events and throws them away. */
  get isZombie(): boolean {
    return this.#active.zombie > 0;
  }

  /** What analyses runs: it may while remoted stands still. */
  get analyses(): boolean {
    return this.#lives() && this.#active.hang === 0 && !this.isZombie;
  }

  /** Share of its capacity that is left. */
  get capacityShare(): number {
    return Math.min(1, ...this.#slow);
  }

  #lives(): boolean {
    return this.state === 'up' || this.state === 'hung';
  }

  #stateNow(own: number): HostState {
    const { nowUs } = this.calendar;
    if (this.#active.powerOff > 0) return 'silent';
    if (this.#active.kill > 0) return nowUs < this.#acceptsUntilUs ? 'dying' : 'refusing';
    if (nowUs < this.#startsUntilUs) return 'refusing';
    return this.#active.hang > 0 || own > 0 ? 'hung' : 'up';
  }

  #update(fault: number): void {
    const before = this.state;
    const registrationBefore = this.#registrationState;
    const lived = this.#lives();
    this.state = this.#stateNow(this.#active.remoted);
    this.#registrationState = this.#stateNow(this.#active.authd);
    const zombieBefore = this.#wasZombie;
    const clusterBefore = this.#clusterWorked;
    this.#clusterWorked = this.clusterWorks;
    this.#wasZombie = this.isZombie;
    if (this.state === 'silent' && before !== 'silent') this.boots += 1;
    if (this.state === 'hung' && before !== 'hung') {
      this.hungUs = this.calendar.nowUs;
      this.backlog?.stop();
      this.processes.stopped?.();
    }
    if (lived && !this.#lives()) this.#die();
    if (this.isZombie && !zombieBefore) this.processes.turnedZombie?.();
    const stands = this.#lives() && this.#active.hang > 0;
    if (this.#analysisStood && !stands && this.#lives()) this.processes.analysisResumed?.();
    this.#analysisStood = stands;
    if (before === 'hung' && this.state === 'up') this.#resume('events');
    if (registrationBefore === 'hung' && this.#registrationState === 'up') this.#resume('registration');
    const isChanged = this.state !== before || this.isZombie !== zombieBefore || this.#clusterWorked !== clusterBefore;
    if (isChanged) this.changed(this, fault);
  }

  /** The run is over. @param goesOn remoted, if it stands still, will go on. @param analysisGoesOn so will what analyses. */
  settle(goesOn: boolean, analysisGoesOn: boolean): void {
    for (const connection of this.everOpened) connection.settle(goesOn);
    if (this.#analysisStood && !analysisGoesOn) this.processes.stuck?.();
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
    this.backlog?.clear();
    this.processes.died(this.#endsInOrder);
    this.#endsInOrder = false;
    for (const connection of this.#byOwner()) connection.serverDied(this.state !== 'silent');
    this.connections.clear();
  }

  #resume(service: Service): void {
    this.queued[service] = 0;
    if (service === 'events') this.processes.resumed?.();
    else this.processes.registrationResumed?.();
    // What is open already comes first, then what waits to be accepted.
    const connections = this.#byOwner().filter(({ way }) => way.service === service);
    for (const connection of connections) if (connection.accepted) connection.serverResumed();
    if (service === 'events') this.backlog?.goOn();
    for (const connection of connections) {
      if (connection.accepted || (service === 'events' && this.backlog)) continue;
      // One whose client has left is accepted and read empty at once (docs/MODEL.md, "Not modelled").
      if (!connection.clientIsGone && !connection.isCounted) this.count('accepted');
      connection.serverResumed();
    }
    if (service === 'registration') return;
    for (const read of this.datagrams) read();
    this.datagrams = [];
    this.processes.caughtUp?.();
  }
}
