// Where the readers of haproxy.cfg say what is wrong with a file and what of it decides nothing.
import { isSince, type HaproxyBranch, type HaproxyVersion } from '../../models/balancer/haproxy/versions.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { quote } from '../wording.ts';
import { unknownVariable, type HaproxyLine, type HaproxyWord } from './haproxySyntax.ts';

export type Assumption = { readonly directive: string; readonly because: string };

export class HaproxyReport {
  readonly problems: Problem[];
  readonly warnings: Warning[];
  readonly version: HaproxyVersion;
  /** What was passed over because the user said so, with the reason. */
  readonly assumed: string[] = [];
  /** Where `option external-check` stands, which `global` has to allow. */
  readonly externalChecks: SourcePosition[] = [];
  readonly #assume: readonly Assumption[];
  readonly #purpose: 'agents' | 'choice';
  readonly #named = new Set<string>();

  /** @param purpose `choice`: only who lands where is asked. */
  constructor(
    problems: Problem[],
    warnings: Warning[],
    version: HaproxyVersion,
    assume: readonly Assumption[],
    purpose: 'agents' | 'choice',
  ) {
    this.problems = problems;
    this.warnings = warnings;
    this.version = version;
    this.#assume = assume;
    this.#purpose = purpose;
  }

  problem(position: SourcePosition, text: string): void {
    this.problems.push({ position, text });
  }

  warn(position: SourcePosition, text: string): void {
    this.warnings.push({ position, text });
  }

  /** Says once of each name that it does not change anything here. */
  harmless(name: string, position: SourcePosition): void {
    if (this.#named.has(name)) return;
    this.#named.add(name);
    this.warn(position, `${name} does not change what is simulated; it is passed over.`);
  }

  /**
   * What matters and is not modelled.
   * @param choosesNothing it decides nothing about which server a client lands on.
   * @returns `null` when it may be passed over.
   */
  unmodelled(name: string, position: SourcePosition, why: string, choosesNothing = false): Problem | null {
    const assumed = this.#assume.find(({ directive }) => directive === name);
    if (assumed) {
      const text = `${name} is passed over: ${assumed.because}`;
      if (!this.assumed.includes(text)) this.assumed.push(text);
      return null;
    }
    if (this.#purpose === 'choice') {
      if (!choosesNothing) return { position, text: `${name} is not modelled: ${why}. Remove it.` };
      this.harmless(name, position);
      return null;
    }
    const directive = /^[\w.-]+$/.test(name) ? name : JSON.stringify(name);
    const mend = `say in the scenario why it does not matter: assume: [{ directive: ${directive}, because: … }]`;
    return { position, text: `${name} is not modelled: ${why}. Remove it, or ${mend}.` };
  }

  /** A keyword of a later release. @returns false after a message. */
  since(branch: HaproxyBranch | undefined, name: string, position: SourcePosition): boolean {
    if (branch === undefined || isSince(this.version, branch)) return true;
    const own = this.version.branch;
    this.problem(
      position,
      `HAProxy ${own} does not know ${name}, it came with ${branch}. Remove it, or say version: "${branch}".`,
    );
    return false;
  }

  /** The words behind a keyword that decides something: so many of them, and all of them known. */
  args(
    { keyword, args, position }: HaproxyLine,
    least: number,
    most: number,
    what: string,
  ): readonly HaproxyWord[] | null {
    if (!this.known(args.slice(0, most))) return null;
    if (args.length < least) {
      this.problem(
        position,
        `${keyword} takes ${what}, got ${args.length === 0 ? 'nothing' : `${args.length} words`}.`,
      );
      return null;
    }
    const more = args[most];
    if (more !== undefined) this.problem(more.position, `${keyword} takes ${what}; ${quote(more.text)} is too much.`);
    return args.slice(0, most);
  }

  /** @returns false after a message when a variable in one of them is not known. */
  known(words: readonly HaproxyWord[]): boolean {
    for (const { unknown, position } of words) {
      for (const name of unknown) this.problem(position, unknownVariable(name));
    }
    return words.every(({ unknown }) => unknown.length === 0);
  }
}
