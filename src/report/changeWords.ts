// What moved between two results, in sentences and rows that the terminal and the card share.
import { formatCount } from '../kernel/units.ts';
import type { Change, ExpectationChange, MetricChange } from '../metrics/change.ts';
import { differenceTexts, estimateText, quantity } from './format.ts';
import { differenceWords, verdictWords } from './words.ts';

/** What the metrics that reports put first are called; others go by their own name. */
export function metricLabel({ metric }: Pick<MetricChange, 'metric'>): string {
  return differenceWords[metric] ?? metric;
}

export function isHeadline({ metric }: Pick<MetricChange, 'metric'>): boolean {
  return Object.hasOwn(differenceWords, metric);
}

/** The verdict: what became of the expectations, then what moved most of what matters first; one sentence each. */
export function changeSentences(change: Change): string[] {
  const sentences: string[] = [];
  const broken = change.expectations.filter(({ before, after }) => after === 'breached' && before !== 'breached');
  const mended = change.expectations.filter(({ before, after }) => before === 'breached' && after === 'pass');
  const list = (changes: readonly ExpectationChange[]): string =>
    changes
      .slice(0, 2)
      .map(({ text }) => text)
      .join('; ') + (changes.length > 2 ? `; and ${changes.length - 2} more` : '');
  if (broken.length > 0) sentences.push(`It breaks ${expectations(broken.length)}: ${list(broken)}.`);
  if (mended.length > 0) sentences.push(`It mends ${expectations(mended.length)}: ${list(mended)}.`);
  for (const mode of change.modes) {
    const certain = change.moved.filter((each) => each.mode === mode && each.certain);
    const told = certain.filter((each) => isHeadline(each) && shows(each)).slice(0, 3);
    if (told.length > 0) {
      sentences.push(`${mode}: ${told.map(movedText).join('; ')}.`);
      continue;
    }
    const unsure = change.moved.filter((each) => each.mode === mode).length;
    if (certain.length > 0) {
      const count = `${certain.length} ${certain.length === 1 ? 'metric' : 'metrics'}`;
      sentences.push(
        `${mode}: nothing moved that agents or events feel; ${count} did, most ${movedText(certain[0]!)}.`,
      );
    } else sentences.push(`${mode}: nothing moved${unsure > 0 ? ' beyond what may be chance' : ''}.`);
  }
  return sentences;
}

/** A move that the written numbers show. */
function shows({ before, after, unit }: MetricChange): boolean {
  if (before.mean === null || after.mean === null) return true;
  return quantity(before.mean, unit) !== quantity(after.mean, unit);
}

function expectations(count: number): string {
  return `${count} ${count === 1 ? 'expectation' : 'expectations'}`;
}

function movedText(change: MetricChange): string {
  const { before, after, unit } = change;
  const text = (mean: number | null): string => (mean === null ? 'nothing' : quantity(mean, unit));
  return `${metricLabel(change)} ${text(after.mean)}, before ${text(before.mean)}`;
}

export interface MovedRow {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  readonly difference: string;
  readonly certainty: string;
}

export function movedRow(change: MetricChange): MovedRow {
  const { unit, before, after, difference } = change;
  const { mean, certainty } = differenceTexts(difference, unit);
  return {
    label: metricLabel(change),
    before: estimateText(before, unit),
    after: estimateText(after, unit),
    difference: mean,
    certainty:
      difference.values.length === 0 && difference.halfWidth === 0 ? 'the same in every replication' : certainty,
  };
}

/** How sure the intervals are, and of what. */
export function pairingNote({ paired, before, after }: Change): string {
  const each = 'Intervals are 95 % each by itself: of many metrics a few may seem to move by chance.';
  if (paired === 1) return 'One replication on both sides: no intervals, what moved may be chance.';
  if (paired > 1) return `The same luck on both sides: ${paired} replications compared one by one. ${each}`;
  const runs = `${before.replications} and ${after.replications} replications`;
  return `Other seeds, so the sides met other luck: ${runs}, intervals by Welch. ${each}`;
}

/** Expectations whose verdict is another one, or that one side does not have. */
export function changedExpectations({ expectations: all }: Change): readonly ExpectationChange[] {
  return all.filter(({ before, after }) => before !== after);
}

export function verdictStep({ before, after }: ExpectationChange): string {
  const word = (verdict: ExpectationChange['before']): string =>
    verdict === null ? 'not asked' : verdictWords[verdict];
  return `${word(before)} → ${word(after)}`;
}

export function movesOf(
  { moves }: Change,
  mode: string,
): { readonly total: number; readonly lines: readonly string[] } {
  const own = (moves ?? []).filter((move) => move.mode === mode);
  return {
    total: own.reduce((sum, { agents }) => sum + agents, 0),
    lines: own.map(
      ({ group, from, to, agents }) =>
        `${formatCount(agents)} of ${group}: ${from ?? 'no session'} → ${to ?? 'no session'}`,
    ),
  };
}
