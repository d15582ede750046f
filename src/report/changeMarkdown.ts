// The card of a change for a pull request: verdict first, before and after, by group, who moves, what was set otherwise.
import { formatCount } from '../kernel/units.ts';
import type { Change, MetricChange } from '../metrics/change.ts';
import {
  changedExpectations,
  changeSentences,
  isHeadline,
  metricLabel,
  movedRow,
  movesOf,
  pairingNote,
  verdictStep,
} from './changeWords.ts';
import { markdownText as text } from './escape.ts';
import { settingLines } from './settingLines.ts';

/** More rows than this are counted: a comment on a pull request has an end. */
const mostRows = 40;

export function changeMarkdown(change: Change): string {
  const { before, after } = change;
  const lines = [
    before.scenario.name === after.scenario.name
      ? `# What moves: ${text(after.scenario.title)}`
      : `# ${text(before.scenario.name)} → ${text(after.scenario.name)}`,
    '',
    ...changeSentences(change).map((sentence) => `- **${text(sentence)}**`),
    '',
  ];
  const left = [...change.onlyBefore, ...change.onlyAfter];
  if (left.length > 0) lines.push(`Only on one side, not compared: ${left.map(text).join(', ')}.`, '');
  const expected = changedExpectations(change);
  if (expected.length > 0) {
    lines.push('## Expectations', '', row(['verdict', 'expected', 'found']), row(['---', '---', '---']));
    lines.push(...expected.map((each) => row([verdictStep(each), text(each.text), text(each.detail)])), '');
  }
  lines.push('## What was set otherwise', '');
  if (change.settings.length === 0) lines.push('Nothing that the simulation reads.', '');
  for (const each of change.settings) {
    const rows = settingLines(each).map(({ path, before: one, after: two }) => row([path, one, two].map(text)));
    lines.push(
      `${each.modes.map(text).join(', ')}:`,
      '',
      row(['setting', 'before', 'after']),
      row(['---', '---', '---']),
    );
    lines.push(...limited(rows), '');
  }
  const certain = change.moved.filter((each) => each.certain);
  const head = ['mode', 'what', 'before', 'after', 'difference', '95 % interval'];
  const tableHead = [row(head), row(['---', '---', '---:', '---:', '---:', '---:'])];
  if (certain.length > 0) {
    const first = certain.filter(isHeadline);
    const others = certain.filter((each) => !isHeadline(each));
    lines.push('## What moved', '', ...tableHead, ...limited((first.length > 0 ? first : others).map(metricRow)), '');
    if (first.length > 0 && others.length > 0) {
      lines.push(...folded(`${others.length} more metrics moved`, [...tableHead, ...limited(others.map(metricRow))]));
    }
  }
  const unsure = change.moved.filter((each) => !each.certain);
  if (unsure.length > 0) {
    lines.push(
      ...folded(`${unsure.length} metrics differ by what may be chance`, [
        ...tableHead,
        ...limited(unsure.map(metricRow)),
      ]),
    );
  }
  lines.push(...groupTables(change), ...moveLines(change), text(pairingNote(change)), '');
  lines.push(
    `fleetfall ${text(after.engine)}; before: ${identity(before)}; after: ${identity(after)}; ${change.unmoved} metrics did not move.`,
  );
  return `${lines.join('\n')}\n`;
}

function identity({ scenario, replications }: Change['before']): string {
  return `${text(scenario.name)} (seed ${text(scenario.seed)}, ${replications} runs, input ${text(scenario.inputHash.slice(0, 16))})`;
}

function metricRow(change: MetricChange): string {
  const { label, before, after, difference, certainty } = movedRow(change);
  return row([change.mode, label, before, after, difference, certainty].map(text));
}

/** Before and after of each group: what agents and events feel, whether it moved or not. */
function groupTables({ before, after, modes, movedByGroup }: Change): string[] {
  const lines: string[] = [];
  for (const mode of modes) {
    const own = movedByGroup.filter((each) => each.mode === mode && each.certain);
    const one = before.modes.find(({ name }) => name === mode)!;
    const two = after.modes.find(({ name }) => name === mode)!;
    if (own.length === 0 || one.groups.length < 2) continue;
    const metrics = [...new Set(own.map(({ metric }) => metric))];
    const moved = new Set(own.map(({ group }) => group));
    const rows = one.groups.flatMap(({ group, agents, metrics: ofOne }, index) => {
      if (!moved.has(group)) return [];
      const ofTwo = two.groups[index]!.metrics;
      const cells = metrics.map((metric) => {
        const [first, second] = [ofOne, ofTwo].map((list) => list.find((each) => each.metric === metric)!);
        const pair = { mode, group, before: first!.estimate, after: second!.estimate };
        const { before: left, after: right } = movedRow({
          ...pair,
          ...{ metric, unit: first!.unit, difference: second!.estimate, certain: true, size: 0 },
        });
        return left === right ? left : `${left} → ${right}`;
      });
      return [row([group, formatCount(agents), ...cells].map(text))];
    });
    const head = ['group', 'agents', ...metrics.map((metric) => metricLabel({ metric }))];
    lines.push(`## ${text(mode)} by group`, '', row(head), row(['---', ...head.slice(1).map(() => '---:')]));
    lines.push(...limited(rows), '');
    const still = one.groups.length - moved.size;
    if (still > 0) lines.push(`${still} ${still === 1 ? 'group' : 'groups'} did not move.`, '');
  }
  return lines;
}

function moveLines(change: Change): string[] {
  const moving = change.modes.filter((mode) => movesOf(change, mode).total > 0);
  if (moving.length === 0) return [];
  const lines = ['## Agents that land elsewhere', '', 'While all is well, in the first replication:', ''];
  for (const mode of moving) {
    const { total, lines: moves } = movesOf(change, mode);
    lines.push(`- **${text(mode)}**: ${formatCount(total)} of ${formatCount(change.before.agents)} agents`);
    lines.push(...limited(moves.map((line) => `  - ${text(line)}`)));
  }
  return [...lines, ''];
}

function limited(rows: readonly string[]): string[] {
  if (rows.length <= mostRows) return [...rows];
  const isTable = rows[0]!.startsWith('|');
  const more = `and ${rows.length - mostRows} more`;
  return [...rows.slice(0, mostRows), isTable ? `| ${more} |` : `  - ${more}`];
}

function folded(summary: string, inner: readonly string[]): string[] {
  return ['<details>', `<summary>${summary}</summary>`, '', ...inner, '', '</details>', ''];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
