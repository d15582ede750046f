import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildRing, findPoint, type Ring } from '../../../../src/models/balancer/nginx/hashConsistent.ts';
import type { NginxPeerOptions } from '../../../../src/models/balancer/nginx/options.ts';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { balancerOf, confText, connect } from '../../../support/nginxMeasured.ts';
import { nginxLacks, nginxWith } from '../../../support/nginxMethods.ts';

behavesAsBalancer('hash consistent', nginxWith({ kind: 'hashConsistent', key: '$remote_addr' }), nginxLacks);

function aPeer(serverText: string, weight = 1, backup = false): NginxPeerOptions {
  const rest = { maxFails: 1, failTimeoutSeconds: 10, maxConns: 0, down: false, backup };
  return { serverText, address: serverText, port: 1514, weight, ...rest };
}

function ownersOf({ hashes, owners, texts }: Ring): readonly (readonly [hash: number, owner: string])[] {
  return [...hashes].map((hash, index) => [hash, texts[owners[index]!]!]);
}

const three = ['127.0.10.1:1514', '127.0.10.2:1514', '127.0.10.3:1514'].map((text) => aPeer(text));
const clients = Array.from({ length: 400 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);

/** Servers of the clients, which come one after the other. */
function chosen(servers: readonly string[]): readonly string[] {
  const balancer = balancerOf(confText('hash $remote_addr consistent;', servers));
  return clients.map((client) => {
    const { session, server } = connect(balancer, client, 1000, () => false);
    balancer.closed(session, 1000e6);
    return server;
  });
}

// ------------------------------------------------------------------------- the ring; measured on nginx 1.22.1, see fixtures

test.each([
  ['127.0.10.1:1514', [0x1f3e0130, 0x221a852e, 0xdd60bb69, 0x0d846d86]],
  ['wazuh-master.lab:1514', [0x96c323a9, 0x65103f63, 0xe77d5e6f, 0x375bb726]],
  ['unix:/run/wazuh/remoted.sock', [0x4a754d18, 0x63db09c6, 0xa0f5eb7b, 0xe1ece3d4]],
])('%s has 160 points a weight, the first of them %j', (text, first) => {
  const ring = buildRing([aPeer(text, 2)]);

  expect(ring.hashes.length).toBe(320);
  for (const hash of first.slice(0, text.startsWith('unix') ? 3 : 4)) expect([...ring.hashes]).toContain(hash);
});

test('the ring of three servers', () => {
  const points = ownersOf(buildRing(three));

  expect(points.length).toBe(480);
  expect(points.slice(0, 3)).toEqual([
    [0x008fdbdd, '127.0.10.3:1514'],
    [0x00a29254, '127.0.10.2:1514'],
    [0x01a7bfa1, '127.0.10.3:1514'],
  ]);
  expect(points.at(-1)).toEqual([0xfecd829d, '127.0.10.2:1514']);
});

test.each([
  ['127.16.0.1', 0xabeedc24, 318, 0xad0a3cf9, '127.0.10.2:1514'],
  ['127.16.0.2', 0x32e78d9e, 94, 0x3356a326, '127.0.10.1:1514'],
])('the key %s belongs to the first point at or after its hash', (key, hash, index, point, server) => {
  const ring = buildRing(three);

  expect(crc32(key)).toBe(hash);
  expect(findPoint(ring, hash)).toBe(index);
  expect(ownersOf(ring)[index]).toEqual([point, server]);
  expect(findPoint(ring, point)).toBe(index); // equal counts as found
  expect(findPoint(ring, point + 1)).toBe(index + 1);
});

test('behind the last point the ring begins anew', () => {
  expect(findPoint(buildRing(three), 0xffffffff)).toBe(0);
  expect(findPoint(buildRing(three), 0xfecd829d)).toBe(479);
});

test('points are in order and without duplicates, whatever the order of the file', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(weights, (list) => {
      const peers = list.map((weight, index) => aPeer(`172.0.0.${index + 3}:1514`, weight));
      const points = ownersOf(buildRing(peers));

      expect(points.every(([hash], index) => index === 0 || hash > points[index - 1]![0])).toBe(true);
      expect(ownersOf(buildRing([...peers].reverse()))).toEqual(points);
    }),
    { numRuns: 30 },
  );
});

test('the host is told apart from the port, and nothing else of a line counts', () => {
  const ring = (text: string): readonly number[] => [...buildRing([aPeer(text)]).hashes];

  expect(ring('172.0.0.4:1514')).not.toEqual(ring('172.0.0.4:1515'));
  expect(ring('172.0.0.4:1514')).not.toEqual(ring('172.0.0.04:1514'));
  expect(ring('wazuh:1514')).not.toEqual(ring('Wazuh:1514'));
  expect(ring('unix:/a')).toEqual(ring('UNIX:/a'));
  // Host, zero byte, port, and the previous point: ngx_stream_upstream_init_chash().
  expect(ring('[::1]:1514')).toContain(crc32('[::1]\x001514\0\0\0\0'));
});

test('one text in two lines has the points of the greater weight', () => {
  const points = (peers: readonly NginxPeerOptions[]): readonly number[] => [...buildRing(peers).hashes];

  expect(points([aPeer('a:1', 1), aPeer('a:1', 3)])).toEqual(points([aPeer('a:1', 3)]));
  expect(points([aPeer('a:1', 3), aPeer('a:1', 1)])).toEqual(points([aPeer('a:1', 3)]));
});

test('backups have no points', () => {
  expect(buildRing([aPeer('a:1'), aPeer('b:1', 1, true)]).texts).toEqual(['a:1']);
});

// ------------------------------------------------------------------------------------------------------------ the choice

test('taking a server off the ring moves only its clients', () => {
  const before = chosen(['a:1', 'b:1', 'c:1', 'd:1']);
  for (const without of [
    ['a:1', 'b:1', 'd:1'],
    ['a:1', 'b:1', 'c:1 down', 'd:1'],
  ]) {
    const after = chosen(without);
    const moved = before.filter((server, index) => after[index] !== server);

    expect(new Set(moved)).toEqual(new Set(['c:1']));
    expect(moved.length).toBe(before.filter((server) => server === 'c:1').length);
  }
});

test('a new server takes clients, and moves no others', () => {
  const before = chosen(['a:1', 'b:1', 'c:1']);
  const after = chosen(['a:1', 'b:1', 'c:1', 'd:1']);
  const moved = after.filter((server, index) => before[index] !== server);

  expect(new Set(moved)).toEqual(new Set(['d:1']));
});

test('with 21 points of an unusable server in a row the next in turn is taken, whoever the client is', () => {
  const servers = ['a:1 weight=60 down', 'b:1', 'c:1'];
  const balancer = balancerOf(confText('hash $remote_addr consistent;', servers));
  const three = (client: string): string =>
    Array.from({ length: 3 }, () => {
      const { session, server } = connect(balancer, client, 1000, () => false);
      balancer.closed(session, 1000e6);
      return server[0];
    }).join('');
  const ways = clients.map(three);
  const ring = buildRing(['a:1', 'b:1', 'c:1'].map((text, index) => aPeer(text, index === 0 ? 60 : 1)));
  const inVain = clients.map((client) => {
    const start = findPoint(ring, crc32(client));
    return Array.from({ length: 21 }).every((_, step) => ring.owners[(start + step) % ring.owners.length] === 0);
  });

  expect(inVain.filter(Boolean).length).toBeGreaterThan(100);
  expect(inVain.filter((vain) => !vain).length).toBeGreaterThan(20);
  ways.forEach((way, index) => expect(/^(.)\1\1$/.test(way), clients[index]).toBe(!inVain[index]));
});

test('several addresses of one name take turns, whoever the client is', () => {
  const balancer = balancerOf(confText('hash $remote_addr consistent;', ['one:1', 'two:1']), 1, {
    one: ['10.0.0.1', '10.0.0.2'],
    two: ['10.0.0.9'],
  });
  const servers = clients.map((client) => connect(balancer, client, 1000, () => false).server);
  const ofOne = servers.filter((server) => server !== '10.0.0.9:1');

  expect(ofOne.length).toBeGreaterThan(100);
  expect(ofOne.every((server, index) => server === `10.0.0.${1 + (index % 2)}:1`)).toBe(true);
});

test('without a key servers take turns', () => {
  const balancer = balancerOf(confText('hash "" consistent;', ['a:1', 'b:1']));

  expect(Array.from({ length: 4 }, () => connect(balancer, '', 1000, () => false).server)).toEqual([
    'a:1',
    'b:1',
    'a:1',
    'b:1',
  ]);
});
