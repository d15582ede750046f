// What the dashboard showed: engine against oracle.
import type { StatusBooks } from '../../../src/models/ledger.ts';
import { masterOf } from '../../../src/models/cluster/links.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import type { Counts, DashboardBooks } from './dashboard.ts';

/** A worker's latency moves an instant by so much. */
const nearUs = 1_000;
/** A keepalive that is read up to 1.01 s after it was due may be passed on with the next sync. */
const lateUs = 11_100_000;

/** @returns one line for each difference. */
export function dashboardDifferences(
  options: WorldOptions,
  engine: StatusBooks | null,
  oracle: DashboardBooks | null,
  known: readonly number[],
  knownToOracle: readonly number[],
  counts: Counts,
): readonly string[] {
  if (engine === null || oracle === null) return engine === oracle ? [] : ['only one of them has a dashboard'];
  const found: string[] = [];
  const seconds = (us: number): string => `${us / 1e6} s`;
  const sweepUs = options.nodes[masterOf(options.nodes)]!.disconnection.sweepSeconds * 1e6;
  const isNear = (ours: number, theirs: number, times = 1): boolean => {
    if (Object.is(ours, theirs)) return true;
    const apart = Math.abs(ours - theirs);
    if (counts === 'due') return apart <= nearUs * times;
    return apart <= lateUs * times || Math.abs(apart - sweepUs) <= lateUs * times;
  };
  known.forEach((ours, row) => {
    const theirs = knownToOracle[row]!;
    // One that is swept a sweep later may be beyond the end of the run.
    if (counts === 'read' && (ours === Infinity || theirs === Infinity)) return;
    // Of a row that one of them has swept before the break, a sweep later is anywhere up to a sweep behind it.
    if (counts === 'read' && Math.min(ours, theirs) === 0 && Math.max(ours, theirs) <= sweepUs + lateUs) return;
    if (!isNear(ours, theirs)) found.push(`outage ${row} is known: engine ${seconds(ours)}, oracle ${seconds(theirs)}`);
  });
  for (const what of ['falseDisconnectedUs', 'falseActiveUs'] as const) {
    oracle[what].forEach((theirs, agent) => {
      const ours = engine[what][agent]!;
      if (!isNear(ours, theirs, 10))
        found.push(`agent ${agent}, ${what}: engine ${seconds(ours)}, oracle ${seconds(theirs)}`);
    });
  }
  if (counts === 'read') return found;
  for (const what of ['alerts', 'falseAlerts'] as const) {
    if (String(engine[what]) !== String(oracle[what]))
      found.push(`${what}: engine ${String(engine[what])}, oracle ${String(oracle[what])}`);
  }
  const { active, pending, disconnected, falseActive, falseDisconnected } = engine.timeline;
  for (const [step, look] of oracle.looks.entries()) {
    if (step >= pending.length) break;
    const ours = JSON.stringify([
      active.map((series) => series[step]),
      ...[pending, disconnected, falseActive, falseDisconnected].map((series) => series[step]),
    ]);
    const theirs = JSON.stringify([
      look.active,
      look.pending,
      look.disconnected,
      look.falseActive,
      look.falseDisconnected,
    ]);
    if (ours === theirs) continue;
    found.push(`shown at ${look.atUs / 1e6} s: engine ${ours}, oracle ${theirs}`);
    break;
  }
  return found;
}
