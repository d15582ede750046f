import fc from 'fast-check';
import { isIPv6, SocketAddress } from 'node:net';
import { expect, test } from 'vitest';
import {
  addressBytes,
  addressText,
  clientKey,
  keyBytes,
  parseKey,
  type KeyClient,
} from '../../../../src/models/balancer/nginx/clientKey.ts';

const client: KeyClient = { remoteAddress: '10.1.0.7', remotePort: 40_000, serverPort: 1514, protocol: 'TCP' };

function keyOf(expression: string, given: Partial<KeyClient> = {}): string {
  const parts = parseKey(expression);
  return typeof parts === 'string' ? parts : clientKey(parts, { ...client, ...given });
}

// nginx 1.22.1, src/stream/ngx_stream_script.c, ngx_stream_script_compile(); put to the program by `npm run conformance`.
test.each([
  ['$remote_addr', '10.1.0.7'],
  ['$REMOTE_ADDR', '10.1.0.7'],
  ['${remote_addr}x', '10.1.0.7x'],
  ['$remote_addr:$server_port', '10.1.0.7:1514'],
  ['$protocol-$remote_port', 'TCP-40000'],
  ['text', 'text'],
  ['', ''],
  ['$binary_remote_addr', '\x0a\x01\x00\x07'],
  ['a}b', 'a}b'],
  ['$', 'there is no name behind "$"'],
  ['$$', 'there is no name behind "$"'],
  ['${}', 'there is no name behind "$"'],
  ['a$-b', 'there is no name behind "$"'],
  ['${remote_addr', 'the closing bracket of ${remote_addr is missing'],
])('the key of %j is %j', (expression, expected) => {
  expect(keyOf(expression)).toBe(expected);
});

test.each(['$ssl_preread_server_name', '$server_addr', '$1', '${hostname}'])('%s is not known here', (expression) => {
  expect(keyOf(expression)).toContain('is not modelled. Known: $remote_addr, $binary_remote_addr');
});

test('a key is bytes: letters beyond ASCII count as they stand in the file', () => {
  expect([...keyBytes(keyOf('é'))]).toEqual([0xc3, 0xa9]);
});

test('the binary form of an IPv6 address has sixteen bytes', () => {
  const key = keyOf('$binary_remote_addr', { remoteAddress: '::ffff:10.1.0.7' });

  expect([...keyBytes(key)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 0, 7]);
});

// nginx 1.22.1, src/core/ngx_inet.c, ngx_inet6_ntop().
test.each([
  ['10.1.0.7', '10.1.0.7'],
  ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
  ['2001:db8:0:1:0:0:0:7', '2001:db8:0:1::7'],
  ['2001:0:0:1:0:0:1:7', '2001::1:0:0:1:7'], // of equal runs the first
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // a single zero stays
  ['fe80:0:0:0:0:0:0:0', 'fe80::'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['::ffff:a01:7', '::ffff:10.1.0.7'],
  ['::1:2', '::0.1.0.2'],
  ['::2', '::2'],
])('nginx writes %s as %s', (written, expected) => {
  expect(addressText(addressBytes(written))).toBe(expected);
});

test('an address and its bytes say the same', () => {
  fc.assert(
    fc.property(fc.ipV6(), (written) => {
      const text = addressText(addressBytes(written));
      const same = (address: string): string => new SocketAddress({ address, family: 'ipv6' }).address;

      expect(isIPv6(text)).toBe(true);
      expect(same(text)).toBe(same(written));
    }),
  );
});
