// Where what happens now leaves what a baseline remembers: the first row that differs, and what stood before it.
import type { Scenario } from '../scenario/scenario.ts';
import { firstDifferentLink, linkRows, type Recording, type StreamRecord } from './recording.ts';
import { playReplication, type PlayedReplication } from './single.ts';

/** A row of a recording. */
export interface EventRow {
  readonly atUs: number;
  /** As `RowKind`. */
  readonly kind: number;
  /** -1: not about an agent. */
  readonly agent: number;
  readonly values: readonly number[];
}

export interface Divergence {
  readonly mode: string;
  /** Index into the scenario's modes. */
  readonly modeIndex: number;
  /** From 0. */
  readonly replication: number;
  readonly stream: keyof Recording;
  /** Rows that are alike before it; of a row that the baseline has only as a digest the rows before its link. */
  readonly alike: number;
  /** Rows there are now, and in the baseline. */
  readonly rows: readonly [now: number, baseline: number];
  /** `null`: nothing more happens. */
  readonly now: EventRow | null;
  /** `unknown`: the baseline has kept no rows of here. */
  readonly baseline: EventRow | null | 'unknown';
  /** The last rows before it, alike on both sides. */
  readonly before: readonly EventRow[];
  /** The last rows about the agents of the two, alike on both sides. */
  readonly ofAgents: readonly EventRow[];
}

const shown = { before: 5, ofAgents: 4 };

/**
 * The first divergent row of the first divergent replication, modes in their order; `null`: every row is alike.
 * @param baseline recordings by mode and replication, as `played`.
 */
export function firstDivergence(
  scenario: Scenario,
  played: readonly (readonly PlayedReplication[])[],
  baseline: readonly (readonly Recording[])[],
): Divergence | null {
  for (let replication = 0; replication < scenario.replications; replication++) {
    for (const modeIndex of scenario.modes.keys()) {
      const now = played[modeIndex]![replication]!.recording!;
      const remembered = baseline[modeIndex]![replication]!;
      if (isAlike(now, remembered)) continue;
      return divergenceOf(scenario, modeIndex, replication, now, remembered);
    }
  }
  return null;
}

export function isAlike(now: Recording, remembered: Recording): boolean {
  return now.connections.chain === remembered.connections.chain && now.counts.chain === remembered.counts.chain;
}

function divergenceOf(
  scenario: Scenario,
  modeIndex: number,
  replication: number,
  now: Recording,
  remembered: Recording,
): Divergence {
  const { world, name: mode } = scenario.modes[modeIndex]!;
  const links = {
    connections: firstDifferentLink(now.connections, remembered.connections),
    counts: firstDifferentLink(now.counts, remembered.counts),
  };
  // Played again, with every row up to there.
  const again = playReplication({
    world,
    seed: scenario.seed,
    replication,
    asked: [],
    record: { connections: { upTo: links.connections }, counts: { upTo: links.counts } },
  }).recording!;
  const found = (['connections', 'counts'] as const).flatMap((stream) =>
    links[stream] < 0
      ? []
      : [{ stream, ...firstIn(links[stream], rowsOf(again[stream]), again[stream].rows, remembered[stream]) }],
  );
  const atUs = ({ now: one, baseline: two }: (typeof found)[number]): number =>
    Math.min(one?.atUs ?? Infinity, two === null || two === 'unknown' ? Infinity : two.atUs);
  const first = found.reduce((best, each) => (atUs(each) < atUs(best) ? each : best));
  const { stream, alike, rows } = first;
  const { now: one, baseline: two } = first;
  const agents = [one, two].flatMap((row) => (row === null || row === 'unknown' || row.agent < 0 ? [] : [row.agent]));
  const past = rows.slice(0, alike);
  return {
    mode,
    modeIndex,
    replication,
    stream,
    alike,
    rows: [now[stream].rows, remembered[stream].rows],
    now: one,
    baseline: two,
    before: past.slice(-shown.before),
    ofAgents: past.filter(({ agent }) => agents.includes(agent)).slice(-shown.ofAgents),
  };
}

function firstIn(
  link: number,
  rows: readonly EventRow[],
  count: number,
  remembered: StreamRecord,
): Pick<Divergence, 'alike' | 'now' | 'baseline'> & { readonly rows: readonly EventRow[] } {
  const from = link * linkRows;
  const there = from >= remembered.rows ? '' : remembered.kept.find(([index]) => index === link)?.[1];
  if (there === undefined) return { alike: from, now: rows[from] ?? null, baseline: 'unknown', rows };
  const theirs = there
    .split('\n')
    .filter((line) => line !== '')
    .map(rowOf);
  let at = 0;
  while (from + at < count && at < theirs.length && sameRow(rows[from + at]!, theirs[at]!)) at += 1;
  return { alike: from + at, now: rows[from + at] ?? null, baseline: theirs[at] ?? null, rows };
}

function sameRow(one: EventRow, two: EventRow): boolean {
  return (
    one.atUs === two.atUs &&
    one.kind === two.kind &&
    one.agent === two.agent &&
    one.values.length === two.values.length &&
    one.values.every((value, index) => value === two.values[index])
  );
}

function rowsOf({ kept }: StreamRecord): EventRow[] {
  return kept.flatMap(([, text]) => text.trimEnd().split('\n').map(rowOf));
}

function rowOf(line: string): EventRow {
  const [atUs = 0, kind = 0, agent = -1, ...values] = line.split(' ').map(Number);
  return { atUs, kind, agent, values };
}
