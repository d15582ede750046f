// Every outage of every agent, kept in columns: a large fleet has millions of them, and each is looked at once or twice.
import { OutageEnd, type Outages } from '../models/ledger.ts';
import type { ReconnectRow, ReconnectRows } from './comparison.ts';
import { lengthOf } from './reconnect.ts';
import type { RunView } from './selection.ts';

/** The outages of one replication and what their numbers stand for; plain data that crosses threads. */
export interface OutageTable {
  readonly replication: number;
  readonly outages: Outages;
  /** Number of the fault in the scenario's list, from 1, by occurrence. */
  readonly faultNumbers: readonly number[];
  readonly groups: readonly { readonly name: string; readonly count: number }[];
  readonly nodeNames: readonly string[];
}

export function outageTable({ books, world }: RunView, replication: number): OutageTable {
  return {
    replication,
    outages: books.outages,
    faultNumbers: books.faults.map(({ faultIndex }) => faultIndex + 1),
    groups: world.groups.map(({ name, count }) => ({ name, count })),
    nodeNames: world.nodes.map(({ name }) => name),
  };
}

/** Index of the group of an agent. */
export function groupOf(groups: OutageTable['groups'], agent: number): number {
  let first = agent;
  for (let index = 0; index < groups.length; index++) {
    first -= groups[index]!.count;
    if (first < 0) return index;
  }
  throw new Error(`there is no agent ${agent}`);
}

const endText = {
  [OutageEnd.Reconnected]: 'reconnected',
  [OutageEnd.Healed]: 'healed',
  [OutageEnd.Unfinished]: 'unfinished',
};

function rowAt({ replication, outages, faultNumbers, groups, nodeNames }: OutageTable, row: number): ReconnectRow {
  const node = (index: number): string | null => (index < 0 ? null : nodeNames[index]!);
  const known = (us: number): number | null => (us < 0 ? null : us);
  const agent = outages.agent[row]!;
  const end = outages.end[row] as keyof typeof endText; // the column holds nothing else
  const total = lengthOf(outages, row);
  return {
    replication,
    agent,
    group: groups[groupOf(groups, agent)]!.name,
    fault: faultNumbers[outages.fault[row]!]!,
    from: node(outages.fromNode[row]!),
    to: node(outages.toNode[row]!),
    end: endText[end],
    brokenAtUs: outages.brokenAtUs[row]!,
    totalUs: total === Infinity ? null : total,
    detectUs: known(outages.detectUs[row]!),
    retryUs: known(outages.retryUs[row]!),
    handshakeUs: end === OutageEnd.Reconnected ? known(outages.handshakeUs[row]!) : null,
    attempts: outages.attempts[row]!,
    froze: outages.froze[row] === 1,
  };
}

/** The rows of all replications, in order; each is made when it is looked at. */
export function reconnectRows(tables: readonly OutageTable[]): ReconnectRows {
  return new MadeRows(tables, ({ outages }) => outages.count, rowAt);
}

/** Rows of several tables, in order; each is made when it is looked at. */
export class MadeRows<Table> implements ReconnectRows {
  readonly #tables: readonly Table[];
  readonly #countOf: (table: Table) => number;
  readonly #rowAt: (table: Table, row: number) => ReconnectRow;
  readonly length: number;

  constructor(
    tables: readonly Table[],
    countOf: (table: Table) => number,
    rowOf: (table: Table, row: number) => ReconnectRow,
  ) {
    this.#tables = tables;
    this.#countOf = countOf;
    this.#rowAt = rowOf;
    this.length = tables.reduce((sum, table) => sum + countOf(table), 0);
  }

  *[Symbol.iterator](): Generator<ReconnectRow> {
    for (const table of this.#tables) {
      const count = this.#countOf(table);
      for (let row = 0; row < count; row++) yield this.#rowAt(table, row);
    }
  }

  map<T>(of: (row: ReconnectRow) => T): T[] {
    return Array.from(this, (row) => of(row));
  }

  filter(wanted: (row: ReconnectRow) => boolean): ReconnectRow[] {
    const found: ReconnectRow[] = [];
    for (const row of this) if (wanted(row)) found.push(row);
    return found;
  }
}
