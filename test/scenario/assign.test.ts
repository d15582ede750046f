import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { assignNginx, type AssignInput } from '../../src/scenario/assign.ts';
import type { Assignment } from '../../src/scenario/chooser.ts';
import { ScenarioError } from '../../src/scenario/problem.ts';
import { confText, type MeasuredConfig } from '../support/nginxMeasured.ts';

const folder = new URL('../fixtures/nginx/', import.meta.url);
const configs = JSON.parse(readFileSync(new URL('configs.json', folder), 'utf8')) as Record<string, MeasuredConfig>;

function assign(text: string, clients: readonly string[], given: Partial<AssignInput> = {}): Assignment {
  return assignNginx({
    file: 'nginx.conf',
    text,
    readInclude: () => [],
    clients,
    down: [],
    resolve: new Map(),
    ...given,
  });
}

/** What is wrong, one a line. */
function problemsOf(text: string, clients: readonly string[], given: Partial<AssignInput> = {}): readonly string[] {
  try {
    assign(text, clients, given);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

test.each(Object.keys(configs).filter((name) => !name.startsWith('m_')))(
  'assign puts every client of %s where nginx put it',
  (name) => {
    const rows = gunzipSync(readFileSync(new URL(`${name}.csv.gz`, folder)))
      .toString()
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(','));
    const { method, servers: lines, dead, hosts } = configs[name]!;
    const { servers } = assign(
      confText(method, lines, name.startsWith('u_')),
      rows.map(([client]) => client!),
      { down: dead, resolve: new Map(Object.entries(hosts)) },
    );

    expect(rows.length).toBe(6000);
    expect(rows.filter(([, server], index) => servers[index] !== server)).toEqual([]);
  },
);

const three = ['172.0.0.3:1514', '172.0.0.4:1514', '172.0.0.5:1514'];
const clients = Array.from({ length: 40 }, (_, index) => `10.1.0.${index + 1}`);
const conf = (method: string, servers: readonly string[] = three, listen = '1514'): string =>
  `events {} stream { upstream cluster { ${method} ${servers.map((server) => `server ${server};`).join(' ')} }
server { listen ${listen}; proxy_pass cluster; } }`;
const ring = conf('hash $remote_addr consistent;');

test('only the clients of a server that refuses land elsewhere', () => {
  const before = assign(ring, clients).servers;
  const after = assign(ring, clients, { down: ['172.0.0.4:1514'] }).servers;

  expect(before.filter((server) => server === '172.0.0.4:1514').length).toBeGreaterThan(5);
  expect(after).not.toContain('172.0.0.4:1514');
  expect(after.filter((server, index) => before[index] !== '172.0.0.4:1514' && server !== before[index])).toEqual([]);
});

test('with nothing usable there is no server', () => {
  expect(new Set(assign(ring, clients, { down: three }).servers)).toEqual(new Set(['']));
  expect(assign(conf('', ['172.0.0.3:1514 down']), ['10.1.0.1']).servers).toEqual(['']);
});

test('a client of which proxy_next_upstream makes no second attempt gets no server', () => {
  const off = conf('', three).replace('proxy_pass', 'proxy_next_upstream off; proxy_pass');
  const { servers } = assign(off, clients.slice(0, 4), { down: ['172.0.0.3:1514'] });

  // The first is the failed attempt; afterwards the server is passed over.
  expect(servers).toEqual(['', '172.0.0.4:1514', '172.0.0.5:1514', '172.0.0.4:1514']);
});

test('on a listener for both families an IPv4 client is hashed as a mapped address', () => {
  const mapped = conf('hash $remote_addr consistent;', three, '[::]:1514 ipv6only=off');

  expect(assign(mapped, clients).servers).toEqual(
    assign(
      ring,
      clients.map((client) => `::ffff:${client}`),
    ).servers,
  );
  expect(assign(mapped, clients).servers).not.toEqual(assign(ring, clients).servers);
});

test('an IPv6 address is hashed as nginx writes it, however it was written', () => {
  const written = ['2001:DB8:0:0:0:0:0:7', '2001:db8::0007', '2001:db8:0::7', '2001:db8::7'];

  expect(new Set(assign(ring, written).servers).size).toBe(1);
});

test('the port of the server counts in a key with $server_port', () => {
  const two = `events {} stream { upstream cluster { hash $remote_addr$server_port consistent; ${three.map((server) => `server ${server};`).join(' ')} }
server { listen 1514; proxy_pass cluster; } server { listen 2514; proxy_pass cluster; } }`;

  expect(assign(two, clients).servers).not.toEqual(assign(two, clients, { port: 2514 }).servers);
});

// ------------------------------------------------------------------------------------------------- which server is asked

const both = `events {} stream {
 upstream cluster { server 172.0.0.4:1514; }
 upstream master { server 172.0.0.3:1515; }
 upstream spare { server 172.0.0.9:1514; }
 server { listen 1514; proxy_pass cluster; }
 server { listen 1515; proxy_pass master; }
 server { listen 1516; proxy_pass 172.0.0.7:1514; }
}`;

test.each([
  ['nothing said: port 1514', {}, '172.0.0.4:1514', undefined],
  ['a port', { port: 1515 }, '172.0.0.3:1515', undefined],
  ['a port that passes to an address', { port: 1516 }, '172.0.0.7:1514', undefined],
  ['an upstream, in any case', { upstream: 'Master' }, '172.0.0.3:1515', undefined],
  ['an upstream and its port', { upstream: 'master', port: 1515 }, '172.0.0.3:1515', undefined],
  [
    'an upstream and the port of another',
    { upstream: 'master', port: 1514 },
    '172.0.0.3:1515',
    'the server listening on 1514 passes to "cluster", not to "master".',
  ],
  [
    'an upstream and a port without a server',
    { upstream: 'master', port: 9999 },
    '172.0.0.3:1515',
    'no server listens on 9999; the one on 1515 passes to "master" and is taken.',
  ],
  [
    'an upstream nobody passes to',
    { upstream: 'spare' },
    '172.0.0.9:1514',
    'the server listening on 1514 passes to "cluster", not to "spare".',
  ],
])('%s', (_, given, server, warning) => {
  const { servers, warnings } = assign(both, ['10.1.0.1'], given);

  expect(servers).toEqual([server]);
  expect(warnings.map(({ text }) => text)).toEqual(warning === undefined ? [] : [warning]);
});

test('a file with one upstream needs no port', () => {
  expect(assign(conf('', ['172.0.0.4:1514'], '11514'), ['10.1.0.1']).servers).toEqual(['172.0.0.4:1514']);
  expect(problemsOf(conf('', ['172.0.0.4:1514'], '11514'), ['10.1.0.1'], { port: 1514 })).toEqual([
    '--port: no server listens on 1514. Ports of this file: 11514 (line 2).',
  ]);
});

test('of TCP and UDP on one port, TCP is asked', () => {
  const text = `events {} stream { upstream u { server 172.0.0.9:1514; } upstream t { server 172.0.0.4:1514; }
server { listen 1514 udp; proxy_pass u; } server { listen 1514; proxy_pass t; } }`;

  expect(assign(text, ['10.1.0.1']).servers).toEqual(['172.0.0.4:1514']);
});

test('an IPv6 listener can be asked about its clients', () => {
  const text = conf('hash $remote_addr consistent;', three, '[::]:1514');

  expect(assign(text, ['2001:db8::7']).servers).toEqual(assign(ring, ['2001:db8::7']).servers);
});

// ------------------------------------------------------------------------------------------------------- what is printed

test('the address connected to is printed, for a name its address if that is known', () => {
  const text = conf('', ['wazuh.lab:1514', '172.0.0.04:01514', '[::0:1]:1514', 'unix:/run/a.sock']);
  const known = assign(text, clients.slice(0, 4), { resolve: new Map([['WAZUH.lab', ['172.0.0.9']]]) });
  const unknown = assign(text, clients.slice(0, 4));

  expect(known.servers).toEqual(['172.0.0.9:1514', '172.0.0.4:1514', '[::1]:1514', 'unix:/run/a.sock']);
  expect(unknown.servers[0]).toBe('wazuh.lab:1514');
});

test('several addresses of one name take turns', () => {
  const text = conf('hash $remote_addr consistent;', ['wazuh.lab:1514']);
  const { servers } = assign(text, ['10.1.0.1', '10.1.0.1', '10.1.0.1'], {
    resolve: new Map([['wazuh.lab', ['172.0.0.4', 'fd00::5']]]),
  });

  expect(servers).toEqual(['172.0.0.4:1514', '[fd00::5]:1514', '172.0.0.4:1514']);
});

// -------------------------------------------------------------------------------------------------------------- mistakes

test.each<readonly [string, string, readonly string[], Partial<AssignInput>, readonly string[]]>([
  [
    'lines that are no addresses',
    ring,
    ['10.1.0.1', 'agent-7', '', '10.1.0.256', '010.1.0.1', 'fe80::1%eth0', '10.1.0.2 '],
    { clientsFile: 'agents.txt' },
    [...[2, 3, 4, 5, 6, 7].map((line) => `agents.txt:${line}:1  expected one address a line such as 10.1.0.7, got `)],
  ],
  [
    'an unknown upstream',
    both,
    [],
    { upstream: 'x' },
    ['--upstream: there is no upstream "x". Known: cluster, master, spare'],
  ],
  [
    'a port nobody listens on',
    both,
    [],
    { port: 9 },
    ['--port: no server listens on 9. Ports of this file: 1514 (line 5)'],
  ],
  [
    'a server that is not there',
    ring,
    [],
    { down: ['172.0.0.4', '172.0.0.4:1514 weight=1'] },
    ['--down: no server is written "172.0.0.4". Known: ', '--down: no server is written "172.0.0.4:1514 weight=1"'],
  ],
  [
    'an address that is none',
    ring,
    [],
    { resolve: new Map([['a', ['1.2.3']]]) },
    ['--resolve: "1.2.3" is no address.'],
  ],
  [
    'a key that lines do not say',
    conf('hash $remote_addr$remote_port;'),
    [],
    {},
    ['hash with $remote_port: the port of a client is not in its line.'],
  ],
  [
    'several servers on one port',
    `events {} stream { server { listen 10.0.0.1:1514; proxy_pass 172.0.0.4:1514; } server { listen 10.0.0.2:1514; proxy_pass 172.0.0.5:1514; } }`,
    [],
    {},
    ['several servers listen on 1514. Name the upstream: --upstream NAME.'],
  ],
])('%s: said, all at once', (_, text, lines, given, expected) => {
  const problems = problemsOf(text, lines, given);

  expect(problems).toHaveLength(expected.length);
  expected.forEach((start, index) => expect(problems[index]).toContain(start));
});

test('a name that no server has is said', () => {
  const { warnings } = assign(ring, [], { resolve: new Map([['wazuh.lab', ['172.0.0.4']]]) });

  expect(warnings.map(({ text }) => text)).toEqual([
    '--resolve: no server has the host name "wazuh.lab". Known: none.',
  ]);
});

test('of an upstream that draws its servers the answer is one that is possible', () => {
  const { servers, warnings } = assign(conf('random;', ['172.0.0.3:1514', '172.0.0.4:1514']), clients);

  expect(new Set(servers)).toEqual(new Set(['172.0.0.3:1514', '172.0.0.4:1514']));
  expect(warnings.map(({ text }) => text)).toEqual([
    'upstream "cluster" draws its servers: these are one possible answer, only its shares are nginx\'s.',
  ]);
});
