import { expect, test } from 'vitest';
import {
  bothTakeIpv4,
  countSockets,
  sameSocket,
  socketsOf,
  type Socket,
} from '../../../src/scenario/import/nginxListeners.ts';
import { readDirectives } from '../../../src/scenario/import/nginxSyntax.ts';

function aSocket(address: string, port: number, given: Partial<Socket> = {}): Socket {
  const position = { file: 'nginx.conf', line: 1, column: 1 };
  return { address, port, protocol: 'tcp', bound: false, dual: false, position, ...given };
}

test('an address and port are one socket, whatever the spelling of "all addresses"', () => {
  expect(sameSocket(aSocket('*', 1514), aSocket('0.0.0.0', 1514))).toBe(true);
  expect(sameSocket(aSocket('*', 1514), aSocket('::', 1514))).toBe(false);
  expect(sameSocket(aSocket('*', 1514), aSocket('*', 1515))).toBe(false);
  expect(sameSocket(aSocket('*', 1514), aSocket('*', 1514, { protocol: 'udp' }))).toBe(false);
});

test('IPv4 clients of a port are taken once', () => {
  const dual = aSocket('::', 1514, { dual: true });

  expect(bothTakeIpv4(dual, aSocket('*', 1514))).toBe(true);
  expect(bothTakeIpv4(aSocket('10.0.0.1', 1514), dual)).toBe(true);
  expect(bothTakeIpv4(dual, aSocket('*', 1515))).toBe(false);
  expect(bothTakeIpv4(aSocket('::', 1514), aSocket('*', 1514))).toBe(false);
});

// nginx 1.22.1, src/stream/ngx_stream.c, ngx_stream_optimize_servers(): the wildcard stands in for the others.
test('an address beside a wildcard has a socket of its own only with options of its own', () => {
  const wildcard = aSocket('*', 1514);

  expect(countSockets([wildcard, aSocket('10.0.0.1', 1514)])).toBe(1);
  expect(countSockets([wildcard, aSocket('10.0.0.1', 1514, { bound: true })])).toBe(2);
  expect(countSockets([aSocket('10.0.0.1', 1514), aSocket('10.0.0.2', 1514)])).toBe(2);
  expect(countSockets([wildcard, aSocket('fd00::1', 1514)])).toBe(2);
  expect(countSockets([wildcard, aSocket('*', 1514)])).toBe(1);
  expect(countSockets([aSocket('unix:/a', 0), aSocket('unix:/b', 0)])).toBe(2);
});

test('servers of web pages listen on port 80 unless they say otherwise', () => {
  const text = `http { server { } server { listen 127.0.0.1; listen [::]:443 ssl; listen 8443 quic reuseport; }
server { listen unix:/x; listen nonsense:x; } }`;
  const [http] = readDirectives('nginx.conf', text, () => [], [], []);
  const sockets = socketsOf(http!.block!);

  expect(sockets.map(({ address, port, protocol, bound }) => [address, port, protocol, bound])).toEqual([
    ['*', 80, 'tcp', false],
    ['127.0.0.1', 80, 'tcp', false],
    ['::', 443, 'tcp', false],
    ['*', 8443, 'udp', true],
    ['unix:/x', 0, 'tcp', false],
  ]);
});
