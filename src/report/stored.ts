// result.json: everything a run found out, so that it can be told again and compared. One value a line, closed by a digest of all
// that stands before it, so that a file that was cut off or edited is recognised before anything is believed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Comparison, ModeResult } from '../metrics/comparison.ts';
import { engineVersion } from '../run/version.ts';
import type { SourcePosition } from '../scenario/scenario.ts';
import { printable } from './escape.ts';
import { rowPieces, storedRows, type RowPiece } from './storedRows.ts';
import { summaryJson } from './summaryJson.ts';

/** A change that breaks readers needs a new number. */
export const resultFormat = 'fleetfall-result/1';
const formatFamily = /^fleetfall-(result|summary|baseline|manifest)\/\d+$/;

/** A stored result that cannot be used: which file, why, and what to do. */
export class ResultError extends Error {
  readonly file: string;

  constructor(file: string, reason: string) {
    super(`${printable(file)}: ${reason}`);
    this.name = 'ResultError';
    this.file = file;
  }
}

type StoredMode = Omit<ModeResult, 'reconnects'> & { readonly reconnects?: undefined };
type StoredComparison = Omit<Comparison, 'modes'> & { readonly modes: readonly StoredMode[] };

/** The text of result.json, piece by piece. No configuration text is in it, and no folder: files are called by their names only. */
export function* resultPieces(comparison: Comparison): Generator<string> {
  const hash = createHash('sha256');
  const piece = (text: string): string => {
    hash.update(text);
    return text;
  };
  // The outages follow behind it, in columns.
  const modes = comparison.modes.map((mode): StoredMode => ({ ...mode, reconnects: undefined }));
  const { scenario, expectations } = comparison;
  const stored: StoredComparison = {
    ...comparison,
    scenario: {
      ...scenario,
      source: basename(scenario.source),
      warnings: scenario.warnings.map(withoutFolder),
      remarks: scenario.remarks.map(withoutFolder),
    },
    expectations: expectations.map((result) => ({ ...result, expectation: withoutFolder(result.expectation) })),
    modes,
  };
  yield piece(`{"format":${JSON.stringify(resultFormat)},\n"engine":${JSON.stringify(comparison.engine)},\n`);
  yield piece(`"comparison":${encoded(stored)},\n"reconnects":[\n`);
  let before = '';
  for (const [index, { reconnects }] of comparison.modes.entries()) {
    for (const rows of rowPieces(index, reconnects)) {
      yield piece(`${before}${encoded(rows)}`);
      before = ',\n';
    }
  }
  yield piece('\n],\n');
  yield `"digest":"${hash.digest('hex')}"}\n`;
}

function withoutFolder<T extends { readonly position: SourcePosition | null }>(told: T): T {
  const { position } = told;
  return position === null ? told : { ...told, position: { ...position, file: position.file.split(/[\\/]/).at(-1)! } };
}

/** JSON has no word for what never ends, nor for a zero below zero; every other number comes back as it was. */
export function encoded(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (ArrayBuffer.isView(inner)) throw new Error('a comparison holds plain lists');
    if (typeof inner !== 'number' || (Number.isFinite(inner) && !Object.is(inner, -0))) return inner;
    return { $number: Object.is(inner, -0) ? '-0' : String(inner) };
  });
}

export function decoded(text: string): unknown {
  return JSON.parse(text, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || !('$number' in inner)) return inner;
    return Number(inner.$number);
  });
}

/**
 * Reads what `writeReport` has stored.
 * @param path the folder of a report, its result.json, or the summary.json beside it. A summary beside it has to be its own.
 * @throws ResultError when it is cut off, edited, of another format or of another version of fleetfall.
 */
export function readResult(path: string): Comparison {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const named = basename(path);
  if (!isFolder && named !== 'summary.json') return parseResult(read(path), path);
  const folder = isFolder ? path : dirname(path);
  const summary = join(folder, 'summary.json');
  if (!isFolder) checkSummary(read(summary).toString('utf8'), summary);
  const file = join(folder, 'result.json');
  if (!existsSync(file)) {
    throw new ResultError(
      isFolder ? path : file,
      isFolder
        ? 'holds no result.json, so it is no report of this version. Give it what `fleetfall run` has written, or run the scenario again.'
        : 'is not there: a summary.json alone is a part of the result. Run the scenario again.',
    );
  }
  const comparison = parseResult(read(file), file);
  if (existsSync(summary)) {
    const text = read(summary).toString('utf8').replaceAll('\r\n', '\n');
    if (text !== summaryJson(comparison)) {
      checkSummary(text, summary);
      throw new ResultError(
        summary,
        'does not say what the result.json beside it says: one of them was edited, or is of another run. ' +
          `\`fleetfall report ${printable(file)} --out ${printable(folder)}\` writes it again from result.json.`,
      );
    }
  }
  return comparison;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ResultError(
      file,
      code === 'ENOENT' ? 'there is no such file.' : `cannot be read (${code ?? 'unknown'}).`,
    );
  }
}

/** Says what is wrong with a summary that cannot be one of ours. */
function checkSummary(text: string, file: string): void {
  let format: unknown;
  try {
    format = (JSON.parse(text) as { readonly format?: unknown } | null)?.format;
  } catch {
    throw new ResultError(file, 'is cut off, or was edited: it is no JSON any more. Run the scenario again.');
  }
  if (format !== 'fleetfall-summary/1') {
    throw new ResultError(
      file,
      `has the format ${formatText(format)}, this version reads fleetfall-summary/1. Run the scenario again.`,
    );
  }
}

function formatText(format: unknown): string {
  return typeof format === 'string' ? printable(format.slice(0, 60)) : 'of something else';
}

/** @param file for messages. @throws ResultError as `readResult`. */
export function parseResult(bytes: Buffer, file: string): Comparison {
  const lines = linesOf(bytes, file);
  const first = lines.next().value ?? '';
  const [, format] = /^\{"format":"([^"\\]{1,60})",$/.exec(first) ?? [];
  if (format !== resultFormat) {
    const what =
      format === undefined || !formatFamily.test(format)
        ? 'is no result.json that fleetfall has written, or it was edited or formatted anew'
        : `has the format ${format}, this version reads ${resultFormat}`;
    throw new ResultError(file, `${what}. Run the scenario again.`);
  }
  const hash = createHash('sha256').update(`${first}\n`);
  let engine: unknown;
  let stored: StoredComparison | undefined;
  const pieces: RowPiece[] = [];
  let digest: string | undefined;
  try {
    for (const line of lines) {
      const [, closing] = /^"digest":"([0-9a-f]{64})"\}$/.exec(line) ?? [];
      if (closing !== undefined) {
        digest = closing;
        break;
      }
      hash.update(`${line}\n`);
      if (line.startsWith('"engine":')) engine = JSON.parse(line.slice(9, -1));
      // What digest() has written follows; nothing is looked at before the digest was compared.
      else if (line.startsWith('"comparison":')) stored = decoded(line.slice(13, -1)) as StoredComparison;
      else if (line.startsWith('{')) pieces.push(decoded(line.replace(/,$/, '')) as RowPiece);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ResultError(file, broken);
  }
  if (digest === undefined) throw new ResultError(file, 'is cut off: its end is missing. Run the scenario again.');
  if (digest !== hash.digest('hex') || stored === undefined) throw new ResultError(file, broken);
  if (engine !== engineVersion) throw new ResultError(file, otherEngine(String(engine)));
  return {
    ...stored,
    modes: stored.modes.map((mode, index) => ({
      ...mode,
      reconnects: storedRows(pieces.filter((piece) => piece.mode === index)),
    })),
  };
}

const broken = 'was edited, or is damaged: its digest is another. Run the scenario again.';

/** What to say of something that another version has made. */
export function otherEngine(engine: string): string {
  const made = printable(engine.slice(0, 60));
  return (
    `was made by fleetfall ${made}, this is ${engineVersion}: versions may differ in what they simulate. ` +
    `Run the scenario again with this version, or use fleetfall ${made}.`
  );
}

/** Each line is a string of its own: all of them together may be longer than a string can be. */
function* linesOf(bytes: Buffer, file: string): Generator<string, undefined> {
  for (let from = 0; from < bytes.length;) {
    const found = bytes.indexOf(10, from);
    const to = found < 0 ? bytes.length : found;
    try {
      yield bytes.toString('utf8', from, to > from && bytes[to - 1] === 13 ? to - 1 : to);
    } catch {
      throw new ResultError(file, broken); // a line no string can hold is none of ours
    }
    from = to + 1;
  }
}
