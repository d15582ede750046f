// nginx between agents and nodes: accepts, asks the measured choice for a peer, passes messages on.
import type { ClientLuck } from '../../../src/models/balancer/contract.ts';
import {
  addressText,
  connectTimeoutUs,
  newProxy,
  togetherUs,
  type Proxy,
  type ProxyListener,
} from '../../../src/models/balancer/proxy.ts';
import { rootKey } from '../../../src/kernel/random.ts';
import type { BalancerSession } from '../../../src/models/balancer/contract.ts';
import type { BalancerOptions, BalancerProduct } from '../../../src/models/balancer/options.ts';
import type { NodeOptions } from '../../../src/models/node.ts';
import { Rank, type Calendar, type Entry } from './calendar.ts';
import type { Host, Message, Processes } from './host.ts';
import { orderedFile } from './nginxOrders.ts';
import type { OracleOrder } from './plan.ts';
import { open, stuckKind, type Connection, type Opening, type Way } from './tcp.ts';
import type { DatagramProxy } from './udpNginx.ts';

/** What the balancer knows about its clients. */
export interface Clients {
  /** Worker process and source port of the client's next connection. */
  draw(owner: number): { worker: number; remotePort: number; luck: ClientLuck };
  addressOf(owner: number): number;
  wayToNode(owner: number, nodeIndex: number, registration: boolean): Way;
}

interface Session {
  /** The worker processes it is in. */
  readonly proxy: Proxy;
  readonly front: Connection;
  readonly listener: ProxyListener;
  readonly choice: BalancerSession;
  readonly startUs: number;
  opening: Opening | null;
  /** When nginx gives that up. */
  openingEndsUs: number;
  back: Connection | null;
  /** Messages of the client that wait for the peer. */
  waiting: Message[];
  /** A byte last moved, whichever way. */
  movedUs: number;
  timeout: Entry | null;
}

export class Nginx implements Processes {
  readonly #calendar: Calendar;
  readonly #host: Host;
  readonly #options: BalancerOptions;
  readonly #nodes: readonly NodeOptions[];
  readonly #clients: Clients;
  readonly #clockPhaseUs: number;
  /** What its file says now. */
  #product: BalancerProduct;
  /** The worker processes that take new connections. */
  #proxy: Proxy;
  /** Counts the lives of its processes. */
  #life = 0;
  /** It stands still, and this occurrence has told it to read its file anew; -1: none has. */
  #reloads = -1;
  /** Occurrence that last made it read its file anew; -1: none. */
  #reloadedBy = -1;
  /** Old worker processes that are to end. */
  #shutdowns = 0;
  /** Of these: while they stood still. */
  #missedShutdowns: (() => void)[] = [];
  readonly #sessions = new Map<Connection, Session>();
  /** What happened on the side of the nodes while the processes stood still. */
  #missed: (() => void)[] = [];
  /** Timers that have run out meanwhile: nginx looks at them when it has taken and read what is there. */
  #missedTimers: (() => void)[] = [];

  constructor(
    host: Host,
    options: BalancerOptions,
    nodes: readonly NodeOptions[],
    clients: Clients,
    clockPhaseUs: number,
  ) {
    this.#host = host;
    this.#calendar = host.calendar;
    this.#options = options;
    this.#nodes = nodes;
    this.#clients = clients;
    this.#clockPhaseUs = clockPhaseUs;
    this.#product = options.product;
    this.#proxy = this.#newProcesses();
  }

  #newProcesses(before?: Proxy): Proxy {
    const around = { nodes: this.#nodes, balancers: [] };
    return newProxy(this.#options, this.#product, around, rootKey('nginx draws nothing', 0), before);
  }

  /** Its file changes, and it reads it anew: at once, when it goes on, or when it starts. */
  order(order: OracleOrder, occurrence: number): void {
    const product = orderedFile(this.#product, order, this.#nodes);
    if (product === null) return;
    this.#product = product;
    if (this.#host.works) this.#reload(occurrence);
    else if (this.#host.state === 'hung') this.#reloads = occurrence;
    else this.#proxy = this.#newProcesses();
  }

  #reload(occurrence: number): void {
    const old = this.#proxy;
    this.#reloadedBy = occurrence;
    this.#proxy = this.#newProcesses(old);
    if (old.shutdownTimeoutUs === Infinity) return;
    const life = this.#life;
    const shutDown = (): void => {
      this.#shutdowns -= 1;
      for (const session of [...this.#sessions.values()]) if (session.proxy === old) this.#end(session, true);
      this.#host.changed(this.#host, occurrence);
    };
    this.#shutdowns += 1;
    this.#calendar.at(this.#calendar.nowUs + old.shutdownTimeoutUs, Rank.control, () => {
      if (this.#life === life && this.#host.state === 'hung') this.#missedShutdowns.push(shutDown);
      else if (this.#life === life) shutDown();
      else this.#shutdowns -= 1;
    });
  }

  get datagrams(): DatagramProxy {
    const clockUs = (): number => this.#clockUs;
    return {
      host: this.#host,
      clients: this.#clients,
      get clockUs() {
        return clockUs();
      },
      proxy: () => this.#proxy,
      life: () => this.#life,
      reloadedBy: () => this.#reloadedBy,
      whenItGoesOn: (action) => {
        this.#missedTimers.push(action);
      },
    };
  }

  /** What it has been told to do it has done. */
  get isIdle(): boolean {
    return this.#shutdowns === 0;
  }

  get workers(): number {
    return this.#proxy.workers;
  }

  get #clockUs(): number {
    return this.#calendar.nowUs + this.#clockPhaseUs;
  }

  /** The connection to a node that continues a client's, `null` while there is none. */
  backOf(front: Connection): Connection | null {
    return this.#sessions.get(front)?.back ?? null;
  }

  accepted(front: Connection): void {
    const proxy = this.#proxy;
    const { owner } = front.way;
    const listener = proxy.listeners[front.way.listener]!; // the loader has checked
    const { worker, remotePort, luck } = this.#clients.draw(owner);
    if (proxy.slots[worker]! >= proxy.sessionsPerWorker) {
      front.closeByServer();
      return;
    }
    proxy.slots[worker]! += 1;
    const client = { address: addressText(this.#clients.addressOf(owner)), port: remotePort, luck };
    const session: Session = {
      proxy,
      front,
      listener,
      choice: listener.balancer.open(client, worker),
      startUs: this.#calendar.nowUs,
      opening: null,
      openingEndsUs: Infinity,
      back: null,
      waiting: [],
      movedUs: this.#calendar.nowUs,
      timeout: null,
    };
    this.#sessions.set(front, session);
    this.#watch(session);
    this.#tryPeer(session);
  }

  #tryPeer(session: Session): void {
    const { proxy, listener, choice, front } = session;
    for (;;) {
      const peer = listener.balancer.next(choice, this.#clockUs);
      if (peer < 0) {
        this.#end(session, true);
        return;
      }
      if (proxy.ports[listener.portOf[peer]!]! < proxy.portsPerPeer) {
        proxy.ports[listener.portOf[peer]!]! += 1;
        const target = listener.targets[peer]!;
        const way = this.#clients.wayToNode(front.way.owner, target.nodeIndex, target.registration);
        const life = this.#life;
        /** nginx acts on it now, or when it goes on; a new nginx knows nothing about it. */
        const act = (action: () => void, missed = this.#missed): void => {
          if (this.#host.works && this.#life === life) action();
          else if (this.#host.state === 'hung') missed.push(action);
        };
        const askedUs = this.#calendar.nowUs;
        const timeoutUs = connectTimeoutUs(proxy, choice.worker, listener, choice.peerIndex);
        session.openingEndsUs = askedUs + timeoutUs;
        session.opening = open(
          way,
          timeoutUs,
          {
            received: (message) => {
              act(() => {
                session.movedUs = this.#calendar.nowUs;
                front.reply(message);
              });
            },
            closed: () => act(() => this.#end(session, true)),
          },
          {
            established: (back) => {
              act(() => {
                session.opening = null;
                session.back = back;
                listener.balancer.connected(choice, this.#clockUs);
                for (const message of session.waiting) this.#pass(session, message);
                session.waiting = [];
              });
            },
            failed: () => {
              const byTimer = this.#calendar.nowUs - askedUs >= timeoutUs;
              const action = (): void => {
                if (this.#sessions.get(front) !== session) return;
                session.opening = null;
                proxy.ports[listener.portOf[peer]!]! -= 1;
                if (this.#failed(session)) this.#tryPeer(session);
                else this.#end(session, true);
              };
              // What has come by the instant of a time-out is read before nginx looks at its timers.
              if (!byTimer) act(action);
              else this.#calendar.at(this.#calendar.nowUs, Rank.event, () => act(action, this.#missedTimers));
            },
          },
        );
        return;
      }
      if (!this.#failed(session)) {
        this.#end(session, true);
        return;
      }
    }
  }

  #failed({ listener, choice, startUs }: Session): boolean {
    const { nowUs } = this.#calendar;
    return listener.balancer.failed(choice, this.#clockUs, nowUs - startUs, false) < Infinity;
  }

  received(front: Connection, message: Message): void {
    const session = this.#sessions.get(front);
    if (!session) message.lost();
    else if (session.back) this.#pass(session, message);
    else session.waiting.push(message);
  }

  #pass(session: Session, message: Message): void {
    const { front } = session;
    // Counts as sent by the client until the node has read it.
    front.outstanding += message.bytes;
    session.back!.send({
      ...message,
      finFollows: front.finIsThere,
      read: () => {
        front.outstanding -= message.bytes;
      },
    });
    // A message may move in part.
    if (front.outstanding - message.bytes <= this.roomTo(front)) session.movedUs = this.#calendar.nowUs;
  }

  /** Bytes of a client that nginx and its kernel take while the node takes none; Infinity while it works. */
  roomTo(front: Connection): number {
    const session = this.#sessions.get(front);
    if (!session?.back) return Infinity;
    const kind = stuckKind(session.back);
    if (kind === null) return Infinity;
    return this.#options.kernel.sendBuffer[kind] + session.listener.options.proxyBufferBytes;
  }

  /** `proxy_timeout` counts from the last byte that moved. */
  #watch(session: Session): void {
    const { sessionTimeoutUs } = session.listener.options;
    session.timeout = this.#calendar.at(session.movedUs + sessionTimeoutUs, Rank.control, () => {
      if (session.movedUs + sessionTimeoutUs > this.#calendar.nowUs || !this.#host.works) {
        if (!this.#host.works) session.movedUs = this.#calendar.nowUs;
        this.#watch(session);
      } else {
        this.#end(session, true);
      }
    });
  }

  clientClosed(front: Connection): void {
    const session = this.#sessions.get(front);
    if (!session) return;
    const { nowUs } = this.#calendar;
    // One that stood still reads what has come before it looks at its timers.
    const { openingEndsUs } = session;
    if (session.opening !== null && openingEndsUs >= nowUs && openingEndsUs <= nowUs + togetherUs) {
      session.proxy.ports[session.listener.portOf[session.choice.peerIndex]!]! -= 1;
      this.#failed(session);
    }
    this.#end(session, false);
  }

  #end(session: Session, closesClient: boolean): void {
    const { proxy, front, listener, choice, opening, back } = session;
    if (!this.#sessions.delete(front)) return;
    this.#calendar.cancel(session.timeout);
    if (choice.peerIndex >= 0) proxy.ports[listener.portOf[choice.peerIndex]!]! -= 1;
    listener.balancer.closed(choice, this.#clockUs);
    proxy.slots[choice.worker]! -= 1;
    opening?.cancel();
    back?.closeByClient();
    for (const message of session.waiting) message.lost();
    if (closesClient) front.closeByServer();
  }

  died(): void {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { opening, back, waiting, timeout } of sessions) {
      this.#calendar.cancel(timeout);
      opening?.cancel();
      back?.closeByClient();
      for (const message of waiting) message.lost();
    }
    this.#missed = [];
    this.#missedTimers = [];
    this.#life += 1;
    this.#reloads = -1;
    this.#shutdowns -= this.#missedShutdowns.length;
    this.#missedShutdowns = [];
    this.#proxy = this.#newProcesses();
  }

  resumed(): void {
    const missed = this.#missed;
    this.#missed = [];
    for (const action of missed) action();
  }

  /** When whoever goes on at this instant has gone on. */
  #soon(action: () => void): void {
    this.#calendar.at(this.#calendar.nowUs, Rank.control, action);
  }

  caughtUp(): void {
    const missed = this.#missedTimers;
    this.#missedTimers = [];
    for (const action of missed) action();
    // A signal to who stands still comes when he goes on, and new processes take longer to start than old ones to take what is there.
    for (const shutDown of this.#missedShutdowns) this.#soon(shutDown);
    this.#missedShutdowns = [];
    const reloads = this.#reloads;
    this.#reloads = -1;
    if (reloads >= 0) this.#soon(() => this.#reload(reloads));
  }
}
