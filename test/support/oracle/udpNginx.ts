// Datagrams through nginx: a session for each socket of an agent, which keeps its node until nginx hears that nobody listens there, or
// nothing comes for `proxy_timeout`. Neither the agent nor the node knows of it. docs/MODEL.md, "UDP behind nginx".
import { addressText, type Proxy, type ProxyListener } from '../../../src/models/balancer/proxy.ts';
import type { BalancerSession } from '../../../src/models/balancer/contract.ts';
import { Rank } from './calendar.ts';
import type { Host, Message, Remote } from './host.ts';
import type { Clients } from './nginx.ts';
import type { Client, Way } from './tcp.ts';

/** The nginx that the datagrams pass. */
export interface DatagramProxy {
  readonly host: Host;
  readonly clients: Clients;
  readonly clockUs: number;
  /** The worker processes that have the socket. */
  proxy(): Proxy;
  /** Counts the lives of its processes. */
  life(): number;
  /** Occurrence of the last reload. */
  reloadedBy(): number;
  /** It does this when it looks at its timers again. */
  whenItGoesOn(action: () => void): void;
}

interface Session {
  readonly proxy: Proxy;
  readonly life: number;
  readonly listener: ProxyListener;
  readonly choice: BalancerSession;
  /** From nginx to the node. */
  readonly way: Way;
  /** It has read an error and reads nothing more. */
  isDeaf: boolean;
  /** Another one waits in its socket. */
  errorWaits: boolean;
  lastUs: number;
  isOver: boolean;
}

/** One socket of an agent. */
export class BalancedDatagrams {
  readonly way: Way;
  readonly #client: Client;
  readonly #nginx: DatagramProxy;
  #session: Session | null = null;
  #lastNode = -1;
  #port: number | null = null;
  #closed = false;
  #isAnswered = false;
  #askedLife = -1;

  constructor(way: Way, client: Client, nginx: DatagramProxy) {
    this.way = way;
    this.#client = client;
    this.#nginx = nginx;
  }

  send(message: Message): void {
    const { host, latencyUs, unreachable, kernel, leg } = this.way;
    const { calendar } = host;
    const sentUs = calendar.nowUs;
    const asks = message.kind === 'startup' || message.kind === 'ping';
    calendar.at(sentUs + latencyUs, message.kind === 'event' ? Rank.event : Rank.control, () => {
      const arrives = host.state === 'silent' || leg.passesThere(calendar.nowUs);
      if (arrives && host.works) {
        this.#pass(message, asks);
        return;
      }
      message.lost();
      if (!asks || !arrives) return;
      const isRefused = host.state === 'refusing' || host.state === 'dying';
      if (isRefused && leg.passesBack(calendar.nowUs)) this.#fail(sentUs + 2 * latencyUs);
      if (host.state === 'silent' && unreachable === 'sameSegment') this.#fail(sentUs + kernel.arpTimeoutUs);
    });
  }

  #fail(atUs: number): void {
    this.way.host.calendar.at(atUs, Rank.control, () => {
      if (!this.#closed) this.#client.closed();
    });
  }

  get #isLive(): boolean {
    const session = this.#session;
    return session !== null && !session.isOver && session.life === this.#nginx.life();
  }

  /** A datagram is at nginx. */
  #pass(message: Message, asks: boolean): void {
    const { calendar } = this.way.host;
    if (!this.#isLive || this.#session!.proxy !== this.#nginx.proxy()) this.#session = this.#open();
    const session = this.#session;
    if (session === null || session.errorWaits) {
      message.lost();
      if (session) this.#end(session, true);
      return;
    }
    session.lastUs = calendar.nowUs;
    const { way } = session;
    const rank = message.kind === 'event' ? Rank.event : Rank.control;
    calendar.at(calendar.nowUs + way.latencyUs, rank, () => this.#atNode(session, message, asks));
    this.#changed();
  }

  #open(): Session | null {
    const nginx = this.#nginx;
    const proxy = nginx.proxy();
    const listener = proxy.listeners[this.way.listener]!; // the loader has checked
    const { worker, remotePort, luck } = nginx.clients.draw(this.way.owner);
    this.#port ??= remotePort;
    if (proxy.slots[worker]! >= proxy.sessionsPerWorker) return null;
    const client = { address: addressText(nginx.clients.addressOf(this.way.owner)), port: this.#port, luck };
    const choice = listener.balancer.open(client, worker);
    const peer = listener.balancer.next(choice, nginx.clockUs);
    if (peer < 0) {
      listener.balancer.closed(choice, nginx.clockUs);
      return null;
    }
    proxy.slots[worker]! += 1;
    const { nodeIndex } = listener.targets[peer]!;
    const way = nginx.clients.wayToNode(this.way.owner, nodeIndex, false);
    const lastUs = this.way.host.calendar.nowUs;
    const session = { proxy, life: nginx.life(), listener, choice, way, isDeaf: false, errorWaits: false, lastUs };
    const opened: Session = { ...session, isOver: false };
    this.#lastNode = nodeIndex;
    this.#watch(opened);
    return opened;
  }

  #atNode(session: Session, message: Message, asks: boolean): void {
    const { host, leg, latencyUs } = session.way;
    const { calendar } = host;
    if (host.state === 'silent' || !leg.passesThere(calendar.nowUs)) {
      message.lost();
      return;
    }
    const remote: Remote = {
      owner: this.way.owner,
      clientIsGone: false,
      reply: (answer) => this.#answer(session, answer),
    };
    if (host.works) {
      if (asks && leg.passesBack(calendar.nowUs)) host.count('accepted');
      host.processes.received(remote, message);
    } else if (host.state === 'hung' && asks) {
      const isFirst = this.#askedLife !== host.life;
      this.#askedLife = host.life;
      host.datagrams.push(() => {
        this.#askedLife = -1;
        if (!this.#closed && isFirst) host.count('accepted');
        host.processes.received(remote, message);
      });
    } else {
      message.lost();
      if (host.state === 'hung' || !leg.passesBack(calendar.nowUs)) return;
      if (asks) host.count('refused');
      calendar.at(calendar.nowUs + latencyUs, Rank.control, () => this.#errorCame(session, asks));
    }
  }

  /** ICMP: nobody listens. */
  #errorCame(session: Session, asks: boolean): void {
    if (session.isOver || session.life !== this.#nginx.life()) return;
    if (session.isDeaf) {
      session.errorWaits = true;
      return;
    }
    session.isDeaf = true;
    this.#changed();
    const { host, latencyUs } = this.way;
    const isOwn = session === this.#session && session.proxy === this.#nginx.proxy();
    // An agent that waits for its answer reads the empty datagram and gives up; everybody else takes no notice of it.
    if (asks && isOwn && host.works && session.listener.options.datagrams!.passesErrors)
      this.#fail(host.calendar.nowUs + latencyUs);
  }

  #answer(session: Session, message: Message): void {
    const { latencyUs: behindUs, leg: behind } = session.way;
    const { host, latencyUs, leg } = this.way;
    const { calendar } = host;
    if (!behind.passesBack(calendar.nowUs)) return;
    calendar.at(calendar.nowUs + behindUs, Rank.control, () => {
      if (session !== this.#session || !this.#isLive || session.isDeaf || !host.works) return;
      if (session.proxy !== this.#nginx.proxy()) return;
      session.lastUs = calendar.nowUs;
      if (!leg.passesBack(calendar.nowUs)) return;
      calendar.at(calendar.nowUs + latencyUs, Rank.control, () => {
        if (this.#closed) return;
        this.#isAnswered = true;
        this.#client.received(message);
      });
    });
  }

  /** `proxy_timeout` from its last datagram on. */
  #watch(session: Session): void {
    const { calendar } = this.way.host;
    const dueUs = (): number => session.lastUs + session.listener.options.sessionTimeoutUs;
    const due = (): void => {
      if (session.isOver || session.life !== this.#nginx.life()) return;
      if (dueUs() > calendar.nowUs) calendar.at(dueUs(), Rank.control, due);
      else if (this.way.host.works) this.#end(session, session.isDeaf);
      else this.#nginx.whenItGoesOn(due);
    };
    calendar.at(dueUs(), Rank.control, due);
  }

  #end(session: Session, hasFailed: boolean): void {
    const { listener, choice, proxy } = session;
    session.isOver = true;
    proxy.slots[choice.worker]! -= 1;
    if (hasFailed) listener.balancer.failed(choice, this.#nginx.clockUs, 0, false);
    else listener.balancer.closed(choice, this.#nginx.clockUs);
    this.#changed();
  }

  /** What the agent sends may come elsewhere now, or nowhere. */
  #changed(): void {
    // Nothing but a reload sends an agent that is well where nobody listens.
    this.way.host.changed(this.way.host, this.#nginx.reloadedBy());
  }

  close(): void {
    this.#closed = true;
    // A session of a connected agent is taken to have had a datagram until then (docs/MODEL.md, "not modelled").
    if (this.#isLive && this.#isAnswered) this.#session!.lastUs = this.way.host.calendar.nowUs;
  }

  // What the agent cannot know.

  node(): number {
    if (this.#session) this.#lastNode = this.#session.way.host.index;
    return this.#lastNode;
  }

  /** Whatever it sends is read. */
  isRead(): boolean {
    const { host, leg } = this.way;
    const { nowUs } = host.calendar;
    if (!host.works || !leg.passesThere(nowUs) || !this.#isLive) return false;
    const { way, errorWaits } = this.#session!;
    return !errorWaits && way.host.works && way.leg.passesThere(nowUs);
  }

  /** … and answered. */
  takes(): boolean {
    const { nowUs } = this.way.host.calendar;
    if (!this.isRead() || this.#session!.isDeaf) return false;
    return this.way.leg.passesBack(nowUs) && this.#session!.way.leg.passesBack(nowUs);
  }

  get isZombie(): boolean {
    return this.#session?.way.host.isZombie ?? false;
  }
}
