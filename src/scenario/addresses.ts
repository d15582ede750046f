// IPv4 addresses and ranges as numbers.

/** Dotted quad as unsigned 32-bit integer; `null` when it is none. Leading zeros are refused: some readers take them for octal. */
export function parseAddress(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  let value = 0;
  for (const part of match.slice(1)) {
    if ((part.length > 1 && part.startsWith('0')) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return value;
}

export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Addresses a host can have: without network and broadcast address, except in /31 and /32. */
export interface HostRange {
  readonly firstHost: number;
  readonly hostCount: number;
}

/** A range such as `10.1.0.0/16`, or a single address. @returns otherwise how to mend it, in a sentence, if there is more to say. */
export function parseRange(text: string): HostRange | string {
  const [base, prefix, ...rest] = text.split('/');
  const address = parseAddress(base ?? '');
  if (address === null || rest.length > 0) {
    return text.includes(':') ? 'IPv6 is not modelled yet.' : '';
  }
  if (prefix === undefined) return { firstHost: address, hostCount: 1 };
  if (!/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return 'The prefix length is a whole number from 0 to 32.';
  const size = 2 ** (32 - Number(prefix));
  const network = Math.floor(address / size) * size;
  if (network !== address) return `Write ${addressText(network)}/${prefix}.`;
  return size <= 2 ? { firstHost: network, hostCount: size } : { firstHost: network + 1, hostCount: size - 2 };
}

export function overlap(a: HostRange, b: HostRange): boolean {
  return a.firstHost < b.firstHost + b.hostCount && b.firstHost < a.firstHost + a.hostCount;
}

// RFC 1918, and RFC 6598 for the networks of providers.
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map((text) => {
  const [base = '', prefix] = text.split('/');
  const first = parseAddress(base)!;
  return { first, last: first + 2 ** (32 - Number(prefix)) - 1 };
});

/** True for an address that means something in its own network only. */
export function isPrivate(address: number): boolean {
  return privateRanges.some(({ first, last }) => address >= first && address <= last);
}
