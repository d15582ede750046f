// Outages of agents as columns of JSON, and back: a large fleet has millions of them.
import type { ReconnectRow, ReconnectRows } from '../metrics/comparison.ts';
import { MadeRows } from '../metrics/reconnectRows.ts';

/** Rows of one piece: small enough for a string, large enough that the names are worth their place. */
const pieceRows = 50_000;

/** One number for all rows, or one a row; `null` where there is none. */
type Column = number | null | readonly (number | null)[];

/** Rows of one mode and one replication. Texts are indexes into `names`; -1: none. */
export interface RowPiece {
  readonly mode: number;
  readonly rows: number;
  readonly names: readonly string[];
  readonly columns: Readonly<Record<keyof ReconnectRow, Column>>;
}

const textColumns = ['group', 'from', 'to', 'end'] as const;
const numberColumns = [
  'replication',
  'agent',
  'fault',
  'brokenAtUs',
  'totalUs',
  'detectUs',
  'retryUs',
  'handshakeUs',
  'attempts',
] as const;

export function* rowPieces(mode: number, rows: ReconnectRows): Generator<RowPiece> {
  let taken: ReconnectRow[] = [];
  for (const row of rows) {
    if (taken.length === pieceRows || (taken.length > 0 && taken[0]!.replication !== row.replication)) {
      yield pieceOf(mode, taken);
      taken = [];
    }
    taken.push(row);
  }
  if (taken.length > 0) yield pieceOf(mode, taken);
}

function pieceOf(mode: number, rows: readonly ReconnectRow[]): RowPiece {
  const names: string[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (name: string | null): number => {
    if (name === null) return -1;
    let index = indexes.get(name);
    if (index === undefined) {
      index = names.push(name) - 1;
      indexes.set(name, index);
    }
    return index;
  };
  const columns = {} as Record<keyof ReconnectRow, Column>; // every column is set below
  for (const column of numberColumns) columns[column] = compact(rows.map((row) => row[column]));
  for (const column of textColumns) columns[column] = compact(rows.map((row) => indexOf(row[column])));
  columns.froze = compact(rows.map(({ froze }) => Number(froze)));
  return { mode, rows: rows.length, names, columns };
}

function compact(values: readonly (number | null)[]): Column {
  return values.every((value) => value === values[0]) ? values[0]! : values;
}

/** The rows of a mode again, from its pieces in order; each is made when it is looked at. */
export function storedRows(pieces: readonly RowPiece[]): ReconnectRows {
  return new MadeRows(pieces, ({ rows }) => rows, rowAt);
}

function rowAt({ names, columns }: RowPiece, row: number): ReconnectRow {
  const orNull = (column: keyof ReconnectRow): number | null => {
    const values = columns[column];
    return typeof values === 'object' && values !== null ? values[row]! : values;
  };
  // Columns without nulls: what is written has none there.
  const number = (column: keyof ReconnectRow): number => orNull(column) ?? 0;
  const name = (column: keyof ReconnectRow): string | null => names[number(column)] ?? null;
  return {
    replication: number('replication'),
    agent: number('agent'),
    group: name('group') ?? '',
    fault: number('fault'),
    from: name('from'),
    to: name('to'),
    end: name('end') ?? '',
    brokenAtUs: number('brokenAtUs'),
    totalUs: orNull('totalUs'),
    detectUs: orNull('detectUs'),
    retryUs: orNull('retryUs'),
    handshakeUs: orNull('handshakeUs'),
    attempts: number('attempts'),
    froze: number('froze') === 1,
  };
}
