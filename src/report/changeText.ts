// What moved between two results, on a terminal: verdict first, then what was set otherwise, then the largest first.
import type { Change, MetricChange } from '../metrics/change.ts';
import {
  changedExpectations,
  changeSentences,
  isHeadline,
  movedRow,
  movesOf,
  pairingNote,
  verdictStep,
} from './changeWords.ts';
import { formatCount } from '../kernel/units.ts';
import { painter, printable, shorten } from './escape.ts';
import { settingLines } from './settingLines.ts';
import type { TerminalOptions } from './terminal.ts';
import { hanging, wrap } from './textLines.ts';

export interface ChangeTextOptions extends TerminalOptions {
  /** Everything, instead of the first of each list. */
  readonly all?: boolean;
}

const narrowest = 60;
const most = { settings: 12, metrics: 6, groups: 6, moves: 4 };

/** Text for people, ending in a line feed; no control character but line feeds and (with `colour`) our own colours. */
export function changeText(change: Change, { colour, width: columns, all = false }: ChangeTextOptions): string {
  const paint = painter(colour);
  const width = Math.max(narrowest, columns);
  const lines: string[] = [];
  const heading = (text: string): void => void lines.push('', paint('bold', text));
  const limited = (list: readonly string[], limit: number, what: string): string[] =>
    all || list.length <= limit ? [...list] : [...list.slice(0, limit), `    and ${list.length - limit} more ${what}`];
  const name = (text: string, length = 40): string => shorten(printable(text), length);

  for (const sentence of changeSentences(change)) {
    lines.push(...wrap(printable(sentence), width).map((line) => paint('bold', line)));
  }
  const left = [
    ...change.onlyBefore.map((mode) => `${mode} (only before)`),
    ...change.onlyAfter.map((mode) => `${mode} (only after)`),
  ];
  if (left.length > 0) lines.push(...wrap(printable(`Not compared: ${left.join(', ')}.`), width));

  heading('What was set otherwise');
  if (change.settings.length === 0) lines.push('  nothing that the simulation reads');
  for (const each of change.settings) {
    lines.push(...wrap(each.modes.map((mode) => name(mode)).join(', '), width - 2).map((line) => `  ${line}`));
    const rows = settingLines(each).map(
      ({ path, before, after }) => `    ${name(path, 70)}: ${name(before)} → ${name(after)}`,
    );
    lines.push(...limited(rows, most.settings, 'settings'));
  }

  const certain = change.moved.filter((each) => each.certain);
  const unsure = change.moved.filter((each) => !each.certain);
  const table = (changes: readonly MetricChange[], limit: number): void => {
    for (const mode of change.modes) {
      const own = changes.filter((each) => each.mode === mode);
      if (own.length === 0) continue;
      const ordered = [...own.filter(isHeadline), ...own.filter((each) => !isHeadline(each))];
      lines.push(`  ${name(mode)}`);
      const rows = ordered.map((each) => rowText(each, width));
      lines.push(...limited(rows, limit, 'metrics'));
    }
  };
  if (certain.length > 0) {
    heading('What moved');
    table(certain, most.metrics);
  }
  if (unsure.length > 0) {
    heading('What may be chance');
    table(unsure, certain.length > 0 ? 3 : most.metrics);
  }
  const groups = change.movedByGroup.filter((each) => each.certain);
  if (groups.length > 0) {
    heading('By group');
    lines.push(
      ...limited(
        groups.map((each) => `  ${name(each.mode, 20)} ${name(each.group ?? '', 20)}${rowText(each, width).slice(3)}`),
        most.groups,
        'changes',
      ),
    );
  }
  const moving = change.modes.filter((mode) => movesOf(change, mode).total > 0);
  if (moving.length > 0) {
    heading('Agents that land elsewhere when all is well (first replication)');
    for (const mode of moving) {
      const { total, lines: moves } = movesOf(change, mode);
      lines.push(`  ${name(mode)}: ${formatCount(total)} of ${formatCount(change.before.agents)}`);
      lines.push(
        ...limited(
          moves.map((line) => `    ${name(line, width - 4)}`),
          most.moves,
          'ways',
        ),
      );
    }
  }
  const expected = changedExpectations(change);
  if (expected.length > 0) {
    heading('Expectations');
    for (const each of expected) {
      lines.push(...hanging('- ', printable(`${verdictStep(each)}: ${each.text}: ${each.detail}`), width));
    }
  }
  lines.push('', ...wrap(pairingNote(change), width).map((line) => paint('dim', line)));
  return `${lines.join('\n')}\n`;
}

function rowText(change: MetricChange, width: number): string {
  const { label, before, after, difference, certainty } = movedRow(change);
  const text = `    ${label.padEnd(27)} ${before} → ${after}`;
  const full = `${text}   (${difference}${certainty === '' ? '' : `, ${certainty}`})`;
  return full.length <= width ? full : text;
}
