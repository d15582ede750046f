// Events that have left an agent and whose fate is open: written into a path nobody reads, or in the memory of processes that stand
// still, until the place goes on or dies.

/** Events that wait between an agent and a node: when they were sent, and when they had been written. */
export interface Held {
  readonly events: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly bornFromUs: number;
  readonly bornToUs: number;
  readonly node: number;
}

/** What becomes of events that were held. */
export type Fate = 'delivered' | 'path' | 'keyInUse' | 'nodeMemory' | 'zombie' | 'pending';

export class HeldEvents {
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

  add(agent: number, slot: number, { events, fromUs, toUs, bornFromUs, bornToUs, node }: Held): void {
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
      this.sentFromUs[at] = fromUs;
      this.bornFromUs[at] = bornFromUs;
    }
    this.sentToUs[at] = toUs;
    this.bornToUs[at] = bornToUs;
    this.node[at] = node;
    this.count[at]! += events;
  }

  /** Takes out what is held in a slot; `null`: nothing is. */
  take(agent: number, slot: number): Held | null {
    const at = this.at(agent, slot);
    const events = this.events(agent, slot);
    if (events === 0) return null;
    this.count[at] = 0;
    return {
      events,
      fromUs: this.sentFromUs[at]!,
      toUs: this.sentToUs[at]!,
      bornFromUs: this.bornFromUs[at]!,
      bornToUs: this.bornToUs[at]!,
      node: this.node[at]!,
    };
  }
}
