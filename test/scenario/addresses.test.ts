import { expect, test } from 'vitest';
import { addressText, overlap, parseAddress, parseRange } from '../../src/scenario/addresses.ts';

test('an address is a number and back', () => {
  expect(parseAddress('172.0.0.4')).toBe(2_885_681_156);
  expect(addressText(2_885_681_156)).toBe('172.0.0.4');
  expect(addressText(parseAddress('255.255.255.255')!)).toBe('255.255.255.255');
});

test.each(['', '1.2.3', '1.2.3.4.5', '256.0.0.1', '01.2.3.4', '1.2.3.4 ', '::1', '1.2.3.-4', '0x1.2.3.4'])(
  '%j is no address: what some readers take for octal is refused, too',
  (text) => {
    expect(parseAddress(text)).toBeNull();
  },
);

test('a range has its host addresses: not those of the network and of the broadcast, but for the two smallest', () => {
  const range = (text: string): [string, number] => {
    const parsed = parseRange(text);
    if (typeof parsed === 'string') throw new Error(parsed);
    return [addressText(parsed.firstHost), parsed.hostCount];
  };

  expect(range('10.1.0.0/16')).toEqual(['10.1.0.1', 65_534]);
  expect(range('10.1.0.4/30')).toEqual(['10.1.0.5', 2]);
  expect(range('10.1.0.4/31')).toEqual(['10.1.0.4', 2]);
  expect(range('10.1.0.4/32')).toEqual(['10.1.0.4', 1]);
  expect(range('10.1.0.4')).toEqual(['10.1.0.4', 1]);
  expect(range('0.0.0.0/0')).toEqual(['0.0.0.1', 4_294_967_294]);
});

test('a range that is none says how to mend it, if that is known', () => {
  expect(parseRange('10.1.0.7/16')).toBe('Write 10.1.0.0/16.');
  expect(parseRange('10.1.0.0/33')).toBe('The prefix length is a whole number from 0 to 32.');
  expect(parseRange('10.1.0.0/')).toBe('The prefix length is a whole number from 0 to 32.');
  expect(parseRange('fe80::/64')).toBe('IPv6 is not modelled yet.');
  expect(parseRange('10.1.0.0/16/2')).toBe('');
  expect(parseRange('ten')).toBe('');
});

test('ranges overlap when they share a host', () => {
  const hosts = (firstHost: number, hostCount: number) => ({ firstHost, hostCount });

  expect(overlap(hosts(10, 5), hosts(14, 1))).toBe(true);
  expect(overlap(hosts(10, 5), hosts(15, 1))).toBe(false);
  expect(overlap(hosts(12, 1), hosts(10, 5))).toBe(true);
});
