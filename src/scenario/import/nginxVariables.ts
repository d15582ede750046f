// The variables of a `stream` block: which there are, which of them can be known of a simulated client, and what they can be.
// nginx 1.22.1, src/stream/ngx_stream_variables.c and the modules that add to it.
import { keyVariables, parseKey } from '../../models/balancer/nginx/clientKey.ts';
import { expressionsOf, type SetOptions, type VariableOptions } from '../../models/balancer/nginx/variables.ts';
import { nearest } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import { readGeo } from './nginxGeo.ts';
import { bucketDefault, readMap, readSplitClients } from './nginxMap.ts';
import type { Reading } from './nginxReading.ts';
import type { Directive, Word } from './nginxSyntax.ts';

/** What decides the value of a variable beside the client. */
export interface ServerFacts {
  readonly sets: readonly SetOptions[];
  /** `ssl_preread on`. */
  readonly preread: boolean;
  /** `listen … proxy_protocol`. */
  readonly proxyProtocol: boolean;
  /** `listen … ssl`. */
  readonly tls: boolean;
  readonly protocol: 'tcp' | 'udp';
  /** Where clients connect to; `null`: not known. */
  readonly address: string | null;
}

/** What expressions need to be evaluated. */
export interface Needed {
  readonly variables: readonly VariableOptions[];
  readonly sets: readonly SetOptions[];
  /** Why they cannot be; empty: they can. */
  readonly problems: readonly string[];
}

// Values that every connection has when its server is chosen: an expression, or why there is none.
type Value = { readonly is: string } | { readonly unknown: string };

const clock = { unknown: 'is the clock of the balancer' };

/** @param version of nginx. */
function builtIn(name: string, facts: ServerFacts, version: string): Value | null {
  const told = (whether: boolean, why: string): Value => (whether ? { unknown: why } : { is: '' });
  switch (name) {
    case 'nginx_version':
      return { is: version };
    case 'server_addr':
      return facts.address === null
        ? { unknown: 'needs the address of the balancer: listen on one, or give it `addresses` with one entry' }
        : { is: facts.address };
    case 'bytes_sent':
      return { is: '0' };
    case 'bytes_received':
      return facts.protocol === 'udp' || facts.preread ? { unknown: 'is the length of what came first' } : { is: '0' };
    case 'status':
      return { is: '000' };
    case 'realip_remote_addr':
      return { is: '$remote_addr' };
    case 'realip_remote_port':
      return { is: '$remote_port' };
    case 'limit_conn_status':
      return { is: '' };
    case 'connection':
      return { unknown: 'counts the connections of all listeners of the balancer' };
    case 'hostname':
      return { unknown: 'is the name of the host' };
    case 'pid':
      return { unknown: 'is the number of a process' };
    case 'session_time':
      return { unknown: 'depends on the millisecond' };
    case 'msec':
    case 'time_iso8601':
    case 'time_local':
      return clock;
    default:
  }
  if (/^[1-9]$/.test(name)) return { unknown: 'is what a pattern has captured' };
  if (/^upstream_(addr|bytes_(sent|received)|(connect|first_byte|session)_time)$/.test(name)) return { is: '' };
  if (/^proxy_protocol_(server_)?(addr|port)$/.test(name)) {
    return told(facts.proxyProtocol, 'comes with the PROXY protocol');
  }
  if (/^ssl_preread_(protocol|server_name|alpn_protocols)$/.test(name)) {
    return told(facts.preread, 'is what a client says in its TLS greeting');
  }
  if (/^ssl_(protocol|ciphers?|curves?|alpn_protocol|session_(id|reused)|server_name|client_\w+)$/.test(name)) {
    return told(facts.tls, 'is of a TLS session');
  }
  if (/^geoip_(country|city|region|latitude|longitude|area|postal|dma|org)\w*$/.test(name)) {
    return { unknown: 'stands in a database of GeoIP' };
  }
  return null;
}

const anyServer: ServerFacts = {
  sets: [],
  preread: true,
  proxyProtocol: true,
  tls: true,
  protocol: 'tcp',
  address: null,
};

// More ways of a `proxy_pass` than these are no list of upstreams.
const mostValues = 10_000;

export class Variables {
  readonly #reading: Reading;
  readonly #own = new Map<string, { readonly options: VariableOptions; readonly position: SourcePosition }>();
  /** Targets of `set`, of any server. */
  readonly #set = new Set<string>();
  /** Made by modules that are not read, and why they are not known. */
  readonly #foreign = new Map<string, string>();
  /** Those that need each other, and the way back to each. */
  readonly #circles = new Map<string, string>();
  readonly #expressions: { readonly word: Word; readonly what: string }[] = [];

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** Every `map`, `geo`, `split_clients` and `set` of a stream block, so that they may stand below what uses them. */
  collect(block: readonly Directive[]): void {
    let bucketBytes = bucketDefault;
    for (const directive of block) {
      const { name, args } = directive;
      switch (name) {
        case 'map_hash_bucket_size':
          bucketBytes = Math.ceil((Number(args[0]?.text) || bucketDefault) / 64) * 64;
          break;
        case 'map':
          this.#add(directive, readMap(this.#reading, directive, bucketBytes));
          break;
        case 'geo':
          this.#add(directive, readGeo(this.#reading, directive));
          break;
        case 'split_clients':
          this.#add(directive, readSplitClients(this.#reading, directive));
          break;
        case 'js_set':
        case 'js_var':
        case 'set_by_lua_block':
          this.#foreign.set(bareName(args[0]?.text ?? ''), 'is made by a script');
          break;
        case 'server':
          for (const inner of directive.block ?? []) {
            if (inner.name === 'set') this.#set.add(bareName(inner.args[0]?.text ?? ''));
            else if (/^(js_set|js_var)$/.test(inner.name)) {
              this.#foreign.set(bareName(inner.args[0]?.text ?? ''), 'is made by a script');
            }
          }
          break;
        default:
      }
    }
    for (const { options, position } of this.#own.values()) {
      for (const text of expressionsOf(options)) this.note({ text, position }, directiveOf(options));
      this.#findCircle(options.name);
    }
  }

  #add(directive: Directive, options: VariableOptions | null): void {
    if (!options) return;
    const { name } = options;
    if (isBuiltIn(name)) {
      this.#reading.problem(directive.position, `$${name} is a variable of nginx itself. Choose another name.`);
    } else this.#own.set(name, { options, position: directive.position });
  }

  /** `set $name value;` of a server block. */
  readSet(directive: Directive): SetOptions | null {
    const [target, value] = this.#reading.args(directive, 2, 2);
    if (!target || !value) return null;
    const name = bareName(target.text);
    if (!target.text.startsWith('$') || name === '') {
      this.#reading.problem(target.position, `set takes a variable such as $node, got "${target.text}".`);
      return null;
    }
    if (isBuiltIn(name)) {
      this.#reading.problem(target.position, `$${name} is a variable of nginx itself. Choose another name.`);
      return null;
    }
    this.note(value, 'set');
    return { name, value: value.text };
  }

  /** An expression that nginx will look at when it starts. */
  note(word: Word, what: string): void {
    this.#expressions.push({ word, what });
  }

  /** Once everything is read: mistakes for which nginx would not start. */
  check(): void {
    for (const { word, what } of this.#expressions) {
      const wrong = this.#mistakeOf(word.text);
      if (wrong !== null) this.#reading.problem(word.position, `${what}: ${wrong}`);
    }
  }

  #mistakeOf(expression: string): string | null {
    const unknown: string[] = [];
    const parts = parseKey(expression, (name) => {
      if (!isNamed(name)) return false;
      if (!this.#isKnown(name)) unknown.push(name);
      return true;
    });
    if (typeof parts === 'string') return `${parts}.`;
    if (unknown.length === 0) return null;
    const guess = nearest(unknown[0]!, [...this.#own.keys(), ...this.#set, ...keyVariables]);
    return `nginx has no variable $${unknown[0]!} in stream${guess ? `. Did you mean $${guess}?` : '. Define it, or take $remote_addr.'}`;
  }

  #isKnown(name: string): boolean {
    return this.#own.has(name) || this.#set.has(name) || this.#foreign.has(name) || isBuiltIn(name);
  }

  /** What of the file's variables these expressions need in a server block. */
  needed(expressions: readonly string[], facts: ServerFacts): Needed {
    const variables = new Map<string, VariableOptions>();
    const problems = new Set<string>();
    const seen = new Set<string>();
    const waiting = expressions.flatMap(namesIn);
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const own = this.#own.get(name)?.options;
      const foreign = this.#foreign.get(name);
      const value = builtIn(name, facts, this.#reading.version);
      const circle = this.#circles.get(name);
      if (circle !== undefined) problems.add(`$${name} ${circle}`);
      if (own) {
        variables.set(name, own);
        waiting.push(...expressionsOf(own).flatMap(namesIn));
      } else if (foreign !== undefined) problems.add(`$${name} ${foreign}`);
      else if (value !== null && 'unknown' in value) problems.add(`$${name} ${value.unknown}`);
      else if (value !== null) {
        variables.set(name, { kind: 'text', name, value: value.is });
        waiting.push(...namesIn(value.is));
      }
      for (const set of facts.sets) if (set.name === name) waiting.push(...namesIn(set.value));
      // Set by another server alone: it is empty here.
      if (this.#set.has(name) && !variables.has(name)) variables.set(name, { kind: 'text', name, value: '' });
    }
    return {
      variables: [...variables.values()],
      sets: facts.sets.filter(({ name }) => seen.has(name)),
      problems: [...problems],
    };
  }

  /** All values an expression can have; `null`: they cannot be listed. */
  valuesOf(expression: string, facts: ServerFacts): readonly string[] | null {
    const parts = parseKey(expression, isNamed);
    if (typeof parts === 'string') return null;
    let values = [''];
    for (const part of parts) {
      if (part.kind === 'variable') return null;
      const more =
        part.kind === 'text' ? [Buffer.from(part.bytes, 'latin1').toString()] : this.#valuesOf(part.name, facts);
      if (more === null || values.length * more.length > mostValues) return null;
      values = values.flatMap((head) => more.map((tail) => head + tail));
    }
    return [...new Set(values)];
  }

  #valuesOf(name: string, facts: ServerFacts): readonly string[] | null {
    const texts: string[] = [];
    const sets = facts.sets.filter((set) => set.name === name);
    for (const { value } of sets) {
      const more = namesIn(value).includes(name) ? null : this.valuesOf(value, facts);
      if (more === null) return null;
      texts.push(...more);
    }
    if (sets.length > 0) return texts;
    const own = this.#own.get(name)?.options;
    if (this.#circles.has(name)) return null;
    if (!own) {
      const value = builtIn(name, facts, this.#reading.version);
      return value !== null && 'is' in value ? this.valuesOf(value.is, facts) : this.#set.has(name) ? [''] : null;
    }
    switch (own.kind) {
      case 'map':
        for (const value of [
          ...own.keys.map(([, each]) => each),
          ...own.patterns.map((each) => each.value),
          own.otherwise,
        ]) {
          const more = this.valuesOf(value, facts);
          if (more === null) return null;
          texts.push(...more);
        }
        return texts;
      case 'geo':
        return [...own.networks.map(([, value]) => value), ...own.ranges.map(([, , value]) => value), own.otherwise];
      case 'split':
        return [...own.parts.map(({ value }) => value), ''];
      case 'text':
        return this.valuesOf(own.value, facts);
      default:
        return own satisfies never;
    }
  }

  /** Variables that need each other, beginning with the first of them. nginx gives up after a hundred turns. */
  #findCircle(name: string): void {
    const order = [...this.#own.keys()];
    const done = new Set<string>();
    const wayBack = (at: string): readonly string[] | null => {
      for (const next of expressionsOf(this.#own.get(at)!.options).flatMap(namesIn)) {
        if (next === name) return [name];
        if (done.has(next) || order.indexOf(next) < order.indexOf(name)) continue;
        done.add(next);
        const rest = wayBack(next);
        if (rest) return [next, ...rest];
      }
      return null;
    };
    const circle = wayBack(name);
    if (!circle) return;
    const way = [name, ...circle].map((each) => `$${each}`).join(' → ');
    for (const each of circle) this.#circles.set(each, `needs itself (${way})`);
  }
}

function isBuiltIn(name: string): boolean {
  return (keyVariables as readonly string[]).includes(name) || builtIn(name, anyServer, '') !== null;
}

/** A variable that is not read from the client alone. */
function isNamed(name: string): boolean {
  return !(keyVariables as readonly string[]).includes(name);
}

function bareName(text: string): string {
  return text.replace(/^\$/, '').toLowerCase();
}

function namesIn(expression: string): readonly string[] {
  const parts = parseKey(expression, isNamed);
  return typeof parts === 'string' ? [] : parts.flatMap((part) => (part.kind === 'own' ? [part.name] : []));
}

function directiveOf({ kind }: VariableOptions): string {
  return kind === 'split' ? 'split_clients' : kind;
}
