// The `global` sections of haproxy.cfg. HAProxy 2.6.12, src/cfgparse-global.c, haproxy.c.
import { globalDefaults } from '../../models/balancer/haproxy/options.ts';
import { nearest, type Problem } from '../problem.ts';
import { quote } from '../wording.ts';
import { readLog } from './haproxyLog.ts';
import { harmlessGlobals, laterGlobals, readGlobals, unmodelledGlobals } from './haproxyKeywords.ts';
import type { HaproxyReport } from './haproxyReport.ts';
import type { HaproxyLine, HaproxySection } from './haproxySyntax.ts';
import { parseTime, parseWhole } from './haproxyValues.ts';

export interface GlobalSettings {
  /** 0: as many as open files allow. */
  maxConn: number;
  /** `null`: as many as processors. */
  threads: number | null;
  hardStopAfterUs: number;
  spreadChecksPercent: number;
  maxSpreadChecksUs: number;
  /** Open files; `null`: what the system gives. */
  openFiles: number | null;
  /** `ssl-server-verify none`. */
  verifiesServers: boolean;
  allowsPrograms: boolean;
  /** What matters and is not modelled. */
  readonly unmodelled: Problem[];
}

// systemd.exec(5): the hard limit of open files (LimitNOFILE) that services get; HAProxy raises its own up to it.
export const usualOpenFiles = 524_288;

const silent: ReadonlySet<string> = new Set([
  ...['log', 'chroot', 'stats', 'user', 'group', 'daemon', 'ca-base', 'crt-base', 'pidfile', 'description', 'node'],
  ...[
    'ssl-default-bind-ciphers',
    'ssl-default-bind-ciphersuites',
    'ssl-default-bind-options',
    'master-worker',
    'uid',
    'gid',
  ],
  ...['setenv', 'presetenv', 'unsetenv', 'resetenv'],
]);

const mostConnections = 2 ** 31 - 1;

export function readGlobal(sections: readonly HaproxySection[], report: HaproxyReport): GlobalSettings {
  const settings: GlobalSettings = {
    maxConn: 0,
    threads: null,
    openFiles: null,
    verifiesServers: true,
    allowsPrograms: false,
    unmodelled: [],
    ...globalDefaults,
  };
  const seen = new Map<string, number>();
  for (const section of sections) {
    const [extra] = section.args;
    if (extra) report.problem(extra.position, `global has no name; ${quote(extra.text)} is too much.`);
    for (const line of section.lines) readLine(line, settings, seen, report);
  }
  return settings;
}

function readLine(line: HaproxyLine, settings: GlobalSettings, seen: Map<string, number>, report: HaproxyReport): void {
  const { keyword, args, position } = line;
  const whole = (least: number, most: number): number | null => {
    const [word] = report.args(line, 1, 1, 'a whole number') ?? [];
    if (word === undefined) return null;
    const value = parseWhole(word.text, least, most);
    if (value === null) {
      report.problem(
        word.position,
        `${keyword} takes a whole number from ${least} to ${most}, got ${quote(word.text)}.`,
      );
    }
    return value;
  };
  const time = (): number | null => {
    const [word] = report.args(line, 1, 1, 'a time such as 30s') ?? [];
    const us = word && parseTime(word.text);
    if (typeof us === 'string') report.problem(word!.position, `${keyword}: ${us}.`);
    return typeof us === 'number' ? us : null;
  };
  if (readGlobals.includes(keyword)) {
    const before = seen.get(keyword);
    if (before !== undefined) {
      report.problem(position, `a second ${keyword}: the one in line ${before} counts. Keep one.`);
      return;
    }
    seen.set(keyword, position.line);
  }
  switch (keyword) {
    case 'maxconn':
      settings.maxConn = whole(0, mostConnections) ?? 0;
      return;
    case 'nbthread':
      // include/haproxy/defaults.h, MAX_THREADS.
      settings.threads = whole(1, 64);
      return;
    case 'hard-stop-after':
      settings.hardStopAfterUs = time() || Infinity;
      return;
    case 'spread-checks':
      settings.spreadChecksPercent = whole(0, 50) ?? 0;
      return;
    case 'max-spread-checks':
      settings.maxSpreadChecksUs = time() || Infinity;
      return;
    case 'fd-hard-limit':
    case 'ulimit-n': {
      const files = whole(1, mostConnections);
      if (files !== null) settings.openFiles = Math.min(files, settings.openFiles ?? Infinity);
      return;
    }
    case 'external-check':
      settings.allowsPrograms = true;
      return;
    case 'ssl-server-verify': {
      const [word] = report.args(line, 1, 1, 'none or required') ?? [];
      if (word && word.text !== 'none' && word.text !== 'required') {
        report.problem(word.position, `ssl-server-verify takes none or required, got ${quote(word.text)}.`);
      } else if (word) settings.verifiesServers = word.text === 'required';
      return;
    }
    case 'log':
      readLog(line, 'global', report);
      return;
    case 'setenv':
    case 'presetenv':
      if (args.length < 2) report.problem(position, `${keyword} takes a name and a value.`);
      return;
    case 'nbproc':
      report.problem(position, 'HAProxy refuses nbproc from 2.5 on. Remove it, or write nbthread.');
      return;
    default:
  }
  const matters = unmodelledGlobals[keyword];
  if (matters !== undefined) {
    if (args.length === 0) report.problem(position, `${keyword} takes a value.`);
    const problem = report.unmodelled(keyword, position, matters.why, matters.choosesNothing ?? true);
    if (problem) settings.unmodelled.push(problem);
  } else if (Object.hasOwn(laterGlobals, keyword)) {
    if (report.since(laterGlobals[keyword], keyword, position)) report.harmless(keyword, position);
  } else if (harmlessGlobals.has(keyword) || /^tune\.quic\./.test(keyword)) {
    if (!silent.has(keyword)) report.harmless(keyword, position);
  } else {
    const guess = nearest(keyword, [
      ...readGlobals,
      ...harmlessGlobals,
      ...Object.keys({ ...laterGlobals, ...unmodelledGlobals }),
    ]);
    const mend = guess === undefined ? 'Remove it.' : `Did you mean ${guess}?`;
    report.problem(position, `HAProxy knows no ${quote(keyword)} in global. ${mend}`);
  }
}
