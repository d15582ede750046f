// Time that does not go on: events that make events at the same instant, for ever. A mistake of ours, which would look like a long run.

export class Standstill {
  readonly #most: number;
  #tick = -1;
  #poppedBefore = 0;

  /** @param most events at one instant that a world may need. */
  constructor(most: number) {
    this.#most = most;
  }

  /** To be asked after each event. @param popped events that have left the queue. @throws when the instant does not end. */
  passed(tick: number, popped: number): void {
    if (tick !== this.#tick) {
      this.#tick = tick;
      this.#poppedBefore = popped;
    } else if (popped - this.#poppedBefore > this.#most) {
      throw new Error(`more than ${this.#most} events at tick ${tick}: time does not go on`);
    }
  }
}
