// fleetfall report: tells stored results again, in the bytes in which the run has told them.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison } from '../metrics/comparison.ts';
import { anonymiser } from '../report/anonymise.ts';
import { briefSummary } from '../report/brief.ts';
import { printable } from '../report/escape.ts';
import { reportFiles, type ReportFile } from '../report/files.ts';
import { junitXml } from '../report/junit.ts';
import { readResult } from '../report/stored.ts';
import { terminalSummary } from '../report/terminal.ts';
import { checkOutput, OutputError, writeFiles } from '../report/write.ts';
import { ExitCode, UsageError, type Io } from './io.ts';

export const reportFormats = ['text', 'md', 'html', 'json', 'csv', 'svg', 'junit'] as const;
export type ReportFormat = (typeof reportFormats)[number];

export interface ReportFlags {
  readonly format?: ReportFormat;
  readonly json?: boolean;
  readonly details?: boolean;
  readonly out?: string;
  readonly quiet?: boolean;
}

/** Files of a report by what `--format` calls them. */
const files = {
  md: /^summary\.md$/,
  html: /^report\.html$/,
  json: /^(summary|result)\.json$/,
  csv: /\.csv$/,
  svg: /\.svg$/,
} satisfies Partial<Record<ReportFormat, RegExp>>;

export async function report(paths: readonly string[], flags: ReportFlags, io: Io): Promise<number> {
  const format = flags.json ? 'json' : flags.format;
  const { out } = flags;
  if (out === undefined && (format === 'csv' || format === 'svg')) {
    throw new UsageError(`--format ${format} makes several files: say where they go with --out DIRECTORY.`);
  }
  if (out !== undefined && (format === 'text' || format === 'junit')) {
    throw new UsageError(`--format ${format} goes to standard output: leave --out out, and write > FILE.`);
  }
  const masks = io.nameless ? anonymiser() : null;
  const results = paths.map((path) => {
    const result = readResult(path);
    return masks?.comparison(result) ?? result;
  });
  const names = results.map(({ scenario }) => scenario.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (out !== undefined && twice !== undefined) {
    throw new UsageError(
      `two results are of ${printable(twice)}: they would go to the same place. Give it one at a time.`,
    );
  }
  if (out === undefined) {
    io.out(printed(results, format ?? 'text', flags, io));
    return ExitCode.Ok;
  }
  const places = results.map((result) => ({
    result,
    place: results.length > 1 ? join(out, result.scenario.name) : out,
  }));
  for (const { place } of places) {
    checkOutput(place);
    // Some of the files would take the place of all of them.
    if (format !== undefined && existsSync(place) && statSync(place).isDirectory() && readdirSync(place).length > 0) {
      throw new OutputError(place, `it holds a report, and --format ${format} would leave only a part of it`);
    }
  }
  for (const { result, place } of places) {
    await writeFiles(chosen(result, format), place, io.signal);
    if (!flags.quiet) io.err(`Report: ${printable(place)}\n`);
  }
  return ExitCode.Ok;
}

function* chosen(result: Comparison, format: ReportFormat | undefined): Generator<ReportFile> {
  const wanted = format === undefined ? /./ : files[format as keyof typeof files];
  for (const file of reportFiles(result)) if (wanted.test(file.path)) yield file;
}

function printed(results: readonly Comparison[], format: ReportFormat, { details }: ReportFlags, io: Io): string {
  if (format === 'junit') return junitXml(results, { strict: false, inconclusive: 'open' });
  if (format === 'text') {
    const options = { colour: io.colour, width: io.columns };
    return results.map((each) => (details ? terminalSummary(each, options) : briefSummary(each, options))).join('\n');
  }
  const name = { md: 'summary.md', html: 'report.html', json: 'summary.json' }[format as 'md' | 'html' | 'json'];
  const texts = results.map((result) => {
    for (const { path, pieces } of reportFiles(result)) if (path === name) return [...pieces].join('');
    throw new Error(`a report has a ${name}`);
  });
  if (format !== 'json' || texts.length === 1) return texts.join('\n');
  return `[\n${texts.map((text) => text.trimEnd()).join(',\n')}\n]\n`;
}
