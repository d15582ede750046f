// The messages of one agent on their way to the master's table: when nodes heard it, what a worker passes on of it, and when.
// Wazuh 4.14.7, src/remoted/manager.c, save_controlmsg(); src/wazuh_db/wdb.c.
import { Heard, type ConnectionHistory } from './history.ts';
import type { ClusterLinks } from './links.ts';
import { clusterTimings } from './timings.ts';

/** What the row of an agent says; `Unknown`: no message of it has come yet. */
export const Shown = { Unknown: 0, Pending: 1, Active: 2, Disconnected: 3 } as const;
export type Shown = (typeof Shown)[keyof typeof Shown];

/** A stretch in which a node heard an agent, and its keepalives. */
interface Stretch {
  readonly node: number;
  readonly fromUs: number;
  toUs: number;
  readonly isStartup: boolean;
  /** The first one, and the one behind it; then one every notify time. */
  readonly keepaliveUs: number;
  readonly gridUs: number;
  /** Begin of its session, if its first keepalive writes the whole row; NaN. */
  wholeOfUs: number;
  /** Next message at the same node that changes the status alone: what is passed on then tells of no keepalive. */
  statusUs: number;
}

/** A message as it comes to the master. */
interface Arrival {
  readonly atUs: number;
  /** When its node's remoted had it. */
  readonly heardUs: number;
  readonly shows: Shown;
  readonly node: number;
  /** Begin of the stretch it belongs to. */
  readonly sinceUs: number;
}

/** A sync comes at most so much later, while there is a link. */
export const longestSyncUs = clusterTimings.agentInfoUs + 2_000_000;

export class AgentMessages {
  readonly #links: ClusterLinks;
  readonly #history: ConnectionHistory;
  #notifyUs = 0;
  /** In the order of time. */
  stretches: Stretch[] = [];
  /** In the order in which they come to the master. */
  arrivals: Arrival[] = [];
  /** Node of the keepalive that `nextKeepalive` has found. */
  healsBy = -1;

  constructor(links: ClusterLinks, history: ConnectionHistory) {
    this.#links = links;
    this.#history = history;
  }

  /** The agent's stretches, and when its messages came to the master. */
  recall(agent: number, notifyUs: number): void {
    this.#notifyUs = notifyUs;
    const history = this.#history;
    this.stretches = [];
    this.arrivals = [];
    let open: Stretch | null = null;
    for (let row = history.from(agent); row < history.to(agent); row++) {
      const what = history.what(row);
      const atUs = history.atUs(row);
      if (open) open.toUs = Math.min(open.toUs, atUs);
      open = null;
      if (what === Heard.Nothing) continue;
      const node = history.node(row);
      const isStartup = what === Heard.Startup;
      if (isStartup || what === Heard.Shutdown) {
        for (const earlier of this.stretches)
          if (earlier.node === node) earlier.statusUs = Math.min(earlier.statusUs, atUs);
      }
      if (what === Heard.Shutdown) {
        this.#come(Shown.Disconnected, node, atUs, atUs, !this.#isFollowed(row, node, atUs));
        continue;
      }
      open = {
        node,
        fromUs: atUs,
        toUs: Infinity,
        isStartup,
        keepaliveUs: history.keepaliveUs(row),
        gridUs: history.gridUs(row),
        wholeOfUs: NaN,
        statusUs: Infinity,
      };
      this.stretches.push(open);
    }
    // The first keepalive of a session, or of a remoted that does not know the agent yet, writes the whole row.
    let sessionUs = -Infinity;
    let wholeUs = -Infinity;
    for (const stretch of this.stretches) {
      const { node, fromUs, toUs, isStartup, keepaliveUs } = stretch;
      if (isStartup) {
        this.#come(Shown.Pending, node, fromUs, fromUs);
        sessionUs = fromUs;
        wholeUs = -Infinity;
      }
      if (keepaliveUs >= toUs || (wholeUs > -Infinity && this.#nextBirth(node, wholeUs) > keepaliveUs)) continue;
      this.#come(Shown.Active, node, keepaliveUs, sessionUs);
      wholeUs = keepaliveUs;
      stretch.wholeOfUs = sessionUs;
    }
    // A worker passes on what a row has become, so the last message of several decides.
    this.arrivals.sort((a, b) => a.atUs - b.atUs || a.heardUs - b.heardUs);
  }

  /** True when the agent comes to the same node again before that starts anew. */
  #isFollowed(row: number, node: number, atUs: number): boolean {
    const history = this.#history;
    const birthUs = this.#nextBirth(node, atUs);
    return (
      row + 1 < history.to(history.agent(row)) && history.node(row + 1) === node && history.atUs(row + 1) < birthUs
    );
  }

  /** @param stays a row that says `disconnected` is not touched by a start of remoted, and still passed on. */
  #come(shows: Shown, node: number, heardUs: number, sinceUs: number, stays = false): void {
    const atUs = this.#arrival(node, heardUs, stays);
    if (atUs < Infinity) this.arrivals.push({ atUs, heardUs, shows, node, sinceUs });
  }

  /** When the master knows what a node's remoted has written at `atUs`; Infinity: never, the node has started anew before. */
  #arrival(node: number, atUs: number, stays = false): number {
    if (node === this.#links.master) return atUs;
    const links = this.#links;
    const syncUs = links.linked[node]!.nextTick(links.phases[node]!.agentInfoUs, clusterTimings.agentInfoUs, atUs);
    return !stays && this.#nextBirth(node, atUs) <= syncUs ? Infinity : syncUs;
  }

  #nextBirth(node: number, atUs: number): number {
    return this.#links.births[node]!.find((instant) => instant > atUs) ?? Infinity;
  }

  /** Last instant up to which the master has heard from a node by `atUs`, of what was written since `sinceUs`. */
  #syncedUpTo(node: number, sinceUs: number, atUs: number): number {
    if (node === this.#links.master) return atUs;
    const links = this.#links;
    const untilUs = Math.min(atUs, this.#nextBirth(node, sinceUs));
    return links.linked[node]!.lastTick(links.phases[node]!.agentInfoUs, clusterTimings.agentInfoUs, untilUs);
  }

  /**
   * Keepalives of a stretch up to here are passed on with their time: behind the last sync before a change of the status alone only
   * those that a whole row still tells of.
   */
  #passedOnUs({ node, keepaliveUs, wholeOfUs, statusUs }: Stretch): number {
    if (node === this.#links.master || statusUs === Infinity) return Infinity;
    const links = this.#links;
    const syncUs = links.linked[node]!.lastTick(links.phases[node]!.agentInfoUs, clusterTimings.agentInfoUs, statusUs);
    return wholeOfUs > -Infinity && keepaliveUs > syncUs ? Infinity : syncUs;
  }

  /** The newest keepalive of the agent the master knows of at `atUs`; a startup message is none. -Infinity: it knows of none. */
  lastKnown(atUs: number): number {
    for (let index = this.stretches.length - 1; index >= 0; index--) {
      const stretch = this.stretches[index]!;
      const { node, fromUs, toUs, keepaliveUs, gridUs } = stretch;
      if (fromUs > atUs) continue;
      const uptoUs = Math.min(this.#syncedUpTo(node, fromUs, atUs), toUs - 1, this.#passedOnUs(stretch));
      if (uptoUs < keepaliveUs) continue;
      if (uptoUs < gridUs) return keepaliveUs;
      return gridUs + Math.floor((uptoUs - gridUs) / this.#notifyUs) * this.#notifyUs;
    }
    return -Infinity;
  }

  /** When a keepalive that the master does not know of at `atUs` comes to it. */
  nextKeepalive(atUs: number): number {
    let nextUs = Infinity;
    for (const stretch of this.stretches) {
      const { node, fromUs, toUs, keepaliveUs, gridUs } = stretch;
      if (toUs <= atUs - longestSyncUs && node === this.#links.master) continue;
      const knownUs = this.#syncedUpTo(node, fromUs, atUs);
      const turns = Math.max(0, Math.floor((knownUs - gridUs) / this.#notifyUs) + 1);
      const ownUs = knownUs < keepaliveUs ? keepaliveUs : gridUs + turns * this.#notifyUs;
      if (ownUs >= toUs || ownUs > this.#passedOnUs(stretch)) continue;
      const arrivalUs = this.#arrival(node, ownUs);
      if (arrivalUs > atUs && arrivalUs < nextUs) {
        nextUs = arrivalUs;
        this.healsBy = node;
      }
    }
    return nextUs;
  }
}
