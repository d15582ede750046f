// Lines `daemon.option=value`, as an internal_options.conf and a local_internal_options.conf hold them. Source: Wazuh 4.14.7,
// shared/validate_op.c (_read_file, getDefine_Int): the first line that names an option counts; a value outside of its limits
// ends the daemon.
import { ScenarioError } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { enumerate, quote } from '../wording.ts';
import { positions, whyUnreadable } from './ossecXml.ts';

export interface Limits {
  readonly from: number;
  readonly to: number;
}

export interface OptionText {
  readonly file: string;
  readonly text: string;
  /** Wazuh release of what reads it. */
  readonly version: string;
}

/** What a reader knows of options. */
export interface OptionTable {
  /** Who reads them: "agents of 4.14.7". */
  readonly readers: string;
  /** A line as an example. */
  readonly example: string;
  /** Limits of an option that this release reads; `null`: it is not read, or has none. */
  limitsOf(name: string): Limits | null;
  /** An option that exists and decides nothing. */
  isIdle(name: string): boolean;
  /** What is said of any other; `null`: it is somebody else's, and passed over in silence. */
  remarkOn(name: string): string | null;
}

export interface OptionValue {
  readonly value: number;
  readonly position: SourcePosition;
}

export interface OptionLines {
  readonly found: ReadonlyMap<string, OptionValue>;
  /** A mistake that only the values together make. */
  problem(position: SourcePosition, text: string): void;
  /** Everything remarked, by line. @throws ScenarioError with every mistake. */
  finish(): readonly Warning[];
}

/** Lines of more characters the product reads in pieces: OS_SIZE_1024. */
const maxLine = 1022;

/** @throws ScenarioError when this is no text at all. */
export function readOptionLines({ file, text }: OptionText, table: OptionTable): OptionLines {
  const position = positions(file, text);
  const unreadable = whyUnreadable(text);
  if (unreadable !== null) {
    throw new ScenarioError(file, [{ position: position(unreadable.offset), text: unreadable.text }]);
  }
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  const found = new Map<string, OptionValue>();
  const withoutEffect: { readonly name: string; readonly offset: number }[] = [];
  let offset = 0;

  const problem = (at: number, what: string): void => {
    problems.push({ position: position(at), text: what });
  };
  for (const line of text.split('\n')) {
    const start = offset;
    offset += line.length + 1;
    if (line === '' || line === '\r' || line.startsWith('#')) continue;
    if (line.length > maxLine) {
      problem(start, `this line is longer than ${maxLine} characters: the product would tear it apart. Shorten it.`);
      continue;
    }
    const equals = line.indexOf('=');
    const name = line.slice(0, Math.max(equals, 0)).replace(/ +$/, '');
    if (/^\s/.test(line)) {
      if (table.limitsOf(name.trim()) !== null) {
        const what = `${name.trim()} is not seen by the product, because white space stands before it. Remove that.`;
        warnings.push({ position: position(start), text: what });
      }
      continue;
    }
    if (!/^[^.]*\../.test(name)) {
      const what = `expected a line such as ${table.example}, got ${quote(line.trim())}`;
      problem(start, `${what}. Mend it, or start it with "#".`);
      continue;
    }
    const behind = line.slice(equals + 1);
    const value = behind.replace(/^ +/, '').replace(/\r$/, '');
    const valueOffset = start + equals + 1 + behind.length - behind.replace(/^ +/, '').length;
    const limits = table.limitsOf(name);
    if (limits === null) {
      if (table.isIdle(name)) {
        withoutEffect.push({ name, offset: start });
      } else {
        const what = table.remarkOn(name);
        if (what !== null) warnings.push({ position: position(start), text: what });
      }
      continue;
    }
    if (!/^\d+$/.test(value) || Number(value) < limits.from || Number(value) > limits.to) {
      const hint = /^\d+\s+$/.test(value) ? ' Remove the white space behind it.' : '';
      const expected = `a whole number from ${limits.from} to ${limits.to}`;
      problem(
        valueOffset,
        `${name}: expected ${expected}, got ${quote(value)}: the daemon refuses to start with it.${hint}`,
      );
      continue;
    }
    if (table.isIdle(name)) {
      withoutEffect.push({ name, offset: start });
      continue;
    }
    const first = found.get(name);
    if (first === undefined) {
      found.set(name, { value: Number(value), position: position(valueOffset) });
    } else {
      const what = `${name} is given twice; the product uses the first, ${first.value} in line ${first.position.line}.`;
      warnings.push({ position: position(start), text: what });
    }
  }
  return {
    found,
    problem: (at, what) => problems.push({ position: at, text: what }),
    finish: () => {
      if (problems.length > 0) throw new ScenarioError(file, problems);
      const [first] = withoutEffect;
      if (first !== undefined) {
        const names = [...new Set(withoutEffect.map(({ name }) => name))];
        const verb = names.length === 1 ? 'decides' : 'decide';
        const what = `${enumerate(names)} ${verb} nothing for ${table.readers} in a simulation.`;
        warnings.push({ position: position(first.offset), text: what });
      }
      return warnings.toSorted((a, b) => (a.position?.line ?? 0) - (b.position?.line ?? 0));
    },
  };
}
