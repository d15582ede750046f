// `bind` of haproxy.cfg. Keywords: HAProxy 2.6.12, `haproxy -dKall`; later ones by configuration.txt 5.1 of 3.4.
import type { HaproxyBranch } from '../../models/balancer/haproxy/versions.ts';
import { nearest, type Problem } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import type { HaproxyReport } from './haproxyReport.ts';
import type { HaproxyLine } from './haproxySyntax.ts';
import { parseAddress, parseWhole } from './haproxyValues.ts';
import { table } from './table.ts';

/** One of the addresses of a `bind` line; `ports` from … to. */
export interface BindLine {
  /** '': every address; of `other` the text. */
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6' | 'both' | 'other';
  readonly ports: readonly [number, number];
  readonly maxConn: number;
  /** 0: none of its own. */
  readonly backlog: number;
  readonly position: SourcePosition;
  readonly unmodelled: readonly Problem[];
}

const list = (values: number, text: string): [string, number][] =>
  text
    .trim()
    .split(/\s+/)
    .map((name) => [name, values]);

const harmless: ReadonlyMap<string, number> = new Map([
  ...list(
    0,
    `allow-0rtt defer-accept force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 generate-certificates no-alpn
     no-ca-names no-sslv3 no-strict-sni no-tls-tickets no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 prefer-client-ciphers
     quic-force-retry strict-sni tfo transparent`,
  ),
  ...list(
    1,
    `alpn ca-file ca-ignore-err ca-sign-file ca-sign-pass ca-verify-file ciphers ciphersuites client-sigalgs crl-file crt
     crt-ignore-err crt-list curves default-crt ecdhe expose-fd gid group guid-prefix id idle-ping interface label level
     mode mss name namespace nbconn nice npn process proto quic-cc-algo quic-socket severity-output shards sigalgs ssl-max-ver
     ssl-min-ver thread tls-ticket-keys tls-tickets uid user verify`,
  ),
]);

const since: Readonly<Record<string, HaproxyBranch>> = table({
  'quic-cc-algo': '2.7',
  'quic-force-retry': '2.7',
  'client-sigalgs': '2.8',
  'no-alpn': '2.8',
  sigalgs: '2.8',
  nbconn: '2.9',
  'quic-socket': '2.9',
  'default-crt': '3.0',
  'guid-prefix': '3.0',
  'idle-ping': '3.2',
  label: '3.2',
  'no-strict-sni': '3.2',
  'tls-tickets': '3.2',
});

const unmodelled: Readonly<Record<string, readonly [values: number, why: string]>> = table({
  ssl: [0, 'agents speak no TLS on the events port, and on the other one they speak it with the manager itself'],
  'accept-proxy': [0, 'agents do not send the PROXY protocol'],
  'accept-netscaler-cip': [1, 'agents do not send the NetScaler protocol'],
  'tcp-ut': [1, 'what is sent and not acknowledged waits as long as the kernel says'],
});

const read = ['maxconn', 'backlog', 'v4v6', 'v6only'];
// Said of every socket already.
const silent = new Set(['name', 'id', 'interface']);

/** @returns one entry for each address of the line. */
export function readBind(line: HaproxyLine, report: HaproxyReport): BindLine[] {
  const [addresses, ...words] = line.args;
  if (addresses === undefined) {
    report.problem(line.position, 'bind takes an address and a port, such as :1514.');
    return [];
  }
  let maxConn = 0;
  let backlog = 0;
  let v6: 'v4v6' | 'v6only' | null = null;
  let tls: SourcePosition | null = null;
  let certificate = false;
  const problems: Problem[] = [];
  let at = 0;
  for (let word = words[at++]; word !== undefined; word = words[at++]) {
    if (!report.known([word])) continue;
    const { text: name, position } = word;
    const values = harmless.get(name);
    const matters = unmodelled[name];
    if (!report.since(since[name], `${name} of bind`, position)) {
      at += values ?? 0;
    } else if (name === 'v4v6' || name === 'v6only') v6 = name;
    else if (name === 'maxconn' || name === 'backlog') {
      const value = words[at++];
      const number = value && report.known([value]) ? parseWhole(value.text, 0, 2 ** 31 - 1) : null;
      if (number === null || number === 0) {
        report.problem(
          value?.position ?? position,
          `${name} of bind takes a whole number from 1, got ${value ? quote(value.text) : 'nothing'}.`,
        );
      } else if (name === 'maxconn') maxConn = number;
      else backlog = number;
    } else if (matters !== undefined || values !== undefined) {
      const count = matters?.[0] ?? values!;
      if (count > 0 && words[at] === undefined) report.problem(position, `${name} of bind takes a value.`);
      at += count;
      if (name === 'ssl') tls = position;
      if (/^(default-)?crt(-list)?$/.test(name)) certificate = true;
      if (name === 'id' && parseWhole(words[at - 1]?.text ?? '', 1, 2 ** 31 - 1) === null) {
        report.problem(position, 'id of bind takes a whole number from 1.');
      }
      if (name === 'thread' && !/^[\w/,-]*(\d|all|odd|even)[\w/,-]*$/.test(words[at - 1]?.text ?? '')) {
        report.problem(position, 'thread of bind takes numbers or ranges such as 1-4.');
      }
      if (matters === undefined) {
        if (!silent.has(name)) report.harmless(`${name} of bind`, position);
        continue;
      }
      const problem = report.unmodelled(name, position, matters[1], true);
      if (problem) problems.push(problem);
    } else {
      const guess = nearest(name, [...read, ...harmless.keys(), ...Object.keys(unmodelled)]);
      report.problem(
        position,
        `HAProxy knows no ${quote(name)} of bind.${guess ? ` Did you mean ${guess}?` : ' Remove it.'}`,
      );
    }
  }
  if (tls && !certificate) report.problem(tls, 'ssl of bind needs a certificate: add crt FILE.');
  if (!report.known([addresses])) return [];
  return addresses.text.split(',').flatMap((text, index, all): BindLine[] => {
    if (text === '' && index > 0 && index === all.length - 1) return []; // a comma at the end
    const address = parseAddress(text, 'bind');
    if (typeof address === 'string') {
      report.problem(addresses.position, `bind: ${address}. Write address:port, such as :1514.`);
      return [];
    }
    const family =
      address.kind === 'other'
        ? 'other'
        : address.family !== 6
          ? 'ipv4'
          : v6 === 'v6only' || address.host !== '::'
            ? 'ipv6'
            : 'both';
    return [
      {
        address: address.host === '0.0.0.0' || address.host === '::' ? '' : address.host,
        family: family === 'ipv6' && address.host === '' && v6 !== 'v6only' ? 'both' : family,
        ports: address.ports ?? [0, 0],
        maxConn,
        backlog,
        position: addresses.position,
        unmodelled: problems,
      },
    ];
  });
}
