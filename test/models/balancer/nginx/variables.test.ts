import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createVariables, netKey, type VariableOptions } from '../../../../src/models/balancer/nginx/variables.ts';
import { parseKey, type KeyClient } from '../../../../src/models/balancer/nginx/clientKey.ts';
import { splitHash } from '../../../../src/models/balancer/nginx/splitHash.ts';
import { readNginxConf } from '../../../../src/scenario/import/nginxConf.ts';
import { createNginxBalancer, startUpstreams } from '../../../../src/models/balancer/nginx/nginx.ts';
import { aClient } from '../../../support/clients.ts';

const client: KeyClient = { remoteAddress: '10.1.0.7', remotePort: 40_000, serverPort: 1514, protocol: 'TCP' };

function valueOf(expression: string, options: readonly VariableOptions[], given: Partial<KeyClient> = {}): string {
  const variables = createVariables(options, []);
  const parts = parseKey(expression, (name) => variables.has(name));
  return variables.of({ ...client, ...given }).valueOf(parts as Exclude<typeof parts, string>);
}

interface Measured {
  readonly text: string;
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

// nginx 1.22.1 told every client the values of its variables.
test('map, geo, split_clients and set give every client what the real nginx gave it', () => {
  const { text, names, rows } = JSON.parse(
    readFileSync(new URL('../../../fixtures/nginx/variables.json', import.meta.url), 'utf8'),
  ) as Measured;
  const key = names.map((name) => (name === 'where' ? '$server_addr:$server_port' : `$${name}`)).join('|');
  const { options } = readNginxConf({
    file: 'nginx.conf',
    text: text
      .replace(/return .*/, 'proxy_pass all;')
      .replace('server {', `upstream all { hash "${key}"; server 127.0.0.1:1; server 127.0.0.2:1; }\n server {`),
    readInclude: () => [],
    cpus: 1,
    resolve: () => null,
    assume: [],
    listeners: 'all',
    address: '127.0.0.1',
  });
  const [listener] = options.listeners;
  const upstreams = startUpstreams(options, [listener!]);
  const balancer = createNginxBalancer(upstreams.get(0)!, listener!, upstreams);
  const wrong = rows.flatMap(([address = '', ...values]) => {
    const got = Buffer.from(balancer.open(aClient(address), 0).key, 'latin1').toString();
    return got === values.join('|') ? [] : [`${address}: ${got}, nginx ${values.join('|')}`];
  });

  expect(rows.length).toBe(359);
  expect(wrong).toEqual([]);
});

test('MurmurHash2 of split_clients', () => {
  // The published algorithm (Appleby, seed 0), computed with Python's integers.
  expect(['', 'a', 'ab', 'abc', 'abcd', '127.0.0.1'].map((text) => splitHash(Buffer.from(text)))).toEqual([
    0, 2_456_313_694, 446_775_395, 324_500_635, 646_393_889, 3_054_706_065,
  ]);
});

test('a network of IPv4 says nothing of IPv6, and a mapped address is IPv4', () => {
  const geo: VariableOptions = {
    kind: 'geo',
    name: 'net',
    source: null,
    networks: [
      [netKey([10, 1, 0, 0], 16), 'v4'],
      [netKey([32, 1, 13, 184, ...new Array<number>(12).fill(0)], 32), 'v6'],
    ],
    ranges: [],
    otherwise: 'none',
  };
  const of = (remoteAddress: string): string => valueOf('$net', [geo], { remoteAddress });

  expect(['10.1.2.3', '10.2.0.1', '::ffff:10.1.2.3', '2001:db8::1', '::1'].map(of)).toEqual([
    'v4',
    'none',
    'v4',
    'v6',
    'none',
  ]);
});

test('what is no address counts as 255.255.255.255', () => {
  const geo: VariableOptions = {
    kind: 'geo',
    name: 'net',
    source: 'text',
    networks: [[netKey([255, 255, 255, 255], 32), 'nobody']],
    ranges: [],
    otherwise: 'none',
  };
  const text: VariableOptions = { kind: 'text', name: 'text', value: 'no address' };

  expect(valueOf('$net', [geo, text])).toBe('nobody');
});

test('keys are compared without the case of ASCII letters, patterns with it', () => {
  const map = (pattern: string, anyCase: boolean): VariableOptions => ({
    kind: 'map',
    name: 'out',
    source: 'Ä-$protocol',
    hostnames: false,
    keys: [['Ä-udp', 'key']],
    patterns: [{ pattern, anyCase, value: 'pattern' }],
    otherwise: '',
  });

  expect(valueOf('$out', [map('tcp', false)], { protocol: 'UDP' })).toBe('key');
  expect(valueOf('$out', [map('tcp', false)])).toBe('');
  expect(valueOf('$out', [map('tcp', true)])).toBe('pattern');
});

test('each set is carried out where it stands, and a variable of the file is evaluated once', () => {
  const map: VariableOptions = {
    kind: 'map',
    name: 'm',
    source: '$a',
    hostnames: false,
    keys: [
      ['', 'empty'],
      ['1', 'one'],
    ],
    patterns: [],
    otherwise: 'other',
  };
  const variables = createVariables(
    [map],
    [
      { name: 'b', value: '<$m>' },
      { name: 'a', value: '1' },
      { name: 'c', value: '$a$m' },
    ],
  );
  const parts = parseKey('$a $b $c $m', (name) => variables.has(name));

  // src/stream/ngx_stream_variables.c, ngx_stream_get_indexed_variable(): m was kept when it was first asked for.
  expect(variables.of(client).valueOf(parts as Exclude<typeof parts, string>)).toBe('1 <empty> 1empty empty');
});
