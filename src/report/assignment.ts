// `fleetfall assign` as text: rows of CSV, and totals as JSON.
import { stringify } from 'csv-stringify/sync';
import { assigned, moved, type Assigned, type AssignedServer } from '../metrics/assignment.ts';
import { printable, printableJson } from './escape.ts';

/** Who asks, and the answers to him. */
export interface AssignmentTable {
  /** Columns that say who he is, such as `client`. */
  readonly columns: readonly string[];
  readonly count: number;
  /** Cells of the `index`-th one. */
  readonly row: (index: number) => readonly string[];
  readonly before: Answers;
  /** What it would be after a change; `null`: nothing changes. */
  readonly after: Answers | null;
}

export interface Answers {
  readonly servers: readonly AssignedServer[];
  /** Index into `servers`, -1: nowhere. */
  readonly peers: Int32Array;
  /** `nginx hash $remote_addr consistent`. */
  readonly description: string;
}

/** Rows that are made into text at once. */
const chunk = 16_384;

/** Pieces of CSV; together the whole. Lines end as on Linux, and no cell is a formula. */
export function* assignmentCsv({ columns, count, row, before, after }: AssignmentTable): Generator<string> {
  const cell = (text: string): string => stringify([[text]], { escape_formulas: true }).slice(0, -1);
  yield `${[...columns, 'server', ...(after ? ['after'] : [])].join(',')}\n`;
  const labels = before.servers.map(({ label }) => cell(label));
  const labelsAfter = after?.servers.map(({ label }) => cell(label)) ?? [];
  for (let from = 0; from < count; from += chunk) {
    let text = '';
    for (let index = from; index < Math.min(count, from + chunk); index++) {
      for (const each of row(index)) text += `${isPlain.test(each) ? each : cell(each)},`;
      text += labels[before.peers[index]!] ?? '';
      if (after) text += `,${labelsAfter[after.peers[index]!] ?? ''}`;
      text += '\n';
    }
    yield text;
  }
}

/** Needs no quotes, and is no formula. */
const isPlain = /^[A-Za-z0-9:][A-Za-z0-9.:/_-]*$/;

/** A change that breaks readers needs a new number in `format`. Names are shown as they are, but for what no line can hold. */
export function assignmentJson(table: AssignmentTable, change: readonly string[]): string {
  const { before, after, count } = table;
  const now = assigned(before.servers, before.peers);
  const document = {
    format: 'fleetfall-assign/1',
    balancer: printable(before.description),
    clients: count,
    ...totals(now),
    ...(after === null
      ? {}
      : {
          change: change.map(printable),
          after: totals(assigned(after.servers, after.peers)),
          moved: movedOf(before, after),
        }),
  };
  return `${printableJson(JSON.stringify(document, null, 2))}\n`;
}

function totals({ servers, nowhere, skew, skewByWeight }: Assigned): Record<string, unknown> {
  return {
    servers: servers.map(({ server, ...numbers }) => ({ server: printable(server), ...numbers })),
    nowhere,
    skew,
    skewByWeight,
  };
}

function movedOf(before: Answers, after: Answers): Record<string, unknown> {
  const { clients, share, matrix } = moved(before, after);
  const name = (text: string | null): string | null => (text === null ? null : printable(text));
  return { clients, share, matrix: matrix.map((cell) => ({ ...cell, from: name(cell.from), to: name(cell.to) })) };
}
