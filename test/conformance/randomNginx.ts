// Random `stream` configurations to compare with the nginx of this machine, and what is done to each.
import seedrandom from 'seedrandom';

/** Where the nodes of a random configuration are: real listeners on loopback. */
export interface Ground {
  /** Port of every node; the addresses differ. */
  readonly nodePort: number;
  /** Path of the unix socket of one of them. */
  readonly socket: string;
  /** Host names of the test and the addresses behind them, in the order in which the resolver gives them. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly ipv6: boolean;
}

export interface Subject {
  readonly name: string;
  readonly port: number;
  /** Its `upstream` and its `server` block. */
  readonly text: string;
  /** Addresses of its servers, as nginx writes them. */
  readonly addresses: readonly string[];
  /** Those of them that refuse connections. */
  readonly dead: ReadonlySet<string>;
  /** Texts of the servers that are dead; `null`: of one only some addresses are, which `--down` cannot say. */
  readonly down: readonly string[] | null;
  /** nginx draws: only how often each server is chosen can be compared. */
  readonly draws: boolean;
  /** Sessions stay open for a while: many at a time. */
  readonly held: boolean;
  /** `open` a client, or `close` the session opened as the n-th. */
  readonly steps: readonly ({ readonly open: string } | { readonly close: number })[];
}

const keys = [
  '$remote_addr',
  '$remote_addr',
  '$remote_addr$server_port',
  '"$remote_addr:$server_port"',
  '${remote_addr}x',
  '"$protocol $REMOTE_ADDR"',
  "'\\'${remote_addr}\\''",
  '$binary_remote_addr',
  'é$remote_addr',
  '"$server_port"',
  '"all to one"',
  '""',
];

export function randomSubject(seed: string, index: number, port: number, clients: number, ground: Ground): Subject {
  const random = seedrandom.alea(`${seed}/${index}`);
  const below = (limit: number): number => Math.floor(random() * limit);
  const chance = (share: number): boolean => random() < share;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

  const kind = pick([
    'consistent',
    'consistent',
    'consistent',
    'hash',
    'hash',
    'round robin',
    'least_conn',
    'least_conn',
    'random',
  ]);
  const method =
    kind === 'consistent'
      ? `hash ${pick(keys)} consistent;`
      : kind === 'hash'
        ? `hash ${pick(keys)};`
        : kind === 'least_conn'
          ? 'least_conn;'
          : kind === 'random'
            ? pick(['random;', 'random two;', 'random two least_conn;'])
            : '';
  const held = chance(kind === 'least_conn' ? 0.8 : 0.3);
  const draws = kind === 'random';
  const hashed = method.startsWith('hash') || draws;
  // A backup server is allowed in front of `hash` and `random`, though not behind them.
  const methodLast = hashed && chance(0.3);
  const backups = (!hashed || methodLast) && chance(0.6);
  // With most of the servers out of order, the last resorts decide.
  const ruined = chance(backups ? 0.8 : 0.15);
  const heavy = chance(0.2);
  const names = Object.keys(ground.names);
  const hosts = shuffled(
    [
      ...Array.from({ length: 12 }, (_, node) => `127.0.11.${node + 1}:${ground.nodePort}`),
      ...names.map((name) => `${name}:${ground.nodePort}`),
      `unix:${ground.socket}`,
      ...(ground.ipv6 ? [`[::1]:${ground.nodePort}`, `[0:0::1]:${ground.nodePort}`] : []),
    ],
    below,
  ).slice(0, 1 + below(12));
  if (hosts.length > 1 && chance(0.4)) hosts.push(hosts[0]!); // the same text twice
  const dead = new Set<string>();
  // When a dead server is drawn and banned is luck, too.
  for (const text of draws ? [] : hosts) {
    const addresses = addressesOf(text, ground);
    for (const address of chance(ruined ? 0.5 : 0.2) ? addresses.filter(() => chance(0.7)) : []) dead.add(address);
  }
  const lines = hosts.map((text, position) => {
    const words = [`server ${chance(0.2) ? `"${text}"` : text}`];
    if (heavy) words.push(`weight=${position === 0 ? 20 + below(60) : 1 + below(2)}`);
    else if (chance(0.5)) words.push(`weight=${1 + below(20)}`);
    if (chance(ruined ? 0.3 : heavy && position === 0 ? 0.6 : 0.12)) words.push('down');
    if (chance(0.3)) words.push(`max_fails=${below(4)}`);
    // A ban outlasts the comparison, however long that takes.
    const isDead = addressesOf(text, ground).some((address) => dead.has(address));
    if (isDead || chance(0.3)) words.push(pick(['fail_timeout=300s', 'fail_timeout=5m30s', '"fail_timeout=9m 30s"']));
    if (held && !draws && chance(ruined ? 0.7 : 0.4)) words.push(`max_conns=${1 + below(ruined ? 4 : 12)}`);
    if (backups && position > 0 && chance(0.5)) words.push('backup');
    return `${words.join(' ')};`;
  });
  const deadOf = (text: string): number => addressesOf(text, ground).filter((address) => dead.has(address)).length;
  const partly = hosts.some((text) => deadOf(text) > 0 && deadOf(text) < addressesOf(text, ground).length);
  const proxy = [
    ...(chance(0.3) ? [`proxy_next_upstream_tries ${below(5)};`] : []),
    ...(chance(0.1) ? ['proxy_next_upstream off;'] : []),
    ...(chance(0.2) ? ['proxy_next_upstream_timeout 1m;'] : []),
  ];
  const listen =
    ground.ipv6 && chance(0.25) ? `[::]:${port} ipv6only=off` : pick([`${port}`, `127.0.0.1:${port}`, `*:${port}`]);
  const name = `u${index}`;
  const zone = chance(0.3) ? [`zone ${name} 64k;`] : [];
  const inside = [...(methodLast ? [...lines, method] : [method, ...lines]), ...zone].filter((line) => line !== '');
  return {
    name,
    port,
    text: `  upstream ${name} {
${inside.map((line) => `    ${line}\n`).join('')}  }
  server { listen ${listen}; ${proxy.join(' ')} proxy_pass ${name}; }
`,
    addresses: [...new Set(hosts.flatMap((text) => addressesOf(text, ground)))],
    dead,
    down: partly ? null : [...new Set(hosts)].filter((text) => deadOf(text) > 0),
    draws,
    held,
    steps: randomSteps(clients, held, below),
  };
}

/** Addresses behind a server's text, in nginx's spelling. */
function addressesOf(text: string, ground: Ground): readonly string[] {
  if (text.startsWith('unix:')) return [text];
  if (text.startsWith('[')) return [`[::1]:${ground.nodePort}`];
  const host = text.slice(0, text.lastIndexOf(':'));
  return (ground.names[host] ?? [host]).map((address) => `${address}:${ground.nodePort}`);
}

function randomSteps(clients: number, held: boolean, below: (limit: number) => number): Subject['steps'] {
  const steps: ({ open: string } | { close: number })[] = [];
  const open: number[] = [];
  const seen = new Set<string>();
  for (let opened = 0; opened < clients; opened++) {
    let client = '';
    do client = `127.${1 + below(254)}.${below(256)}.${1 + below(254)}`;
    while (seen.has(client));
    seen.add(client);
    steps.push({ open: client });
    open.push(opened);
    while (open.length > (held ? below(60) : 0)) {
      steps.push({ close: open.splice(held ? below(open.length) : 0, 1)[0]! });
    }
  }
  return steps;
}

function shuffled<T>(list: readonly T[], below: (limit: number) => number): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(below(rest.length), 1)[0]!);
}
