// What users write with a unit, as the plain number the rooms exchange: whole µs, events per second, bytes, shares of one.

const durationUnits: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};
const rateUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

function split(text: string, pattern: RegExp, what: string): { amount: number; unit: string } {
  const match = pattern.exec(text);
  if (!match) throw new RangeError(`expected ${what}, got ${text}`);
  return { amount: Number(match[1]), unit: match[2]! };
}

/** `10s`, `250ms`, `1.5h` in whole µs. @throws RangeError when it is no duration. */
export function parseDuration(text: string): number {
  const { amount, unit } = split(text, /^\s*(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m|h|d)\s*$/, 'a duration such as 10s');
  return Math.round(amount * durationUnits[unit]!);
}

/** `2/s`, `30/m` per second. @throws RangeError when it is no rate. */
export function parseRate(text: string): number {
  const { amount, unit } = split(text, /^\s*(\d+(?:\.\d+)?)\s*\/\s*(s|m|h|d)\s*$/, 'a rate such as 2/s');
  return amount / rateUnits[unit]!;
}

/** `300B`, `16KiB` in whole bytes. @throws RangeError when it is no size. */
export function parseBytes(text: string): number {
  const { amount, unit } = split(text, /^\s*(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)\s*$/, 'a size such as 300B');
  return Math.round(amount * byteUnits[unit]!);
}

/** `0.1%` as a share of one. @throws RangeError when it is no percentage. */
export function parseShare(text: string): number {
  return split(text, /^\s*(\d+(?:\.\d+)?)\s*(%)\s*$/, 'a percentage such as 0.1%').amount / 100;
}
