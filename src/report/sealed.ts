// Files that close with a digest of all that stands before it: one that was cut off or edited is recognised before anything in it is
// believed. One value a line, so that no string has to hold all of it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { engineVersion } from '../run/version.ts';
import { printable } from './escape.ts';

const formatFamily = /^fleetfall-(result|summary|baseline|manifest|change)\/\d+$/;

/** A stored result or baseline that cannot be used: which file, why, and what to do. */
export class ResultError extends Error {
  readonly file: string;

  constructor(file: string, reason: string) {
    super(`${printable(file)}: ${reason}`);
    this.name = 'ResultError';
    this.file = file;
  }
}

/** What a file is called in messages, and what brings it back. */
export interface SealedKind {
  readonly format: string;
  /** `result.json`. */
  readonly name: string;
  /** `Run the scenario again.` */
  readonly mend: string;
}

/** The text of a sealed file around `lines`, each of which ends in a comma and a line feed. */
export function* sealed({ format }: SealedKind, engine: string, lines: Iterable<string>): Generator<string> {
  const hash = createHash('sha256');
  const head = `{"format":${JSON.stringify(format)},\n"engine":${JSON.stringify(engine)},\n`;
  hash.update(head);
  yield head;
  for (const line of lines) {
    hash.update(line);
    yield line;
  }
  yield `"digest":"${hash.digest('hex')}"}\n`;
}

/**
 * The lines between head and digest. Line ends of another system are no edit.
 * @throws ResultError when it is cut off, edited, of another format or of another version of fleetfall.
 */
export function opened(bytes: Buffer, file: string, kind: SealedKind): readonly string[] {
  const { mend } = kind;
  const damaged = `was edited, or is damaged: its digest is another. ${mend}`;
  const all = linesOf(bytes, () => new ResultError(file, damaged));
  const [, format] = /^\{"format":"([^"\\]{1,60})",$/.exec(all[0] ?? '') ?? [];
  if (format !== kind.format) {
    const what =
      format === undefined || !formatFamily.test(format)
        ? `is no ${kind.name} that fleetfall has written, or it was edited or formatted anew`
        : `has the format ${format}, this version reads ${kind.format}`;
    throw new ResultError(file, `${what}. ${mend}`);
  }
  const end = all.findIndex((line) => line.startsWith('"digest":'));
  const [, digest] = /^"digest":"([0-9a-f]{64})"\}$/.exec(all[end] ?? '') ?? [];
  if (digest === undefined) throw new ResultError(file, `is cut off: its end is missing. ${mend}`);
  const hash = createHash('sha256');
  for (const line of all.slice(0, end)) hash.update(`${line}\n`);
  if (digest !== hash.digest('hex')) throw new ResultError(file, damaged);
  const [, engine = ''] = /^"engine":"(.*)",$/.exec(all[1] ?? '') ?? [];
  if (engine !== engineVersion) {
    const made = printable(engine.slice(0, 60));
    throw new ResultError(
      file,
      `was made by fleetfall ${made}, this is ${engineVersion}: versions may differ in what they simulate. ` +
        `${mend} Or use fleetfall ${made}.`,
    );
  }
  return all.slice(2, end);
}

/** Each line is a string of its own: all of them together may be longer than a string can be. */
function linesOf(bytes: Buffer, unreadable: () => ResultError): string[] {
  const lines: string[] = [];
  for (let from = 0; from < bytes.length;) {
    const found = bytes.indexOf(10, from);
    const to = found < 0 ? bytes.length : found;
    try {
      lines.push(bytes.toString('utf8', from, to > from && bytes[to - 1] === 13 ? to - 1 : to));
    } catch {
      throw unreadable(); // a line that no string can hold is none of ours
    }
    from = to + 1;
  }
  return lines;
}

/** @throws ResultError */
export function readBytes(file: string): Buffer {
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
