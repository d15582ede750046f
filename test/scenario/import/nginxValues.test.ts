import { expect, test } from 'vitest';
import { parseSize, parseTarget, parseTime, withPort } from '../../../src/scenario/import/nginxValues.ts';

// nginx 1.22.1, src/core/ngx_parse.c, ngx_parse_time(). Put to `nginx -t`, too: test/fixtures/nginx/verdicts.json.
test.each<readonly [text: string, milliseconds: number | null, seconds: number | null]>([
  ['60', 60, 60],
  ['60s', 60, 60],
  ['0', 0, 0],
  ['500ms', 0.5, null],
  ['1s500ms', 1.5, null],
  ['1m30s', 90, 90],
  ['1m30', 90, 90],
  ['1m 30s', 90, 90],
  ['30 20', 50, 50],
  ['30 ', 30, 30],
  [' 30', 30, 30],
  ['1s 20', 21, 21],
  ['1s 20 ', null, null],
  ['30 1m', null, null],
  ['1h30m', 5400, 5400],
  ['30m1h', null, null],
  ['1h1h', null, null],
  ['1hm', 3600, 3600],
  ['2d', 172_800, 172_800],
  ['1w', 604_800, 604_800],
  ['1M', null, 2_592_000],
  ['1y', null, 31_536_000],
  ['1y1M1w1d1h1m1s', null, 31_536_000 + 2_592_000 + 604_800 + 86_400 + 3600 + 60 + 1],
  ['', null, null],
  ['s', null, null],
  ['1.5s', null, null],
  ['-1', null, null],
  ['10S', null, null],
  ['99999999999999999999', null, null],
])('%j is %s s where milliseconds count, %s s where seconds do', (text, milliseconds, seconds) => {
  expect(parseTime(text, 'milliseconds')).toBe(milliseconds === null ? null : milliseconds * 1e6);
  expect(parseTime(text, 'seconds')).toBe(seconds === null ? null : seconds * 1e6);
});

test.each([
  ['16384', 16_384],
  ['16k', 16_384],
  ['16K', 16_384],
  ['1m', 1_048_576],
  ['1g', null],
  ['k', null],
  ['1.5k', null],
  ['', null],
])('%j is %s bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

// nginx 1.22.1, src/core/ngx_inet.c, ngx_parse_url().
test.each([
  ['172.0.0.4:1514', '172.0.0.4', 1514],
  ['172.0.0.04:01514', '172.0.0.4', 1514],
  ['wazuh-worker.lab:1514', null, 1514],
  ['127.1:1514', null, 1514],
  ['172.0.0.400:1514', null, 1514],
  ['[::1]:1514', '::1', 1514],
  ['[2001:DB8:0:0::7]:1514', '2001:db8::7', 1514],
  ['unix:/run/wazuh.sock', 'unix:/run/wazuh.sock', 0],
])('a server %s is at %s, port %s', (text, address, port) => {
  const target = parseTarget(text, 'connect');

  expect(target).toMatchObject({ address, ports: [port, port] });
});

test.each([
  ['172.0.0.4:', 'invalid port'],
  ['172.0.0.4:0', 'invalid port'],
  ['172.0.0.4:65536', 'invalid port'],
  ['172.0.0.4:1514-1516', 'invalid port'],
  ['a:b:1514', 'invalid port'],
  [':1514', 'no host'],
  ['[]:1514', 'no host'],
  ['[::g]:1514', 'invalid IPv6 address'],
  ['[fe80::1%eth0]:1514', 'invalid IPv6 address'],
  ['http://a:1514', 'invalid host'],
  ['unix:', 'no path in the unix domain socket'],
])('%s is no server: %s', (text, reason) => {
  expect(parseTarget(text, 'connect')).toBe(reason);
});

test.each([
  ['1514', '*', [1514, 1514]],
  ['1514-1516', '*', [1514, 1516]],
  ['*:1514', '*', [1514, 1514]],
  ['10.0.0.1:1514-1516', '10.0.0.1', [1514, 1516]],
  ['[::]:1514', '::', [1514, 1514]],
  ['10.0.0.1', '10.0.0.1', null],
])('listen %s means address %s, ports %j', (text, address, ports) => {
  expect(parseTarget(text, 'listen')).toMatchObject({ address, ports });
});

test('ports of a listen are numbers from 1 to 65535, in order', () => {
  expect(parseTarget('0', 'listen')).toBe('invalid port');
  expect(parseTarget('65536', 'listen')).toBe('invalid port');
  expect(parseTarget('1516-1514', 'listen')).toBe('invalid port range');
});

test('an address and a port are written as nginx logs them', () => {
  expect(withPort('172.0.0.4', 1514)).toBe('172.0.0.4:1514');
  expect(withPort('::1', 1514)).toBe('[::1]:1514');
  expect(withPort('unix:/run/a.sock', 0)).toBe('unix:/run/a.sock');
});
