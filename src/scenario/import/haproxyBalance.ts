// `balance` and `hash-type` of haproxy.cfg. HAProxy 2.6.12, src/backend.c, backend_parse_balance(); src/cfgparse-listen.c.
import {
  consistentAlone,
  hashTypeDefault,
  randomDraws,
  type HaproxyBalance,
  type HaproxyHashType,
} from '../../models/balancer/haproxy/options.ts';
import { nearest } from '../problem.ts';
import { quote } from '../wording.ts';
import type { HaproxyReport } from './haproxyReport.ts';
import type { HaproxyLine } from './haproxySyntax.ts';
import { parseHashSample } from './haproxyValues.ts';

export interface UnmodelledBalance {
  readonly kind: 'unmodelled';
  readonly name: string;
  readonly why: string;
}

/** @returns the method, or what is not modelled of it; `null` after a message. */
export function readBalance(line: HaproxyLine, report: HaproxyReport): HaproxyBalance | UnmodelledBalance | null {
  if (!report.known(line.args)) return null;
  const [method, ...rest] = line.args;
  const more = (most: number): void => {
    const extra = rest[most];
    if (extra) report.problem(extra.position, `balance ${method!.text}: ${quote(extra.text)} is too much.`);
  };
  const text = method?.text ?? 'roundrobin';
  switch (text) {
    case 'roundrobin':
    case 'static-rr':
    case 'leastconn':
    case 'first':
    case 'source':
      more(0);
      return { kind: text };
    case 'hash': {
      const [sample] = rest;
      if (!sample) {
        report.problem(method!.position, 'balance hash takes a sample such as src.');
        return null;
      }
      more(1);
      const parsed = parseHashSample(sample.text);
      return typeof parsed === 'string'
        ? { kind: 'unmodelled', name: 'balance hash', why: parsed }
        : { kind: 'hash', sample: parsed };
    }
    default:
  }
  const draws = /^random(?:\((\d{0,9})\))?$/.exec(text);
  if (draws) {
    const count = draws[1] === undefined || draws[1] === '' ? randomDraws : Number(draws[1]);
    more(0);
    if (count > 0) return { kind: 'random', draws: count };
    report.problem(method!.position, 'balance random draws once at least. Write random(2).');
    return null;
  }
  if (/^(uri|url_param|hdr\([^)]+\)|rdp-cookie(\([^)]+\))?)$/.test(text)) {
    const name = /^[\w-]+/.exec(text)![0];
    const modifiers: Readonly<Record<string, RegExp>> = {
      uri: /^((len|depth) [1-9]\d* ?|(whole|path-only) ?)*$/,
      url_param: /^\S+( check_post)?$/,
      hdr: /^(use_domain_only)?$/,
    };
    const wrong = modifiers[name]?.test(rest.map((each) => each.text).join(' ')) === false;
    if (wrong && rest[0]) {
      report.problem(rest[0].position, `balance ${name} does not take ${quote(rest[0].text)}.`);
    }
    if (name === 'url_param' && rest.length === 0) {
      report.problem(method!.position, 'balance url_param takes the name of a parameter.');
    }
    return { kind: 'unmodelled', name: `balance ${name}`, why: 'agents do not say what it asks for' };
  }
  const known = ['roundrobin', 'static-rr', 'leastconn', 'first', 'source', 'hash', 'random'];
  const guess = nearest(text, known);
  report.problem(
    method!.position,
    `balance knows no ${quote(text)}. ${guess ? `Did you mean ${guess}?` : `Known: ${known.join(', ')}.`}`,
  );
  return null;
}

/** @returns `null` after a message. */
export function readHashType(line: HaproxyLine, report: HaproxyReport): HaproxyHashType | null {
  const [table, name, modifier] = report.args(line, 1, 3, 'map-based or consistent, a function, and avalanche') ?? [];
  if (table === undefined) return null;
  if (table.text !== 'map-based' && table.text !== 'consistent') {
    report.problem(table.position, `hash-type is map-based or consistent, got ${quote(table.text)}.`);
    return null;
  }
  if (name === undefined) {
    return table.text === 'consistent' ? consistentAlone : hashTypeDefault;
  }
  const chosen = (['sdbm', 'djb2', 'wt6', 'crc32', 'none'] as const).find((known) => known === name.text);
  if (chosen === undefined) {
    report.problem(name.position, `hash-type knows sdbm, djb2, wt6, crc32 and none, got ${quote(name.text)}.`);
    return null;
  }
  if (chosen === 'none' && !report.since('2.9', 'hash-type … none', name.position)) return null;
  if (modifier !== undefined && modifier.text !== 'avalanche') {
    report.problem(modifier.position, `behind the function of hash-type goes avalanche, got ${quote(modifier.text)}.`);
    return null;
  }
  return { table: table.text, function: chosen, avalanche: modifier !== undefined };
}
