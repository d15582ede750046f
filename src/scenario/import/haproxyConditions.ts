// Conditions of `.if` and `.elif` in haproxy.cfg. HAProxy 2.6.12, configuration.txt 2.4; src/cfgcond.c.
import type { HaproxyVersion } from '../../models/balancer/haproxy/versions.ts';
import { quote } from '../wording.ts';

export interface ConditionContext {
  readonly version: HaproxyVersion;
  readonly env: ReadonlyMap<string, string | null>;
}

/** A plain answer, one that takes something for granted, or what is wrong. */
export type ConditionResult =
  | boolean
  | { readonly kind: 'assumed'; readonly value: boolean; readonly text: string }
  | { readonly kind: 'problem'; readonly text: string };

// Debian's 2.6.12-1+deb12u4, `haproxy -vv`: what distributions build in and what not.
const builtIn: ReadonlySet<string> = new Set([
  ...['ACCEPT4', 'BACKTRACE', 'CPU_AFFINITY', 'CRYPT_H', 'DL', 'EPOLL', 'GETADDRINFO', 'LIBCRYPT', 'LINUX_SPLICE'],
  ...['LINUX_TPROXY', 'LUA', 'NETFILTER', 'NS', 'OPENSSL', 'OT', 'PCRE2', 'PCRE2_JIT', 'POLL', 'PRCTL', 'PROMEX', 'RT'],
  ...['SLZ', 'SYSTEMD', 'TFO', 'THREAD', 'THREAD_DUMP', 'TPROXY'],
]);

/** What HAProxy sets itself: `null` where it depends on how it is started. */
const ownVariables: ReadonlySet<string> = new Set(['HAPROXY_LOCALPEER', 'HAPROXY_CFGFILES', 'HAPROXY_STARTUP_VERSION']);

class ConditionMistake extends Error {}

/** Deeper than this is no condition. */
const deepest = 64;

export function evaluateCondition(text: string, context: ConditionContext): ConditionResult {
  if (text.trim() === '') return false;
  const parser = new Parser(text, context);
  try {
    const value = parser.whole();
    return parser.assumed === null ? value : { kind: 'assumed', value, text: parser.assumed };
  } catch (error) {
    if (!(error instanceof ConditionMistake)) throw error;
    return { kind: 'problem', text: `condition ${quote(text.trim())}: ${error.message}` };
  }
}

class Parser {
  readonly #text: string;
  readonly #context: ConditionContext;
  #at = 0;
  assumed: string | null = null;

  constructor(text: string, context: ConditionContext) {
    this.#text = text;
    this.#context = context;
  }

  whole(): boolean {
    const value = this.#either(0);
    if (this.#at < this.#text.length) this.#unexpected();
    return value;
  }

  #unexpected(): never {
    const rest = this.#text.slice(this.#at).trim();
    throw new ConditionMistake(
      rest === ''
        ? 'something is missing at its end. Write a number, or a predicate such as defined(NAME).'
        : `${quote(rest)} is not understood. Write predicates such as defined(NAME) with &&, || and !.`,
    );
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #takes(token: string): boolean {
    this.#blanks();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    this.#blanks();
    return true;
  }

  #either(depth: number): boolean {
    let value = this.#both(depth);
    while (this.#takes('||')) value = this.#both(depth) || value;
    return value;
  }

  #both(depth: number): boolean {
    let value = this.#term(depth);
    while (this.#takes('&&')) value = this.#term(depth) && value;
    return value;
  }

  #term(depth: number): boolean {
    if (depth > deepest) throw new ConditionMistake(`it is nested more than ${deepest} deep.`);
    this.#blanks();
    if (this.#takes('!')) return !this.#term(depth + 1);
    if (this.#takes('(')) {
      const value = this.#either(depth + 1);
      if (!this.#takes(')')) throw new ConditionMistake('a ")" is missing.');
      return value;
    }
    const rest = this.#text.slice(this.#at);
    const number = /^\d+(?![\w.])/.exec(rest)?.[0];
    if (number !== undefined) {
      this.#at += number.length;
      this.#blanks();
      return Number(number) !== 0;
    }
    const [called, name = ''] = /^([a-z_]+)\(/.exec(rest) ?? [];
    if (called === undefined) this.#unexpected();
    this.#at += called.length;
    const value = this.#predicate(name, this.#args());
    this.#blanks();
    return value;
  }

  /** Up to the closing parenthesis; quotes and backslashes protect commas and parentheses. */
  #args(): string[] {
    const args: string[] = [];
    let arg = '';
    let mark = '';
    for (; ; this.#at++) {
      const char = this.#text[this.#at];
      if (char === undefined) throw new ConditionMistake('a ")" is missing.');
      if (mark !== '' && char === mark) mark = '';
      else if (mark === '' && (char === '"' || char === "'")) mark = char;
      else if (char === '\\' && mark !== "'" && this.#at + 1 < this.#text.length) {
        this.#at += 1;
        arg += this.#text[this.#at]!;
      } else if (mark === '' && char === ',') {
        args.push(arg);
        arg = '';
      } else if (mark === '' && char === ')') {
        this.#at += 1;
        return [...args, arg];
      } else arg += char;
    }
  }

  #predicate(name: string, args: readonly string[]): boolean {
    const [first = '', second = ''] = args;
    const wants = (count: number): void => {
      if (args.length !== count || args.includes('')) {
        throw new ConditionMistake(`${name} takes ${count === 1 ? 'one value' : 'two values'} in parentheses.`);
      }
    };
    const { env, version } = this.#context;
    switch (name) {
      case 'defined': {
        wants(1);
        const value = env.get(first);
        if (value !== undefined) return value !== null;
        if (ownVariables.has(first)) return true;
        throw new ConditionMistake(
          `it is not known whether ${first} is set. Give the balancer env: { ${first}: … }, or null when it is not.`,
        );
      }
      case 'feature': {
        wants(1);
        const value = builtIn.has(first);
        this.assumed = `feature(${first}) is taken to be ${value ? 'built in' : 'missing'}, as in Debian’s packages.`;
        return value;
      }
      case 'streq':
      case 'strneq':
        // Either may be empty.
        if (args.length !== 2) throw new ConditionMistake(`${name} takes two values in parentheses.`);
        return (first === second) === (name === 'streq');
      case 'version_atleast':
      case 'version_before': {
        wants(1);
        const wanted = versionParts(first);
        if (wanted === null) throw new ConditionMistake(`${quote(first)} is no version such as 2.8 or 2.8-dev3.`);
        const own = [...version.branch.split('.').map(Number), 1, version.patch];
        const differing = own.findIndex((part, index) => part !== wanted[index]);
        const isOlder = differing >= 0 && own[differing]! < wanted[differing]!;
        return isOlder === (name === 'version_before');
      }
      default:
        throw new ConditionMistake(
          `${name}() cannot be known here. Known: defined, feature, streq, strneq, version_atleast, version_before.`,
        );
    }
  }
}

/** Major, minor, 0 while in development, patch or number of the development snapshot. */
function versionParts(text: string): number[] | null {
  const match = /^(\d+)(?:\.(\d+)(?:\.(\d+)|-dev(\d+))?)?(?:[-+].*)?$/.exec(text);
  if (match === null) return null;
  const [, major, minor = '0', patch = '0', dev] = match;
  return [Number(major), Number(minor), dev === undefined ? 1 : 0, Number(dev ?? patch)];
}
