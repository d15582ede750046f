// result.json: everything a run found out, so that it can be told again and compared.
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Comparison, ModeResult } from '../metrics/comparison.ts';
import type { SourcePosition } from '../scenario/scenario.ts';
import { printable } from './escape.ts';
import { decoded, encoded, opened, readBytes, ResultError, sealed, type SealedKind } from './sealed.ts';
import { rowPieces, storedRows, type RowPiece } from './storedRows.ts';
import { summaryJson } from './summaryJson.ts';

/** A change that breaks readers needs a new number in the format. */
const kind: SealedKind = { format: 'fleetfall-result/1', name: 'result.json', mend: 'Run the scenario again.' };

type StoredMode = Omit<ModeResult, 'reconnects'> & { readonly reconnects?: undefined };
export type StoredComparison = Omit<Comparison, 'modes'> & { readonly modes: readonly StoredMode[] };

/** The text of result.json, piece by piece. No configuration text is in it, and no folder: files are called by their names only. */
export function resultPieces(comparison: Comparison): Iterable<string> {
  return sealed(kind, comparison.engine, resultLines(comparison));
}

function* resultLines(comparison: Comparison): Generator<string> {
  yield `"comparison":${encoded(withoutFolders(comparison))},\n"reconnects":[\n`;
  let before = '';
  for (const [index, { reconnects }] of comparison.modes.entries()) {
    for (const rows of rowPieces(index, reconnects)) {
      yield `${before}${encoded(rows)}`;
      before = ',\n';
    }
  }
  yield '\n],\n';
}

/** Without outages, and with files by their names only. */
export function withoutFolders(comparison: Comparison): StoredComparison {
  // The outages follow behind it, in columns.
  const modes = comparison.modes.map((mode): StoredMode => ({ ...mode, reconnects: undefined }));
  const { scenario, expectations } = comparison;
  return {
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
}

function withoutFolder<T extends { readonly position: SourcePosition | null }>(told: T): T {
  const { position } = told;
  return position === null ? told : { ...told, position: { ...position, file: position.file.split(/[\\/]/).at(-1)! } };
}

/**
 * Reads what `writeReport` has stored.
 * @param path the folder of a report, its result.json, or the summary.json beside it. A summary beside it has to be its own.
 * @throws ResultError when it is cut off, edited, of another format or of another version of fleetfall.
 */
export function readResult(path: string): Comparison {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const named = basename(path);
  if (!isFolder && named !== 'summary.json') return parseResult(readBytes(path), path);
  const folder = isFolder ? path : dirname(path);
  const summary = join(folder, 'summary.json');
  if (!isFolder) checkSummary(readBytes(summary).toString('utf8'), summary);
  const file = join(folder, 'result.json');
  if (!existsSync(file)) {
    throw new ResultError(
      isFolder ? path : file,
      isFolder
        ? 'holds no result.json, so it is no report of this version. Give it what `fleetfall run` has written, or run the scenario again.'
        : 'is not there: a summary.json alone is a part of the result. Run the scenario again.',
    );
  }
  const comparison = parseResult(readBytes(file), file);
  if (existsSync(summary)) {
    const text = readBytes(summary).toString('utf8').replaceAll('\r\n', '\n');
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
  const pieces: RowPiece[] = [];
  let stored: StoredComparison | undefined;
  // The digest has said that this is what resultLines() has written.
  for (const line of opened(bytes, file, kind)) {
    if (line.startsWith('"comparison":')) stored = decoded(line.slice(13, -1)) as StoredComparison;
    else if (line.startsWith('{')) pieces.push(decoded(line.replace(/,$/, '')) as RowPiece);
  }
  if (stored === undefined) throw new ResultError(file, `holds no comparison. ${kind.mend}`);
  return {
    ...stored,
    modes: stored.modes.map((mode, index) => ({
      ...mode,
      reconnects: storedRows(pieces.filter((piece) => piece.mode === index)),
    })),
  };
}
