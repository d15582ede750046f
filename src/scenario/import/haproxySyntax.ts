// haproxy.cfg as sections of lines of words, with the place of each word. Rules: HAProxy 2.6.12, configuration.txt 2.1 to 2.4 and
// src/tools.c, parse_line(): a line feed ends a line, and so does the carriage return before it; quotes, escapes, and variables within
// double quotes; `.if` … `.endif` in haproxyConditions.ts.
import type { HaproxyVersion } from '../../models/balancer/haproxy/versions.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { quote } from '../wording.ts';
import { evaluateCondition } from './haproxyConditions.ts';
import { readWords, type HaproxyWord } from './haproxyWords.ts';

export type { HaproxyWord } from './haproxyWords.ts';

/** One statement. */
export interface HaproxyLine {
  /** What stands in front of the keyword: `no option …`, `default option …`. */
  readonly modifier: 'no' | 'default' | null;
  readonly keyword: string;
  /** Behind the keyword. */
  readonly args: readonly HaproxyWord[];
  readonly position: SourcePosition;
}

export interface HaproxySection {
  /** `global`, `defaults`, `frontend` … */
  readonly keyword: string;
  /** Its name and what follows it. */
  readonly args: readonly HaproxyWord[];
  readonly position: SourcePosition;
  readonly lines: HaproxyLine[];
}

export interface HaproxySyntaxInput {
  /** As the user named it; appears in messages. */
  readonly file: string;
  readonly text: string;
  readonly version: HaproxyVersion;
  /** Variables of the process; `null`: known not to be set. What is not in here is not known. */
  readonly env: ReadonlyMap<string, string | null>;
}

// HAProxy 2.6.12, `haproxy -dKall` and the REGISTER_CONFIG_SECTION of its sources; the later ones by the documentation of 3.4.
const sectionKeywords: ReadonlySet<string> = new Set([
  'global',
  'defaults',
  'frontend',
  'backend',
  'listen',
  'peers',
  'resolvers',
  'mailers',
  'userlist',
  'cache',
  'http-errors',
  'program',
  'ring',
  'log-forward',
  'fcgi-app',
  'crt-store',
  'traces',
  'log-profile',
  'acme',
  'healthcheck',
]);

// HAProxy 2.6.12, src/cfgparse.c, readcfgfile(): what may be turned round.
const reversible: ReadonlySet<string> = new Set([
  'option',
  'log',
  'busy-polling',
  'set-dumpable',
  'strict-limits',
  'insecure-fork-wanted',
  'numa-cpu-mapping',
]);

// HAProxy 2.6.12, include/haproxy/cfgparse.h, MAXNESTEDCONDS; include/haproxy/defaults.h, MAX_LINE_ARGS.
const deepest = 1024;
const mostWords = 64;

type Branch = 'taken' | 'waiting' | 'done';

interface Level {
  readonly position: SourcePosition;
  /** `skipped`: it stands within lines that are not read. */
  state: Branch | 'skipped';
  hasElse: boolean;
}

/** Reads a file. Mistakes go to `problems`; what can be read is returned. */
export function readSections(
  input: HaproxySyntaxInput,
  problems: Problem[],
  warnings: Warning[],
): readonly HaproxySection[] {
  return new Reader(input, problems, warnings).read();
}

class Reader {
  readonly #input: HaproxySyntaxInput;
  readonly #problems: Problem[];
  readonly #warnings: Warning[];
  readonly #env: Map<string, string | null>;
  readonly #sections: HaproxySection[] = [];
  readonly #levels: Level[] = [];
  #stopped = false;

  constructor(input: HaproxySyntaxInput, problems: Problem[], warnings: Warning[]) {
    this.#input = input;
    this.#problems = problems;
    this.#warnings = warnings;
    this.#env = new Map(input.env);
  }

  read(): readonly HaproxySection[] {
    const { file, text } = this.#input;
    if (text.startsWith('\uFEFF')) {
      this.#problem(
        { file, line: 1, column: 1 },
        'the file begins with a byte order mark, which HAProxy takes for a keyword. Save it as UTF-8 without BOM.',
      );
    }
    let at = text.startsWith('\uFEFF') ? 1 : 0;
    let line = 0;
    while (at < text.length && !this.#stopped) {
      const end = text.indexOf('\n', at);
      line += 1;
      this.#line(text.slice(at, end < 0 ? text.length : end), line, at === 1 && line === 1 ? 1 : 0);
      if (end < 0) {
        // src/cfgparse.c, readcfgfile(): the file might be truncated.
        this.#problem(
          { file, line, column: text.length - at + 1 },
          'the last line does not end: HAProxy refuses such a file. Add a line feed.',
        );
      }
      at = end < 0 ? text.length : end + 1;
    }
    for (const { position } of this.#stopped ? [] : this.#levels) {
      this.#problem(position, 'this .if is never ended. Add the missing .endif.');
    }
    return this.#sections;
  }

  #problem(position: SourcePosition, text: string): void {
    this.#problems.push({ position, text });
  }

  #line(text: string, line: number, indent: number): void {
    const start = text.search(/[^ \t\v\f\r]/);
    if (start < 0 || text[start] === '#') return;
    const { file } = this.#input;
    const at = (column: number): SourcePosition => ({ file, line, column: column + indent });
    if (text[start] === '[') {
      this.#problem(at(start + 1), `unexpected ${quote('[')}: a line begins with a keyword. Remove it.`);
      return;
    }
    const section = this.#sections.at(-1);
    const words = readWords(text, {
      at,
      env: this.#env,
      pseudo: {
        '.LINE': String(line),
        '.FILE': file,
        '.SECTION': section?.args[0]?.text ?? section?.keyword ?? '',
      },
      problem: (position, message) => this.#problem(position, message),
    });
    if (words === null) return;
    // Blanks at the end of a line make one more word, which is empty.
    if (words.length > mostWords) {
      this.#problem(words[mostWords]!.position, `a line has at most ${mostWords} words. Divide it.`);
      return;
    }
    const [first, ...rest] = words;
    if (first === undefined || first.text === '') return;
    if (first.text.startsWith('.') && this.#conditional(first, rest)) return;
    if (this.#levels.some(({ state }) => state !== 'taken')) return;
    if (first.text.startsWith('.')) this.#message(first, rest);
    else this.#statement(first, rest);
  }

  // -------------------------------------------------------------------------------------------------------- conditional blocks

  /** @returns false when the word is none of `.if`, `.elif`, `.else`, `.endif`. */
  #conditional({ text, position }: HaproxyWord, rest: readonly HaproxyWord[]): boolean {
    const level = this.#levels.at(-1);
    switch (text) {
      case '.if': {
        if (this.#levels.length >= deepest - 1) {
          this.#problem(position, `.if is nested more than ${deepest - 1} deep.`);
          this.#stopped = true;
          return true;
        }
        const outside = this.#levels.every(({ state }) => state === 'taken');
        const state = !outside ? 'skipped' : this.#holds(position, rest) ? 'taken' : 'waiting';
        this.#levels.push({ position, state, hasElse: false });
        return true;
      }
      case '.elif':
      case '.else':
        if (level === undefined) {
          this.#problem(position, `${text} without an .if above it. Remove it.`);
          return true;
        }
        if (level.hasElse) {
          this.#problem(position, `${text} behind the .else of the .if in line ${level.position.line}. Remove it.`);
          return true;
        }
        if (text === '.else') {
          this.#noMore(text, rest);
          level.hasElse = true;
        }
        if (level.state === 'skipped') return true;
        if (level.state !== 'waiting') level.state = 'done';
        else if (text === '.else' || this.#holds(position, rest)) level.state = 'taken';
        return true;
      case '.endif':
        this.#noMore(text, rest);
        if (level === undefined) this.#problem(position, '.endif without an .if above it. Remove it.');
        this.#levels.pop();
        return true;
      default:
        return false;
    }
  }

  #noMore(name: string, rest: readonly HaproxyWord[]): void {
    const more = rest.find(({ text }) => text !== '');
    if (more) this.#problem(more.position, `${name} stands alone, got ${quote(more.text)}. Remove it.`);
  }

  #holds(position: SourcePosition, words: readonly HaproxyWord[]): boolean {
    const unknown = words.flatMap((word) => word.unknown.map((name) => ({ name, position: word.position })));
    for (const { name, position: place } of unknown) this.#problem(place, unknownVariable(name));
    if (unknown.length > 0) return false;
    const first = words[0];
    const result = evaluateCondition(words.map(({ text }) => text).join(' '), {
      version: this.#input.version,
      env: this.#env,
    });
    if (typeof result === 'boolean') return result;
    if (result.kind === 'problem') {
      this.#problem(first?.position ?? position, result.text);
      return false;
    }
    this.#warnings.push({ position: first?.position ?? position, text: result.text });
    return result.value;
  }

  /** `.notice`, `.warning`, `.diag` say something at the start; `.alert` ends it. */
  #message({ text, position }: HaproxyWord, rest: readonly HaproxyWord[]): void {
    const said = rest[0]?.text ?? '';
    switch (text) {
      case '.alert':
        this.#problem(position, `HAProxy does not start: .alert ${quote(said)}.`);
        this.#stopped = true;
        return;
      case '.notice':
      case '.warning':
      case '.diag': {
        const more = rest[1];
        if (more !== undefined && more.text !== '') {
          this.#problem(more.position, `${text} takes one word, got ${quote(more.text)} as well. Quote the message.`);
        }
        return;
      }
      default:
        this.#problem(
          position,
          `unknown directive ${quote(text)}. Known: .if, .elif, .else, .endif, .notice, .warning, .alert, .diag.`,
        );
    }
  }

  // ---------------------------------------------------------------------------------------------------------------- statements

  #statement(first: HaproxyWord, rest: readonly HaproxyWord[]): void {
    let keyword = first;
    let args = rest;
    let modifier: HaproxyLine['modifier'] = null;
    if (first.text === 'no' || first.text === 'default') {
      modifier = first.text;
      const [next] = rest;
      if (next === undefined || !reversible.has(next.text)) {
        const known = [...reversible].join(', ');
        this.#problem(first.position, `${first.text} goes in front of ${known} only. Remove the line.`);
        return;
      }
      keyword = next;
      args = rest.slice(1);
    }
    const empty = args.findIndex(({ text }) => text === '');
    if (empty >= 0) {
      const hidden = args.slice(empty + 1).find(({ text }) => text !== '');
      const { position, unknown } = args[empty]!;
      if (hidden && unknown.length === 0) {
        this.#warnings.push({
          position,
          text: `this word is empty, and for HAProxy the line ends here: ${quote(hidden.text)} is not read.`,
        });
      }
      // Of an unknown variable the word is kept: it is asked for when it matters.
      args = args.slice(0, unknown.length > 0 ? empty + 1 : empty);
    }
    const { position } = first;
    if (sectionKeywords.has(keyword.text)) {
      this.#sections.push({ keyword: keyword.text, args, position, lines: [] });
      return;
    }
    const section = this.#sections.at(-1);
    if (section === undefined) {
      this.#problem(
        position,
        `${quote(keyword.text)} stands before the first section. Begin with global, defaults, frontend, backend or listen.`,
      );
      return;
    }
    section.lines.push({ modifier, keyword: keyword.text, args, position });
    if (section.keyword === 'global') this.#changeEnv(keyword.text, args);
  }

  /** src/cfgparse-global.c: `setenv` and the like change what the lines below see. */
  #changeEnv(keyword: string, args: readonly HaproxyWord[]): void {
    const [name, value] = args;
    switch (keyword) {
      case 'setenv':
        if (name && value) this.#env.set(name.text, value.text);
        return;
      case 'presetenv':
        if (name && value && (this.#env.get(name.text) ?? null) === null) this.#env.set(name.text, value.text);
        return;
      case 'unsetenv':
        for (const { text } of args) this.#env.set(text, null);
        return;
      case 'resetenv': {
        const kept = new Set(args.map(({ text }) => text));
        for (const known of this.#env.keys()) if (!kept.has(known)) this.#env.set(known, null);
        return;
      }
      default:
    }
  }
}

/** The same where the configuration stands alone and variables come from the command line. */
export function askedByFlag(text: string): string {
  return text.replace(/Give the balancer env: \{ (\S+): … \}(?:, or null when it is not)?/, 'Give it --env $1=…');
}

/** What to say of a variable that decides something. */
export function unknownVariable(name: string): string {
  return `the environment variable ${name} is not known here. Give the balancer env: { ${name}: … }, or write a default: "\${${name}-…}".`;
}
