// The summary that fits a terminal of 80 × 24: the verdict, the modes with a small chart each, what was expected, what decides it.
import { formatCount, formatDuration, formatShare } from '../kernel/units.ts';
import type { Comparison, Estimate, ModeResult } from '../metrics/comparison.ts';
import { shortVerdictOf } from '../metrics/verdict.ts';
import { painter, printable, shorten } from './escape.ts';
import { formatRatio, nothing } from './format.ts';
import { bar, sparkline } from './sparkline.ts';
import { runsText } from './summaryMarkdown.ts';
import { outcomeOf } from './summaryJson.ts';
import { verdictStyles, type TerminalOptions } from './terminal.ts';
import { hanging, wrap } from './textLines.ts';
import { durationText, metricOf, sharedSentences, verdictWords } from './words.ts';

const narrowest = 60;
const mostModes = 6;
const mostExpectations = 3;
const mostAssumptions = 2;
/** Of a terminal of 24: the prompt, and where the report lies. */
const mostLines = 22;
const sparkWidths = { least: 12, most: 40 };
const barWidth = 6;

type Paint = ReturnType<typeof painter>;

/**
 * Text of at most 22 lines at 80 columns (with names of usual length), ending in a line feed: room for a prompt and the place of the report.
 * Contains no control character but line feeds and (with `colour`) our own colours; what was left out is counted.
 */
export function briefSummary(comparison: Comparison, { colour, width: columns }: TerminalOptions): string {
  const paint = painter(colour);
  const width = Math.max(narrowest, columns);
  const { scenario, modes } = comparison;
  const outcome = outcomeOf(comparison);
  const style =
    outcome === 'none' || outcome === 'pass' ? 'bold' : [...[verdictStyles[outcome]].flat(), 'bold' as const];
  const lines = [
    ...limited(wrap(printable(shortVerdictOf(comparison.faults, modes)), width), 4, width).map((line) =>
      paint(style, line),
    ),
    '',
    ...limited(
      wrap(
        `${formatCount(comparison.agents)} agents, ${durationText(comparison)}, ${runsText(comparison)}, seed ${printable(scenario.seed)}`,
        width,
      ),
      1,
      width,
    ),
    ...modeLines(comparison, width, paint),
  ];
  if (modes.length > mostModes) lines.push(paint('dim', `and ${modes.length - mostModes} more modes`));
  lines.push(...expectationLines(comparison, width, paint));
  lines.push(...assumptionLines(comparison, width, mostLines - lines.length));
  return `${lines.join('\n')}\n`;
}

/** The first `most` lines; the last of them ends in an ellipsis where there are more. */
function limited(lines: readonly string[], most: number, width: number): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most - 1), `${lines[most - 1]!.slice(0, width - 2)} …`];
}

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** What gives way first when the terminal is narrow; 0: never. */
  readonly weight: number;
  readonly cell: (mode: ModeResult) => string;
}

function modeLines(comparison: Comparison, width: number, paint: Paint): string[] {
  const shown = comparison.modes.slice(0, mostModes);
  const columns = columnsOf(shown);
  const cellsOf = (): string[][] => [
    columns.map(({ title }) => title),
    ...shown.map((mode) => columns.map(({ cell }) => cell(mode))),
  ];
  const widthsOf = (rows: readonly (readonly string[])[]): number[] =>
    columns.map((_, index) => Math.max(...rows.map((cells) => length(cells[index]!))));
  const roomOf = (): number => width - widthsOf(cellsOf()).reduce((sum, each) => sum + each + 2, 0);
  const giveWay = (least: number): void => {
    const heaviest = Math.max(...columns.map(({ weight }) => weight));
    if (heaviest === 0 || roomOf() >= least) return;
    columns.splice(
      columns.findIndex(({ weight }) => weight === heaviest),
      1,
    );
    giveWay(least);
  };
  giveWay(sparkWidths.least);
  // Where even the narrowest table leaves no room there is no line over time.
  const room = Math.min(sparkWidths.most, roomOf());
  if (room >= sparkWidths.least) columns.push(overTime(comparison, room));
  const rows = cellsOf();
  const widths = widthsOf(rows);
  return rows.map((cells, row) => {
    const line = cells
      .map((text, index) => {
        const space = ' '.repeat(widths[index]! - length(text));
        return columns[index]!.align === 'left' ? text + space : space + text;
      })
      .join('  ')
      .trimEnd();
    return row === 0 ? paint('dim', line) : line;
  });
}

function columnsOf(shown: readonly ModeResult[]): Column[] {
  const lost = shown.map((mode) => estimateOf(mode, 'events.lost')?.mean ?? 0);
  const mostLost = Math.max(...lost.filter(Number.isFinite), 0);
  const some = (metric: string): boolean => shown.some((mode) => (estimateOf(mode, metric)?.max ?? 0) > 0);
  const time = (title: string, metric: string): Column => ({
    title,
    align: 'right',
    weight: 0,
    cell: (mode) => amount(mode, metric, formatDuration),
  });
  const back = [time('half back', 'reconnect.p50'), time('99 % back', 'reconnect.p99')];
  const arrived = [time('half report', 'enrolment.firstReport.p50'), time('last reports', 'enrolment.firstReport.max')];
  return [
    { title: '', align: 'left', weight: 0, cell: ({ name }) => shorten(printable(name), 16) },
    ...(some('reconnect.count') || !some('enrolment.agents') ? back : arrived),
    { title: 'lost', align: 'right', weight: 0, cell: (mode) => amount(mode, 'events.lost', formatCount) },
    { title: '', align: 'left', weight: 2, cell: (mode) => bar(lost[shown.indexOf(mode)]!, mostLost, barWidth) },
    { title: 'share', align: 'right', weight: 3, cell: (mode) => amount(mode, 'loss.share', formatShare) },
    { title: 'skew', align: 'right', weight: 1, cell: (mode) => amount(mode, 'skew.agents.after', formatRatio) },
  ];
}

/** Agents with a session that somebody processes. */
function overTime({ agents }: Comparison, room: number): Column {
  return {
    title: room < 16 ? 'reporting' : 'agents reporting',
    align: 'left',
    weight: 0,
    cell: ({ timeline: { disconnected, unaware } }) =>
      sparkline(
        disconnected.map((away, step) => Math.max(0, agents - away - unaware[step]!)),
        Math.max(1, agents),
        room,
      ),
  };
}

function estimateOf(mode: ModeResult, metric: string): Estimate | undefined {
  return metricOf(mode, metric)?.estimate;
}

function amount(mode: ModeResult, metric: string, format: (value: number) => string): string {
  const mean = estimateOf(mode, metric)?.mean ?? null;
  return mean === null || Number.isNaN(mean) ? nothing : format(mean);
}

const worstFirst = ['breached', 'inconclusive', 'vacuous', 'pass'] as const;

/** How many hold; the worst of the others by name. */
function expectationLines({ expectations, modes }: Comparison, width: number, paint: Paint): string[] {
  if (expectations.length === 0) return [];
  const held = expectations.filter(({ verdict }) => verdict === 'pass').length;
  const others = worstFirst
    .filter((verdict) => verdict !== 'pass')
    .flatMap((verdict) => expectations.filter((each) => each.verdict === verdict));
  const lines = [
    '',
    paint(held === expectations.length ? 'green' : 'bold', `Expectations: ${held} of ${expectations.length} hold.`),
  ];
  for (const { expectation, verdict, detail } of others.slice(0, mostExpectations)) {
    const [first = '', ...rest] = limited(
      wrap(`${printable(expectation.text)}: ${printable(detail)}`, width - 16),
      modes.length <= 3 ? 2 : 1,
      width - 16,
    );
    lines.push(
      `  ${paint(verdictStyles[verdict], verdictWords[verdict].padEnd(14))}${first}`,
      ...rest.map((line) => `${' '.repeat(16)}${line}`),
    );
  }
  if (others.length > mostExpectations) lines.push(`  and ${others.length - mostExpectations} more that do not hold`);
  return lines;
}

/** @param room lines there are. */
function assumptionLines({ modes }: Comparison, width: number, room: number): string[] {
  const told = sharedSentences(modes, (mode) => mode.assumptions).flatMap(({ modes: names, sentences }) =>
    sentences.map((text) => (names.length === 0 ? text : `${names.join(', ')}: ${text}`)),
  );
  if (told.length === 0) return [];
  const texts = told.slice(0, mostAssumptions).map((text) => limited(hanging('- ', printable(text), width), 2, width));
  const lines = ['Assumed:', ...texts.flat()];
  if (told.length > mostAssumptions) lines.push(`  - and ${told.length - mostAssumptions} more`);
  if (lines.length <= room) return lines;
  return [`Assumed: ${told.length} ${told.length === 1 ? 'thing' : 'things'}, told with --details.`];
}

function length(text: string): number {
  return Array.from(text).length;
}
