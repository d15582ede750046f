// `server`, `server-template` and `default-server` of haproxy.cfg. Keywords, their number of values and limits: HAProxy 2.6.12,
// src/server.c, check.c, ssl_sock.c (srv_kw_list) and `haproxy -dKall`; later ones by configuration.txt 5.2 of 3.4.
import { isIP } from 'node:net';
import { serverDefaults, type HaproxyServerOptions } from '../../models/balancer/haproxy/options.ts';
import { nearest } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import type { HaproxyReport } from './haproxyReport.ts';
import type { HaproxyLine, HaproxyWord } from './haproxySyntax.ts';
import { choosesNothing, harmless, read, since, undoes, unmodelled } from './haproxyServerKeywords.ts';
import { invalidCharacter, parseAddress, parseTime, parseWhole, type HaproxyAddress } from './haproxyValues.ts';

/** What the keywords of a line say; `default-server` gives it to the lines below. */
export interface ServerSettings {
  id: number | null;
  weight: number;
  backup: boolean;
  disabled: boolean;
  checked: boolean;
  checkSsl: boolean;
  checkAddress: string | null;
  checkPort: number | null;
  interUs: number | null;
  fastInterUs: number | null;
  downInterUs: number | null;
  fall: number | null;
  rise: number | null;
  initState: HaproxyServerOptions['initState'];
  observe: boolean;
  errorLimit: number;
  onError: HaproxyServerOptions['onError'];
  shutdownSessionsOnDown: boolean;
  shutdownBackupSessionsOnUp: boolean;
  maxConn: number;
  minConn: number;
  maxQueue: number;
  slowStartUs: number;
  hashKey: HaproxyServerOptions['hashKey'];
  guid: string | null;
  /** The `resolvers` section it names. */
  resolvers: HaproxyWord | null;
  /** `verify none`, or a `ca-file`. */
  verified: boolean;
  /** `redir`, which is of HTTP. */
  redirected: SourcePosition | null;
  /** Keywords that matter and are not modelled, with their places. */
  unmodelled: Map<string, SourcePosition>;
}

export function defaultServerSettings(): ServerSettings {
  return {
    ...serverDefaults,
    id: null,
    checked: false,
    checkSsl: false,
    checkAddress: null,
    checkPort: null,
    interUs: null,
    fastInterUs: null,
    downInterUs: null,
    fall: null,
    rise: null,
    resolvers: null,
    verified: false,
    redirected: null,
    unmodelled: new Map(),
  };
}

export interface ServerLine {
  /** One; of a `server-template` several. */
  readonly names: readonly string[];
  readonly position: SourcePosition;
  readonly address: HaproxyAddress;
  readonly settings: ServerSettings;
}

// A `server-template` with more servers is a mistake; HAProxy has no limit but memory.
const mostServers = 10_000;

/** @param defaults changed by a `default-server` line. @returns `null` after a message, and for `default-server`. */
export function readServer(line: HaproxyLine, defaults: ServerSettings, report: HaproxyReport): ServerLine | null {
  const { keyword, args, position } = line;
  if (keyword === 'default-server') {
    if (args.length === 0) report.problem(position, 'default-server takes keywords such as inter 5s, got nothing.');
    readKeywords(args, defaults, report, keyword);
    return null;
  }
  const template = keyword === 'server-template';
  const wanted = template ? 'a prefix, a number and address:port' : 'a name and address:port';
  const own: ServerSettings = { ...defaults, unmodelled: new Map(defaults.unmodelled) };
  const fixed = args.slice(0, template ? 3 : 2);
  if (fixed.length < (template ? 3 : 2)) {
    report.problem(position, `${keyword} takes ${wanted}, got ${args.length === 0 ? 'nothing' : 'less'}.`);
    return null;
  }
  readKeywords(args.slice(fixed.length), own, report, keyword);
  if (!report.known(fixed)) return null;
  const [name, ...rest] = fixed;
  const wrong = invalidCharacter(name!.text);
  if (wrong !== null) {
    report.problem(
      name!.position,
      `${quote(wrong)} is not allowed in the name of a server, got ${quote(name!.text)}. Use letters, digits and - _ . :`,
    );
  }
  const names = template ? templateNames(name!.text, rest[0]!, report) : [name!.text];
  const target = rest.at(-1)!;
  const address = parseAddress(target.text, 'server');
  if (typeof address === 'string') {
    report.problem(target.position, `${address}. Write address:1514.`);
    return null;
  }
  if (address.kind === 'other') {
    report.problem(target.position, `${quote(target.text)} is no address of a manager. Write address:1514.`);
    return null;
  }
  if (template && own.id !== null) {
    report.problem(position, 'server-template makes several servers, which cannot share an id. Remove "id".');
  }
  return names === null || wrong !== null ? null : { names, position: name!.position, address, settings: own };
}

function templateNames(prefix: string, { text, position }: HaproxyWord, report: HaproxyReport): string[] | null {
  const [, from, to] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(text) ?? [];
  const low = to === undefined ? 1 : Number(from);
  const high = Number(to ?? from);
  if (from === undefined || high < low) {
    report.problem(position, `server-template takes a number or a range such as 1-3, got ${quote(text)}.`);
    return null;
  }
  if (high - low >= mostServers) {
    report.problem(position, `server-template makes more than ${mostServers} servers. Write a smaller number.`);
    return null;
  }
  return Array.from({ length: high - low + 1 }, (_, index) => `${prefix}${low + index}`);
}

function readKeywords(
  words: readonly HaproxyWord[],
  settings: ServerSettings,
  report: HaproxyReport,
  line: 'server' | 'server-template' | 'default-server' | (string & {}),
): void {
  let at = 0;
  const next = (): HaproxyWord | undefined => words[at++];
  for (let word = next(); word !== undefined; word = next()) {
    if (!report.known([word])) continue;
    const { text: name, position } = word;
    if (!report.since(since[name], name, position)) {
      if (!['check-reuse-pool', 'no-check-reuse-pool', 'strict-maxconn'].includes(name)) at += 1;
      continue;
    }
    const values = harmless.get(name);
    const matters = unmodelled[name];
    if (name === 'id' && line === 'default-server')
      report.problem(position, 'each server has an id of its own. Remove it.');
    if (name === 'usesrc') report.problem(position, 'usesrc belongs behind source ADDRESS.');
    else if (name === 'source') {
      settings.unmodelled.set('source', position);
      if (next() === undefined) report.problem(position, 'source takes an address.');
      for (; words[at] !== undefined && ['usesrc', 'interface'].includes(words[at]!.text); at += 2);
    } else if (undoes[name] !== undefined) settings.unmodelled.delete(undoes[name]);
    else if (matters !== undefined) {
      settings.unmodelled.set(name, position);
      if (matters[0] > 0 && next() === undefined) report.problem(position, `${name} takes a value.`);
    } else if (values !== undefined) {
      report.harmless(`${name} of a server`, position);
      if (values > 0 && next() === undefined) report.problem(position, `${name} takes a value.`);
    } else if (!readKeyword(name, position, next, settings, report)) {
      const known = [...read, ...harmless.keys(), ...Object.keys(unmodelled), ...Object.keys(undoes)];
      const guess = nearest(name, known);
      report.problem(
        position,
        `HAProxy knows no ${quote(name)} of a server.${guess === undefined ? ' Remove it.' : ` Did you mean ${guess}?`}`,
      );
    }
  }
}

/** @returns false when it is none of those that are read. */
function readKeyword(
  name: string,
  position: SourcePosition,
  next: () => HaproxyWord | undefined,
  settings: ServerSettings,
  report: HaproxyReport,
): boolean {
  const value = (what: string): HaproxyWord | null => {
    const word = next();
    if (word === undefined) report.problem(position, `${name} takes ${what}, got nothing.`);
    return word !== undefined && report.known([word]) ? word : null;
  };
  const whole = (least: number, most: number): number | null => {
    const word = value(`a whole number from ${least}`);
    if (word === null) return null;
    const number = parseWhole(word.text, least, most);
    if (number === null) {
      report.problem(word.position, `${name} takes a whole number from ${least} to ${most}, got ${quote(word.text)}.`);
    }
    return number;
  };
  const time = (least: number): number | null => {
    const word = value('a time such as 2s');
    if (word === null) return null;
    const us = parseTime(word.text);
    if (typeof us === 'number' && us >= least) return us;
    const wrong = typeof us === 'string' ? us : `it cannot be ${word.text}`;
    report.problem(word.position, `${name}: ${wrong}.`);
    return null;
  };
  const oneOf = <T extends string>(choices: readonly T[]): T | null => {
    const word = value(choices.join(', '));
    const choice = choices.find((text) => text === word?.text);
    if (word !== null && choice === undefined) {
      report.problem(word.position, `${name} takes ${choices.join(', ')}, got ${quote(word.text)}.`);
    }
    return choice ?? null;
  };
  const most = 2 ** 31 - 1;
  switch (name) {
    case 'backup':
    case 'no-backup':
      settings.backup = name === 'backup';
      return true;
    case 'disabled':
    case 'enabled':
      settings.disabled = name === 'disabled';
      return true;
    case 'check':
    case 'no-check':
      settings.checked = name === 'check';
      return true;
    case 'check-ssl':
    case 'no-check-ssl':
      settings.checkSsl = name === 'check-ssl';
      return true;
    case 'weight':
      // include/haproxy/server-t.h, SRV_UWGHT_MAX.
      settings.weight = whole(0, 256) ?? settings.weight;
      return true;
    case 'id':
      settings.id = whole(1, most) ?? settings.id;
      return true;
    case 'maxconn':
      settings.maxConn = whole(0, most) ?? settings.maxConn;
      return true;
    case 'minconn':
      settings.minConn = whole(0, most) ?? settings.minConn;
      return true;
    case 'maxqueue':
      settings.maxQueue = whole(0, most) ?? settings.maxQueue;
      return true;
    case 'fall':
      settings.fall = whole(1, most) ?? settings.fall;
      return true;
    case 'rise':
      settings.rise = whole(1, most) ?? settings.rise;
      return true;
    case 'error-limit':
      settings.errorLimit = whole(1, most) ?? settings.errorLimit;
      return true;
    case 'inter':
      settings.interUs = time(1) ?? settings.interUs;
      return true;
    case 'fastinter':
      settings.fastInterUs = time(1) ?? settings.fastInterUs;
      return true;
    case 'downinter':
      settings.downInterUs = time(1) ?? settings.downInterUs;
      return true;
    case 'slowstart':
      settings.slowStartUs = time(0) ?? settings.slowStartUs;
      return true;
    case 'port':
      settings.checkPort = whole(1, 65_535) ?? settings.checkPort;
      return true;
    case 'addr': {
      const word = value('an address');
      const address = word && parseAddress(word.text, 'server');
      if (typeof address === 'string' || address?.kind === 'other' || address?.ports) {
        report.problem(word!.position, `addr takes an address, got ${quote(word!.text)}. A port goes into "port".`);
      } else if (address) settings.checkAddress = address.host;
      return true;
    }
    case 'observe': {
      const choice = oneOf(['none', 'layer4', 'layer7']);
      if (choice === 'layer7') report.problem(position, 'observe layer7 reads answers of HTTP. Write layer4.');
      settings.observe = choice === null ? settings.observe : choice === 'layer4';
      return true;
    }
    case 'on-error':
      settings.onError = oneOf(['fastinter', 'fail-check', 'sudden-death', 'mark-down']) ?? settings.onError;
      return true;
    case 'on-marked-down':
      if (oneOf(['shutdown-sessions']) !== null) settings.shutdownSessionsOnDown = true;
      return true;
    case 'on-marked-up':
      if (oneOf(['shutdown-backup-sessions']) !== null) settings.shutdownBackupSessionsOnUp = true;
      return true;
    case 'init-state':
      settings.initState = oneOf(['fully-up', 'up', 'down', 'fully-down']) ?? settings.initState;
      return true;
    case 'hash-key':
      settings.hashKey = oneOf(['id', 'id32', 'addr', 'addr-port', 'guid']) ?? settings.hashKey;
      if (settings.hashKey === 'id32' || settings.hashKey === 'guid')
        report.since('3.4', `hash-key ${settings.hashKey}`, position);
      return true;
    case 'guid':
      settings.guid = value('a name')?.text ?? settings.guid;
      return true;
    case 'resolvers':
      settings.resolvers = value('the name of a resolvers section');
      report.harmless('resolvers of a server', position);
      return true;
    case 'resolve-prefer':
      oneOf(['ipv4', 'ipv6']);
      return true;
    case 'init-addr': {
      const word = value('last, libc, none or an address');
      const wrong = word?.text.split(',').find((text) => !['last', 'libc', 'none'].includes(text) && isIP(text) === 0);
      if (wrong !== undefined) {
        report.problem(word!.position, `init-addr takes last, libc, none or an address, got ${quote(wrong)}.`);
      } else report.harmless('init-addr of a server', position);
      return true;
    }
    case 'verify':
      if (oneOf(['none', 'required']) === 'none') settings.verified = true;
      return true;
    case 'ca-file':
      settings.verified = value('a file') !== null;
      return true;
    case 'redir':
      if (value('a prefix')) settings.redirected = position;
      return true;
    default:
      return false;
  }
}

/** What of a server is not modelled: a mistake only for who uses it. */
export function unmodelledOf(
  settings: ServerSettings,
  report: HaproxyReport,
): NonNullable<ReturnType<HaproxyReport['unmodelled']>>[] {
  return [...settings.unmodelled].flatMap(([name, position]) => {
    const why = name === 'source' ? 'the managers would see other addresses' : unmodelled[name]![1];
    return report.unmodelled(name, position, why, name === 'source' || choosesNothing.test(name)) ?? [];
  });
}
