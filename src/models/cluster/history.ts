// When the nodes heard each agent: what the dashboard's status is counted from when the run is over. One row a change.

export const Heard = {
  /** A handshake: a startup message came. */
  Startup: 0,
  /** An old session is heard again. */
  Again: 1,
  /** Nothing of the agent comes to a node that works. */
  Nothing: 2,
  /** The agent's process ended and said so (from 4.2.0). */
  Shutdown: 3,
} as const;
export type Heard = (typeof Heard)[keyof typeof Heard];

export class ConnectionHistory {
  #size = 0;
  #agent = new Int32Array(1024);
  #what = new Uint8Array(1024);
  #node = new Int16Array(1024);
  #atUs = new Float64Array(1024);
  #keepaliveUs = new Float64Array(1024);
  #gridUs = new Float64Array(1024);
  #order = new Int32Array(0);
  #firstOf = new Int32Array(0);

  /**
   * @param keepaliveUs the first keepalive from there on.
   * @param gridUs the one behind it; the others follow at whole notify times.
   */
  heard(
    agent: number,
    what: typeof Heard.Startup | typeof Heard.Again,
    node: number,
    atUs: number,
    keepaliveUs: number,
    gridUs: number,
  ): void {
    this.#add(agent, what, node, atUs, keepaliveUs, gridUs);
  }

  silent(agent: number, atUs: number): void {
    this.#add(agent, Heard.Nothing, -1, atUs, NaN, NaN);
  }

  shutdown(agent: number, node: number, atUs: number): void {
    this.#add(agent, Heard.Shutdown, node, atUs, NaN, NaN);
  }

  agent(row: number): number {
    return this.#agent[this.#order[row]!]!;
  }

  what(row: number): Heard {
    return this.#what[this.#order[row]!]! as Heard; // only these are written
  }

  node(row: number): number {
    return this.#node[this.#order[row]!]!;
  }

  atUs(row: number): number {
    return this.#atUs[this.#order[row]!]!;
  }

  keepaliveUs(row: number): number {
    return this.#keepaliveUs[this.#order[row]!]!;
  }

  gridUs(row: number): number {
    return this.#gridUs[this.#order[row]!]!;
  }

  /** Puts the rows of each agent together; rows are read by their place in that order afterwards. */
  sort(agents: number): void {
    const firstOf = new Int32Array(agents + 1);
    for (let row = 0; row < this.#size; row++) firstOf[this.#agent[row]! + 1]! += 1;
    for (let agent = 0; agent < agents; agent++) firstOf[agent + 1]! += firstOf[agent]!;
    const next = firstOf.slice();
    const order = new Int32Array(this.#size);
    for (let row = 0; row < this.#size; row++) order[next[this.#agent[row]!]!++] = row;
    this.#firstOf = firstOf;
    this.#order = order;
  }

  /** First of an agent's rows, and behind its last; after `sort`. */
  from(agent: number): number {
    return this.#firstOf[agent]!;
  }

  to(agent: number): number {
    return this.#firstOf[agent + 1]!;
  }

  #add(agent: number, what: Heard, node: number, atUs: number, keepaliveUs: number, gridUs: number): void {
    if (this.#size === this.#agent.length) this.#grow();
    const row = this.#size;
    this.#agent[row] = agent;
    this.#what[row] = what;
    this.#node[row] = node;
    this.#atUs[row] = atUs;
    this.#keepaliveUs[row] = keepaliveUs;
    this.#gridUs[row] = gridUs;
    this.#size += 1;
  }

  #grow(): void {
    const size = this.#size * 2;
    const grown = <T extends { set(from: T): void }>(next: T, old: T): T => {
      next.set(old);
      return next;
    };
    this.#agent = grown(new Int32Array(size), this.#agent);
    this.#what = grown(new Uint8Array(size), this.#what);
    this.#node = grown(new Int16Array(size), this.#node);
    this.#atUs = grown(new Float64Array(size), this.#atUs);
    this.#keepaliveUs = grown(new Float64Array(size), this.#keepaliveUs);
    this.#gridUs = grown(new Float64Array(size), this.#gridUs);
  }
}
