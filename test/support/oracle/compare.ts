// Plays a world with the engine and with the oracle and says where they part.
import { lossCauses } from '../../../src/models/ledger.ts';
import { runWorld } from '../../../src/models/world.ts';
import type { Luck, WorldOptions } from '../../../src/models/worldOptions.ts';
import { bookDifferences } from './compareBooks.ts';
import { dashboardDifferences } from './compareDashboard.ts';
import type { Counts } from './dashboard.ts';
import { playOracle, type Deed, type OutageRow } from './oracle.ts';

export interface Tolerance {
  /** Instants may differ by this, µs. */
  readonly us: number;
  /** Counts of events may differ by this, for each count of each group. */
  readonly events: number;
  /** What the dashboard shows is compared too, and how. */
  readonly dashboard?: Counts;
}

/** @returns one line for each difference; none when both agree. */
export function differences(options: WorldOptions, luck: Luck, tolerance: Tolerance): readonly string[] {
  const deeds: Deed[] = [];
  const tell = (agent: number, atUs: number, what: string): void => {
    deeds.push({ agent, atUs, what });
  };
  const engine = runWorld(options, luck, {
    tried: (agent, atUs, server) => tell(agent, atUs, `tried ${server}`),
    noticed: (agent, atUs, why) => tell(agent, atUs, `noticed ${why}`),
    stopped: (agent, atUs) => tell(agent, atUs, 'stopped'),
    connected: (agent, atUs, server, node) => tell(agent, atUs, `connected ${server} ${node}`),
  });
  const { stepUs, steps } = engine.timeline;
  const endUs = options.untilSettled ? Math.min(options.durationUs, (steps - 1) * stepUs) : options.durationUs;
  const oracle = playOracle(options, luck, endUs, tolerance.dashboard);
  const found: string[] = [];
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= tolerance.us;
  const compare = (what: string, ours: string, theirs: string): void => {
    if (ours !== theirs) found.push(`${what}: engine ${ours}, oracle ${theirs}`);
  };

  const agents = options.groups.reduce((sum, { count }) => sum + count, 0);
  for (let agent = 0; agent < agents; agent++) {
    const of = (all: readonly Deed[]): Deed[] => all.filter((deed) => deed.agent === agent);
    const ours = of(deeds);
    const theirs = of(oracle.deeds);
    for (let row = 0; row < Math.max(ours.length, theirs.length); row++) {
      const a = ours[row];
      const b = theirs[row];
      if (a && b && a.what === b.what && near(a.atUs, b.atUs)) continue;
      compare(`agent ${agent}, deed ${row}`, show(a), show(b));
      break; // what follows differs because of this
    }
  }

  const rows = engine.outages;
  const ours = Array.from({ length: rows.count }, (_, row): OutageRow => ({
    agent: rows.agent[row]!,
    fault: rows.fault[row]!,
    end: rows.end[row]!,
    fromNode: rows.fromNode[row]!,
    toNode: rows.toNode[row]!,
    brokenAtUs: rows.brokenAtUs[row]!,
    detectUs: rows.detectUs[row]!,
    retryUs: rows.retryUs[row]!,
    handshakeUs: rows.handshakeUs[row]!,
    attempts: rows.attempts[row]!,
    froze: rows.froze[row]!,
  }));
  const order = (a: OutageRow, b: OutageRow): number => a.agent - b.agent || a.brokenAtUs - b.brokenAtUs;
  ours.sort(order);
  const theirs = oracle.outages.toSorted(order);
  for (let row = 0; row < Math.max(ours.length, theirs.length); row++) {
    const a = ours[row];
    const b = theirs[row];
    const same =
      a !== undefined &&
      b !== undefined &&
      (Object.keys(a) as (keyof OutageRow)[]).every((key) =>
        key.endsWith('Us') ? near(a[key], b[key]) : a[key] === b[key],
      );
    if (!same) compare(`outage ${row}`, JSON.stringify(a), JSON.stringify(b));
  }

  engine.groups.forEach((counts, group) => {
    const other = oracle.groups[group]!;
    const number = (what: string, a: number, b: number): void => {
      if (Math.abs(a - b) > tolerance.events) compare(`group ${group}, ${what}`, String(a), String(b));
    };
    number('produced', counts.produced, other.produced);
    number('delivered', counts.delivered, other.delivered);
    number('pending', counts.pending, other.pending);
    for (const cause of lossCauses) number(`lost by ${cause}`, counts.lost[cause], other.lost[cause]);
  });
  compare('nodes at start', String([...engine.nodeAtStart]), String(oracle.nodeAtStart));
  compare('nodes at end', String([...engine.nodeAtEnd]), String(oracle.nodeAtEnd));
  compare('failed attempts', String(engine.attemptsFailed), String(oracle.attemptsFailed));
  if (options.faults.some(({ kind }) => kind === 'enroll')) {
    oracle.enrolments.forEach((own, agent) => {
      for (const key of ['startedUs', 'keyUs', 'reportedUs'] as const) {
        const ours = engine.enrolment[key][agent]!;
        if (!Object.is(ours, own[key]) && !near(ours, own[key]))
          found.push(`agent ${agent}, ${key}: engine ${ours / 1e6}, oracle ${own[key] / 1e6}`);
      }
      for (const key of ['keyUnknown', 'failed', 'duplicates'] as const) {
        compare(`agent ${agent}, ${key}`, String(engine.enrolment[key][agent]!), String(own[key]));
      }
    });
  }
  if (tolerance.dashboard) {
    const known = new Map(oracle.outages.map((row, index) => [row, oracle.dashboard?.knownUs[index] ?? NaN]));
    const rowOf = Array.from({ length: rows.count }, (_, row) => row);
    rowOf.sort((a, b) => rows.agent[a]! - rows.agent[b]! || rows.brokenAtUs[a]! - rows.brokenAtUs[b]!);
    const ofEngine = rowOf.map((row) => engine.status?.knownUs[row] ?? NaN);
    const ofOracle = theirs.map((row) => known.get(row)!);
    found.push(
      ...dashboardDifferences(options, engine.status, oracle.dashboard, ofEngine, ofOracle, tolerance.dashboard),
    );
  }
  found.push(...bookDifferences(options, engine, oracle, endUs, tolerance));
  return found;
}

function show(deed: Deed | undefined): string {
  return deed ? `${deed.what} at ${(deed.atUs / 1e6).toFixed(6)} s` : 'nothing';
}
