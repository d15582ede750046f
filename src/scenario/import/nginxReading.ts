// What the readers of the blocks of an nginx.conf share: its mistakes, warnings, and what a value of a directive may be.
import { nearest, type Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { quote } from '../wording.ts';
import type { ConfSetting } from './confSetting.ts';
import { choosesNothing, harmless, modelled, notModelled, refused, silent, type Context } from './nginxDirectives.ts';
import { isPlain, whyNotPlain } from './nginxPlainValues.ts';
import { cameWith, isSince, measuredRelease } from './nginxReleases.ts';
import type { Directive, ReadInclude, Word } from './nginxSyntax.ts';
import { parseTime } from './nginxValues.ts';

/** What is known of an nginx.conf, and how it is to be read. */
export interface NginxConfInput {
  /** As the user named it; appears in messages. */
  readonly file: string;
  readonly text: string;
  readonly readInclude: ReadInclude;
  /** Release of nginx; absent: the one that was measured. */
  readonly version?: string | undefined;
  /** Where clients connect to, for what listens everywhere; absent: not known. */
  readonly address?: string | null | undefined;
  /** Processors, for `worker_processes auto`; `null`: not known. */
  readonly cpus: number | null;
  /** Addresses of a host name; `null`: not known, the name stays. */
  readonly resolve: (host: string) => readonly string[] | null;
  /** Directives that matter, are not modelled, and may be passed over. */
  readonly assume: readonly { readonly directive: string; readonly because: string }[];
  /** What the scenario changes in it. */
  readonly settings?: readonly ConfSetting[] | undefined;
  /** What else is changed in it, behind the settings. */
  readonly edit?: ((top: readonly Directive[], problems: Problem[]) => readonly Directive[]) | undefined;
  /** `agents`: those that simulated agents can use, over TCP and IPv4, one a port; `all`: `assign` only asks for a choice. */
  readonly listeners: 'agents' | 'all';
}

export class Reading {
  readonly input: NginxConfInput;
  readonly version: string;
  readonly problems: Problem[];
  readonly warnings: Warning[];
  /** Directives passed over because the user said so, with the reason. */
  readonly assumed: string[] = [];
  /** What is not modelled in the block that is being read; `null`: outside of server and upstream blocks. */
  unmodelled: Problem[] | null = null;
  readonly #named = new Set<string>();

  constructor(input: NginxConfInput, problems: Problem[], warnings: Warning[]) {
    this.input = input;
    this.version = input.version ?? measuredRelease;
    this.problems = problems;
    this.warnings = warnings;
  }

  problem(position: SourcePosition | null, text: string): void {
    this.problems.push({ position, text });
  }

  /** @param what a key of `cameWith`. @returns false, after a message, where nginx does not know it yet. */
  knows(what: string, position: SourcePosition): boolean {
    const since = cameWith[what]!;
    if (isSince(this.version, since)) return true;
    const mend = `Remove it, or say which release the balancer is: version: ${since} (for assign --release ${since})`;
    this.problem(position, `${what} came with nginx ${since}, and ${this.version} refuses it. ${mend}.`);
    return false;
  }

  warn(position: SourcePosition, text: string): void {
    this.warnings.push({ position, text });
  }

  unknownParameter(directive: Directive, word: Word, instead: number): number {
    const hint = missingSemicolon(directive, word);
    this.problem(word.position, `unknown parameter ${quote(word.text)} of ${directive.name}.${hint}`);
    return instead;
  }

  /** Says once of each name that it does not change anything here. */
  harmless(name: string, position: SourcePosition): void {
    if (this.#named.has(name)) return;
    this.#named.add(name);
    this.warn(position, `${name} does not change what is simulated; it is passed over.`);
  }

  notModelled({ name, position }: Directive): void {
    this.matters(name, position, `${name} is not modelled: ${notModelled[name]!}`);
  }

  matters(
    name: string,
    position: SourcePosition,
    why: string,
    problems: Problem[] = this.unmodelled ?? this.problems,
  ): void {
    const assumed = this.input.assume.find(({ directive }) => directive === name);
    if (assumed) {
      const text = `${name} is passed over: ${assumed.because}`;
      if (!this.assumed.includes(text)) this.assumed.push(text);
      return;
    }
    if (this.input.listeners === 'agents') {
      const mend = `say in the scenario why it does not matter: assume: [{ directive: ${name}, because: … }]`;
      problems.push({ position, text: `${why}. Remove it, or ${mend}.` });
    } else if (choosesNothing.has(name)) this.harmless(name, position);
    else problems.push({ position, text: `${why}. Remove it.` });
  }

  /** A directive that is not read: harmless, not modelled, or unknown. @param seen names in its block. */
  other(directive: Directive, context: Context, seen: Set<string>): void {
    const { name, position, args } = directive;
    if (cameWith[name] !== undefined && !this.knows(name, position)) return;
    if (name === 'allow' && args[0]?.text === 'all') return;
    if (harmless[context].includes(name)) {
      if (isPlain(name)) {
        this.once(directive, seen);
        const [value] = this.args(directive, 1, 1);
        const wrong = value ? whyNotPlain(name, value.text) : null;
        if (wrong !== null) this.problem(value!.position, `${name} ${wrong}, got ${quote(value!.text)}.`);
      }
      if (!silent.has(name)) this.harmless(name, position);
      return;
    }
    if (/^ssl_/.test(name) && (context === 'stream' || context === 'server')) {
      this.harmless(name, position); // `listen … ssl` is what matters
      return;
    }
    if (/^proxy_ssl_/.test(name)) {
      this.harmless(name, position); // `proxy_ssl on` is what matters
      return;
    }
    if (notModelled[name] !== undefined) {
      this.notModelled(directive);
      return;
    }
    if (/_by_lua_file$/.test(name)) {
      this.matters(name, position, `${name} is not modelled: scripts are not run`);
      return;
    }
    const reason = refused[name];
    if (reason !== undefined) {
      this.problem(position, `nginx ${this.version} refuses ${name} here: it ${reason}.`);
      return;
    }
    const guess = nearest(name, [...modelled[context], ...harmless[context], ...Object.keys(notModelled)]);
    const unknown = `unknown directive ${quote(name)}${guess ? `. Did you mean ${guess}?` : ''}`;
    // nginx would not start with it, whoever uses the block it stands in.
    this.matters(name, position, unknown, this.problems);
  }

  once(directive: Directive, seen: Set<string>): void {
    if (seen.has(directive.name)) {
      this.problem(directive.position, `a second ${directive.name} in this block. Keep one.`);
    }
    seen.add(directive.name);
  }

  /** What stands in the braces of a directive that has them. */
  block(directive: Directive, args: 0 | 1): readonly Directive[] {
    const { name, position, block } = directive;
    if (block === null) this.problem(position, `${name} takes ${args === 1 ? 'a name and ' : ''}a block in braces.`);
    else if (directive.args.length !== args) {
      const wanted = args === 0 ? 'nothing' : 'one name';
      this.problem(position, `${name} takes ${wanted} before its block, got ${directive.args.length} words.`);
    }
    return block ?? [];
  }

  args(directive: Directive, least: number, most: number): readonly Word[] {
    const { name, position, args, block } = directive;
    if (block !== null) this.problem(position, `${name} takes no block. End it with ";".`);
    if (args.length >= least && args.length <= most) return args;
    const wanted = least === most ? String(least) : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
    const hint = args.length > most ? missingSemicolon(directive, args[most]!) : '';
    this.problem(position, `${name} takes ${wanted} value${wanted === '1' ? '' : 's'}, got ${args.length}.${hint}`);
    return args.slice(0, most);
  }

  number(directive: Directive, least: number, most: number): number | null {
    const [value] = this.args(directive, 1, 1);
    if (!value) return null;
    const number = /^\d+$/.test(value.text) ? Number(value.text) : -1;
    if (number >= least && number <= most) return number;
    this.problem(
      value.position,
      `${directive.name} takes a whole number from ${least} to ${most}, got ${quote(value.text)}.`,
    );
    return null;
  }

  flag(directive: Directive): boolean | null {
    const [value] = this.args(directive, 1, 1);
    if (!value) return null;
    const text = value.text.toLowerCase();
    if (text === 'on' || text === 'off') return text === 'on';
    this.problem(value.position, `${directive.name} is on or off, got ${quote(value.text)}.`);
    return null;
  }

  time(directive: Directive, seen: Set<string>): number | null {
    this.once(directive, seen);
    const [value] = this.args(directive, 1, 1);
    if (!value) return null;
    const us = parseTime(value.text, 'milliseconds');
    if (us === null)
      this.problem(value.position, `${directive.name} takes a time such as 60s, got ${quote(value.text)}.`);
    return us;
  }
}

/** A word too many that stands in a later line than the one before it was meant to begin a directive. */
export function missingSemicolon({ position, args }: Directive, word: Word): string {
  const before = args[args.indexOf(word) - 1]?.position ?? position;
  if (before.file !== word.position.file || before.line === word.position.line) return '';
  return ` Is a ";" missing at the end of line ${before.line}?`;
}
