// Instants of the real world, as exports of monitoring systems write them.

export interface Timestamp {
  /** Since 1970, of a clock without a zone where none is given. */
  readonly epochUs: number;
  /** On the clock as written. */
  readonly secondOfDay: number;
  readonly zoned: boolean;
}

/** `2026-03-01T08:30:00Z`, also with an offset, a blank for the T, fractions, or without seconds or zone; `null`: none of these. */
export function parseTimestamp(text: string): Timestamp | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(
    text,
  );
  if (match === null) return null;
  const [year, month, day, hour, minute] = [1, 2, 3, 4, 5].map((part) => Number(match[part])) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const second = Number(match[6] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return null;
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  const read = new Date(milliseconds);
  // 30 February is read as a day of March.
  if (Number.isNaN(milliseconds) || read.getUTCMonth() !== month - 1 || read.getUTCDate() !== day) return null;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(match[8] ?? '') ?? [];
  const offset = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return {
    epochUs: milliseconds * 1000 + Math.round(Number(match[7] ?? 0) * 1e6) - offset * 60_000_000,
    secondOfDay: hour * 3_600 + minute * 60 + second,
    zoned: match[8] !== undefined,
  };
}

/** `09:00` or `09:00:30` in seconds; `null`: no time of day. */
export function secondOfDay(text: string): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  return match === null ? null : Number(match[1]) * 3_600 + Number(match[2]) * 60 + Number(match[3] ?? 0);
}
