// The text of an nginx configuration as directives with positions. nginx 1.22.1, src/core/ngx_conf_file.c, ngx_conf_read_token().
import { quote } from '../wording.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';

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
): readonly Directive[] {
  return new Reader(file, text, readInclude, problems, [file]).top();
}

// Nesting deeper than this is no configuration; nginx itself knows a handful of levels.
const deepest = 64;

class Reader {
  readonly #file: string;
  readonly #text: string;
  readonly #readInclude: ReadInclude;
  readonly #problems: Problem[];
  readonly #stack: readonly string[];
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(file: string, text: string, readInclude: ReadInclude, problems: Problem[], stack: readonly string[]) {
    this.#file = file;
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.#readInclude = readInclude;
    this.#problems = problems;
    this.#stack = stack;
  }

  top(): Directive[] {
    return this.#block(null, 0);
  }

  #problem(line: number, column: number, text: string): void {
    this.#problems.push({ position: { file: this.#file, line, column }, text });
  }

  #block(opened: Token | null, depth: number): Directive[] {
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
          if (opened) {
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
          if (token.kind === '{') this.#block(token, depth + 1);
          break;
        case 'word':
          this.#directive(token, directives, depth);
          break;
        default:
          token.kind satisfies never;
      }
    }
  }

  #directive(first: Token, directives: Directive[], depth: number): void {
    const args: Word[] = [];
    const position = { file: this.#file, line: first.line, column: first.column };
    for (;;) {
      const token = this.#next();
      if (token.kind === 'word') {
        args.push({ text: token.text, position: { file: this.#file, line: token.line, column: token.column } });
        continue;
      }
      if (token.kind === ';') {
        if (first.text === 'include') directives.push(...this.#include(position, args));
        else directives.push({ name: first.text, position, args, block: null });
        return;
      }
      if (token.kind === '{') {
        if (/^content_by|_lua_block$|_by_lua/.test(first.text)) {
          this.#problem(
            first.line,
            first.column,
            `${first.text} holds program text, which cannot be read. Leave it out.`,
          );
        }
        directives.push({ name: first.text, position, args, block: this.#block(token, depth + 1) });
        return;
      }
      this.#problem(
        first.line,
        first.column,
        `directive ${quote(first.text)} is not ended. Add a ";" (or a block in braces).`,
      );
      // Give the brace back: it belongs to the block around.
      if (token.kind === '}') this.#at -= 1;
      return;
    }
  }

  #include(position: SourcePosition, args: readonly Word[]): readonly Directive[] {
    const [pattern, ...rest] = args;
    if (!pattern || rest.length > 0) {
      this.#problems.push({ position, text: 'include takes one file name or pattern.' });
      return [];
    }
    let files: readonly IncludedFile[];
    try {
      files = this.#readInclude(pattern.text, this.#file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#problems.push({
        position: pattern.position,
        text: `cannot include ${quote(pattern.text)}: ${reason} Put the file there, or correct the path (relative to this configuration).`,
      });
      return [];
    }
    return files.flatMap(({ file, text }) => {
      if (this.#stack.includes(file)) {
        const cycle = [...this.#stack.slice(this.#stack.indexOf(file)), file].join(' → ');
        this.#problems.push({ position: pattern.position, text: `include goes round in a circle: ${cycle}.` });
        return [];
      }
      return new Reader(file, text, this.#readInclude, this.#problems, [...this.#stack, file]).top();
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
      } else if (char === ' ' || char === '\t' || char === '\r') {
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
    }
    this.#at = Math.min(text.length, at + 1);
    const after = text[this.#at];
    if (after !== undefined && !/[\s;{})]/.test(after)) {
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
      if (char === undefined || /[\s;{]/.test(char)) return { ...token, text: value };
      if (char === '$' && text[this.#at + 1] === '{') {
        const end = text.indexOf('}', this.#at);
        const stop = end < 0 ? text.length : end + 1;
        value += text.slice(this.#at, stop);
        this.#at = stop;
      } else if (char === '\\' && this.#at + 1 < text.length) {
        value += unescape(text[this.#at + 1]!);
        if (text[this.#at + 1] === '\n') {
          this.#line += 1;
          this.#lineStart = this.#at + 2;
        }
        this.#at += 2;
      } else if (char === '}') {
        // nginx takes a brace inside a word as part of it; at its end it is the end of the block that was meant.
        if (!/[^\s;{}]/.test(text[this.#at + 1] ?? ' ')) return { ...token, text: value };
        value += char;
        this.#at += 1;
      } else {
        value += char;
        this.#at += 1;
      }
    }
  }
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
