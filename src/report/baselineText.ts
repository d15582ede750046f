// What a check against a baseline has found, for people: where it began, what stood before it, and what moved.
import { formatCount, formatShare } from '../kernel/units.ts';
import { metricDefinitions } from '../scenario/metricNames.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { EventRow } from '../run/divergence.ts';
import type { BaselineCheck, ValueDifference } from './baselineCheck.ts';
import { metricLabel, movedRow } from './changeWords.ts';
import { painter, printable, shorten } from './escape.ts';
import { nothing, quantity } from './format.ts';
import { instantText, rowWords } from './rowWords.ts';
import type { TerminalOptions } from './terminal.ts';
import { hanging, wrap } from './textLines.ts';

const mostMoved = 6;
const nothingMore = 'nothing more happens';

/** One line when all is as remembered; else the first event that differs, with what both sides did before it. */
export function baselineText(
  scenario: Scenario,
  check: BaselineCheck,
  { colour, width: columns }: TerminalOptions,
): string {
  const paint = painter(colour);
  const width = Math.max(60, columns);
  const name = shorten(printable(scenario.name), 60);
  const { divergence, divergent, replications, events, tolerance, differs, values } = check;
  const runs = `${replications} ${replications === 1 ? 'run' : 'runs'}`;
  if (divergence === null && !differs) {
    return `${name}: as remembered (${runs}, ${formatCount(events)} events of connections)\n`;
  }
  const lines: string[] = [];
  const allowed = tolerance === null ? '' : ` within ${formatShare(tolerance)}`;
  if (!differs) lines.push(`${name}: other events, but all means are${allowed} of what is remembered (${runs})`);
  else {
    const where = divergence === null ? 'the same events, other numbers' : `events differ in ${divergent} of ${runs}`;
    lines.push(paint(['red', 'bold'], `${name}: not as remembered${tolerance === null ? '' : allowed}: ${where}`));
  }
  lines.push(...divergenceLines(scenario, check, width));
  if (differs) lines.push(...valueLines(values, check, width));
  return `${lines.join('\n')}\n`;
}

/** The first event that differs, in one sentence; `null`: every event is alike. */
export function divergenceSentence(
  scenario: Scenario,
  { divergence }: Pick<BaselineCheck, 'divergence'>,
): string | null {
  if (divergence === null) return null;
  const { now, baseline, mode, modeIndex, replication } = divergence;
  const words = rowWords(scenario.modes[modeIndex]!.world);
  const said = (row: EventRow | null | 'unknown', other: EventRow | null | 'unknown'): string => {
    if (row === null) return nothingMore;
    if (row === 'unknown') return 'something else (it has kept no rows of here)';
    const alike = other !== null && other !== 'unknown' && other.atUs === row.atUs;
    return alike ? words(row) : `${words(row)}, at ${instantText(row.atUs)}`;
  };
  const at = now ?? (baseline === 'unknown' ? null : baseline);
  const instant = at === null ? '' : ` at ${instantText(at.atUs)}`;
  return `mode ${mode}, replication ${replication + 1},${instant}: ${said(now, at)}; baseline: ${said(baseline, at)}.`;
}

function divergenceLines(scenario: Scenario, check: BaselineCheck, width: number): string[] {
  const { divergence } = check;
  if (divergence === null) return [];
  const { modeIndex, before, ofAgents, alike, stream } = divergence;
  const words = rowWords(scenario.modes[modeIndex]!.world);
  const row = (each: EventRow): string[] =>
    hanging('  ', printable(`${instantText(each.atUs)}  ${words(each)}`), width);
  const lines = hanging('', printable(`First difference: ${divergenceSentence(scenario, check)!}`), width);
  if (before.length > 0) {
    const what = stream === 'counts' ? 'counts at the instants before' : `${formatCount(alike)} events`;
    lines.push(`  Before it, alike on both sides (the last of ${what}):`, ...before.flatMap(row));
  }
  const others = ofAgents.filter((each) => !before.includes(each));
  if (others.length > 0) lines.push('  And of the same agents:', ...others.flatMap(row));
  return lines;
}

function valueLines(values: readonly ValueDifference[], { change, tolerance }: BaselineCheck, width: number): string[] {
  const lines: string[] = [];
  const moved = change.moved.slice(0, mostMoved);
  if (moved.length > 0) {
    lines.push('  What moved, the largest first:');
    for (const each of moved) {
      const { before, after } = movedRow(each);
      lines.push(
        ...hanging('  ', printable(`${shorten(each.mode, 30)}: ${metricLabel(each)}: ${before} → ${after}`), width),
      );
    }
    if (change.moved.length > mostMoved) lines.push(`    and ${change.moved.length - mostMoved} more metrics`);
  }
  const [first] = values;
  if (first !== undefined) {
    const { unit } = metricDefinitions[first.metric]!;
    const text = (value: number | null): string => (value === null ? nothing : quantity(value, unit));
    const of = first.replication < 0 ? 'the mean' : `replication ${first.replication + 1}`;
    const count = `${values.length} ${values.length === 1 ? 'value' : 'values'} beyond ${tolerance === null ? 'equality' : formatShare(tolerance)}`;
    const sentence = `${count}, the first: ${first.mode}: ${first.metric} of ${of}: ${text(first.before)} → ${text(first.after)}`;
    lines.push(...wrap(printable(sentence), width - 2).map((line) => `  ${line}`));
  }
  return lines;
}
