// The text of an nginx configuration as directives with positions. nginx 1.22.1, src/core/ngx_conf_file.c, ngx_conf_read_token().
import { quote } from '../wording.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';

export interface Word {
  readonly text: string;
  readonly position: SourcePosition;
}

export interface Directive {
  readonly name: string;
  readonly position: SourcePosition;
  readonly args: readonly Word[];
  /** `null`: ended by a semicolon. */
  readonly block: readonly Directive[] | null;
}

export interface IncludedFile {
  /** Name as it is to appear in messages. */
  readonly file: string;
  readonly text: string;
}

/** Thrown by `ReadInclude`: the file may not be read. The message says what to do. */
export class IncludeOutside extends Error {}

/**
 * Files an `include` stands for, in order. An empty list for a pattern without a match.
 * @throws Error with a reason when a file without wildcards cannot be read.
 */
export type ReadInclude = (pattern: string, from: string) => readonly IncludedFile[];

interface Token {
  readonly kind: 'word' | ';' | '{' | '}' | 'end';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Reads a file and everything it includes. Mistakes go to `problems`; what can be read is returned. */
export function readDirectives(
  file: string,
  text: string,
  readInclude: ReadInclude,
  problems: Problem[],
  warnings: Warning[],
): readonly Directive[] {
  return new Reader(file, text, { readInclude, problems, warnings, includes: 0 }, [file]).block(null, 0, '');
}

// Nesting deeper than this is no configuration; nginx itself knows a handful of levels.
const deepest = 64;
// More files than this are a mistake, such as files that include each other twice.
const mostIncludes = 1000;

/** A string of a program, on one line. */
const programString = /(["'])(?:\\.|(?!\1)[^\\\n])*\1/y;

/** What the readers of a file and of everything it includes share. */
interface Reading {
  readonly readInclude: ReadInclude;
  readonly problems: Problem[];
  readonly warnings: Warning[];
  includes: number;
}

class Reader {
  readonly #file: string;
  readonly #text: string;
  readonly #reading: Reading;
  readonly #stack: readonly string[];
  #at = 0;
  #line = 1;
  #lineStart = 0;
  /** The text broke off in a way that has been reported. */
  #cutOff = false;

  constructor(file: string, text: string, reading: Reading, stack: readonly string[]) {
    this.#file = file;
    this.#text = text;
    this.#reading = reading;
    this.#stack = stack;
    if (!text.startsWith('\uFEFF')) return;
    this.#at = 1;
    this.#lineStart = 1;
    this.#problem(
      1,
      1,
      'the file begins with a byte order mark, which nginx takes for a part of its first directive. Save it as UTF-8 without BOM.',
    );
  }

  #problem(line: number, column: number, text: string): void {
    this.#reading.problems.push({ position: { file: this.#file, line, column }, text });
  }

  /** @param topmost name of the block of the main level that is open; empty: none. */
  block(opened: Token | null, depth: number, topmost: string): Directive[] {
    const directives: Directive[] = [];
    if (depth > deepest) {
      this.#problem(opened!.line, opened!.column, `blocks are nested more than ${deepest} deep. Check the braces.`);
      this.#at = this.#text.length;
      return directives;
    }
    for (;;) {
      const token = this.#next();
      switch (token.kind) {
        case 'end':
          if (opened && !this.#cutOff) {
            this.#problem(opened.line, opened.column, 'this "{" is never closed. Add the missing "}".');
          }
          return directives;
        case '}':
          if (opened) return directives;
          this.#problem(token.line, token.column, 'unexpected "}". Remove it, or add the "{" it belongs to.');
          break;
        case ';':
        case '{':
          this.#problem(token.line, token.column, `unexpected "${token.kind}": a directive must come before it.`);
          if (token.kind === '{') this.block(token, depth + 1, topmost);
          break;
        case 'word':
          this.#directive(token, directives, depth, topmost);
          break;
        default:
          token.kind satisfies never;
      }
    }
  }

  #directive(first: Token, directives: Directive[], depth: number, topmost: string): void {
    const args: Word[] = [];
    const position = { file: this.#file, line: first.line, column: first.column };
    for (;;) {
      const token = this.#next();
      if (token.kind === 'word') {
        args.push({ text: token.text, position: { file: this.#file, line: token.line, column: token.column } });
        continue;
      }
      if (token.kind === ';') {
        if (first.text === 'include') directives.push(...this.#include(position, args, depth, topmost));
        else directives.push({ name: first.text, position, args, block: null });
        return;
      }
      if (token.kind === '{') {
        if (/_by_lua_block$/.test(first.text)) {
          this.#problem(
            first.line,
            first.column,
            `${first.text} holds program text, which is not run here. Leave it out.`,
          );
          this.#skipProgram(token);
          return;
        }
        const block = this.block(token, depth + 1, topmost === '' ? first.text : topmost);
        directives.push({ name: first.text, position, args, block });
        return;
      }
      if (!this.#cutOff) {
        this.#problem(
          first.line,
          first.column,
          `directive ${quote(first.text)} is not ended. Add a ";" (or a block in braces).`,
        );
      }
      if (token.kind === 'end') this.#cutOff = true;
      // Give the brace back: it belongs to the block around.
      if (token.kind === '}') this.#at -= 1;
      return;
    }
  }

  /** Everything up to the brace that closes `opened`: braces in it come in pairs, but for those in strings. */
  #skipProgram(opened: Token): void {
    const text = this.#text;
    for (let depth = 1; this.#at < text.length; this.#at++) {
      const char = text[this.#at]!;
      if (char === '\n') {
        this.#line += 1;
        this.#lineStart = this.#at + 1;
      } else if (char === '"' || char === "'") {
        programString.lastIndex = this.#at;
        const string = programString.exec(text)?.[0];
        if (string !== undefined) this.#at += string.length - 1;
      } else if (char === '{') depth += 1;
      else if (char === '}') {
        depth -= 1;
        if (depth === 0) {
          this.#at += 1;
          return;
        }
      }
    }
    this.#problem(opened.line, opened.column, 'this "{" is never closed. Add the missing "}".');
    this.#cutOff = true;
  }

  #include(position: SourcePosition, args: readonly Word[], depth: number, topmost: string): readonly Directive[] {
    const { problems, warnings, readInclude } = this.#reading;
    const [pattern, ...rest] = args;
    if (!pattern || rest.length > 0) {
      problems.push({ position, text: 'include takes one file name or pattern.' });
      return [];
    }
    let files: readonly IncludedFile[];
    try {
      files = readInclude(pattern.text, this.#file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const text = `cannot include ${quote(pattern.text)}: ${reason}`;
      // What serves web pages need not be here to say where agents land.
      // So does what Debian puts there: load_module and nothing else.
      const idle = topmost === 'http' || topmost === 'mail' || /(^|\/)modules-enabled\/[^/]*$/.test(pattern.text);
      if (idle) warnings.push({ position: pattern.position, text });
      else if (error instanceof IncludeOutside) problems.push({ position: pattern.position, text });
      else {
        const mend = 'Put the file there, or correct the path (relative to the main configuration file).';
        problems.push({ position: pattern.position, text: `${text} ${mend}` });
      }
      return [];
    }
    return files.flatMap(({ file, text }) => {
      if (this.#stack.includes(file)) {
        const cycle = [...this.#stack.slice(this.#stack.indexOf(file)), file].join(' → ');
        problems.push({ position: pattern.position, text: `include goes round in a circle: ${cycle}.` });
        return [];
      }
      this.#reading.includes += 1;
      if (this.#reading.includes > mostIncludes) {
        if (this.#reading.includes === mostIncludes + 1) {
          problems.push({ position: pattern.position, text: `more than ${mostIncludes} files are included.` });
        }
        return [];
      }
      return new Reader(file, text, this.#reading, [...this.#stack, file]).block(null, depth, topmost);
    });
  }

  #token(kind: Token['kind'], text: string, at: number): Token {
    return { kind, text, line: this.#line, column: at - this.#lineStart + 1 };
  }

  #next(): Token {
    const text = this.#text;
    for (;;) {
      const char = text[this.#at];
      if (char === undefined) return this.#token('end', '', this.#at);
      if (char === '\n') {
        this.#at += 1;
        this.#line += 1;
        this.#lineStart = this.#at;
      } else if (isBlank(char)) {
        this.#at += 1;
      } else if (char === '#') {
        const end = text.indexOf('\n', this.#at);
        this.#at = end < 0 ? text.length : end;
      } else if (char === ';' || char === '{' || char === '}') {
        this.#at += 1;
        return this.#token(char, char, this.#at - 1);
      } else {
        return char === '"' || char === "'" ? this.#quoted(char) : this.#plain();
      }
    }
  }

  #quoted(mark: string): Token {
    const text = this.#text;
    const token = this.#token('word', '', this.#at);
    let value = '';
    let at = this.#at + 1;
    for (; at < text.length && text[at] !== mark; at++) {
      if (text[at] === '\\' && at + 1 < text.length) {
        at += 1;
        value += unescape(text[at]!);
      } else {
        if (text[at] === '\n') {
          this.#line += 1;
          this.#lineStart = at + 1;
        }
        value += text[at]!;
      }
    }
    if (at >= text.length) {
      this.#problem(token.line, token.column, `this ${mark} is never closed. Add the missing ${mark}.`);
      this.#cutOff = true;
    }
    this.#at = Math.min(text.length, at + 1);
    const after = text[this.#at];
    if (after !== undefined && !isBlank(after) && !/[;{})]/.test(after)) {
      this.#problem(
        this.#line,
        this.#at - this.#lineStart + 1,
        `unexpected ${quote(after)} behind a closing ${mark}. Put a space between them.`,
      );
    }
    return { ...token, text: value };
  }

  #plain(): Token {
    const text = this.#text;
    const token = this.#token('word', '', this.#at);
    let value = '';
    for (;;) {
      const char = text[this.#at];
      if (char === undefined || isBlank(char) || char === ';' || char === '{') break;
      // A brace is part of a word. At the end of one, in front of a blank, the end of the block was meant.
      if (char === '}' && isBlank(text[this.#at + 1] ?? ' ') && !value.includes('{')) break;
      if (char === '\\' && this.#at + 1 < text.length) {
        value += unescape(text[this.#at + 1]!);
        if (text[this.#at + 1] === '\n') {
          this.#line += 1;
          this.#lineStart = this.#at + 2;
        }
        this.#at += 2;
      } else if (char === '$' && text[this.#at + 1] === '{') {
        value += '${';
        this.#at += 2;
      } else {
        value += char;
        this.#at += 1;
      }
    }
    const odd = /[^\S \t\r\n]/.exec(value);
    if (odd) {
      const code = odd[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      this.#problem(
        token.line,
        token.column,
        `the blank U+${code} in ${quote(value)} is part of a word for nginx. Write a plain space.`,
      );
    }
    return { ...token, text: value };
  }
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n';
}

function unescape(char: string): string {
  switch (char) {
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case '"':
    case "'":
    case '\\':
      return char;
    default:
      return `\\${char}`;
  }
}
