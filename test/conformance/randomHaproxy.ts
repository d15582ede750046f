// Random `listen` sections to compare with the HAProxy of this machine, and what is done to each.
import seedrandom from 'seedrandom';

export interface HaproxySubject {
  readonly name: string;
  readonly port: number;
  /** Its `listen` section. */
  readonly text: string;
  /** Servers, by position, where nobody listens; they count as up. */
  readonly dead: ReadonlySet<number>;
  readonly steps: readonly HaproxyStep[];
}

export type HaproxyStep =
  | { readonly kind: 'open'; readonly client: string }
  /** The `rank`-th of the sessions that are open. */
  | { readonly kind: 'close'; readonly rank: number }
  /** `set server <name>/s<server> <what> <value>`. */
  | { readonly kind: 'order'; readonly server: number; readonly what: 'state' | 'weight'; readonly value: string };

export interface HaproxyGround {
  /** Address of each server; there are eight. */
  readonly addresses: readonly string[];
  readonly serverPort: number;
  /** A port on which nobody listens. */
  readonly deadPort: number;
}

const methods = ['roundrobin', 'static-rr', 'leastconn', 'first', 'source', 'hash src', 'hash src,ipmask(20)'];

export function randomHaproxy(
  seed: string,
  index: number,
  port: number,
  clients: number,
  ground: HaproxyGround,
): HaproxySubject {
  const random = seedrandom.alea(`${seed}/haproxy/${index}`);
  const below = (limit: number): number => Math.floor(random() * limit);
  const chance = (share: number): boolean => random() < share;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

  const name = `b${index}`;
  const method = pick(methods);
  const isHash = method === 'source' || method.startsWith('hash');
  const onRing = isHash && chance(0.6);
  const hasDead = chance(0.25);
  const count = hasDead ? 4 + below(5) : 1 + below(8);
  const dead = new Set(hasDead ? [1] : []);
  const heavy = chance(0.4);
  const lines = [`balance ${method}`];
  if (onRing || (isHash && chance(0.5))) {
    const words = chance(0.3) ? '' : ` ${pick(['sdbm', 'djb2', 'wt6', 'crc32'])}${chance(0.6) ? ' avalanche' : ''}`;
    lines.push(`hash-type ${onRing ? 'consistent' : 'map-based'}${words}`);
  }
  if (onRing && chance(0.4)) lines.push(`hash-balance-factor ${101 + below(150)}`);
  if (chance(0.4)) lines.push('option allbackups');
  // Plain redispatch lets a hash wait a second for each retry of a server that refuses.
  if (hasDead) lines.push('option redispatch 1');
  const ids = new Set<number>();
  const servers = Array.from({ length: count }, (_, at) => {
    const words = [`server s${at + 1} ${ground.addresses[at]!}:${dead.has(at) ? ground.deadPort : ground.serverPort}`];
    words.push(`weight ${1 + below(heavy ? 200 : 5)}`);
    const id = 1 + below(400);
    if (chance(0.2) && !ids.has(id)) {
      ids.add(id);
      words.push(`id ${id}`);
    }
    if (at > 0 && !hasDead && chance(0.2)) words.push('backup');
    if (at > 0 && !hasDead && chance(0.1)) words.push('disabled');
    return words.join(' ');
  });
  const steps: HaproxyStep[] = [];
  const most = chance(0.5) ? 1 + below(60) : 0;
  let open = 0;
  for (let opened = 0; opened < clients; opened++) {
    steps.push({ kind: 'open', client: `127.${1 + below(254)}.${below(256)}.${1 + below(254)}` });
    open += 1;
    while (open > most || (open > 0 && chance(0.2))) {
      steps.push({ kind: 'close', rank: below(open) });
      open -= 1;
    }
    if (hasDead || !chance(0.01)) continue;
    const server = below(count);
    const state = pick(['ready', 'ready', 'drain', 'maint']);
    if (chance(0.7)) steps.push({ kind: 'order', server, what: 'state', value: state });
    else steps.push({ kind: 'order', server, what: 'weight', value: String(below(heavy ? 257 : 7)) });
  }
  const text = `listen ${name}\n  bind 127.0.0.1:${port}\n${[...lines, ...servers].map((line) => `  ${line}\n`).join('')}`;
  return { name, port, text, dead, steps };
}
