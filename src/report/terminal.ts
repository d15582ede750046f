// The summary on a terminal: verdict first, then what decides it, then the modes side by side.
import Table from 'cli-table3';
import { formatCount } from '../kernel/units.ts';
import type { Comparison, ModeResult, Verdict } from '../metrics/comparison.ts';
import { painter, printable, shorten, type Style } from './escape.ts';
import { differenceTexts } from './format.ts';
import { meanNote, runsText } from './summaryMarkdown.ts';
import { outcomeOf, remarkLines, warningLines } from './summaryJson.ts';
import { hanging, wrap } from './textLines.ts';
import { differenceLines, durationText, headlinesOf, sharedSentences, verdictWords } from './words.ts';

export interface TerminalOptions {
  /** The caller has looked at the terminal and NO_COLOR. */
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

export const verdictStyles = {
  pass: 'green',
  breached: ['red', 'bold'],
  inconclusive: 'yellow',
  vacuous: 'yellow',
} satisfies Record<Verdict, Style>;

const narrowest = 40;

/** Text for people, ending in a line feed. Contains no control character but line feeds and (with `colour`) our own colours. */
export function terminalSummary(comparison: Comparison, options: TerminalOptions): string {
  const paint = painter(options.colour);
  const width = Math.max(narrowest, options.width);
  const { scenario, modes, expectations } = comparison;
  const outcome = outcomeOf(comparison);
  const lines: string[] = [];
  const heading = (text: string): void => void lines.push('', paint('bold', text));

  const verdictStyle: Style =
    outcome === 'none' || outcome === 'pass' ? 'bold' : [...[verdictStyles[outcome]].flat(), 'bold'];
  lines.push(...wrap(printable(comparison.verdict), width).map((line) => paint(verdictStyle, line)));

  const assumptions = sharedSentences(modes, (mode) => mode.assumptions);
  if (assumptions.length > 0) {
    heading('What decides it');
    lines.push(...told(assumptions, width));
  }

  heading(printable(scenario.title));
  lines.push(
    ...wrap(
      `${formatCount(comparison.agents)} agents, ${durationText(comparison)}, ${runsText(comparison)}, seed ${printable(scenario.seed)}`,
      width,
    ),
    ...comparison.faults.flatMap(({ text }) => wrap(printable(text), width)),
    ...sideBySide(modes, width, paint),
    ...wrap(meanNote(comparison), width).map((line) => paint('dim', line)),
  );

  const differences = differenceLines(comparison);
  if (differences.length > 0) {
    heading(`Against ${shorten(printable(modes[0]!.name), 40)} (mean difference, 95 % interval)`);
    let mode = '';
    for (const line of differences) {
      if (line.mode !== mode) lines.push(`  ${shorten(printable(line.mode), width - 2)}`);
      mode = line.mode;
      const { mean, certainty } = differenceTexts(line.result.estimate, line.result.unit);
      lines.push(`    ${line.label.padEnd(27)}${mean.padStart(16)}   ${certainty}`.trimEnd());
    }
  }

  const explanations = sharedSentences(modes, (mode) => mode.explanations);
  if (explanations.length > 0) {
    heading('Why');
    lines.push(...told(explanations, width));
  }
  if (expectations.length > 0) {
    heading('Expectations');
    for (const { expectation, verdict, detail } of expectations) {
      const mark = paint(verdictStyles[verdict], verdictWords[verdict].padEnd(14));
      const [first = '', ...rest] = wrap(`${printable(expectation.text)}: ${printable(detail)}`, width - 16);
      lines.push(`  ${mark}${first}`, ...rest.map((line) => `${' '.repeat(16)}${line}`));
    }
  }
  const remarks = remarkLines(comparison);
  if (remarks.length > 0) {
    heading('About the configurations');
    for (const remark of remarks) lines.push(...hanging('- ', printable(remark), width));
  }
  const warnings = warningLines(comparison);
  if (warnings.length > 0) {
    heading('Warnings');
    for (const warning of warnings) lines.push(...hanging('- ', printable(warning), width));
  }
  return `${lines.join('\n')}\n`;
}

/** Metrics down, modes across. Too narrow a terminal gets ± on a line of its own, then several tables. */
function sideBySide(modes: readonly ModeResult[], width: number, paint: ReturnType<typeof painter>): string[] {
  const labelWidth = 22;
  const headlines = headlinesOf(modes);
  const asWritten = modes.map((mode) => [
    shorten(printable(mode.name), 24),
    ...headlines.map(({ value }) => printable(value(mode))),
  ]);
  const widthsOf = (columns: readonly (readonly string[])[]): number[] =>
    columns.map((column) => Math.max(...column.map((text) => Math.max(...phrases(text).map(length)))) + 2);
  const total = (widths: readonly number[]): number => widths.reduce((sum, each) => sum + each + 1, labelWidth + 2);
  const fits = total(widthsOf(asWritten)) <= width;
  const columns = fits
    ? asWritten
    : asWritten.map(([name, ...cells]) => [
        brokenName(name!),
        ...cells.map((text) => text.replace(' ± ', '\n± ').replaceAll(' / ', '/')),
      ]);
  const widths = widthsOf(columns);
  const lines: string[] = [];
  for (let from = 0; from < modes.length;) {
    let to = from + 1;
    while (to < modes.length && total(widths.slice(from, to + 1)) <= width) to += 1;
    const table = new Table({
      head: [
        '',
        ...columns.slice(from, to).map(([name]) =>
          name!
            .split('\n')
            .map((line) => paint('bold', line))
            .join('\n'),
        ),
      ],
      colWidths: [labelWidth, ...widths.slice(from, to)],
      colAligns: ['left', ...columns.slice(from, to).map(() => 'right' as const)],
      wordWrap: true,
      style: { head: [], border: [], compact: true },
    });
    headlines.forEach(({ label }, index) => {
      table.push([label, ...columns.slice(from, to).map((column) => column[index + 1]!)]);
    });
    lines.push(...table.toString().split('\n'));
    from = to;
  }
  return lines;
}

/** A long name on several lines, broken where its words end. */
function brokenName(name: string): string {
  const lines: string[] = [];
  for (const part of name.split(/(?<=[-_. ])/)) {
    const last = lines.at(-1);
    if (last !== undefined && length(last) + length(part) <= 14) lines[lines.length - 1] = last + part;
    else lines.push(part);
  }
  return lines.join('\n');
}

/** Parts of a cell that stay on one line; a long text of words (a cause) may break between any two. */
function phrases(text: string): string[] {
  return text.split('\n').flatMap((line) => (length(line) > 24 && /[a-z] [a-z]/.test(line) ? wrap(line, 14) : [line]));
}

function length(text: string): number {
  return Array.from(text).length;
}

function told(parts: ReturnType<typeof sharedSentences>, width: number): string[] {
  return parts.flatMap(({ modes, sentences }) => [
    ...(modes.length === 0
      ? []
      : hanging('', `${modes.map((name) => shorten(printable(name), 40)).join(', ')}:`, width)),
    ...sentences.flatMap((text) => hanging(modes.length === 0 ? '- ' : '  - ', printable(text), width)),
  ]);
}
