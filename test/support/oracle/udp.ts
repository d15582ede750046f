// Datagrams to a node: nobody knows whether they arrive.
import { Rank } from './calendar.ts';
import type { Message, Remote } from './host.ts';
import type { Client, Way } from './tcp.ts';

export class Datagrams implements Remote {
  readonly way: Way;
  readonly client: Client;
  readonly clientIsGone = false;
  #closed = false;
  /** Life of the processes that stand still and have a question of ours to read; -1: none. */
  #askedLife = -1;

  constructor(way: Way, client: Client) {
    this.way = way;
    this.client = client;
  }

  get owner(): number {
    return this.way.owner;
  }

  send(message: Message): void {
    const { host, latencyUs, unreachable, kernel, leg } = this.way;
    const { calendar } = host;
    const sentUs = calendar.nowUs;
    const asks = message.kind === 'startup' || message.kind === 'ping';
    calendar.at(sentUs + latencyUs, message.kind === 'event' ? Rank.event : Rank.control, () => {
      if (host.state !== 'silent' && !leg.passesThere(calendar.nowUs)) {
        message.lost();
        return;
      }
      if (host.works) {
        // One whose answer is lost on the way is no connect.
        if (asks && leg.passesBack(calendar.nowUs)) host.count('accepted');
        host.processes.received(this, message);
        return;
      }
      if (host.state === 'hung' && asks) {
        // Of one who has asked again and again there is one that comes in.
        const isFirst = this.#askedLife !== host.life;
        this.#askedLife = host.life;
        host.datagrams.push(() => {
          this.#askedLife = -1;
          if (!this.#closed && isFirst) host.count('accepted');
          host.processes.received(this, message);
        });
        return;
      }
      message.lost();
      // Who waits for an answer reads the ICMP message as well; everybody else ignores it.
      if (!asks) return;
      if (host.state === 'refusing' || host.state === 'dying') {
        if (!leg.passesBack(calendar.nowUs)) return;
        host.count('refused');
        this.#fail(sentUs + 2 * latencyUs);
      }
      if (host.state === 'silent' && unreachable === 'sameSegment') this.#fail(sentUs + kernel.arpTimeoutUs);
    });
  }

  #fail(atUs: number): void {
    this.way.host.calendar.at(atUs, Rank.control, () => {
      if (!this.#closed) this.client.closed();
    });
  }

  reply(message: Message): void {
    const { host, latencyUs, leg } = this.way;
    if (!leg.passesBack(host.calendar.nowUs)) return;
    host.calendar.at(host.calendar.nowUs + latencyUs, Rank.control, () => {
      if (!this.#closed) this.client.received(message);
    });
  }

  close(): void {
    this.#closed = true;
  }
}
