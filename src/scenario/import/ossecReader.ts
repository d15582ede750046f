// What the readers of an ossec.conf, an agent.conf and a manager's ossec.conf share: sections, options by release, the shapes of
// values, and the mistakes and remarks of one file. Source: Wazuh 4.14.7 (differences since 3.12.0 stated), src/config: config.c
// (read_main_elements, ReadConfig).
import { atLeast } from '../../models/agentVersions.ts';
import { nearest, ScenarioError } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { enumerate, quote } from '../wording.ts';
import { readOssecXml, shorten } from './ossecXml.ts';
import type { OssecDocument, OssecElement } from './ossecXml.ts';

export interface ConfText {
  /** As the user named it, for positions. */
  readonly file: string;
  readonly text: string;
  /** Wazuh release of the agent or the manager that reads it; one that `knownAgentVersion` knows. */
  readonly version: string;
  /** Directives that decide something and are not modelled, which the scenario assumes away (`assume:`). */
  readonly assume?: readonly string[];
}

/** What a reader says besides what it has read. */
export interface Remarks {
  readonly warnings: readonly Warning[];
  /** Directives that decide something, are not modelled, and were passed over because `assume` names them. */
  readonly assumed: readonly string[];
}

// Wazuh 4.0.0 to 4.14.7, src/config/config.c, read_main_elements(): every name that one of them reads.
const sections: readonly string[] = [
  ...['active-response', 'agent-upgrade', 'agentless', 'alerts', 'anti_tampering', 'auth', 'client', 'client_buffer'],
  ...['cluster', 'command', 'database_output', 'email_alerts', 'fluent-forward', 'gcp-bucket', 'gcp-pubsub', 'github'],
  ...[
    'global',
    'indexer',
    'integration',
    'labels',
    'localfile',
    'logging',
    'ms-graph',
    'office365',
    'remote',
    'reports',
  ],
  ...['rootcheck', 'rule_test', 'ruleset', 'sca', 'socket', 'syscheck', 'syslog_output', 'task-manager'],
  ...['vulnerability-detection', 'vulnerability-detector', 'wdb', 'wodle'],
];

/** Ours: nobody reads more at once. */
const maxProblems = 100;

/** C's int. */
export const maxInt = 2_147_483_647;

export type Handler = (element: OssecElement) => void;

export interface Option {
  readonly read: Handler;
  /** First release that knows it; before, the product refuses to start. */
  readonly since?: string;
}

/** The mistakes and remarks of one file, and the checks that all sections share. */
export class ConfReader {
  readonly file: string;
  readonly version: string;
  readonly warnings: Warning[] = [];
  readonly #assume: readonly string[];
  readonly #document: OssecDocument;
  readonly #problems: Problem[];
  #wellFormed: boolean;
  readonly #warned = new Set<string>();
  readonly #assumed: string[] = [];
  /** Directives without influence, with the first place of each. */
  readonly #idle = new Map<string, number>();

  constructor({ file, text, version, assume }: ConfText) {
    this.file = file;
    this.version = version;
    this.#assume = assume ?? [];
    this.#document = readOssecXml(file, text);
    this.#problems = [...this.#document.problems];
    this.#wellFormed = this.#problems.length === 0;
  }

  /** False when the text breaks off, is garbled or has wrong roots: what is missing may have been there. */
  get wellFormed(): boolean {
    return this.#wellFormed;
  }

  /**
   * The roots of this name; others are mistakes. A text of bare sections, as documentation shows them, is read as if
   * `<ossec_config>` stood around them.
   */
  roots(name: 'ossec_config' | 'agent_config'): readonly OssecElement[] {
    const all = this.#document.roots.filter((root) => root.name !== '?xml' && !this.#isVariable(root));
    const [first] = all;
    if (first === undefined) {
      if (this.#wellFormed) this.problem({ offset: 0 }, `holds no <${name}> … </${name}>.`);
      this.#wellFormed = false;
      return [];
    }
    if (name === 'ossec_config' && all.every((root) => sections.includes(root.name))) {
      const what = `no <ossec_config> stands around <${first.name}>; the product refuses a file without it.`;
      this.warn(first, `${what} Read as if it were there.`);
      return [{ ...first, name, attributes: [], children: all, strayOffset: null }];
    }
    const roots = all.filter((root) => root.name === name);
    for (const root of all) {
      if (root.name === name || this.#full) continue;
      this.problem(root, this.#wrongRoot(root, name));
      this.#wellFormed = false;
    }
    return roots;
  }

  /** `<var>` is passed over: these files are read without OS_ApplyVariables() (src/os_xml/os_xml_variables.c). */
  #isVariable(element: OssecElement): boolean {
    if (element.name.toLowerCase() !== 'var') return false;
    this.warn(element, '<var> has no effect: the product uses variables in rules only.');
    return true;
  }

  #wrongRoot(root: OssecElement, expected: string): string {
    const what = `<${shorten(root.name)}> stands where <${expected}> is expected`;
    if (root.name === 'ossec_config') return `${what}: this is no agent.conf. Name it as the ossec.conf.`;
    if (root.name === 'agent_config') return `${what}: it belongs into agent.conf. Move it there.`;
    if (sections.includes(root.name)) return `${what}: put it inside <${expected}> … </${expected}>.`;
    return `${what}: the product refuses to read the file.${didYouMean(root.name, [expected], ' Remove it.')}`;
  }

  /** A section that decides nothing here, but has to be one the product knows. */
  checkSection(section: OssecElement): void {
    if (this.#full || sections.includes(section.name) || this.#isVariable(section)) return;
    const hint = didYouMean(section.name, sections, ' Remove it.');
    this.problem(
      section,
      `no section is called <${shorten(section.name)}>: the product refuses to start with it.${hint}`,
    );
  }

  /** Reads the children of a section, each by its own handler. */
  children(section: OssecElement, where: string, options: ReadonlyMap<string, Option>, hints?: Hints): void {
    if (section.strayOffset !== null && section.children.length > 0) {
      const offset = section.strayOffset;
      this.warn({ offset }, `${where} holds text outside of its options; the product skips it.`);
    }
    for (const child of section.children) {
      if (this.#full) return;
      if (this.#isVariable(child)) continue;
      const option = options.get(child.name);
      if (option === undefined) {
        const hint = hints?.[child.name] ?? didYouMean(child.name, [...options.keys()], ` Known: ${listed(options)}.`);
        this.problem(
          child,
          `${where} has no option <${shorten(child.name)}>: the product refuses to start with it.${hint}`,
        );
      } else if (option.since !== undefined && !atLeast(this.version, option.since)) {
        const text = `<${child.name}> came with Wazuh ${option.since}; ${this.version} refuses to start with it.`;
        const log = `It logs "(1230): Invalid element in the configuration: '${child.name}'."`;
        this.problem(child, `${text} ${log} Remove it, or write a later version.`);
      } else if (child.closed || child.children.length > 0) {
        option.read(child);
      }
    }
  }

  /** A whole number within the product's limits. @returns `undefined` after reporting a mistake. */
  whole(element: OssecElement, from: number, to = maxInt): number | undefined {
    const written = element.content;
    const value = Number(written); // atoi() reads an empty text as 0
    if (/^\d*$/.test(written) && value >= from && value <= to) return value;
    const range = to === maxInt && !(value > maxInt) ? `from ${from} on` : `from ${from} to ${to}`;
    this.#mismatch(element, `a whole number ${range}`, /^\d+$/);
    return undefined;
  }

  yesNo(element: OssecElement): boolean | undefined {
    const value = this.word(element, ['yes', 'no']);
    return value === undefined ? undefined : value === 'yes';
  }

  word<const T extends string>(element: OssecElement, words: readonly T[]): T | undefined {
    const word = words.find((one) => one === element.content);
    if (word !== undefined) return word;
    this.#mismatch(element, enumerate(words, 'or'), new RegExp(`^(${words.join('|')})$`));
    return undefined;
  }

  #mismatch(element: OssecElement, expected: string, shape: RegExp): void {
    const written = element.content;
    const meant = written.trim().toLowerCase();
    let hint = '';
    if (shape.test(meant)) {
      if (written !== written.trim()) hint = ' Remove the white space: the product takes it as part of the value.';
      else if (written !== meant) hint = ` Write ${meant}.`;
    }
    this.problem(element, `<${element.name}>: expected ${expected}, got ${quote(written)}.${hint}`);
  }

  /** An address or host name as the product takes it. @returns `undefined` after reporting a mistake. */
  host(element: OssecElement): string | undefined {
    const written = element.content;
    if (written === '') {
      this.problem(element, `<${element.name}> is empty: write an address or a host name.`);
    } else if (/\s/.test(written)) {
      const hint = /\s/.test(written.trim()) ? '' : ' Remove it.';
      const why = 'the product takes the white space as part of the name';
      this.problem(element, `<${element.name}>: no host is called ${quote(written)}: ${why}.${hint}`);
    } else if (written.includes('/')) {
      const what = 'an address or a host name without "/"';
      this.problem(element, `<${element.name}>: expected ${what}, got ${quote(written)}.`);
    } else if (written.length > 126) {
      // Wazuh 4.14.7, src/config/client-config.c: f_ip[128] is filled up to 126 characters.
      this.problem(element, `<${element.name}>: ${quote(written)} is too long: the agent keeps 126 characters.`);
    } else {
      return written;
    }
    return undefined;
  }

  /** For options without influence on connections and events: any value, one remark in all. */
  readonly idle: Handler = (element) => {
    if (!this.#idle.has(element.name)) this.#idle.set(element.name, element.offset);
  };

  /** True for an option that the scenario assumes away. */
  assumes({ name }: OssecElement): boolean {
    if (!this.#assume.includes(name)) return false;
    if (!this.#assumed.includes(name)) this.#assumed.push(name);
    return true;
  }

  /** An option that decides something and is not modelled. */
  unmodelled(element: OssecElement, what: string): void {
    if (this.assumes(element)) return;
    this.problem(element, `<${element.name}> ${what}; that is not modelled. Remove it, or list it under "assume".`);
  }

  /** A remark is made once, at its first place. */
  warn({ offset }: { readonly offset: number }, text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.warnings.push({ position: this.#document.position(offset), text });
  }

  get #full(): boolean {
    return this.#problems.length >= maxProblems;
  }

  problem(at: { readonly offset: number } | SourcePosition, text: string): void {
    this.#problems.push({ position: 'offset' in at ? this.#document.position(at.offset) : at, text });
  }

  positionOf({ offset }: { readonly offset: number }): SourcePosition {
    return this.#document.position(offset);
  }

  /** The result with all warnings. @throws ScenarioError when there was any mistake. */
  finish<T>(result: T): T & Remarks {
    if (this.#problems.length > 0) {
      throw new ScenarioError(
        this.file,
        this.#problems.toSorted((a, b) => inFile(a.position, b.position)),
      );
    }
    if (this.#idle.size > 0) {
      const names = [...this.#idle.keys()].map((name) => `<${name}>`);
      const offset = Math.min(...this.#idle.values());
      this.warnings.push({ position: this.#document.position(offset), text: idleText(names), idle: names });
    }
    const warnings = this.warnings.toSorted((a, b) => inFile(a.position, b.position));
    return { ...result, warnings, assumed: this.#assumed };
  }
}

/** Wazuh 4.14.7, shared/string_op.c, w_parse_time(): seconds, or a number with s, m, h, d or w; `null`: no time. */
export function secondsOf(text: string): number | null {
  const match = /^(?:\s*\+?(\d+))?(.?)/s.exec(text)!;
  const unit = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[match[2]!];
  const seconds = unit === undefined ? NaN : Number(match[1] ?? 0) * unit;
  return Number.isSafeInteger(seconds) ? seconds : null;
}

/** What is said of directives without influence. */
export function idleText(names: readonly string[]): string {
  return `${enumerate(names)} ${names.length === 1 ? 'decides' : 'decide'} nothing in a simulation.`;
}

export type Hints = Readonly<Partial<Record<string, string>>>;

function inFile(a: SourcePosition | null, b: SourcePosition | null): number {
  if (a === null || b === null) return 0;
  return a.line - b.line || a.column - b.column;
}

export function didYouMean(name: string, known: readonly string[], otherwise: string): string {
  const meant = nearest(name.slice(0, 60), known);
  return meant === undefined ? otherwise : ` Did you mean <${meant}>?`;
}

function listed(options: ReadonlyMap<string, Option>): string {
  return [...options.keys()].join(', ');
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function has(section: OssecElement, name: string): boolean {
  return section.children.some((child) => child.name === name);
}
