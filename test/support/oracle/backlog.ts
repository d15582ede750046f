// The accept queue of a listening socket, and the loop behind it that takes one connection a pass.
import { Rank, type Calendar } from './calendar.ts';
import type { Connection } from './tcp.ts';

export class Backlog {
  readonly #calendar: Calendar;
  readonly #length: number;
  readonly #passUs: number;
  /** Established and not taken, those whose clients have left among them. */
  #waiting: Connection[] = [];
  #isRunning = true;
  /** The loop is on its way round and looks then. */
  #round: { readonly done: boolean } | null = null;

  /** @param length of `listen()`: one more waits. @param passUs what a pass takes that has taken a connection. */
  constructor(calendar: Calendar, length: number, passUs: number) {
    this.#calendar = calendar;
    this.#length = length;
    this.#passUs = passUs;
  }

  /** Linux drops SYNs, and forgets the third packets of handshakes that come meanwhile. */
  get isFull(): boolean {
    return this.#waiting.length > this.#length;
  }

  /** Its handshake is over. It is taken at once by a loop that has nothing else to do. */
  enter(connection: Connection): void {
    connection.inFront = this.#waiting.length;
    if (this.#passUs === 0 && this.#isRunning) {
      // It takes as many as come.
      this.#calendar.at(this.#calendar.nowUs, Rank.control, () => connection.taken());
      return;
    }
    this.#waiting.push(connection);
    if (this.#isRunning && this.#round === null) this.#pass();
  }

  #pass(): void {
    const connection = this.#waiting.shift();
    if (!connection) return;
    const round = { done: false };
    this.#round = round;
    // What came with the third packet, at the same instant, is there when the loop reads it.
    const { nowUs } = this.#calendar;
    this.#calendar.at(nowUs, Rank.control, () => connection.taken());
    this.#calendar.at(nowUs + this.#passUs, Rank.control, () => {
      if (this.#round !== round) return;
      this.#round = null;
      this.#pass();
    });
  }

  /** The processes stand still. */
  stop(): void {
    this.#isRunning = false;
    this.#round = null;
    this.#waiting.forEach((connection, at) => {
      connection.inFront = at;
    });
  }

  /** They go on, and begin with whoever is first. */
  goOn(): void {
    this.#isRunning = true;
    this.#pass();
  }

  /** They are gone, and everything in it with them. */
  clear(): void {
    this.#isRunning = true;
    this.#waiting = [];
    this.#round = null;
  }
}
