// Random sections to compare with the HAProxy of this machine, and what is done to each.
import seedrandom from 'seedrandom';
import { isSince, type HaproxyVersion } from '../../src/models/balancer/haproxy/versions.ts';

export interface HaproxySubject {
  /** Of its backend. */
  readonly name: string;
  readonly port: number;
  /** Its `listen` section, or `frontend` and `backend`. */
  readonly text: string;
  readonly addresses: readonly string[];
  readonly serverPort: number;
  /** Servers, by position, where nobody listens; they count as up. */
  readonly dead: ReadonlySet<number>;
  /** Servers where nobody listens either, but which are checked, and so are down. */
  readonly down: ReadonlySet<number>;
  /** HAProxy draws: only how often each server is chosen can be compared. */
  readonly draws: boolean;
  readonly steps: readonly HaproxyStep[];
}

export type HaproxyStep =
  | { readonly kind: 'open'; readonly client: string }
  /** The `rank`-th of the sessions that are open. */
  | { readonly kind: 'close'; readonly rank: number }
  /** `set server <name>/s<server> <what> <value>`. */
  | { readonly kind: 'order'; readonly server: number; readonly what: 'state' | 'weight'; readonly value: string };

export interface HaproxyGround {
  readonly version: HaproxyVersion;
  readonly serverPort: number;
  /** A port on which nobody listens. */
  readonly deadPort: number;
  readonly ipv6: boolean;
}

// Twice as often: what operators of Wazuh have.
const methods = [
  '', 'roundrobin', 'roundrobin', 'static-rr', 'leastconn', 'leastconn', 'leastconn', 'first', 'source', 'source', 'hash src', 'hash src',
  'hash src,ipmask(20)', 'hash src,ipmask(24,64)', 'hash dst_port', 'random', 'random(1)', 'random(3)',
]; // prettier-ignore

export function randomHaproxy(
  seed: string,
  index: number,
  port: number,
  clients: number,
  { version, serverPort, deadPort, ipv6 }: HaproxyGround,
): HaproxySubject {
  const random = seedrandom.alea(`${seed}/haproxy/${index}`);
  const below = (limit: number): number => Math.floor(random() * limit);
  const chance = (share: number): boolean => random() < share;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

  const name = `b${index}`;
  const method = pick(methods);
  const isHash = method === 'source' || method.startsWith('hash');
  // The default has changed with 3.3; leastconn draws among equals from 3.2 on.
  const draws =
    method.startsWith('random') ||
    (method === '' && isSince(version, '3.3')) ||
    (method === 'leastconn' && isSince(version, '3.2'));
  const onRing = isHash && chance(0.6);
  const hasDead = !draws && chance(0.25);
  const ruined = !hasDead && chance(0.3);
  const count = hasDead ? 4 + below(7) : 1 + below(12);
  const dead = new Set(hasDead ? Array.from({ length: 1 + below(count - 3) }, () => below(count)) : []);
  const heavy = chance(0.4);
  const lines = method === '' ? [] : [`balance ${method}`];
  if (onRing || (isHash && chance(0.5))) {
    const words = chance(0.3) ? '' : ` ${pick(['sdbm', 'djb2', 'wt6', 'crc32'])}${chance(0.6) ? ' avalanche' : ''}`;
    lines.push(`hash-type ${onRing ? 'consistent' : 'map-based'}${words}`);
  }
  if (onRing && chance(0.4)) lines.push(`hash-balance-factor ${101 + below(150)}`);
  if (chance(0.4)) lines.push('option allbackups');
  // A refused session waits a second, unless it is redispatched at once or given up.
  if (hasDead) {
    const again = isHash
      ? ['option redispatch 1']
      : ['option redispatch', 'option redispatch 1', 'option redispatch 2'];
    lines.push(
      ...pick([[...again.map((line) => [line]), ['retries 0'], [pick(again), `retries ${1 + below(5)}`]]].flat()),
    );
  }
  // Sessions that find no slot would wait; so the last server has no limit, and is always there.
  const limits = !isHash && !draws && !hasDead && count > 1 && chance(0.4);
  if (limits && chance(0.3)) lines.push(`fullconn ${1 + below(40)}`);
  const down = new Set<number>();
  const ids = new Set<number>();
  const isLast = (at: number): boolean => limits && at === count - 1;
  const servers = Array.from({ length: count }, (_, at) => {
    const checked = !hasDead && chance(0.5);
    if (checked && !isLast(at) && chance(ruined ? 0.6 : 0.2)) down.add(at);
    const isRefusing = dead.has(at) || down.has(at);
    const words = [`server s${at + 1} 127.0.12.${at + 1}:${isRefusing ? deadPort : serverPort}`];
    // A server that comes back is no part of this.
    if (checked) words.push('check inter 1s');
    if (!isLast(at) && chance(0.1)) words.push('weight 0');
    else if (chance(0.8)) words.push(`weight ${1 + below(heavy ? 256 : 5)}`);
    const id = isLast(at) ? 999 : 1 + below(400);
    if ((isLast(at) || chance(0.2)) && !ids.has(id)) {
      ids.add(id);
      words.push(`id ${id}`);
    }
    if (limits && !isLast(at) && chance(0.8)) words.push(`maxconn ${1 + below(9)}${chance(0.3) ? ' minconn 1' : ''}`);
    if (onRing && isSince(version, '3.0') && chance(0.3)) words.push(`hash-key ${pick(['id', 'addr', 'addr-port'])}`);
    if (at > 0 && !hasDead && !isLast(at) && chance(ruined ? 0.5 : 0.2)) words.push('backup');
    if (at > 0 && !hasDead && !isLast(at) && chance(0.1)) words.push('disabled');
    return words.join(' ');
  });
  const steps: HaproxyStep[] = [];
  const most = limits || chance(0.5) ? 1 + below(60) : 0;
  const orders = !hasDead && chance(0.7);
  let open = 0;
  for (let opened = 0; opened < clients; opened++) {
    steps.push({ kind: 'open', client: `127.${1 + below(254)}.${below(256)}.${1 + below(254)}` });
    open += 1;
    while (open > most || (open > 0 && chance(0.2))) {
      steps.push({ kind: 'close', rank: below(open) });
      open -= 1;
    }
    const server = below(count);
    if (!orders || isLast(server) || !chance(0.01)) continue;
    const state = pick(['ready', 'ready', 'drain', 'maint']);
    // Of a server that is down only the weight is set: maintenance would have it checked anew.
    if (!down.has(server) && chance(0.7)) steps.push({ kind: 'order', server, what: 'state', value: state });
    else steps.push({ kind: 'order', server, what: 'weight', value: String(below(heavy ? 257 : 7)) });
  }
  const bind = ipv6 && chance(0.2) ? `bind :::${port} v4v6` : `bind ${pick(['127.0.0.1', '', '*'])}:${port}`;
  const inside = [...lines, ...servers].map((line) => `  ${line}\n`).join('');
  return {
    name,
    port,
    text: chance(0.5)
      ? `listen ${name}\n  ${bind}\n${inside}`
      : `frontend f${index}\n  ${bind}\n  default_backend ${name}\nbackend ${name}\n${inside}`,
    addresses: servers.map((_, at) => `127.0.12.${at + 1}`),
    serverPort,
    dead,
    down,
    draws,
    steps,
  };
}
