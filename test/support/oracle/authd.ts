// authd of one node: one client after the other up to 4.12, all at once from 4.13. docs/MODEL.md, "Enrolment": "the service".
import { atLeast } from '../../../src/models/agentVersions.ts';
import type { NodeOptions } from '../../../src/models/node.ts';
import { Rank } from './calendar.ts';
import type { Cluster, Outlook } from './cluster.ts';
import type { Host, Message, Remote } from './host.ts';
import type { Connection } from './tcp.ts';

interface Client {
  readonly remote: Remote;
  /** One way to the agent. */
  readonly wayUs: number;
  readonly connectedUs: number;
  readonly outlook: Outlook;
}

export class Authd {
  readonly #host: Host;
  readonly #cluster: Cluster;
  readonly #serviceUs: number;
  readonly #isSerial: boolean;
  readonly #answer: (kind: 'key' | 'refused' | 'error') => Message;
  #queue: Client[] = [];
  /** Whom it has taken and not answered. */
  readonly #clients = new Set<Remote>();
  #isBusy = false;

  constructor(
    host: Host,
    { version, registration }: NodeOptions,
    cluster: Cluster,
    answer: (kind: 'key' | 'refused' | 'error') => Message,
  ) {
    this.#host = host;
    this.#cluster = cluster;
    this.#serviceUs = registration.serviceUs ?? 0;
    this.#isSerial = !atLeast(version, '4.13.0');
    this.#answer = answer;
  }

  connected({ way }: Connection, remote: Remote): void {
    if (this.#clients.size >= 1000) {
      remote.closeByServer?.(); // "Too many connections. Rejecting."
      return;
    }
    this.#clients.add(remote);
    if (!this.#isSerial) return;
    const wayUs = way.latencyUs + (way.behindUs ?? 0);
    const { nowUs } = this.#host.calendar;
    this.#queue.push({ remote, wayUs, connectedUs: nowUs - 2 * wayUs, outlook: this.#outlook() });
    this.#serve();
  }

  requested(remote: Remote): void {
    if (this.#isSerial) return; // its turn comes, or it is served
    this.#queue.push({ remote, wayUs: 0, connectedUs: this.#host.calendar.nowUs, outlook: this.#outlook() });
    this.#serve();
  }

  #outlook(): Outlook {
    return this.#cluster.outlook(this.#host.index);
  }

  #serve(): void {
    if (this.#isBusy) return;
    let next = this.#queue.shift();
    while (next?.remote.clientIsGone) {
      this.#clients.delete(next.remote);
      next = this.#queue.shift();
    }
    if (!next) return;
    this.#isBusy = true;
    const { calendar, life } = this.#host;
    const { remote, wayUs, connectedUs, outlook } = next;
    // The thread waits for its TLS and its request, since it connected or since it is its turn.
    const turnUs = Math.max(connectedUs, this.#freeUs);
    const lives = (action: () => void): void => {
      if (this.#host.life !== life) return;
      // Who stands still goes on later.
      if (this.#host.stateOf('registration') === 'up') action();
      else this.#missed.push(action);
    };
    const workedUs = turnUs + 4 * wayUs + this.#serviceUs;
    calendar.at(Math.max(calendar.nowUs, workedUs), Rank.control, () =>
      lives(() =>
        this.#cluster.ask(outlook, (answered) =>
          lives(() => {
            this.#isBusy = false;
            this.#freeUs = calendar.nowUs;
            this.#clients.delete(remote);
            if (!remote.clientIsGone) remote.reply(this.#answer(this.#verdict(remote.owner, answered)));
            this.#serve();
          }),
        ),
      ),
    );
  }
  #freeUs = -Infinity;
  #missed: (() => void)[] = [];

  #verdict(agent: number, answered: boolean): 'key' | 'refused' | 'error' {
    if (!answered) return 'error';
    const cluster = this.#cluster;
    if (!cluster.isNewcomer(agent)) return 'refused';
    return !cluster.hasNewKey(agent) || cluster.replacesKeys ? 'key' : 'refused';
  }

  died(): void {
    this.#clients.clear();
    this.#queue = [];
    this.#isBusy = false;
    this.#freeUs = -Infinity;
    this.#missed = [];
  }

  resumed(): void {
    for (const action of this.#missed.splice(0)) action();
  }
}
