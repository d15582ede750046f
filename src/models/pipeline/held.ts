// Events that have left an agent and whose fate is open: written into a path nobody reads, or in the memory of processes that stand
// still, until the place goes on or dies.

export class Held {
  readonly #slots: number;
  readonly #agents: number;
  /** By agent × slots + slot. Allocated with the first one that is held. */
  count = new Float64Array(0);
  /** When they were sent, and when they had been written. */
  sentFromUs = new Float64Array(0);
  sentToUs = new Float64Array(0);
  bornFromUs = new Float64Array(0);
  bornToUs = new Float64Array(0);
  /** Node at the other end. */
  node = new Int16Array(0);

  constructor(agents: number, slots: number) {
    this.#agents = agents;
    this.#slots = slots;
  }

  get isEmpty(): boolean {
    return this.count.length === 0;
  }

  at(agent: number, slot: number): number {
    return agent * this.#slots + slot;
  }

  events(agent: number, slot: number): number {
    return this.isEmpty ? 0 : this.count[this.at(agent, slot)]!;
  }

  add(
    agent: number,
    slot: number,
    node: number,
    events: number,
    sentFromUs: number,
    sentToUs: number,
    bornFromUs: number,
    bornToUs: number,
  ): void {
    if (this.isEmpty) {
      const size = this.#agents * this.#slots;
      this.count = new Float64Array(size);
      this.sentFromUs = new Float64Array(size);
      this.sentToUs = new Float64Array(size);
      this.bornFromUs = new Float64Array(size);
      this.bornToUs = new Float64Array(size);
      this.node = new Int16Array(size);
    }
    const at = this.at(agent, slot);
    if (this.count[at] === 0) {
      this.sentFromUs[at] = sentFromUs;
      this.bornFromUs[at] = bornFromUs;
    }
    this.sentToUs[at] = sentToUs;
    this.bornToUs[at] = bornToUs;
    this.node[at] = node;
    this.count[at]! += events;
  }

  /** What was held at `from` is now held at `to`. */
  move(agent: number, from: number, to: number): void {
    if (this.isEmpty) return;
    const source = this.at(agent, from);
    const events = this.count[source]!;
    if (events === 0) return;
    this.add(
      agent,
      to,
      this.node[source]!,
      events,
      this.sentFromUs[source]!,
      this.sentToUs[source]!,
      this.bornFromUs[source]!,
      this.bornToUs[source]!,
    );
    this.count[source] = 0;
  }
}
