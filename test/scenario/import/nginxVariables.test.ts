import { expect, test } from 'vitest';
import { createNginxBalancer, startUpstreams } from '../../../src/models/balancer/nginx/nginx.ts';
import { readNginxConf, type NginxConf, type NginxConfInput } from '../../../src/scenario/import/nginxConf.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';
import { aClient } from '../../support/clients.ts';

type Given = Partial<Omit<NginxConfInput, 'text'>>;

function read(text: string, given: Given = {}): NginxConf {
  return readNginxConf({
    file: 'nginx.conf',
    text,
    readInclude: () => [],
    cpus: null,
    resolve: () => null,
    assume: [],
    listeners: 'agents',
    ...given,
  });
}

/** `line:column text` of the file, and of its first listener. */
function problemsOf(text: string, given: Given = {}): readonly string[] {
  try {
    return read(text, given)
      .problemsOf(0)
      .map((problem) => `${problem.position!.line}:${problem.position!.column} ${problem.text}`);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace('  ', ' '));
  }
}

/** Definitions stand in line 2, the upstream in line 3, the server in line 4. */
function conf(definitions: string, hash = '$own', server = 'listen 1514; proxy_pass c;'): string {
  return `events {}\nstream { ${definitions}\n upstream c { hash ${hash} consistent; server 172.0.0.4:1514; server 172.0.0.5:1514; }\n server { ${server} }\n}\n`;
}

/** Server texts the clients land on, `-` for one that is closed. */
function landsOn(text: string, clients: readonly string[], given: Given = {}): readonly string[] {
  const { options } = read(text, given);
  const listener = options.listeners[0]!;
  const upstreams = startUpstreams(options, [listener]);
  const balancer = createNginxBalancer(upstreams.get(listener.upstreamIndex)!, listener, upstreams);
  return clients.map((address) => {
    const index = balancer.next(balancer.open(aClient(address), 0), 1e9);
    return index < 0 ? '-' : balancer.peers[index]!.serverText;
  });
}

// ---------------------------------------------------------------------------------------------------------------- keys

test('agents of one network share a server when a geo says so', () => {
  const text = conf('geo $own { default far; 10.1.0.0/16 near; }');
  const near = Array.from({ length: 20 }, (_, host) => `10.1.${host}.1`);
  const far = Array.from({ length: 20 }, (_, host) => `10.2.${host}.1`);

  expect(new Set(landsOn(text, near)).size).toBe(1);
  expect(new Set(landsOn(text, far)).size).toBe(1);
  expect(problemsOf(text)).toEqual([]);
});

test('a key that is empty for all takes turns', () => {
  expect(landsOn(conf('map $remote_addr $own { 10.9.9.9 x; }'), ['10.1.0.1', '10.1.0.2', '10.1.0.3'])).toEqual([
    '172.0.0.4:1514',
    '172.0.0.5:1514',
    '172.0.0.4:1514',
  ]);
});

test.each([
  ['$bytes_sent', '0'],
  ['$bytes_received', '0'],
  ['$status', '000'],
  ['$upstream_addr', ''],
  ['$proxy_protocol_addr', ''],
  ['$ssl_preread_server_name', ''],
  ['$ssl_client_s_dn', ''],
  ['$realip_remote_addr', '10.1.0.7'],
  ['$nginx_version', '1.22.1'],
  ['$server_addr', '10.0.0.11'],
])('%s is %j when a server is chosen', (name, expected) => {
  const { options } = read(conf('', name), { address: '10.0.0.11' });
  const listener = options.listeners[0]!;
  const upstreams = startUpstreams(options, [listener]);

  expect(createNginxBalancer(upstreams.get(0)!, listener, upstreams).open(aClient('10.1.0.7'), 0).key).toBe(expected);
});

test('the address clients connect to is that of the listen, or of the balancer when there is one', () => {
  const key = (listen: string, given: Given = {}): readonly string[] =>
    problemsOf(conf('', '$server_addr', `listen ${listen}; proxy_pass c;`), given);

  expect(key('10.0.0.11:1514')).toEqual([]);
  expect(key('1514', { address: '10.0.0.11' })).toEqual([]);
  expect(key('1514')).toEqual([
    '3:20 hash: $server_addr needs the address of the balancer: listen on one, or give it `addresses` with one entry, which is not known.',
  ]);
});

test.each([
  ['$connection', 'counts the connections of all listeners of the balancer'],
  ['$pid', 'is the number of a process'],
  ['$hostname', 'is the name of the host'],
  ['$msec', 'is the clock of the balancer'],
  ['$time_iso8601', 'is the clock of the balancer'],
  ['$session_time', 'depends on the millisecond'],
  ['$geoip_country_code', 'stands in a database of GeoIP'],
])('%s cannot be known', (name, why) => {
  expect(problemsOf(conf('', name))).toEqual([`3:20 hash: ${name} ${why}, which is not known.`]);
});

test('what cannot be known is refused behind any number of definitions, for those who use it alone', () => {
  const definitions = 'map $pid $inner { default x; } map $inner $own { default y; }';

  expect(problemsOf(conf(definitions))).toEqual(['3:20 hash: $pid is the number of a process, which is not known.']);
  expect(problemsOf(conf(definitions, '$remote_addr'))).toEqual([]);
  expect(problemsOf(conf('js_set $own main.own;'))).toEqual([
    '3:20 hash: $own is made by a script, which is not known.',
  ]);
  expect(problemsOf(conf('', '$ssl_preread_server_name', 'listen 1514; ssl_preread on; proxy_pass c;'))).toEqual([
    '3:20 hash: $ssl_preread_server_name is what a client says in its TLS greeting, which is not known.',
  ]);
});

test('set of another server leaves a variable empty here', () => {
  const server = 'listen 1514; set $own x; proxy_pass c; } server { listen 1515; proxy_pass c;';
  const { options } = read(conf('', '$own', server));

  expect(options.listeners.map(({ sets = [] }) => sets)).toEqual([[{ name: 'own', value: 'x' }], []]);
});

// ------------------------------------------------------------------------------------------------------------ proxy_pass

const pools = 'upstream a { server 172.0.0.4:1514; } upstream b { server 172.0.0.5:1514; }';

test('proxy_pass goes where a variable says', () => {
  const text = conf(
    `${pools} map $remote_addr $way { default b; ~^10\\.1\\. A; 10.3.0.1 172.0.0.6:1514; 10.4.0.1 ""; 10.5.0.1 nowhere; }`,
    '$remote_addr',
    'listen 1514; proxy_pass $way;',
  );

  expect(landsOn(text, ['10.1.0.1', '10.2.0.1', '10.3.0.1', '10.4.0.1', '10.5.0.1'])).toEqual([
    '172.0.0.4:1514',
    '172.0.0.5:1514',
    '172.0.0.6:1514',
    '-',
    '-',
  ]);
  expect(problemsOf(text)).toEqual([]);
  expect(read(text).description(0)).toBe('nginx proxy_pass $way');
  expect(read(text).warnings.map(({ text: said }) => said)).toEqual([
    '"" is no upstream and has no port: nginx closes the clients for which $way is that.',
    '"nowhere" is no upstream and has no port: nginx closes the clients for which $way is that.',
  ]);
});

test('the upstreams behind variables remember their servers for themselves', () => {
  const text = conf(
    `upstream a { server 172.0.0.4:1514 max_conns=1; } upstream b { least_conn; server 172.0.0.4:1514; server 172.0.0.5:1514; }
     split_clients $remote_addr $half { 50% a; * b; }`,
    '$remote_addr',
    'listen 1514; proxy_pass $half;',
  );
  const { options } = read(text);
  const listener = options.listeners[0]!;
  const upstreams = startUpstreams(options, [listener]);
  const balancer = createNginxBalancer(upstreams.get(listener.upstreamIndex)!, listener, upstreams);
  const counts = [0, 0, 0];
  let closed = 0;
  for (let host = 0; host < 100; host++) {
    const session = balancer.open(aClient(`10.1.0.${host}`), 0);
    const index = balancer.next(session, 1e9);
    if (index < 0) closed += 1;
    else counts[index]! += 1;
  }

  expect(balancer.peers.map(({ serverText }) => serverText)).toEqual([
    '172.0.0.4:1514',
    '172.0.0.4:1514',
    '172.0.0.5:1514',
  ]);
  expect(counts[0]).toBe(1);
  expect(closed).toBeGreaterThan(30);
  expect(Math.abs(counts[1]! - counts[2]!)).toBeLessThanOrEqual(1);
  // A session that ends needs its peer and its worker alone.
  balancer.closed({ worker: 0, peerIndex: 0 }, 1e9);
  const again = Array.from({ length: 100 }, (_, host) => balancer.open(aClient(`10.1.0.${host}`), 0));
  expect(again.filter((session) => balancer.next(session, 1e9) === 0)).toHaveLength(1);
});

test.each([
  ['map $remote_addr $way { default node.lab:1514; }', '4:35 nginx looks up "node.lab" for each client while it runs'],
  ['map $remote_addr $way { default $remote_addr:1514; }', '4:35 where this proxy_pass leads cannot be listed.'],
  ['map $pid $way { default c; }', '4:35 proxy_pass: $pid is the number of a process, which is not known.'],
])('a proxy_pass whose way is not known is refused: %s', (definition, expected) => {
  expect(problemsOf(conf(definition, '$remote_addr', 'listen 1514; proxy_pass $way;')).join('\n')).toContain(expected);
});

// -------------------------------------------------------------------------------------------------------- what is refused

test.each([
  ['map $remote_addr { default x; }', '2:10 map takes a value, a variable and a block.'],
  ['map $remote_addr own { default x; }', '2:27 map makes a variable such as $node, got "own".'],
  ['map $remote_addr $own { default x; default y; }', '2:45 a second default in this map. Keep one.'],
  ['map $remote_addr $own { A x; a y; }', '2:39 "a" stands in this map already. Keep one of them.'],
  ['map $remote_addr $own { hostnames; *.a x; .a y; }', '2:52 ".a" stands in this map already.'],
  ['map $remote_addr $own { hostnames; a.*.b x; }', '2:45 invalid host name or wildcard "a.*.b"'],
  ['map $remote_addr $own { a; }', '2:34 "a" takes one value here, and a ";" behind it.'],
  ['map $remote_addr $own { ~^(?<x>1) y; }', '2:34 the pattern "~^(?<x>1)" has a group that is not read here.'],
  ['map $remote_addr $own { ~[ y; }', '2:34 the pattern "~[" is no regular expression. Check its brackets.'],
  ['map $remote_addr $own { ~\\h y; }', '2:34 the pattern "~\\\\h" has an escape that is not read here.'],
  ['map $remote_addr $own { ~^(1) $1; }', '3:20 hash: $1 is what a pattern has captured, which is not known.'],
  ['map $remote_addr $own { default $nothing; }', '2:10 map: nginx has no variable $nothing in stream.'],
  [
    `map $remote_addr $own { ${'a'.repeat(47)} x; }`,
    '2:34 a key of more than 46 bytes needs a larger map_hash_bucket_size',
  ],
  ['map $own $own { default x; }', '3:20 hash: $own needs itself ($own → $own), which is not known.'],
  [
    'map $a $own { default x; } map $own $a { default $own; }',
    '3:20 hash: $own needs itself ($own → $a → $own), which is not known.',
  ],
  ['map $remote_addr $remote_port { default x; }', '2:10 $remote_port is a variable of nginx itself.'],
  ['geo $own { 10.1.0.0/33 x; }', '2:21 "10.1.0.0/33" is no network. Write 10.1.0.0/16.'],
  ['geo $own { 10.1.0.0 x; ranges; }', '2:33 "ranges" must be the first line of a geo block.'],
  ['geo $own { ranges; 10.1.0.0/16 x; }', '2:29 "10.1.0.0/16" is no range. Write 10.1.0.0-10.1.255.255.'],
  ['geo $own { ranges; 10.1.0.0-10.1.0.9 x; 10.1.0.5-10.1.0.19 y; }', '2:50 the range "10.1.0.5-10.1.0.19" crosses'],
  ['geo own { default x; }', '2:14 geo takes variables such as $node, got "own".'],
  ['split_clients $remote_addr $own { 60% x; 50% y; }', '2:51 the shares of this split_clients are more than 100%.'],
  [
    'split_clients $remote_addr $own { 1.234% x; }',
    '2:44 split_clients takes a share such as 0.5%, or *, got "1.234%".',
  ],
])('%s is refused', (definition, expected) => {
  expect(problemsOf(conf(definition)).join('\n')).toContain(expected);
});

test.each([
  ['set own x;', '4:19 set takes a variable such as $node, got "own".'],
  ['set $protocol x;', '4:19 $protocol is a variable of nginx itself.'],
  ['set $own;', '4:15 set takes 2 values, got 1.'],
])('%s in a server is refused', (line, expected) => {
  const server = `${line.padEnd(20)} listen 1514; proxy_pass c;`;

  expect(problemsOf(conf('', '$remote_addr', server).replace('server { ', 'server {     ')).join('\n')).toContain(
    expected,
  );
});

test('a longer key is taken where the file makes room for it', () => {
  expect(problemsOf(conf(`map_hash_bucket_size 128; map $remote_addr $own { ${'a'.repeat(100)} x; }`))).toEqual([]);
});

test('shares that make a hundred leave the last hashes to nobody before 1.31.2', () => {
  const parts = (version: string): readonly number[] => {
    const { options } = read(conf('split_clients $remote_addr $own { 30% a; 70% b; }'), { version });
    const [split] = options.listeners[0]!.variables!;
    return split!.kind === 'split' ? split!.parts.map(({ below }) => below) : [];
  };

  expect(parts('1.22.1')).toEqual([1_288_490_188, 4_294_967_294]);
  expect(parts('1.31.2')).toEqual([1_288_490_188, Infinity]);
});
