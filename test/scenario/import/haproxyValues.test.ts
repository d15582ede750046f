import { expect, test } from 'vitest';
import { parseAddress, parseHashSample, parseTime, parseWhole } from '../../../src/scenario/import/haproxyValues.ts';

test.each([
  ['5000', 5_000_000],
  ['10s', 10_000_000],
  ['1m', 60_000_000],
  ['1001us', 2000],
  ['2147483647', 2_147_483_647_000],
])('the time %s is %i µs', (text, us) => {
  expect(parseTime(text)).toBe(us);
});

test.each(['', 's', '1.5s', '-1', '1M', '1m30s', '25d', '99999999999999'])('%j is no time', (text) => {
  expect(typeof parseTime(text)).toBe('string');
});

test('a whole number is one within its limits', () => {
  expect([parseWhole('7', 0, 9), parseWhole('10', 0, 9), parseWhole('-1', 0, 9), parseWhole('x', 0, 9)]).toEqual([
    7,
    null,
    null,
    null,
  ]);
});

test.each([
  ['10.0.0.4:1514', '10.0.0.4', 4, [1514, 1514]],
  ['[2001:db8::1]:1514', '2001:db8::1', 6, [1514, 1514]],
  ['2001:db8::1:1514', '2001:db8::1', 6, [1514, 1514]],
  ['ipv4@10.0.0.4:1514', '10.0.0.4', 4, [1514, 1514]],
  ['wazuh.lab:1514', 'wazuh.lab', null, [1514, 1514]],
  ['10.0.0.4', '10.0.0.4', 4, null],
])('the server %s', (text, host, family, ports) => {
  expect(parseAddress(text, 'server')).toEqual({ kind: 'inet', host, family, ports, offset: 0 });
});

test.each([
  '',
  ':1514',
  '10.0.0.300:1',
  '10.0.0.4:x',
  '10.0.0.4:99999',
  '10.0.0.4:1-2',
  'ipv6@10.0.0.4:1',
  'udp@10.0.0.4:1',
])('%j is no server', (text) => {
  expect(typeof parseAddress(text, 'server')).toBe('string');
});

test('a hash knows what HAProxy knows of a client itself', () => {
  expect(parseHashSample('src,ipmask(24)')).toEqual({ fetch: 'src', mask: { v4Bits: 24, v6Bits: 128 } });
  for (const text of ['req.hdr(x)', 'src,ipmask(33)', 'src_port,ipmask(24)', 'src,']) {
    expect(typeof parseHashSample(text)).toBe('string');
  }
});
