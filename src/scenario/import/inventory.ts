// The agents of a fleet one by one: a CSV of ours, or what the manager answers to GET /agents.
import { crc32 } from 'node:zlib';
import { knownAgentVersion } from '../../models/agentVersions.ts';
import { parseAddress } from '../addresses.ts';
import { ScenarioError, type Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { enumerate, quote } from '../wording.ts';
import { isMapping } from '../yamlSource.ts';
import { CsvRows, readHeader } from './csv.ts';
import { jsonPlace } from './jsonPlace.ts';
import { table } from './table.ts';

/** An inventory in columns, one entry an agent, in the order of the file. */
export interface Inventory {
  readonly count: number;
  /** What an agent's draws are keyed by: its id. */
  readonly keys: Uint32Array;
  /** IPv4 as unsigned 32-bit integer, 0: `any`. */
  readonly addresses: Uint32Array;
  /** Events per second, NaN: not said. */
  readonly ratesPerSecond: Float64Array;
  /** Index in `groups`, `versions` and `nodes`; -1: not said. */
  readonly group: Int32Array;
  readonly version: Int32Array;
  readonly node: Int32Array;
  readonly groups: readonly string[];
  readonly versions: readonly string[];
  readonly nodes: readonly string[];
  /** Where the first agent without an address, and the first without a rate, stands. */
  readonly firstAny: SourcePosition | null;
  readonly firstWithoutRate: SourcePosition | null;
  readonly warnings: readonly Warning[];
}

/** Of a million wrong lines nobody reads more. */
const mostShown = 20;
const mostAgents = 5_000_000;
/** Largest rate of one agent, as in a scenario. */
const mostPerSecond = 100_000;

const required = ['id', 'ip', 'version'];
const optional = ['name', 'group', 'eps', 'node', 'status'];

/** Texts of one agent; '' where nothing is said. */
interface Entry {
  readonly id: string;
  readonly ip: string;
  readonly version: string;
  readonly group: string;
  readonly eps: string;
  readonly node: string;
  readonly status: string;
  /** Its name in a message: `row 12`. */
  readonly text: string;
  /** Where a field of it stands. */
  place(field: string): SourcePosition;
}

/** @throws ScenarioError with the first mistakes of the file and the number of all. */
export function readInventory(file: string, text: string): Inventory {
  const collector = new Collector(file);
  if (/^\uFEFF?\s*[[{]/.test(text)) readJson(file, text, collector);
  else readCsv(file, text, collector);
  return collector.finish();
}

function readCsv(file: string, text: string, collector: Collector): void {
  const rows = new CsvRows(file, text);
  const refuse = (problem: string, index = 0): never => {
    throw new ScenarioError(file, [{ position: rows.position(index), text: problem }]);
  };
  if (!rows.next()) {
    throw new ScenarioError(file, [
      { position: { file, line: 1, column: 1 }, text: 'is empty: expected a header and a row an agent.' },
    ]);
  }
  const { at, missing, twice, others } = readHeader(rows, required, optional);
  const [again] = twice;
  if (again) refuse(`the column ${again.name} is there twice. Keep one of them.`, again.index);
  if (missing.length > 0) {
    const separated = rows.fields === 1 && /[;\t]/.test(rows.field(0)) ? ' Fields are separated by commas.' : '';
    refuse(
      `the ${missing.length === 1 ? 'column' : 'columns'} ${enumerate(missing)} ${missing.length === 1 ? 'is' : 'are'} missing. ` +
        `The first line names the columns: id, ip and version, perhaps name, group, eps, node and status.${separated}`,
    );
  }
  if (others.length > 0) {
    const [only] = others;
    const names =
      others.length === 1 ? `column ${quote(only!)}` : `columns ${enumerate(others.slice(0, 12).map(quote))}`;
    const more = others.length > 12 ? ` and ${others.length - 12} more` : '';
    collector.warnings.push({ position: rows.position(0), text: `nothing is made of the ${names}${more}.` });
  }
  const width = rows.fields;
  let number = 0;
  // One object for all rows: its fields are read when they are asked for.
  const of = (name: string): string => rows.field(at[name]!);
  const entry: Entry = {
    get id() {
      return of('id');
    },
    get ip() {
      return of('ip');
    },
    get version() {
      return of('version');
    },
    get group() {
      return of('group');
    },
    get eps() {
      return of('eps');
    },
    get node() {
      return of('node');
    },
    get status() {
      return of('status');
    },
    get text() {
      return `row ${number}`;
    },
    place: (field) => rows.position(at[field] ?? 0),
  };
  while (rows.next()) {
    number += 1;
    if (rows.fields === width) collector.add(entry);
    else {
      const problem = `row ${number} has ${rows.fields} ${rows.fields === 1 ? 'field' : 'fields'}, the header has ${width}.`;
      collector.problem(() => rows.position(0), problem);
    }
  }
}

/** Answers of the API, one or a list of them (its pages). */
function readJson(file: string, text: string, collector: Collector): void {
  const content = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  let tree: unknown;
  try {
    tree = JSON.parse(content);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = Number(/at position (\d+)/.exec(message)?.[1] ?? content.length);
    const before = content.slice(0, at).split('\n');
    const position = { file, line: before.length, column: before.at(-1)!.length + 1 };
    throw new ScenarioError(file, [{ position, text: 'is no valid JSON from here on.' }]);
  }
  const pages = Array.isArray(tree) && !tree.every(isAgent) ? tree : [tree];
  let total = 0;
  pages.forEach((page: unknown, index) => {
    const base = pages.length === 1 && !Array.isArray(tree) ? [] : [index];
    const found = itemsOf(page);
    if (found === null) {
      throw new ScenarioError(file, [
        {
          position: jsonPlace(file, content, base),
          text: 'expected the answer to GET /agents: a mapping with data.affected_items, a list of agents.',
        },
      ]);
    }
    total = Math.max(total, found.total);
    found.items.forEach((item, at) => {
      const path = [...(Array.isArray(tree) && pages.length === 1 ? [] : base), ...found.path, at];
      const place = (field: string): SourcePosition =>
        jsonPlace(file, content, [...path, ...(apiFields[field] ?? [field])]);
      if (!isMapping(item)) {
        collector.problem(() => jsonPlace(file, content, path), `entry ${at + 1} is no mapping with an id.`);
        return;
      }
      const text = (key: string): string => {
        const value = item[key];
        if (typeof value === 'string') return value.trim();
        return typeof value === 'number' ? String(value) : '';
      };
      const id = text('id');
      if (id === '000') return; // the manager itself
      const group = item.group;
      collector.add({
        id,
        ip: text('ip'),
        version: text('version'),
        group: Array.isArray(group) ? String(group[0] ?? '') : text('group'),
        eps: text('eps'),
        node: text('node_name'),
        status: text('status'),
        text: `entry ${at + 1}`,
        place,
      });
    });
  });
  const read = collector.seen;
  if (total > read + 1) {
    collector.warnings.push({
      position: { file, line: 1, column: 1 },
      text: `holds ${read} of ${total} agents (total_affected_items). Ask for all: GET /agents?limit=100000, or a list of its pages.`,
    });
  }
}

const apiFields: Readonly<Record<string, readonly string[]>> = table({ node: ['node_name'] });

function isAgent(item: unknown): boolean {
  return isMapping(item) && 'id' in item;
}

function itemsOf(page: unknown): { items: readonly unknown[]; path: readonly string[]; total: number } | null {
  if (Array.isArray(page)) return { items: page, path: [], total: 0 };
  if (!isMapping(page)) return null;
  const [data, path] = isMapping(page.data) ? [page.data, ['data']] : [page, []];
  const { affected_items: items, total_affected_items: total } = data;
  if (!Array.isArray(items)) return null;
  return { items, path: [...path, 'affected_items'], total: typeof total === 'number' ? total : 0 };
}

/** Checks agents one by one and keeps what the simulation needs of them. */
class Collector {
  readonly warnings: Warning[] = [];
  readonly #file: string;
  readonly #problems: Problem[] = [];
  #problemCount = 0;
  #nextProblem: SourcePosition | null = null;
  #count = 0;
  #left = { disconnected: 0, never_connected: 0 };
  #keys = new Uint32Array(1024);
  #addresses = new Uint32Array(1024);
  #rates = new Float64Array(1024);
  #group = new Int32Array(1024);
  #version = new Int32Array(1024);
  #node = new Int32Array(1024);
  readonly #groups = new Names();
  readonly #nodes = new Names();
  /** By the text of the file: index of the release, or what is wrong with it. */
  readonly #releases = new Map<string, number | string>();
  readonly #versions: string[] = [];
  /** Ids that are numbers below 2^32, as all of Wazuh's are; others in a set of their own. */
  readonly #numbers = new Set<number>();
  readonly #ids = new Set<string>();
  #firstAny: SourcePosition | null = null;
  #firstWithoutRate: SourcePosition | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** Agents looked at, those left out included. */
  get seen(): number {
    return this.#count + this.#left.disconnected + this.#left.never_connected;
  }

  problem(place: () => SourcePosition, text: string): void {
    this.#problemCount += 1;
    if (this.#problemCount <= mostShown) this.#problems.push({ position: place(), text });
    else this.#nextProblem ??= place();
  }

  add(entry: Entry): void {
    const wrong = (field: string, text: string): void => {
      this.problem(() => entry.place(field), `${field} of ${entry.text}: ${text}`);
    };
    const { id, status } = entry;
    const problemsBefore = this.#problemCount;
    const key = this.#key(id);
    if (id === '') wrong('id', 'is missing.');
    else if (key === null) wrong('id', `${quote(id)} is the id of another agent already.`);
    switch (status.toLowerCase()) {
      case 'disconnected':
        this.#left.disconnected += 1;
        return;
      case 'never_connected':
        this.#left.never_connected += 1;
        return;
      case '':
      case 'active':
      case 'pending':
        break;
      default:
        wrong('status', `expected active, pending, disconnected or never_connected, got ${quote(status)}.`);
    }
    const address = entry.ip === 'any' ? 0 : parseAddress(entry.ip);
    if (entry.ip === '') wrong('ip', 'is missing.');
    else if (address === null || (address === 0 && entry.ip !== 'any')) {
      const hint = entry.ip.includes(':') ? ' IPv6 is not modelled yet.' : '';
      wrong('ip', `expected an IPv4 address such as 10.1.0.7, got ${quote(entry.ip)}.${hint}`);
    }
    const release = this.#release(entry.version);
    if (typeof release === 'string') wrong('version', release);
    const rate = entry.eps === '' ? NaN : Number(/^(\d+(?:\.\d+)?)(?:\s*\/\s*s)?$/.exec(entry.eps)?.[1] ?? -1);
    if (rate < 0 || rate > mostPerSecond) {
      wrong('eps', `expected events per second from 0 to ${mostPerSecond} such as 2.5, got ${quote(entry.eps)}.`);
    }
    const group = entry.group === '' ? -1 : this.#groups.indexOf(firstOfList(entry.group));
    const node = entry.node === '' ? -1 : this.#nodes.indexOf(entry.node);
    if (this.#problemCount > problemsBefore) return;
    const at = this.#count;
    if (at >= mostAgents) {
      wrong('id', `more than ${mostAgents} agents.`);
      return;
    }
    if (at === this.#keys.length) this.#grow();
    this.#keys[at] = key!;
    this.#addresses[at] = address!;
    this.#rates[at] = rate;
    this.#group[at] = group;
    this.#version[at] = release as number;
    this.#node[at] = node;
    this.#count += 1;
    if (address === 0) this.#firstAny ??= entry.place('ip');
    if (Number.isNaN(rate)) this.#firstWithoutRate ??= entry.place('eps');
  }

  /** @throws ScenarioError when there were mistakes, or nobody is left. */
  finish(): Inventory {
    const { disconnected, never_connected: neverConnected } = this.#left;
    const more = this.#problemCount - this.#problems.length;
    if (more > 0) {
      const text = `from here on: and ${more.toLocaleString('en-US')} more mistakes in this file.`;
      this.#problems.push({ position: this.#nextProblem, text });
    }
    const start = { file: this.#file, line: 1, column: 1 };
    const out = disconnected + neverConnected;
    if (out > 0) {
      const parts = [
        ...(disconnected > 0 ? [`${disconnected} disconnected`] : []),
        ...(neverConnected > 0 ? [`${neverConnected} never connected`] : []),
      ];
      const text = `${out} ${out === 1 ? 'agent is' : 'agents are'} left out: ${enumerate(parts)} (status).`;
      this.warnings.push({ position: start, text });
    }
    if (this.#problems.length === 0 && this.#count === 0) {
      const why = out > 0 ? 'All of them are left out by their status.' : 'Give it a row an agent.';
      this.#problems.push({ position: start, text: `has no agents. ${why}` });
    }
    if (this.#problems.length > 0) throw new ScenarioError(this.#file, this.#problems);
    const count = this.#count;
    return {
      count,
      keys: this.#keys.slice(0, count),
      addresses: this.#addresses.slice(0, count),
      ratesPerSecond: this.#rates.slice(0, count),
      group: this.#group.slice(0, count),
      version: this.#version.slice(0, count),
      node: this.#node.slice(0, count),
      groups: this.#groups.names,
      versions: this.#versions,
      nodes: this.#nodes.names,
      firstAny: this.#firstAny,
      firstWithoutRate: this.#firstWithoutRate,
      warnings: this.warnings,
    };
  }

  /** The id as a number below 2^32; `null`: it was there already. */
  #key(id: string): number | null {
    const number = /^\d{1,10}$/.test(id) ? Number(id) : -1;
    if (number >= 0 && number < 2 ** 32) {
      const before = this.#numbers.size;
      this.#numbers.add(number);
      return this.#numbers.size === before ? null : number;
    }
    const before = this.#ids.size;
    this.#ids.add(id);
    return this.#ids.size === before ? null : crc32(id);
  }

  /** `Wazuh v4.9.2`, `v4.9.2` and `4.9.2` are the same. @returns its index, or what is wrong. */
  #release(text: string): number | string {
    const known = this.#releases.get(text);
    if (known !== undefined) return known;
    const version = text.replace(/^(?:wazuh\s+)?v?(?=\d)/i, '');
    const wrong = knownAgentVersion(version);
    let found: number | string = this.#versions.indexOf(version);
    if (text === '') found = 'is missing. Give the release of the agent, such as 4.14.7.';
    else if (wrong !== null) found = `expected a Wazuh release such as 4.14.7, got ${quote(text)}. ${wrong}`.trimEnd();
    else if (found < 0) found = this.#versions.push(version) - 1;
    this.#releases.set(text, found);
    return found;
  }

  #grow(): void {
    const size = Math.min(mostAgents, this.#keys.length * 2);
    const grown = <T extends Uint32Array | Int32Array | Float64Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.#keys = grown(new Uint32Array(size), this.#keys);
    this.#addresses = grown(new Uint32Array(size), this.#addresses);
    this.#rates = grown(new Float64Array(size), this.#rates);
    this.#group = grown(new Int32Array(size), this.#group);
    this.#version = grown(new Int32Array(size), this.#version);
    this.#node = grown(new Int32Array(size), this.#node);
  }
}

/** Of several groups the first one, as the file lists them. */
function firstOfList(groups: string): string {
  return groups.split(/[,;|]/)[0]!.trim();
}

/** Texts that come again and again, by number. */
class Names {
  readonly names: string[] = [];
  readonly #at = new Map<string, number>();

  indexOf(name: string): number {
    let index = this.#at.get(name);
    if (index === undefined) {
      index = this.names.push(name) - 1;
      this.#at.set(name, index);
    }
    return index;
  }
}
