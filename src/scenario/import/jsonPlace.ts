// Where a value stands in a JSON text that has been parsed already: only looked for when there is something to complain about.
import type { SourcePosition } from '../scenario.ts';

/** Place of the value at a path; of the nearest enclosing one when there is none. */
export function jsonPlace(file: string, text: string, path: readonly (string | number)[]): SourcePosition {
  const walk = new Walk(text);
  walk.blanks();
  for (const step of path) if (!walk.enter(step)) break;
  const before = text.slice(0, walk.at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { file, line: before.split('\n').length, column: walk.at - lineStart + 1 };
}

class Walk {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  blanks(): void {
    while (this.at < this.#text.length && /\s/.test(this.#text[this.at]!)) this.at += 1;
  }

  /** From the beginning of a list or mapping to the value of one of its entries; false: it has none, and nothing changes. */
  enter(step: string | number): boolean {
    const text = this.#text;
    const start = this.at;
    const isList = typeof step === 'number';
    if (text[start] !== (isList ? '[' : '{')) return false;
    this.at += 1;
    for (let index = 0; ; index++) {
      this.blanks();
      if (text[this.at] === ']' || text[this.at] === '}' || this.at >= text.length) break;
      let found = isList && index === step;
      if (!isList) {
        const from = this.at;
        this.#skipString();
        found = JSON.parse(text.slice(from, this.at)) === step;
        this.blanks();
        this.at += 1; // the colon
        this.blanks();
      }
      if (found) return true;
      this.#skipValue();
      this.blanks();
      if (text[this.at] !== ',') break;
      this.at += 1;
    }
    this.at = start;
    return false;
  }

  #skipString(): void {
    for (this.at += 1; this.#text[this.at] !== '"'; this.at++) if (this.#text[this.at] === '\\') this.at += 1;
    this.at += 1;
  }

  #skipValue(): void {
    let depth = 0;
    do {
      const character = this.#text[this.at];
      if (character === '"') {
        this.#skipString();
        continue;
      }
      if (character === '[' || character === '{') depth += 1;
      if (character === ']' || character === '}') depth -= 1;
      if (depth < 0) return;
      this.at += 1;
    } while (this.at < this.#text.length && (depth > 0 || !/[,\]}]/.test(this.#text[this.at]!)));
  }
}
