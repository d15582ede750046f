// `log` of haproxy.cfg: it decides nothing, and HAProxy does not start with a wrong one.
// HAProxy 2.6.12, src/log.c, parse_logsrv(); configuration.txt 3.1.
import { quote } from '../wording.ts';
import type { HaproxyReport } from './haproxyReport.ts';
import type { HaproxyLine } from './haproxySyntax.ts';
import { parseAddress } from './haproxyValues.ts';

const facilities: ReadonlySet<string> = new Set([
  ...[
    'kern',
    'user',
    'mail',
    'daemon',
    'auth',
    'syslog',
    'lpr',
    'news',
    'uucp',
    'cron',
    'auth2',
    'ftp',
    'ntp',
    'audit',
  ],
  ...['alert', 'cron2', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
]);
const levels: ReadonlySet<string> = new Set(['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']);
const parameters: ReadonlySet<string> = new Set(['len', 'format', 'sample', 'profile']);

/** @param place `global` names no other place to log to. */
export function readLog(
  { args, modifier, position }: HaproxyLine,
  place: 'global' | 'proxy',
  report: HaproxyReport,
): void {
  if (modifier === 'no') return;
  const [target] = args;
  if (target?.text === 'global') {
    if (place === 'global') report.problem(target.position, 'log global belongs into proxies. Write an address here.');
    return;
  }
  let at = 1;
  while (parameters.has(args[at]?.text ?? '')) at += 2;
  const [facility, ...rest] = args.slice(at);
  if (target?.unknown.length === 0 && !/^\/|@|^std(out|err)$/.test(target.text)) {
    const address = parseAddress(target.text, 'server');
    if (typeof address === 'string') report.problem(target.position, `log: ${address}.`);
  }
  if (args.length === 0 || facility === undefined) {
    report.problem(position, 'log takes an address and a facility such as local0, or global.');
  } else if (!facilities.has(facility.text) && facility.unknown.length === 0) {
    report.problem(facility.position, `log knows no facility ${quote(facility.text)}. Write local0, for example.`);
  }
  const wrong = rest.find(({ text, unknown }) => !levels.has(text) && unknown.length === 0) ?? rest[2];
  if (wrong) report.problem(wrong.position, `log takes two levels such as notice, got ${quote(wrong.text)}.`);
}
