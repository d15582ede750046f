// CSV row by row (RFC 4180), with the place of every field. Ours, because a mistake is named by line and column, and because a
// million rows are looked at one by one instead of being kept.
import { ScenarioError } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';

const quote = 34;
const comma = 44;
const lineFeed = 10;
const carriageReturn = 13;

/** Rows of a CSV text; the first is its header. Empty lines are passed over. */
export class CsvRows {
  readonly file: string;
  readonly #text: string;
  #at: number;
  #line = 1;
  #lineStart = 0;
  /** Of the current row's fields: offset of the first character and of the one behind, within quotes if it has them. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #hasQuotes: boolean[] = [];
  readonly #lines: number[] = [];
  readonly #columns: number[] = [];
  #fields = 0;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#at = text.charCodeAt(0) === 0xfeff ? 1 : 0; // a byte order mark, as spreadsheets write it
    this.#lineStart = this.#at;
  }

  /** Goes to the next row; false: there is none. @throws ScenarioError for quotes that end nowhere or in the middle of a field. */
  next(): boolean {
    const text = this.#text;
    while (this.#at < text.length && (text.charCodeAt(this.#at) === lineFeed || this.#isCrLf(this.#at))) {
      this.#newLine(this.#at + (text.charCodeAt(this.#at) === lineFeed ? 1 : 2));
    }
    if (this.#at >= text.length) return false;
    this.#fields = 0;
    for (;;) {
      this.#readField();
      const code = text.charCodeAt(this.#at);
      if (code === comma) {
        this.#at += 1;
        continue;
      }
      if (code === lineFeed) this.#newLine(this.#at + 1);
      else if (this.#isCrLf(this.#at)) this.#newLine(this.#at + 2);
      return true;
    }
  }

  /** Number of fields of the current row. */
  get fields(): number {
    return this.#fields;
  }

  /** A field of the current row without the blanks around it; empty when the row is shorter. */
  field(index: number): string {
    if (index < 0 || index >= this.#fields) return '';
    const text = this.#text.slice(this.#from[index], this.#to[index]);
    return (this.#hasQuotes[index] ? text.replaceAll('""', '"') : text).trim();
  }

  /** Where a field of the current row stands; the end of the row when it is shorter. */
  position(index: number): SourcePosition {
    const at = Math.min(index, this.#fields - 1);
    const missing = index >= this.#fields;
    const column = this.#columns[at]! + (missing ? this.#to[at]! - this.#from[at]! : 0);
    return { file: this.file, line: this.#lines[at]!, column };
  }

  #readField(): void {
    const text = this.#text;
    const field = this.#fields;
    const start = this.#at;
    this.#lines[field] = this.#line;
    this.#columns[field] = start - this.#lineStart + 1;
    this.#hasQuotes[field] = text.charCodeAt(start) === quote;
    this.#fields += 1;
    if (this.#hasQuotes[field]) {
      this.#readQuoted(field, start);
      return;
    }
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === comma || code === lineFeed || (code === carriageReturn && this.#isCrLf(at))) break;
    }
    this.#from[field] = start;
    this.#to[field] = at;
    this.#at = at;
  }

  #readQuoted(field: number, start: number): void {
    const text = this.#text;
    const { line, column } = { line: this.#lines[field]!, column: this.#columns[field]! };
    let at = start + 1;
    for (;;) {
      const end = text.indexOf('"', at);
      if (end < 0) this.#refuse(line, column, 'a quote begins here and ends nowhere.');
      for (let feed = text.indexOf('\n', at); feed >= 0 && feed < end; feed = text.indexOf('\n', feed + 1)) {
        this.#line += 1;
        this.#lineStart = feed + 1;
      }
      if (text.charCodeAt(end + 1) === quote) {
        at = end + 2;
        continue;
      }
      const code = text.charCodeAt(end + 1);
      if (end + 1 < text.length && code !== comma && code !== lineFeed && !this.#isCrLf(end + 1)) {
        this.#refuse(
          this.#line,
          end + 2 - this.#lineStart,
          'expected a comma or the end of the line after a closing quote. A quote within quotes is written twice.',
        );
      }
      this.#from[field] = start + 1;
      this.#to[field] = end;
      this.#at = end + 1;
      return;
    }
  }

  #refuse(line: number, column: number, text: string): never {
    throw new ScenarioError(this.file, [{ position: { file: this.file, line, column }, text }]);
  }

  #isCrLf(at: number): boolean {
    return this.#text.charCodeAt(at) === carriageReturn && this.#text.charCodeAt(at + 1) === lineFeed;
  }

  #newLine(at: number): void {
    this.#at = at;
    this.#line += 1;
    this.#lineStart = at;
  }
}

/** Columns by name; what is missing, given twice or not known is in the lists. */
export interface Header {
  /** Index of each known column, -1: it is not there. */
  readonly at: Readonly<Record<string, number>>;
  readonly missing: readonly string[];
  readonly twice: readonly { readonly name: string; readonly index: number }[];
  readonly others: readonly string[];
}

/** Reads the header: names in any order, upper or lower case. */
export function readHeader(rows: CsvRows, required: readonly string[], optional: readonly string[]): Header {
  const at: Record<string, number> = {};
  for (const name of [...required, ...optional]) at[name] = -1;
  const twice: { name: string; index: number }[] = [];
  const others: string[] = [];
  for (let index = 0; index < rows.fields; index++) {
    const name = rows.field(index).toLowerCase();
    if (!Object.hasOwn(at, name)) others.push(rows.field(index));
    else if (at[name]! >= 0) twice.push({ name, index });
    else at[name] = index;
  }
  return { at, missing: required.filter((name) => at[name] === -1), twice, others };
}
