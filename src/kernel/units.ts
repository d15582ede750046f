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

/** `0.4 ms`, `6.2 s`, `6 min 51 s`, `2 h 5 min`; `never` for Infinity. For people: about three digits, no locale. */
export function formatDuration(us: number): string {
  if (us === Infinity) return 'never';
  if (us < 0) return `−${formatDuration(-us)}`;
  if (us === 0) return '0 s';
  if (us < 1_000) return `${Math.round(us)} µs`;
  if (us < 999_500) return `${trimmed(us / 1_000, 3)} ms`;
  if (us < 99_950_000) return `${(us / 1e6).toFixed(1)} s`;
  const seconds = Math.round(us / 1e6);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${trimmed(minutes / 1_440, 3)} d`;
}

/** `0.042 %`, `12.5 %`; a share that is not 0 never reads as 0. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (Math.abs(percent) < 0.0001) return percent > 0 ? '< 0.0001 %' : '> −0.0001 %';
  return `${trimmed(percent, 3).replace('-', '−')} %`;
}

/** `12,345`; fractions only below 100. */
export function formatCount(count: number): string {
  if (count === Infinity) return '∞';
  const rounded = Math.abs(count) < 100 ? trimmed(count, 3) : String(Math.round(count));
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(.*)$/.exec(rounded) ?? [];
  return `${sign === '' ? '' : '−'}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest}`;
}

/** With about `digits` significant digits, without zeros that say nothing. */
function trimmed(value: number, digits: number): string {
  const magnitude = Math.abs(value);
  let decimals = digits - 1;
  for (let edge = 10; edge <= magnitude && decimals > 0; edge *= 10) decimals -= 1;
  for (let edge = 1; edge > magnitude && magnitude > 0 && decimals < 6; edge /= 10) decimals += 1;
  const text = value.toFixed(decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
