import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { balancerOf, confText, connect } from '../../../support/nginxMeasured.ts';
import { nginxLacks, nginxWith } from '../../../support/nginxMethods.ts';

behavesAsBalancer('hash', nginxWith({ kind: 'hash', key: '$remote_addr' }), nginxLacks);

const clients = Array.from({ length: 300 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);

function chosen(servers: readonly string[], key = (client: string): string => client): readonly string[] {
  const balancer = balancerOf(confText('hash $remote_addr;', servers));
  return clients.map((client) => {
    const { session, server } = connect(balancer, key(client), 1000, () => false);
    balancer.closed(session, 1000e6);
    return server;
  });
}

/** nginx 1.22.1, src/stream/ngx_stream_upstream_hash_module.c: `((crc32([REHASH] KEY) >> 16) & 0x7fff) + PREV_HASH`. */
function draw(key: string, rehash: number): number {
  return (crc32(rehash === 0 ? key : `${rehash}${key}`) >>> 16) & 0x7fff;
}

test('a key draws a share of the weights', () => {
  const expected = clients.map((client) => ['a:1', 'a:1', 'b:1', 'c:1', 'c:1', 'c:1'][draw(client, 0) % 6]);

  expect(chosen(['a:1 weight=2', 'b:1', 'c:1 weight=3'])).toEqual(expected);
});

test('a key that draws an unusable server draws again, and its draws add up', () => {
  const servers = ['a:1', 'b:1', 'c:1'];
  const expected = clients.map((client) => {
    let sum = draw(client, 0);
    for (let rehash = 1; servers[sum % 3] === 'b:1'; rehash++) sum += draw(client, rehash);
    return servers[sum % 3];
  });

  expect(chosen(['a:1', 'b:1 down', 'c:1'])).toEqual(expected);
});

test('after 21 draws in vain servers take turns, whoever the client is', () => {
  const servers = ['a:1 weight=100000 down', 'b:1', 'c:1'];
  const vain = clients.filter((client) => {
    let sum = 0;
    return Array.from({ length: 21 }).every((_, rehash) => {
      sum = (sum + draw(client, rehash)) % 100_002;
      return sum < 100_000;
    });
  });

  expect(vain.length).toBeGreaterThan(290);
  const balancer = balancerOf(confText('hash $remote_addr;', servers));
  const turns = Array.from({ length: 4 }, () => {
    const { session, server } = connect(balancer, vain[0]!, 1000, () => false);
    balancer.closed(session, 1000e6);
    return server;
  });
  expect(turns).toEqual(['b:1', 'c:1', 'b:1', 'c:1']);
});

test('without a key servers take turns', () => {
  expect(chosen(['a:1', 'b:1'], () => '').slice(0, 4)).toEqual(['a:1', 'b:1', 'a:1', 'b:1']);
});

test('one server more moves most clients: this hash is not consistent', () => {
  const before = chosen(['a:1', 'b:1', 'c:1']);
  const after = chosen(['a:1', 'b:1', 'c:1', 'd:1']);

  expect(before.filter((server, index) => after[index] !== server).length).toBeGreaterThan(clients.length / 2);
});
