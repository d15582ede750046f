// What GitHub's runner shows of a run: annotations on the lines of the scenario, and the summary of a job.
import type { Comparison } from '../metrics/comparison.ts';
import type { Problem } from '../scenario/problem.ts';
import { markdownText, printable } from './escape.ts';
import { judgementOf, type Strictness } from './judgement.ts';
import { expectationRows, modeTable, summaryMarkdown } from './summaryMarkdown.ts';

/**
 * Workflow commands, one a line, for every expectation that does not pass. Source: docs.github.com, "Workflow commands for GitHub Actions",
 * and the escapes of actions/toolkit, packages/core/src/command.ts.
 * @param placeOf a file as the repository knows it.
 */
export function annotations(
  comparison: Comparison,
  strictness: Strictness,
  placeOf: (file: string) => string,
): readonly string[] {
  return comparison.expectations.flatMap(({ expectation, verdict, detail }) => {
    const judgement = judgementOf(verdict, strictness);
    if (judgement === 'pass') return [];
    return annotation(
      judgement === 'fail' ? 'error' : 'warning',
      { ...expectation.position, file: placeOf(expectation.position.file) },
      `${comparison.scenario.name}: ${verdict === 'vacuous' ? 'says nothing' : verdict}`,
      `${expectation.text}: ${detail}`,
    );
  });
}

/** The same for what needs mending before anything can be simulated. */
export function problemAnnotations(
  source: string,
  problems: readonly Problem[],
  placeOf: (file: string) => string,
): readonly string[] {
  return problems.map(({ position, text }) => {
    const place = position ?? { file: source, line: 1, column: 1 };
    return annotation('error', { ...place, file: placeOf(place.file) }, 'fleetfall', text);
  });
}

function annotation(
  level: 'error' | 'warning',
  { file, line, column }: { readonly file: string; readonly line: number; readonly column: number },
  title: string,
  text: string,
): string {
  const of = { file, line, col: column, title };
  const properties = Object.entries(of).map(([name, value]) => `${name}=${property(String(value))}`);
  return `::${level} ${properties.join(',')}::${data(text)}`;
}

function data(text: string): string {
  return printable(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/**
 * Markdown for the summary of a job: the verdict and what was expected in sight, the rest folded.
 * @param mostBytes room that is left. @returns less where there is less room, `null` where there is none.
 */
export function jobSummary(comparison: Comparison, mostBytes: number): string | null {
  const { scenario, verdict, expectations } = comparison;
  const head = [
    `## ${markdownText(scenario.title)}`,
    '',
    `**${markdownText(verdict)}**`,
    '',
    ...modeTable(comparison),
    ...(expectations.length === 0 ? [] : [...expectationRows(comparison), '']),
    '',
  ].join('\n');
  // The heading stands above already.
  const rest = summaryMarkdown(comparison, { beside: false }).replace(/^# .*\n/, '');
  const whole = `${head}<details><summary>The whole summary</summary>\n\n${rest}\n</details>\n\n`;
  return [whole, head].find((text) => Buffer.byteLength(text) <= mostBytes) ?? null;
}
