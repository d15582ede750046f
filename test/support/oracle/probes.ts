// The TCP keepalive of a node's kernel on the connections of its agents. Linux, net/ipv4/tcp_timer.c, tcp_keepalive_timer().
import type { TcpKeepalive } from '../../../src/models/tcp.ts';
import { Rank, type Calendar, type Entry } from './calendar.ts';

export interface Probed {
  /** What a probe that leaves now meets: nobody, a socket, or a host without one, that says RST. */
  probe(): 'nothing' | 'socket' | 'reset';
  /** Nobody has answered, or somebody with RST. */
  end(why: 'timeout' | 'reset'): void;
}

export class Probes {
  readonly #calendar: Calendar;
  readonly #options: TcpKeepalive;
  readonly #probed: Probed;
  #byteUs: number;
  #unanswered = 0;
  #timer: Entry | null = null;

  constructor(calendar: Calendar, options: TcpKeepalive, probed: Probed) {
    this.#calendar = calendar;
    this.#options = options;
    this.#probed = probed;
    this.#byteUs = calendar.nowUs;
    this.#arm(this.#byteUs + options.idleUs);
  }

  /** Something has come from the other end. */
  byte(): void {
    this.#byteUs = this.#calendar.nowUs;
    this.#unanswered = 0;
  }

  stop(): void {
    this.#calendar.cancel(this.#timer);
  }

  #arm(atUs: number): void {
    this.#timer = this.#calendar.at(atUs, Rank.control, () => this.#due());
  }

  #due(): void {
    const { idleUs, intervalUs, count } = this.#options;
    const { nowUs } = this.#calendar;
    const dueUs = this.#byteUs + idleUs + this.#unanswered * intervalUs;
    if (dueUs > nowUs) {
      this.#arm(dueUs);
      return;
    }
    if (this.#unanswered >= count) {
      this.#probed.end('timeout');
      return;
    }
    this.#unanswered += 1;
    const met = this.#probed.probe();
    if (met === 'reset') {
      this.#probed.end('reset');
      return;
    }
    if (met === 'socket') this.byte();
    this.#arm(this.#byteUs + idleUs + this.#unanswered * intervalUs);
  }
}
