// What a person calls one agent of a fleet: `servers/7`, the id of an inventory, or its address.
import { crc32 } from 'node:zlib';
import { rootKey } from '../kernel/random.ts';
import { groupAddresses } from '../models/addresses.ts';
import { Purpose, groupKey } from '../models/workload.ts';
import type { GroupOptions, Luck } from '../models/worldOptions.ts';
import { addressText, parseAddress } from './addresses.ts';
import { nearest } from './problem.ts';
import { listNames, quote } from './wording.ts';

export interface AgentPlace {
  /** In the order of the fleet, from 0: `agent` of reconnects.csv. */
  readonly agent: number;
  readonly groupIndex: number;
  /** Within its group, from 0. */
  readonly local: number;
}

/** Agents of a group count from 1, as addresses of a range do; those of an inventory have their id. */
export function agentName({ name, draws }: GroupOptions, local: number): string {
  return draws === undefined
    ? `${name}/${local + 1}`
    : `${draws.name}/${String(draws.indexes[local]!).padStart(3, '0')}`;
}

/** @returns otherwise what is wrong with the name, in a sentence. */
export function findAgent(groups: readonly GroupOptions[], text: string): AgentPlace | string {
  const slash = text.lastIndexOf('/');
  const [wanted, id] = slash < 0 ? [null, text] : [text.slice(0, slash), text.slice(slash + 1)];
  const number = /^\d{1,10}$/.test(id) ? Number(id) : -1;
  let first = 0;
  let seen = 0;
  for (const [groupIndex, group] of groups.entries()) {
    const { draws, count, name } = group;
    const isMeant = wanted === null || namesOf(group).includes(wanted);
    if (isMeant && draws !== undefined) {
      // Ids that are no numbers are known by their sum: import/inventory.ts.
      const local = draws.indexes.indexOf(number >= 0 ? number : crc32(id));
      if (local >= 0) return { agent: first + local, groupIndex, local };
    } else if (wanted !== null && name === wanted) {
      if (number >= 1 && number <= count) return { agent: first + number - 1, groupIndex, local: number - 1 };
      return `${quote(text)}: ${name} has agents 1 to ${count}.`;
    }
    if (isMeant) seen += 1;
    first += count;
  }
  const names = [...new Set(groups.flatMap((group) => group.draws?.name ?? group.name))];
  if (wanted !== null && seen === 0) {
    const meant = nearest(wanted, names);
    return `no group is called ${quote(wanted)}. ${meant ? `Did you mean ${meant}? ` : ''}Known: ${listNames(names)}.`;
  }
  if (wanted === null && groups.every(({ draws }) => draws === undefined)) {
    return `${quote(text)}: say of which group, such as ${names[0]!}/1. Groups: ${listNames(names)}.`;
  }
  return `no agent of the inventory has the id ${quote(id)}.`;
}

function namesOf({ name, labels = [], draws }: GroupOptions): readonly string[] {
  return [name, ...labels, ...(draws ? [draws.name] : [])];
}

/** Addresses that balancers see, by group. */
export function fleetAddresses(groups: readonly GroupOptions[], { seed, replication }: Luck): readonly Uint32Array[] {
  const root = rootKey(seed, replication);
  return groups.map((group) => groupAddresses(group, groupKey(root, Purpose.Address, group)));
}

/** Agents that a balancer sees under an address, in the order of the fleet; a text: it is none. */
export function agentsAt(groups: readonly GroupOptions[], luck: Luck, text: string): readonly AgentPlace[] | string {
  const address = parseAddress(text);
  if (address === null) return `expected an IPv4 address such as 10.1.0.7, got ${quote(text)}.`;
  const found: AgentPlace[] = [];
  let first = 0;
  fleetAddresses(groups, luck).forEach((addresses, groupIndex) => {
    for (let local = addresses.indexOf(address); local >= 0; local = addresses.indexOf(address, local + 1)) {
      found.push({ agent: first + local, groupIndex, local });
    }
    first += groups[groupIndex]!.count;
  });
  return found.length > 0 ? found : `no agent of the fleet has the address ${addressText(address)}.`;
}
