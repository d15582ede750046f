// Inventories that groups name: each file is read once, however many modes there are, and falls into parts that are alike.
import { createHash } from 'node:crypto';
import type { Files } from './files.ts';
import { readInventory, type Inventory } from './import/inventory.ts';
import { ScenarioError, type Problem } from './problem.ts';
import type { Warning } from './scenario.ts';
import { quote } from './wording.ts';

/** Ours: 10⁶ agents with long names come to less than half of it. */
const largestFile = 256 * 1024 * 1024;
/** Ours: each part is simulated as a group of its own, with its own numbers. */
const mostParts = 1_000;

export interface InventoryReader {
  readonly files: Files;
  /** Hashes of what was read, for the input's hash. */
  readonly texts: Map<string, string>;
  readonly warnings: Warning[];
  problems(problems: readonly Problem[]): void;
}

export class Inventories {
  readonly #reader: InventoryReader;
  readonly #read = new Map<string, Inventory | null>();

  constructor(reader: InventoryReader) {
    this.#reader = reader;
  }

  /** @param refuse is told why the file cannot be read, once. @returns `null` when there were problems; they have been reported. */
  get(path: string, refuse: (text: string) => void): Inventory | null {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    let inventory: Inventory | null = null;
    try {
      const text = this.#reader.files.read(path, largestFile);
      this.#reader.texts.set(path, createHash('sha256').update(text).digest('hex'));
      inventory = readInventory(path, text);
      this.#reader.warnings.push(...inventory.warnings);
    } catch (error) {
      if (error instanceof ScenarioError) this.#reader.problems(error.problems);
      else {
        const reason = error instanceof Error ? error.message : String(error);
        refuse(`cannot read ${quote(path)}: ${reason} Paths are relative to the scenario file.`);
      }
    }
    this.#read.set(path, inventory);
    return inventory;
  }

  /** Names of the groups of an inventory that has been read. */
  groupsIn(path: string): readonly string[] {
    return this.#read.get(path)?.groups ?? [];
  }
}

/** Agents of an inventory that have group and version in common. */
export interface InventoryPart {
  /** Name of the group in the inventory; `null`: none is said. */
  readonly group: string | null;
  readonly version: string;
  /** Lines of the agents in the inventory, from 0. */
  readonly places: Uint32Array;
}

/** Parts by group, then version, in the order of the alphabet. @returns how many there are when they are too many. */
export function partsOf({ count, group, version, groups, versions }: Inventory): readonly InventoryPart[] | number {
  const sizes = new Map<number, number>();
  const keyOf = (at: number): number => (group[at]! + 1) * versions.length + version[at]!;
  for (let at = 0; at < count; at++) sizes.set(keyOf(at), (sizes.get(keyOf(at)) ?? 0) + 1);
  if (sizes.size > mostParts) return sizes.size;
  const parts = new Map(
    [...sizes].map(([key, size]): [number, { part: InventoryPart; filled: number }] => {
      const at = Math.floor(key / versions.length) - 1;
      const part = {
        group: groups[at] ?? null,
        version: versions[key % versions.length]!,
        places: new Uint32Array(size),
      };
      return [key, { part, filled: 0 }];
    }),
  );
  for (let at = 0; at < count; at++) {
    const found = parts.get(keyOf(at))!;
    found.part.places[found.filled] = at;
    found.filled += 1;
  }
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...parts.values()]
    .map(({ part }) => part)
    .sort((a, b) => compare(a.group ?? '', b.group ?? '') || compare(a.version, b.version));
}

/** Names under which agents of the group can be selected, besides the group itself. */
export function partLabel(fleetName: string, group: string): string {
  return `${fleetName}.${group}`;
}

export { mostParts };
