// One `defaults`, `frontend`, `listen` or `backend` section of haproxy.cfg: its lines over what a `defaults` section gave it.
// HAProxy 2.6.12, src/cfgparse-listen.c, proxy.c, backend.c, tcpcheck.c.
import {
  backendDefaults,
  frontendDefaults,
  hashTypeDefault,
  type HaproxyBackendOptions,
  type HaproxyBalance,
  type HaproxyHashType,
} from '../../models/balancer/haproxy/options.ts';
import { isSince } from '../../models/balancer/haproxy/versions.ts';
import { nearest, type Problem } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import { readBalance, readHashType } from './haproxyBalance.ts';
import { readBind, type BindLine } from './haproxyBind.ts';
import {
  harmlessOptions,
  keywordsSince,
  keywordsUntil,
  otherChecks,
  proxyPlaces,
  readOptions,
  refusedElsewhere,
  silentKeywords,
  timeouts,
  unmodelledKeywords,
  unmodelledOptions,
  leastWords,
  type OptionKind,
  type Places,
  type Unmodelled,
} from './haproxyKeywords.ts';
import { readLog } from './haproxyLog.ts';
import type { HaproxyReport } from './haproxyReport.ts';
import { defaultServerSettings, readServer, type ServerLine, type ServerSettings } from './haproxyServer.ts';
import type { HaproxyLine, HaproxySection, HaproxyWord } from './haproxySyntax.ts';
import { parseTime, parseWhole } from './haproxyValues.ts';

export type ProxyKind = 'defaults' | 'frontend' | 'listen' | 'backend';
const letterOf: Readonly<Record<ProxyKind, string>> = { defaults: 'd', frontend: 'f', listen: 'l', backend: 'b' };

/** What a section inherits. Times in µs; `null`: not set. */
export interface ProxySettings {
  mode: string;
  disabled: boolean;
  maxConn: number;
  backlog: number;
  defaultBackend: HaproxyWord | null;
  clientUs: number | null;
  clientFinUs: number | null;
  serverUs: number | null;
  serverFinUs: number | null;
  connectUs: number | null;
  queueUs: number | null;
  checkUs: number | null;
  tunnelUs: number | null;
  clientKeepAlive: boolean;
  serverKeepAlive: boolean;
  independentStreams: boolean;
  allBackups: boolean;
  retries: number;
  redispatchAfter: number;
  balance: HaproxyBalance | null;
  hashType: HaproxyHashType;
  hashBalanceFactor: number;
  hashPreserveAffinity: HaproxyBackendOptions['hashPreserveAffinity'];
  fullConn: number;
  /** `option tcp-check`, or another one. */
  check: { readonly name: string; readonly position: SourcePosition } | null;
  tcpChecks: { readonly args: readonly HaproxyWord[]; readonly position: SourcePosition }[];
  server: ServerSettings;
  /** What matters and is not modelled, by what it is about. */
  unmodelled: Map<string, { readonly side: 'front' | 'back'; readonly problem: Problem }>;
}

export function plainSettings(): ProxySettings {
  return {
    mode: backendDefaults.mode,
    disabled: false,
    maxConn: 0,
    backlog: 0,
    defaultBackend: null,
    clientUs: null,
    clientFinUs: frontendDefaults.clientFinTimeoutUs,
    serverUs: null,
    serverFinUs: backendDefaults.serverFinTimeoutUs,
    connectUs: null,
    queueUs: backendDefaults.queueTimeoutUs,
    checkUs: backendDefaults.checkTimeoutUs,
    tunnelUs: backendDefaults.tunnelTimeoutUs,
    clientKeepAlive: frontendDefaults.keepAlive,
    serverKeepAlive: backendDefaults.keepAlive,
    independentStreams: backendDefaults.independentStreams,
    allBackups: backendDefaults.allBackups,
    retries: backendDefaults.retries,
    redispatchAfter: backendDefaults.redispatchAfter,
    balance: null,
    hashType: hashTypeDefault,
    hashBalanceFactor: backendDefaults.hashBalanceFactor,
    hashPreserveAffinity: backendDefaults.hashPreserveAffinity,
    fullConn: backendDefaults.fullConn,
    check: null,
    tcpChecks: [],
    server: defaultServerSettings(),
    unmodelled: new Map(),
  };
}

export interface Proxy {
  readonly kind: ProxyKind;
  readonly name: string;
  readonly position: SourcePosition;
  readonly settings: ProxySettings;
  readonly binds: readonly BindLine[];
  readonly servers: readonly ServerLine[];
  /** No server was left out after a message. */
  readonly complete: boolean;
  /** `use_backend` without a condition. */
  readonly usedBackend: HaproxyWord | null;
  /** Every name of a backend, which has to exist. */
  readonly namedBackends: readonly HaproxyWord[];
}

/** @param inherited a copy of its own. */
export function readProxy(
  section: HaproxySection,
  kind: ProxyKind,
  name: string,
  inherited: ProxySettings,
  report: HaproxyReport,
): Proxy {
  return new ProxyReader(kind, inherited, report).read(section, name);
}

const timeSettings = {
  client: 'clientUs',
  'client-fin': 'clientFinUs',
  server: 'serverUs',
  'server-fin': 'serverFinUs',
  connect: 'connectUs',
  queue: 'queueUs',
  check: 'checkUs',
  tunnel: 'tunnelUs',
} as const satisfies Readonly<Record<string, keyof ProxySettings>>;

const mostConnections = 2 ** 31 - 1;

class ProxyReader {
  readonly #kind: ProxyKind;
  readonly #letter: string;
  readonly #settings: ProxySettings;
  readonly #report: HaproxyReport;
  readonly #binds: BindLine[] = [];
  readonly #servers: ServerLine[] = [];
  readonly #namedBackends: HaproxyWord[] = [];
  #usedBackend: HaproxyWord | null = null;
  #anonymous = false;
  #ownTcpChecks = false;
  #complete = true;

  constructor(kind: ProxyKind, settings: ProxySettings, report: HaproxyReport) {
    this.#kind = kind;
    this.#letter = letterOf[kind];
    this.#settings = settings;
    this.#report = report;
  }

  read(section: HaproxySection, name: string): Proxy {
    this.#anonymous = this.#kind === 'defaults' && name === '';
    for (const line of section.lines) this.#line(line);
    const { defaultBackend } = this.#settings;
    return {
      kind: this.#kind,
      name,
      position: section.position,
      settings: this.#settings,
      binds: this.#binds,
      servers: this.#servers,
      complete: this.#complete,
      usedBackend: this.#usedBackend,
      namedBackends: [...this.#namedBackends, ...(defaultBackend === null ? [] : [defaultBackend])],
    };
  }

  #line(line: HaproxyLine): void {
    const { keyword, position } = line;
    const places = proxyPlaces[keyword];
    if (places === undefined) {
      const known = nearest(keyword, Object.keys(proxyPlaces));
      const guess = known === undefined ? 'Remove it.' : `Did you mean ${known}?`;
      this.#report.problem(position, `HAProxy knows no ${quote(keyword)} in a ${this.#kind} section. ${guess}`);
      return;
    }
    const gone = keywordsUntil[keyword];
    if (gone !== undefined && isSince(this.#report.version, gone)) {
      this.#report.problem(position, `${keyword} is refused from HAProxy ${gone} on. Remove it.`);
      return;
    }
    if (!this.#report.since(keywordsSince[keyword], keyword, position)) return;
    if (this.#stands(keyword, places, position)) this.#read(line);
    else if (this.#kind !== 'defaults' && !(refusedElsewhere[keyword] ?? '').includes(this.#letter)) {
      // HAProxy reads it all the same, and refuses what is wrong in it.
      const elsewhere = places.includes('b') ? 'backend' : 'frontend';
      new ProxyReader(elsewhere, plainSettings(), this.#report).#read(line);
    }
  }

  /** @returns false when HAProxy passes over it here, or after a message. */
  #stands(name: string, places: Places, position: SourcePosition): boolean {
    if (places.includes(this.#letter)) return true;
    if (this.#kind === 'defaults' && places.includes('D') && !this.#anonymous) return true;
    const refused = this.#kind === 'defaults' || (refusedElsewhere[name] ?? '').includes(this.#letter);
    const where = Object.entries(letterOf).flatMap(([kind, letter]) => (places.includes(letter) ? [kind] : []));
    const known = where.length > 1 ? `${where.slice(0, -1).join(', ')} or ${where.at(-1)!}` : where.join('');
    if (refused)
      this.#report.problem(
        position,
        `${name} belongs into a ${known} section${places.includes('D') ? ', or into defaults with a name' : ''}.`,
      );
    else
      this.#report.warn(
        position,
        `HAProxy passes over ${name} in a ${this.#kind}: it belongs into a ${known} section.`,
      );
    return false;
  }

  #read(line: HaproxyLine): void {
    const { keyword, position, args } = line;
    const settings = this.#settings;
    const report = this.#report;
    switch (keyword) {
      case 'bind':
        this.#binds.push(...readBind(line, report));
        return;
      case 'server':
      case 'server-template':
      case 'default-server': {
        const server = readServer(line, settings.server, report);
        if (server) this.#servers.push(server);
        else if (keyword !== 'default-server') this.#complete = false;
        return;
      }
      case 'mode':
        this.#mode(line);
        return;
      case 'balance':
        this.#balance(line);
        return;
      case 'hash-type':
        settings.hashType = readHashType(line, report) ?? settings.hashType;
        return;
      case 'hash-balance-factor': {
        const factor = this.#whole(line, 0);
        if (factor !== null && factor > 0 && factor <= 100) {
          report.problem(position, 'hash-balance-factor is 0, or more than 100 (percent of the mean).');
        } else settings.hashBalanceFactor = factor ?? settings.hashBalanceFactor;
        return;
      }
      case 'hash-preserve-affinity': {
        const [word] = report.args(line, 1, 1, 'always, maxconn or maxqueue') ?? [];
        const choice = (['always', 'maxconn', 'maxqueue'] as const).find((text) => text === word?.text);
        if (word && choice === undefined) {
          report.problem(
            word.position,
            `hash-preserve-affinity takes always, maxconn or maxqueue, got ${quote(word.text)}.`,
          );
        }
        settings.hashPreserveAffinity = choice ?? settings.hashPreserveAffinity;
        return;
      }
      case 'retries':
        settings.retries = this.#whole(line, 0) ?? settings.retries;
        return;
      case 'maxconn':
        settings.maxConn = this.#whole(line, 0) ?? settings.maxConn;
        return;
      case 'backlog':
        settings.backlog = this.#whole(line, 0) ?? settings.backlog;
        return;
      case 'fullconn':
        settings.fullConn = this.#whole(line, 0) ?? settings.fullConn;
        return;
      case 'id':
        this.#whole(line, 1);
        return;
      case 'disabled':
      case 'enabled':
        if (report.args(line, 0, 0, 'nothing')) settings.disabled = keyword === 'disabled';
        return;
      case 'default_backend': {
        const [word] = report.args(line, 1, 1, 'the name of a backend') ?? [];
        if (word) settings.defaultBackend = word;
        return;
      }
      case 'use_backend':
        this.#useBackend(line);
        return;
      case 'timeout':
        this.#timeout(line);
        return;
      case 'option':
        this.#option(line);
        return;
      case 'tcp-check':
        if (!this.#ownTcpChecks) settings.tcpChecks = [];
        this.#ownTcpChecks = true;
        settings.tcpChecks = [...settings.tcpChecks, { args, position }];
        if (
          !/^(comment|connect|expect|send(-lf|-binary|-binary-lf)?|(un)?set-var(-fmt)?(\(.*)?)$/.test(
            args[0]?.text ?? '',
          )
        ) {
          const got = args[0] ? quote(args[0].text) : 'nothing';
          report.problem(
            args[0]?.position ?? position,
            `tcp-check takes connect, send, expect, comment or set-var, got ${got}.`,
          );
        }
        return;
      case 'retry-on':
        // include/haproxy/proxy-t.h, PR_RE_CONN_FAILED: what it names beside that is of HTTP.
        settings.unmodelled.delete(keyword);
        if (args.length === 0) report.problem(position, 'retry-on takes words such as conn-failure, got nothing.');
        else if (!args.some(({ text }) => text === 'conn-failure' || text === 'all-retryable-errors')) {
          this.#unmodelled(
            line,
            { side: 'back', why: 'failed connections are tried again as by default' },
            keyword,
            keyword,
          );
        }
        return;
      case 'load-server-state-from-file':
        settings.unmodelled.delete(keyword);
        if (!['global', 'local', 'none'].includes(args[0]?.text ?? '')) {
          report.problem(args[0]?.position ?? position, 'load-server-state-from-file takes global, local or none.');
        } else if (args[0]!.text !== 'none') {
          this.#unmodelled(
            line,
            { side: 'back', why: 'a reload forgets what was known about the servers' },
            keyword,
            keyword,
          );
        }
        return;
      case 'log':
        readLog(line, 'proxy', report);
        return;
      case 'tcp-request':
        this.#tcpRequest(line);
        return;
      default: {
        const least = leastWords[keyword] ?? 0;
        const matters = unmodelledKeywords[keyword];
        if (args.length < least) {
          report.problem(
            position,
            `${keyword} takes ${least === 1 ? 'a value' : `${least} values at least`}, got ${args.length === 0 ? 'nothing' : args.length}.`,
          );
        } else if (matters) this.#unmodelled(line, matters);
        else if (!silentKeywords.has(keyword)) report.harmless(keyword, position);
      }
    }
  }

  /** @param about what the line is about, when a later line can take its place. */
  #unmodelled(
    { keyword, position }: HaproxyLine,
    { side, why, choosesNothing }: Unmodelled,
    name: string = keyword,
    about = `${name} ${position.line}`,
  ): void {
    const problem = this.#report.unmodelled(name, position, why, choosesNothing);
    if (problem) this.#settings.unmodelled.set(about, { side, problem });
  }

  #whole(line: HaproxyLine, least: number): number | null {
    const [word] = this.#report.args(line, 1, 1, 'a whole number') ?? [];
    if (word === undefined) return null;
    const value = parseWhole(word.text, least, mostConnections);
    if (value === null) {
      this.#report.problem(
        word.position,
        `${line.keyword} takes a whole number from ${least} to ${mostConnections}, got ${quote(word.text)}.`,
      );
    }
    return value;
  }

  #mode(line: HaproxyLine): void {
    const [word] = this.#report.args(line, 1, 1, 'tcp or http') ?? [];
    if (word === undefined) return;
    const later = { log: '2.9', spop: '3.1', haterm: '3.4' } as const;
    if (Object.hasOwn(later, word.text)) {
      const name = word.text as keyof typeof later; // just asked
      if (!this.#report.since(later[name], `mode ${name}`, word.position)) return;
    } else if (word.text !== 'tcp' && word.text !== 'http') {
      this.#report.problem(word.position, `mode is tcp or http, got ${quote(word.text)}.`);
      return;
    }
    this.#settings.mode = word.text;
  }

  #balance(line: HaproxyLine): void {
    this.#settings.unmodelled.delete('balance');
    const balance = readBalance(line, this.#report);
    if (balance?.kind === 'unmodelled') {
      this.#settings.balance = { kind: 'roundrobin' };
      this.#unmodelled(line, { side: 'back', why: balance.why }, balance.name, 'balance');
    } else if (balance) this.#settings.balance = balance;
  }

  #useBackend(line: HaproxyLine): void {
    const [target, word, ...condition] = line.args;
    if (target === undefined) {
      this.#report.problem(line.position, 'use_backend takes the name of a backend.');
      return;
    }
    if (word !== undefined && word.text !== 'if' && word.text !== 'unless') {
      this.#report.problem(word.position, `behind the name goes if or unless, got ${quote(word.text)}.`);
      return;
    }
    if (word !== undefined && condition.length === 0) {
      this.#report.problem(word.position, `${word.text} takes a condition, got nothing.`);
      return;
    }
    if (!this.#report.known([target])) return;
    const isDynamic = target.text.includes('%[');
    if (!isDynamic) this.#namedBackends.push(target);
    if (this.#usedBackend) return; // never reached
    const [only, ...more] = condition;
    const constant = more.length > 0 ? undefined : { TRUE: true, FALSE: false }[only?.text ?? ''];
    const applies = word === undefined ? true : constant === undefined ? null : constant === (word.text === 'if');
    if (applies === false) return;
    if (applies && !isDynamic) this.#usedBackend = target;
    else this.#unmodelled(line, { side: 'front', why: 'conditions on what clients say are not evaluated' });
  }

  #timeout(line: HaproxyLine): void {
    const [name, value, ...more] = line.args;
    const known = Object.keys(timeouts);
    if (name === undefined) {
      this.#report.problem(line.position, `timeout takes a name and a time. Known: ${known.join(', ')}.`);
      return;
    }
    const places = timeouts[name.text];
    if (places === undefined) {
      const guess = nearest(name.text, known);
      this.#report.problem(
        name.position,
        `there is no timeout ${quote(name.text)}. ${guess ? `Did you mean ${guess}?` : `Known: ${known.join(', ')}.`}`,
      );
      return;
    }
    if (name.text === 'client-hs' && !this.#report.since('2.9', 'timeout client-hs', name.position)) return;
    if (value === undefined) {
      this.#report.problem(name.position, `timeout ${name.text} takes a time such as 10s.`);
      return;
    }
    if (!this.#report.known([value])) return;
    const us = parseTime(value.text);
    if (typeof us === 'string') this.#report.problem(value.position, `timeout ${name.text}: ${us}.`);
    if (more[0])
      this.#report.problem(
        more[0].position,
        `timeout ${name.text} takes one time; ${quote(more[0].text)} is too much.`,
      );
    if (typeof us === 'string' || !this.#stands(`timeout ${name.text}`, places, line.position)) return;
    // include/haproxy/ticks.h: 0 is none.
    if (Object.hasOwn(timeSettings, name.text)) {
      this.#settings[timeSettings[name.text as keyof typeof timeSettings]] = us === 0 ? null : us; // just asked
    } else this.#report.harmless(`timeout ${name.text}`, line.position);
  }

  #option(line: HaproxyLine): void {
    const [word, ...rest] = line.args;
    if (word === undefined) {
      this.#report.problem(line.position, 'option takes a name.');
      return;
    }
    const { text: name } = word;
    const isCheck = otherChecks.includes(name);
    const check: OptionKind = { places: 'dlb', reversible: false };
    const kind = Object.hasOwn(readOptions, name)
      ? readOptions[name]!
      : isCheck
        ? check
        : Object.hasOwn(unmodelledOptions, name)
          ? unmodelledOptions[name]!
          : Object.hasOwn(harmlessOptions, name)
            ? harmlessOptions[name]!
            : null;
    if (kind === null) {
      const guess = nearest(name, [
        ...Object.keys({ ...readOptions, ...unmodelledOptions, ...harmlessOptions }),
        ...otherChecks,
      ]);
      this.#report.problem(
        word.position,
        `HAProxy knows no option ${quote(name)}. ${guess ? `Did you mean ${guess}?` : 'Remove it.'}`,
      );
      return;
    }
    if (!this.#report.since(kind.since, `option ${name}`, word.position)) return;
    if (line.modifier !== null && !kind.reversible) {
      this.#report.problem(line.position, `option ${name} cannot be turned off. Leave it out where it is not wanted.`);
      return;
    }
    const [least, most] = kind.args ?? [0, Infinity];
    const extra = rest[most];
    if (extra) {
      this.#report.problem(
        extra.position,
        `option ${name} takes ${most === 0 ? 'nothing' : 'less'}; ${quote(extra.text)} is too much.`,
      );
      return;
    }
    const wrong = kind.words && rest.find(({ text }) => !kind.words!.includes(text));
    if (wrong) {
      this.#report.problem(
        wrong.position,
        `option ${name} takes ${kind.words.join(', ')} or nothing, got ${quote(wrong.text)}.`,
      );
      return;
    }
    if (rest[0] && !this.#report.since(kind.wordsSince, `option ${name} ${rest[0].text}`, rest[0].position)) return;
    if (rest.length < least) {
      this.#report.problem(word.position, `option ${name} takes a value.`);
      return;
    }
    if (name === 'external-check' && this.#kind !== 'defaults') this.#report.externalChecks.push(line.position);
    if (!this.#stands(`option ${name}`, kind.places, line.position)) return;
    const on = line.modifier === null;
    switch (name) {
      case 'redispatch':
        this.#redispatch(on, rest[0]);
        return;
      case 'allbackups':
        this.#settings.allBackups = on;
        return;
      case 'independent-streams':
        this.#settings.independentStreams = on;
        return;
      case 'tcpka':
        this.#settings.clientKeepAlive = on;
        this.#settings.serverKeepAlive = on;
        return;
      case 'clitcpka':
        this.#settings.clientKeepAlive = on;
        return;
      case 'srvtcpka':
        this.#settings.serverKeepAlive = on;
        return;
      default:
    }
    const matters = unmodelledOptions[name];
    if (name === 'tcp-check' || isCheck) this.#settings.check = { name, position: line.position };
    else if (matters !== undefined) {
      const about = `option ${name}`;
      this.#settings.unmodelled.delete(about);
      if (on) this.#unmodelled(line, matters, about, about);
    } else if (!silentOptions.has(name)) this.#report.harmless(`option ${name}`, line.position);
  }

  #redispatch(on: boolean, word: HaproxyWord | undefined): void {
    if (word && !this.#report.known([word])) return;
    if (word && !/^-?\d{1,9}$/.test(word.text)) {
      this.#report.problem(word.position, `option redispatch takes a number of retries, got ${quote(word.text)}.`);
      return;
    }
    this.#settings.redispatchAfter = on ? Number(word?.text ?? -1) : 0;
  }

  #tcpRequest(line: HaproxyLine): void {
    const [where, ...rest] = line.args;
    const known = ['connection', 'content', 'session', 'inspect-delay'];
    if (where === undefined || !known.includes(where.text)) {
      this.#report.problem(
        where?.position ?? line.position,
        `tcp-request takes ${known.join(', ')}, got ${where ? quote(where.text) : 'nothing'}.`,
      );
      return;
    }
    if (where.text === 'inspect-delay') {
      const delay = rest[0] && parseTime(rest[0].text);
      if (typeof delay !== 'number') {
        this.#report.problem(rest[0]?.position ?? where.position, 'tcp-request inspect-delay takes a time such as 5s.');
      } else this.#report.harmless('tcp-request inspect-delay', line.position);
      return;
    }
    if (this.#kind === 'backend' && where.text !== 'content') {
      this.#report.problem(where.position, `tcp-request ${where.text} belongs into a frontend or listen section.`);
      return;
    }
    if (rest.length === 0) {
      this.#report.problem(where.position, `tcp-request ${where.text} takes an action such as accept.`);
      return;
    }
    // To accept whatever comes is what happens without the rule.
    if (rest[0]!.text === 'accept' && rest.length === 1) return;
    const side = this.#kind === 'backend' ? 'back' : 'front';
    this.#unmodelled(line, { side, why: 'conditions on what clients say are not evaluated' });
  }
}

const silentOptions: ReadonlySet<string> = new Set([
  'tcplog',
  'httplog',
  'dontlognull',
  'dontlog-normal',
  'log-health-checks',
]);
