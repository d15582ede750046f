// What moved between two results, for machines. A change that breaks readers needs a new number in `format`.
import type { Change, MetricChange } from '../metrics/change.ts';
import type { Comparison } from '../metrics/comparison.ts';
import { printableJson } from './escape.ts';
import { changeSentences } from './changeWords.ts';
import { estimateData } from './summaryJson.ts';

/** One document with a line feed at its end; times in seconds, shares of one. */
export function changeJson(change: Change): string {
  const side = ({ engine, scenario, replications, agents }: Comparison) => ({
    engine,
    name: scenario.name,
    title: scenario.title,
    seed: scenario.seed,
    inputHash: scenario.inputHash,
    replications,
    agents,
  });
  const moved = ({ mode, group, metric, unit, before, after, difference, certain, size }: MetricChange) => ({
    mode,
    ...(group === null ? {} : { group }),
    metric,
    certain,
    size: Number.isFinite(size) ? Number(size.toPrecision(6)) : 'Infinity',
    before: estimateData(before, unit),
    after: estimateData(after, unit),
    difference: estimateData(difference, unit),
  });
  const orText = (value: unknown): unknown =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  const document = {
    format: 'fleetfall-change/1',
    verdict: changeSentences(change),
    before: side(change.before),
    after: side(change.after),
    modes: change.modes,
    onlyBefore: change.onlyBefore,
    onlyAfter: change.onlyAfter,
    intervals: change.paired > 0 ? 'paired' : 'welch',
    pairedReplications: change.paired,
    moved: change.moved.map(moved),
    movedByGroup: change.movedByGroup.map(moved),
    unmoved: change.unmoved,
    expectations: change.expectations,
    settings: change.settings.map(({ modes, changes }) => ({
      modes,
      changes: changes.map(({ path, before, after }) => ({
        path,
        ...(before === undefined ? {} : { before: orText(before) }),
        ...(after === undefined ? {} : { after: orText(after) }),
      })),
    })),
    agentsThatMove: change.moves,
  };
  const indented = printableJson(JSON.stringify(document, null, 2));
  return `${indented.replace(/"values": \[[^[\]]*\]/g, (list) => list.replace(/\s*\n\s*/g, ' '))}\n`;
}
