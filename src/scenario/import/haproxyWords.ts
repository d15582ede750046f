// One line of haproxy.cfg in words. HAProxy 2.6.12, configuration.txt 2.2 and 2.3; src/tools.c, parse_line().
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import { table } from './table.ts';

export interface HaproxyWord {
  readonly text: string;
  readonly position: SourcePosition;
  /** Environment variables in it whose value is not known; they stand for nothing in `text`. */
  readonly unknown: readonly string[];
}

export interface WordContext {
  /** Place of a column, 1-based. */
  at(column: number): SourcePosition;
  readonly env: ReadonlyMap<string, string | null>;
  /** Variables that HAProxy itself has: `.LINE`, `.FILE`, `.SECTION`. */
  readonly pseudo: Readonly<Record<string, string>>;
  problem(position: SourcePosition, text: string): void;
}

const blanks = ' \t\v\f';
// A carriage return ends a line, but not among blanks.
const spaces = `${blanks}\r`;
// Those that need no escape and end nothing: taken in one piece.
const plain = /[^ \t\v\f\r"'\\#$]+/y;

const letters: Readonly<Record<string, string>> = table({ t: '\t', n: '\n', r: '\r', ' ': ' ', '\\': '\\', '#': '#' });

/** @returns `null` when the line cannot be read; it has been said why. Blanks at the end make one more word, which is empty. */
export function readWords(line: string, context: WordContext): readonly HaproxyWord[] | null {
  const words: HaproxyWord[] = [];
  let at = 0;
  while (at < line.length && spaces.includes(line[at]!)) at += 1;
  let word = '';
  let unknown: string[] = [];
  let start = at;
  let quoted: { readonly mark: string; readonly at: number } | null = null;
  const end = (): void => {
    words.push({ text: word, position: context.at(start + 1), unknown });
    word = '';
    unknown = [];
  };
  while (at < line.length) {
    plain.lastIndex = at;
    const piece = plain.exec(line)?.[0] ?? '';
    if (piece !== '') {
      word += piece;
      at += piece.length;
      continue;
    }
    const char = line[at]!;
    if (char === '\r') break;
    if (char === '#' && quoted === null) break;
    if (char === '"' || char === "'") {
      if (quoted === null) quoted = { mark: char, at };
      else if (quoted.mark === char) quoted = null;
      else word += char;
      at += 1;
    } else if (char === '\\' && quoted?.mark !== "'") {
      const escape = readEscape(line, at, quoted !== null);
      if (escape === null) {
        context.problem(
          context.at(at + 1),
          '\\x takes two hexadecimal digits, such as \\x20. Correct it, or double the \\.',
        );
        return null;
      }
      word += escape.text;
      at += escape.length;
    } else if (blanks.includes(char) && quoted === null) {
      end();
      while (at < line.length && spaces.includes(line[at]!)) at += 1;
      start = at;
    } else if (char === '$' && quoted?.mark === '"') {
      const variable = readVariable(line, at, context);
      if (variable === null) return null;
      at += variable.length;
      if (variable.value === null) unknown.push(variable.name);
      else if (!variable.divided) word += variable.value;
      else {
        const [first = '', ...others] = variable.value.split(/[ \t\v\f\r\n]+/);
        word += first;
        for (const other of others) {
          end();
          word = other;
        }
      }
    } else {
      word += char;
      at += 1;
    }
  }
  if (quoted !== null) {
    context.problem(
      context.at(quoted.at + 1),
      `this ${quoted.mark} is never closed. Add the missing ${quoted.mark}, or write \\${quoted.mark}.`,
    );
    return null;
  }
  end();
  return words;
}

/** `null`: `\x` without two digits. Of no meaning, the backslash stays. */
function readEscape(line: string, at: number, inDouble: boolean): { text: string; length: number } | null {
  const next = line[at + 1] ?? '';
  if (next === 'x') {
    const digits = /^[0-9a-fA-F]{2}/.exec(line.slice(at + 2, at + 4))?.[0];
    return digits === undefined ? null : { text: String.fromCharCode(Number(`0x${digits}`)), length: 4 };
  }
  if (next === '"' || next === "'" || (next === '$' && inDouble)) return { text: next, length: 2 };
  const letter = next === '' ? undefined : letters[next];
  return letter === undefined ? { text: '\\', length: 1 } : { text: letter, length: 2 };
}

interface Variable {
  readonly name: string;
  /** `null`: not known. */
  readonly value: string | null;
  /** `${NAME[*]}`: its blanks divide words. */
  readonly divided: boolean;
  readonly length: number;
}

function readVariable(line: string, dollar: number, context: WordContext): Variable | null {
  const braced = line[dollar + 1] === '{';
  let at = dollar + (braced ? 2 : 1);
  const name = /^\.?[A-Za-z0-9_]*/.exec(line.slice(at, at + 256))![0];
  if (!/^[A-Za-z_.]/.test(name) || (name.startsWith('.') && context.pseudo[name] === undefined)) {
    const wrong = name === '' ? (line[at] ?? '') : name;
    context.problem(
      context.at(at + 1),
      `${quote(wrong)} is no name of a variable. Write "\${NAME}", or \\$ for a dollar sign.`,
    );
    return null;
  }
  at += name.length;
  let divided = false;
  let fallback: string | null = null;
  if (braced) {
    if (line.startsWith('[*]', at)) {
      divided = true;
      at += 3;
    } else if (line[at] === '[') {
      context.problem(context.at(at + 1), `only [*] may follow the name of a variable. Write "\${${name}[*]}".`);
      return null;
    }
    if (line[at] === '-') {
      const close = line.indexOf('}', at);
      fallback = close < 0 ? null : line.slice(at + 1, close);
      at = close < 0 ? line.length : close;
    }
    if (line[at] !== '}') {
      context.problem(context.at(dollar + 2), 'this { is never closed. Add the missing }.');
      return null;
    }
    at += 1;
  }
  const known = context.pseudo[name] ?? context.env.get(name);
  const value = known ?? fallback ?? (known === null ? '' : null);
  return { name, value, divided, length: at - dollar };
}
