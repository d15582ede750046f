// Random haproxy.cfg files.
import { isSince, parseHaproxyVersion } from '../../../src/models/balancer/haproxy/versions.ts';
import type { Dice } from './dice.ts';
import type { Behind } from './nginxConf.ts';

export const haproxyReleases = ['2.6.12', '2.8', '2.8.5', '3.0', '3.1', '3.2', '3.4'];

const methods = [
  ...['roundrobin', 'roundrobin', 'static-rr', 'leastconn', 'leastconn', 'first', 'source', 'hash src'],
  ...['hash src,ipmask(20)', 'hash dst_port', 'random', 'random(1)', 'random(3)', ''],
];

/** @param helped Wazuh's helper works at it: its backend has to be leastconn. */
export function haproxyConf(dice: Dice, behind: Behind, release: string, helped: boolean): string {
  const global = [
    dice.once(4) && `maxconn ${dice.one([3, 20, 4_000])}`,
    dice.once(3) && `nbthread ${dice.one([1, 4])}`,
    dice.once(5) && `hard-stop-after ${dice.one(['1s', '30s'])}`,
    dice.once(5) && `spread-checks ${dice.one([5, 50])}`,
    dice.once(8) && 'max-spread-checks 200ms',
  ];
  const defaults = [
    'mode tcp',
    !dice.once(6) && `timeout connect ${dice.one(['1s', '5s', '10s', '60s'])}`,
    !dice.once(6) && `timeout client ${dice.one(['8s', '1m', '10m'])}`,
    !dice.once(6) && `timeout server ${dice.one(['8s', '1m', '10m'])}`,
    dice.once(3) && `timeout queue ${dice.one(['500ms', '5s', '1m'])}`,
    dice.once(3) && `timeout check ${dice.one(['300ms', '5s'])}`,
    dice.once(5) && `timeout tunnel ${dice.one(['15s', '1h'])}`,
    dice.once(8) && `timeout client-fin ${dice.one(['1s', '30s'])}`,
    dice.once(8) && `timeout server-fin ${dice.one(['1s', '30s'])}`,
    dice.once(4) && `maxconn ${dice.one([2, 10, 2_000])}`,
    dice.once(2) && `retries ${dice.below(5)}`,
    dice.once(2) &&
      dice.one(['option redispatch', 'option redispatch 1', 'option redispatch 2', 'option redispatch -2']),
    dice.once(8) && dice.one(['option tcpka', 'option clitcpka', 'option srvtcpka']),
    dice.once(10) && 'option independent-streams',
    dice.once(8) && `backlog ${dice.one([1, 128])}`,
    dice.once(6) && `default-server inter ${dice.one(['500ms', '3s'])} fall ${dice.between(1, 4)}`,
  ];
  const method = helped ? 'leastconn' : dice.one(methods);
  const events = section(dice, 'wazuh_reporting', 1514, [
    ...methodLines(dice, method, release),
    ...behind.events.map((name, index) => server(dice, name, `${behind.addressOf(name)}:1514`, index, release)),
  ]);
  const registers = section(dice, 'wazuh_register', 1515, [
    ...methodLines(dice, dice.one(methods), release),
    ...(behind.registration ?? []).map((name, index) =>
      server(dice, name, `${behind.addressOf(name)}:1515`, index, release),
    ),
  ]);
  const block = (head: string, lines: readonly (string | false)[]): string =>
    `${head}\n${lines.flatMap((line) => (line === false ? [] : [`  ${line}\n`])).join('')}`;
  const sections = [block('global', global), block('defaults', defaults), events];
  return [...sections, ...(behind.registration === null ? [] : [registers])].join('\n');
}

function methodLines(dice: Dice, method: string, release: string): string[] {
  const version = parseHaproxyVersion(release)!;
  const lines = method === '' ? [] : [`balance ${method}`];
  const isHash = method === 'source' || method.startsWith('hash');
  if (isHash && dice.once(2)) {
    const words = dice.once(2)
      ? ''
      : ` ${dice.one(['sdbm', 'djb2', 'wt6', 'crc32'])}${dice.once(2) ? ' avalanche' : ''}`;
    const table = dice.one(['consistent', 'map-based']);
    lines.push(`hash-type ${table}${words}`);
    if (table === 'consistent' && dice.once(2)) lines.push(`hash-balance-factor ${dice.one([101, 150, 300])}`);
  }
  if (isHash && isSince(version, '3.2') && dice.once(3))
    lines.push(`hash-preserve-affinity ${dice.one(['always', 'maxconn', 'maxqueue'])}`);
  if (dice.once(5)) lines.push('option allbackups');
  if (dice.once(6)) lines.push(`fullconn ${dice.one([1, 10])}`);
  return lines;
}

function server(dice: Dice, name: string, address: string, index: number, release: string): string {
  const version = parseHaproxyVersion(release)!;
  const checked = !dice.once(3);
  const observed = checked && dice.once(4);
  const limited = dice.once(4);
  const words = [
    `server ${name} ${address}`,
    checked && 'check',
    checked && dice.once(2) && `inter ${dice.one(['300ms', '1s', '2s', '15s'])}`,
    checked && dice.once(4) && `fastinter ${dice.one(['200ms', '1s'])}`,
    checked && dice.once(4) && `downinter ${dice.one(['1s', '20s'])}`,
    checked && dice.once(3) && `fall ${dice.between(1, 4)}`,
    checked && dice.once(3) && `rise ${dice.between(1, 4)}`,
    checked &&
      isSince(version, '3.1') &&
      dice.once(6) &&
      `init-state ${dice.one(['up', 'down', 'fully-up', 'fully-down'])}`,
    observed && 'observe layer4',
    observed && `on-error ${dice.one(['fastinter', 'fail-check', 'sudden-death', 'mark-down'])}`,
    observed && dice.once(2) && `error-limit ${dice.one([1, 3, 10])}`,
    dice.once(3) && 'on-marked-down shutdown-sessions',
    dice.once(6) && 'on-marked-up shutdown-backup-sessions',
    dice.once(3) && `weight ${dice.one([0, 1, 5, 100, 256])}`,
    limited && `maxconn ${dice.between(1, 5)}`,
    limited && dice.once(3) && 'minconn 1',
    limited && dice.once(3) && `maxqueue ${dice.between(1, 3)}`,
    dice.once(6) && `slowstart ${dice.one(['1s', '60s'])}`,
    index > 0 && dice.once(6) && 'backup',
    index > 0 && dice.once(12) && 'disabled',
    isSince(version, '3.0') && dice.once(6) && `hash-key ${dice.one(['id', 'addr', 'addr-port'])}`,
  ];
  return words.filter((word) => word !== false).join(' ');
}

/** One port of it: a listen section, or a frontend and a backend. */
function section(dice: Dice, name: string, port: number, lines: readonly string[]): string {
  const front = [`bind ${dice.one(['', '*'])}:${port}`, ...(dice.once(6) ? [`maxconn ${dice.one([1, 4, 500])}`] : [])];
  const indented = (all: readonly string[]): string => all.map((line) => `  ${line}\n`).join('');
  return dice.once(3)
    ? `listen ${name}\n${indented([...front, ...lines])}`
    : `frontend ${name}_front\n${indented([...front, `default_backend ${name}`])}\nbackend ${name}\n${indented(lines)}`;
}

/** What a scenario says of Wazuh's helper. */
export function randomHelper(dice: Dice, nodeNames: readonly string[]): unknown {
  if (dice.once(3)) return true;
  return {
    ...(dice.once(2) && { frequency: dice.one(['10s', '30s']) }),
    ...(dice.once(2) && { agentReconnectionTime: dice.one(['0s', '3s']) }),
    ...(dice.once(2) && { agentReconnectionStabilityTime: dice.one(['10s', '45s']) }),
    ...(dice.once(3) && { imbalanceTolerance: dice.one(['1%', '50%', '100%']) }),
    ...(dice.once(3) && { removeDisconnectedNodeAfter: dice.one(['0s', '20s', '5m']) }),
    ...(nodeNames.length > 2 && dice.once(4) && { excludedNodes: [nodeNames.at(-1)] }),
  };
}
