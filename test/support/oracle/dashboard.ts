// What the dashboard shows: a table of agents on every node, written by its remoted, passed on row by row to the master's, which
// monitord sweeps. Played message by message and tick by tick when the run is over. docs/MODEL.md, "The cluster and the dashboard".
import type { Key } from '../../../src/kernel/random.ts';
import { ClusterLinks, masterOf } from '../../../src/models/cluster/links.ts';
import { OutageEnd } from '../../../src/models/ledger.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { stepsOf } from '../../../src/models/timelines.ts';
import { Calendar, Rank } from './calendar.ts';
import type { ClusterLog } from './cluster.ts';

type Status = 'never' | 'pending' | 'active' | 'disconnected';
/** What of a worker's row the master has to be told, from nothing to everything. */
const tells = ['nothing', 'keepalive', 'status', 'all'] as const;
type Tells = (typeof tells)[number];

interface Row {
  status: Status;
  /** `null`: none has come. */
  keepaliveUs: number | null;
  node: number;
  tells: Tells;
  /** Begin of the session whose keepalive wrote the whole row. */
  sessionUs: number;
}

interface Table {
  rows: Row[];
  /** Agents of whom this life of remoted has written the whole row since their last startup. */
  written: Set<number>;
}

export interface OutageOf {
  readonly agent: number;
  readonly brokenAtUs: number;
  readonly end: number;
  readonly handshakeUs: number;
}

export interface DashboardBooks {
  /** By row of the outages. */
  readonly knownUs: readonly number[];
  readonly falseDisconnectedUs: readonly number[];
  readonly falseActiveUs: readonly number[];
  readonly alerts: readonly number[];
  readonly falseAlerts: readonly number[];
  /** At whole steps of the time line. */
  readonly looks: readonly DashboardLook[];
}

export interface DashboardLook {
  readonly atUs: number;
  /** Of nodes. */
  readonly active: readonly number[];
  readonly pending: number;
  readonly disconnected: number;
  readonly falseActive: number;
  readonly falseDisconnected: number;
}

/** When a keepalive counts: when it is due and somebody hears its agent, or when it has been read. */
export type Counts = 'due' | 'read';

export class Dashboard implements ClusterLog {
  readonly #options: WorldOptions;
  readonly #groupOf: readonly number[];
  readonly #root: Key;
  readonly #master: number;
  /** The run's clock, while it runs; then the dashboard's own. */
  readonly #clock: Calendar;
  readonly #log: { atUs: number; rank: Rank; counts: Counts | null; action: () => void }[] = [];
  readonly #calendar = new Calendar();

  // Of the run: what is heard, and the keepalive that is due.
  readonly #heardBy = new Map<number, number>();
  readonly #due = new Map<number, number>();
  readonly #owes = new Set<number>();

  // Of the dashboard.
  readonly #tables: Table[];
  /** Begin of the newest session of each agent. */
  readonly #sessionUs = new Map<number, number>();
  readonly #running: boolean[];
  readonly #linked: boolean[];
  #sweepFromUs = -Infinity;
  /** Agents that monitord will tell of. */
  readonly #toTell = new Set<number>();
  readonly #heard: boolean[];
  readonly #sinceUs: number[];
  readonly #falseDisconnectedUs: number[];
  readonly #falseActiveUs: number[];
  readonly #alerts: number[];
  readonly #falseAlerts: number[];
  readonly #looks: DashboardLook[] = [];
  /** When a row turned into `disconnected`, and into another status again. */
  readonly #gone: { atUs: number; agent: number; untilUs: number }[] = [];
  readonly #wholeRows: { atUs: number; agent: number; sessionUs: number }[] = [];

  constructor(options: WorldOptions, root: Key, clock: Calendar) {
    this.#options = options;
    this.#root = root;
    this.#clock = clock;
    this.#master = masterOf(options.nodes);
    this.#groupOf = options.groups.flatMap(({ count }, group) => Array<number>(count).fill(group));
    const none = (): number[] => this.#groupOf.map(() => 0);
    this.#tables = options.nodes.map(() => ({
      rows: this.#groupOf.map(() => ({
        status: 'never',
        keepaliveUs: null,
        node: -1,
        tells: 'nothing',
        sessionUs: -Infinity,
      })),
      written: new Set<number>(),
    }));
    this.#running = options.nodes.map(() => true);
    this.#linked = options.nodes.map(() => true);
    this.#heard = this.#groupOf.map(() => false);
    this.#sinceUs = none();
    this.#falseDisconnectedUs = none();
    this.#falseActiveUs = none();
    this.#alerts = options.groups.map(() => 0);
    this.#falseAlerts = options.groups.map(() => 0);
  }

  // ---------------------------------------------------------------------------------------------------- while the run goes on

  #note(rank: Rank, action: () => void, counts: Counts | null = null): void {
    this.#log.push({ atUs: this.#clock.nowUs, rank, counts, action });
  }

  runs(node: number, does: boolean): void {
    this.#note(Rank.place, () => {
      this.#running[node] = does;
    });
  }

  born(node: number): void {
    this.#note(Rank.place, () => this.#starts(node));
  }

  linked(worker: number, stands: boolean): void {
    this.#note(Rank.place, () => {
      this.#linked[worker] = stands;
    });
  }

  /** @param node that reads what the agent sends now, -1: nobody does. @param isHeldForIt what it sends is not lost but late. */
  hears(agent: number, node: number, isHeldForIt: boolean): void {
    const before = this.heardBy(agent);
    if (before === node) return;
    this.#heardBy.set(agent, node);
    this.#note(Rank.control, () => this.#isHeard(agent, node >= 0));
    if (node >= 0 && this.#owes.delete(agent)) this.#keepalive(agent, node, 'due');
    if (node < 0 && !isHeldForIt) this.#owes.delete(agent);
  }

  /** Node that hears an agent, as told last; -1: none. */
  heardBy(agent: number): number {
    return this.#heardBy.get(agent) ?? -1;
  }

  startup(agent: number, node: number): void {
    const sinceUs = this.#clock.nowUs;
    this.#owes.delete(agent);
    this.#note(Rank.control, () => {
      this.#tables[node]!.written.delete(agent);
      this.#sessionUs.set(agent, sinceUs);
      this.#write(node, agent, { status: 'pending' }, 'status');
    });
  }

  goodbye(agent: number, node: number): void {
    this.#note(Rank.control, () => this.#write(node, agent, { status: 'disconnected' }, 'status'));
  }

  /** The next keepalive is due then. @param waits over TCP one that is not heard at once is heard later. */
  keepaliveDue(agent: number, atUs: number, waits: boolean): void {
    this.#due.set(agent, atUs);
    if (atUs < this.#clock.nowUs) return;
    this.#clock.at(atUs, Rank.event, () => {
      if (this.#due.get(agent) !== atUs) return;
      const node = this.heardBy(agent);
      if (node >= 0) this.#keepalive(agent, node, 'due');
      else if (waits) this.#owes.add(agent);
    });
  }

  /** The agent has no session: it sends none. */
  left(agent: number): void {
    this.#due.delete(agent);
    this.#owes.delete(agent);
  }

  keepaliveNow(agent: number): void {
    const node = this.heardBy(agent);
    if (node >= 0) this.#keepalive(agent, node, 'due');
  }

  keepaliveRead(agent: number, node: number): void {
    this.#keepalive(agent, node, 'read');
  }

  #keepalive(agent: number, node: number, counts: Counts): void {
    this.#note(
      Rank.control,
      () => {
        const { written } = this.#tables[node]!;
        const sessionUs = this.#sessionUs.get(agent)!; // without a startup there is no session
        const keepaliveUs = this.#calendar.nowUs;
        if (written.has(agent)) this.#write(node, agent, { status: 'active', keepaliveUs }, 'keepalive');
        else this.#write(node, agent, { status: 'active', keepaliveUs, node, sessionUs }, 'all');
        written.add(agent);
      },
      counts,
    );
  }

  // ------------------------------------------------------------------------------------------------------ when the run is over

  play(counts: Counts, endUs: number, outages: readonly OutageOf[]): DashboardBooks | null {
    if (this.#master < 0) return null;
    const { nodes, warmupUs, durationUs } = this.#options;
    const { phases } = new ClusterLinks(nodes, this.#root, -warmupUs);
    const calendar = this.#calendar;
    for (const one of this.#log) {
      if (one.counts === null || one.counts === counts) calendar.at(one.atUs, one.rank, one.action);
    }
    const every = (phaseUs: number, periodUs: number, rank: Rank, action: () => void): void => {
      const tick = (atUs: number): void => {
        calendar.at(atUs, rank, () => {
          action();
          tick(atUs + periodUs);
        });
      };
      tick(phaseUs + Math.ceil((-warmupUs - phaseUs) / periodUs) * periodUs);
    };
    nodes.forEach((_, node) => {
      if (node !== this.#master) every(phases[node]!.agentInfoUs, 10_000_000, Rank.event, () => this.#passOn(node));
    });
    const { disconnection } = nodes[this.#master]!;
    const periodUs = disconnection.sweepSeconds * 1_000_000;
    const { sweep, alert } = phases[this.#master]!;
    this.#sweep(
      Math.floor(sweep * periodUs) + Math.ceil((-warmupUs - Math.floor(sweep * periodUs)) / periodUs) * periodUs,
    );
    const alertUs = Math.max(1, disconnection.alertSeconds) * 1_000_000;
    every(Math.floor(alert * alertUs), alertUs, Rank.look, () => this.#tell());
    every(0, stepsOf(durationUs).stepUs, Rank.look, () => this.#look());
    calendar.run(endUs);
    for (const [agent] of this.#groupOf.entries()) this.#account(agent, endUs);
    return {
      knownUs: outages.map((outage) => this.#knownUs(outage)),
      falseDisconnectedUs: this.#falseDisconnectedUs,
      falseActiveUs: this.#falseActiveUs,
      alerts: this.#alerts,
      falseAlerts: this.#falseAlerts,
      looks: this.#looks,
    };
  }

  get #rows(): readonly Row[] {
    return this.#tables[this.#master]!.rows;
  }

  #write(node: number, agent: number, change: Partial<Row>, told: Tells): void {
    const row = this.#tables[node]!.rows[agent]!;
    if (node === this.#master) {
      this.#show(agent, change);
      return;
    }
    Object.assign(row, change);
    if (tells.indexOf(told) > tells.indexOf(row.tells)) row.tells = told;
  }

  /** A worker passes its changed rows on. */
  #passOn(worker: number): void {
    if (!this.#running[worker] || !this.#running[this.#master] || !this.#linked[worker]) return;
    for (const [agent, row] of this.#tables[worker]!.rows.entries()) {
      const { status, keepaliveUs, node, sessionUs } = row;
      if (row.tells === 'all') this.#show(agent, { status, keepaliveUs, node, sessionUs });
      else if (row.tells === 'status') this.#show(agent, { status });
      else if (row.tells === 'keepalive') this.#show(agent, { status, keepaliveUs });
      row.tells = 'nothing';
    }
  }

  /** The master's row of an agent. */
  #show(agent: number, change: Partial<Row>): void {
    const { nowUs } = this.#calendar;
    this.#account(agent, nowUs);
    const row = this.#rows[agent]!;
    const before = row.status;
    const { keepaliveUs } = row;
    Object.assign(row, change);
    // Of what two workers pass on the newest wins (docs/MODEL.md).
    if (keepaliveUs !== null && keepaliveUs > (row.keepaliveUs ?? -Infinity)) row.keepaliveUs = keepaliveUs;
    if (change.sessionUs !== undefined) this.#wholeRows.push({ atUs: nowUs, agent, sessionUs: change.sessionUs });
    if (row.status === before) return;
    if (before === 'disconnected') {
      const last = this.#gone.findLast((one) => one.agent === agent)!; // that is how it came to be so
      last.untilUs = nowUs;
    }
    if (row.status === 'disconnected') this.#gone.push({ atUs: nowUs, agent, untilUs: Infinity });
  }

  /** The processes of a node are new: who was there is shown as disconnected, and nobody is told. */
  #starts(node: number): void {
    const table = this.#tables[node]!;
    table.written.clear();
    for (const [agent, row] of table.rows.entries()) {
      if (row.status !== 'active' && row.status !== 'pending') continue;
      if (node === this.#master) this.#show(agent, { status: 'disconnected' });
      else row.status = 'disconnected';
      row.tells = 'nothing';
    }
    if (node !== this.#master) return;
    this.#toTell.clear();
    this.#sweepFromUs = this.#calendar.nowUs;
    this.#sweep(this.#calendar.nowUs + this.#options.nodes[node]!.disconnection.sweepSeconds * 1_000_000);
  }

  #sweep(atUs: number): void {
    const { disconnection } = this.#options.nodes[this.#master]!;
    const sinceUs = this.#sweepFromUs;
    this.#calendar.at(atUs, Rank.look, () => {
      if (this.#sweepFromUs !== sinceUs) return; // of processes that are no more
      this.#sweep(atUs + disconnection.sweepSeconds * 1_000_000);
      if (!this.#running[this.#master]) return;
      for (const [agent, { status, keepaliveUs }] of this.#rows.entries()) {
        if (status !== 'active' && status !== 'pending') continue;
        if (keepaliveUs === null || keepaliveUs >= atUs - disconnection.thresholdSeconds * 1_000_000) continue;
        this.#show(agent, { status: 'disconnected' });
        this.#toTell.add(agent);
      }
    });
  }

  /** monitord tells of those it has found. */
  #tell(): void {
    if (!this.#running[this.#master]) return;
    const { disconnection } = this.#options.nodes[this.#master]!;
    const { nowUs } = this.#calendar;
    const oldUs = (disconnection.thresholdSeconds + disconnection.alertSeconds) * 1_000_000;
    for (const agent of [...this.#toTell]) {
      const { status, keepaliveUs } = this.#rows[agent]!;
      if (status !== 'active' && keepaliveUs! > nowUs - oldUs) continue;
      this.#toTell.delete(agent);
      if (status === 'active' || nowUs < 0) continue;
      const group = this.#groupOf[agent]!;
      this.#alerts[group]! += 1;
      if (this.#heard[agent]) this.#falseAlerts[group]! += 1;
    }
  }

  #isHeard(agent: number, is: boolean): void {
    this.#account(agent, this.#calendar.nowUs);
    this.#heard[agent] = is;
  }

  /** Books what was shown of it and what was so, up to now. */
  #account(agent: number, nowUs: number): void {
    const { status } = this.#rows[agent]!;
    const us = Math.max(0, nowUs) - this.#sinceUs[agent]!;
    this.#sinceUs[agent] = Math.max(0, nowUs);
    if (status === 'active' && !this.#heard[agent]) this.#falseActiveUs[agent]! += us;
    if (status === 'disconnected' && this.#heard[agent]) this.#falseDisconnectedUs[agent]! += us;
  }

  #look(): void {
    if (this.#calendar.nowUs < 0) return;
    const of = (status: Status): number => this.#rows.filter((row) => row.status === status).length;
    const wrong = (status: Status, heard: boolean): number =>
      this.#rows.filter((row, agent) => row.status === status && this.#heard[agent] === heard).length;
    this.#looks.push({
      atUs: this.#calendar.nowUs,
      active: this.#options.nodes.map(
        (_, node) => this.#rows.filter((row) => row.status === 'active' && row.node === node).length,
      ),
      pending: of('pending'),
      disconnected: of('disconnected'),
      falseActive: wrong('active', false),
      falseDisconnected: wrong('disconnected', true),
    });
  }

  /** From the break until the row says `disconnected`, or all of it is written by a session that began since. */
  #knownUs({ agent, brokenAtUs, end, handshakeUs }: OutageOf): number {
    const said = this.#gone.filter((one) => one.agent === agent && one.untilUs > brokenAtUs);
    const moved = this.#wholeRows.filter((one) => one.agent === agent && one.sessionUs >= brokenAtUs);
    const learntUs = Math.min(...said.map(({ atUs }) => Math.max(atUs, brokenAtUs)), ...moved.map(({ atUs }) => atUs));
    if (end === OutageEnd.Healed && learntUs >= brokenAtUs + handshakeUs) return NaN;
    return learntUs - brokenAtUs;
  }
}
