// What a group of the fleet says of its agents, as the options of the models: who they are, where, and what they write.
import type { AddressPlan, GroupOptions, NatRule } from '../../models/worldOptions.ts';
import { isPrivate, parseRange, type HostRange } from '../addresses.ts';
import type { Inventory } from '../import/inventory.ts';
import { mostParts, partLabel, partsOf, type Inventories, type InventoryPart } from '../inventories.ts';
import type { Problem } from '../problem.ts';
import type { GroupData } from '../schema.ts';
import { enumerate, quote } from '../wording.ts';
import { workloadOf, type Refuse } from './workloadPlan.ts';

/** Agents that have a release in common, as a group of the models without what the release decides. */
export interface PlannedAgents {
  readonly version: string;
  readonly agents: Pick<GroupOptions, 'name' | 'count' | 'addresses' | 'nat' | 'events'> & Partial<GroupOptions>;
}

export interface FleetContext {
  /** There is a balancer, which sees addresses. */
  readonly isBalanced: boolean;
  /** One that may choose by them. */
  readonly choosesByAddress: boolean;
  readonly inventories: Inventories;
  /** Time of the day at the end of the warm-up; `null`: the scenario does not say. */
  readonly startsAtSecond: number | null;
  nodeCalled(text: string): number;
  readonly refuse: Refuse;
  readonly refuseAt: (problem: Problem) => void;
  readonly warn: (text: string) => void;
  readonly assume: (text: string) => void;
}

/** The agents of a group of the fleet, or of each part of its inventory. `null`: there were problems. */
export function agentsOf(
  group: GroupData,
  name: string,
  index: number,
  context: FleetContext,
): readonly PlannedAgents[] | null {
  const nat = natAddresses(group, context.refuse);
  const natRules = rulesOf(group, context.refuse);
  if (!nat) return null;
  const agents =
    group.inventory === undefined
      ? agentsOfRange(group, name, index, nat.length > 0 || natRules.length > 0, context)
      : agentsOfInventory(group, name, group.inventory, natRules, context);
  return (
    agents?.map(({ version, agents: own }) => ({
      version,
      agents: { ...own, nat, ...(natRules.length > 0 ? { natRules } : {}) },
    })) ?? null
  );
}

/** Addresses the balancer sees instead, used in turn. */
function natAddresses(group: GroupData, refuse: Refuse): number[] | null {
  const entries = group.nat ?? [];
  const plain = entries.filter((entry) => typeof entry === 'string');
  if (plain.length > 0 && plain.length < entries.length) {
    refuse(['nat'], 'has addresses and rules. Give either addresses that are used in turn, or rules with from and to.');
    return null;
  }
  return addressList(plain, (text) => refuse(['nat'], text));
}

/** Rules for the agents' own addresses. */
function rulesOf(group: GroupData, refuse: Refuse): NatRule[] {
  return (group.nat ?? []).flatMap((entry, index): NatRule[] => {
    if (typeof entry === 'string') return [];
    const to = addressList(entry.to, (text) => refuse(['nat', index, 'to'], text));
    const range = entry.from === 'any' ? { first: 0, last: 0 } : wholeRange(entry.from);
    return to && range ? [{ ...range, to }] : [];
  });
}

const mostNat = 65_536;

function addressList(texts: readonly string[], refuse: (text: string) => void): number[] | null {
  const list: number[] = [];
  for (const text of texts) {
    const range = parseRange(text);
    if (typeof range === 'string') continue; // the schema has said it
    if (list.length + range.hostCount > mostNat) {
      refuse(`more than ${mostNat} addresses. List fewer.`);
      return null;
    }
    for (let host = 0; host < range.hostCount; host++) list.push(range.firstHost + host);
  }
  return list;
}

/** With the addresses no host of the range can have: whoever counts agents in it counts all. */
function wholeRange(text: string): Pick<NatRule, 'first' | 'last'> | null {
  const range = parseRange(text);
  if (typeof range === 'string') return null; // the schema has said it
  const inner = text.includes('/') && range.hostCount > 2 ? 1 : 0;
  return { first: range.firstHost - inner, last: range.firstHost + range.hostCount - 1 + inner };
}

/** Own addresses of a group without an inventory. @returns what is wrong with them otherwise. */
function addressPlan(text: string, draw: boolean, count: number): AddressPlan | string {
  const range: HostRange | string = parseRange(text);
  if (typeof range === 'string') return range;
  if (range.hostCount < count) {
    return `${text} has ${range.hostCount} host ${range.hostCount === 1 ? 'address' : 'addresses'} for ${count} agents. Give a larger range.`;
  }
  return { kind: draw ? 'draw' : 'range', ...range };
}

function defaultRange(count: number, index: number): string {
  return count <= 65_534 && index < 250 ? `10.${index + 1}.0.0/16` : '10.0.0.0/8';
}

/** The part of an inventory that becomes a group of the models. */
function inventoryGroup(
  fleetName: string,
  inventory: Inventory,
  part: InventoryPart,
): Pick<GroupOptions, 'name' | 'labels' | 'count' | 'addresses' | 'draws' | 'listed'> {
  const { places } = part;
  const label = part.group === null ? fleetName : partLabel(fleetName, part.group);
  return {
    name: `${label} ${part.version}`,
    labels: label === fleetName ? [fleetName] : [fleetName, label],
    count: places.length,
    addresses: { kind: 'list', addresses: places.map((place) => inventory.addresses[place]!) },
    draws: { name: fleetName, indexes: places.map((place) => inventory.keys[place]!) },
    listed: { places, length: inventory.count },
  };
}

export type { Refuse };

type Found = { readonly version: string; readonly agents: Omit<PlannedAgents['agents'], 'nat'> }[];

function agentsOfRange(
  group: GroupData,
  name: string,
  index: number,
  isHidden: boolean,
  { isBalanced, startsAtSecond, refuse, assume }: FleetContext,
): Found | null {
  const count = group.count!; // the schema asks for it where there is no inventory
  const given = group.addresses;
  const text = given === undefined ? defaultRange(count, index) : typeof given === 'string' ? given : given.range;
  const addresses = addressPlan(text, typeof given === 'object' && given.draw, count);
  if (given === undefined && !isHidden && isBalanced) {
    assume(`The agents of ${name} are taken to have addresses of ${text}.`);
  }
  if (typeof addresses === 'string') refuse(['addresses'], addresses);
  const events = workloadOf(group.events, count, null, startsAtSecond, refuse);
  return typeof addresses === 'string' || !events
    ? null
    : [{ version: group.version, agents: { name, count, addresses, events } }];
}

function agentsOfInventory(
  group: GroupData,
  name: string,
  path: string,
  rules: readonly NatRule[],
  context: FleetContext,
): Found | null {
  const { isBalanced, choosesByAddress, inventories, startsAtSecond, refuse, refuseAt, warn } = context;
  const inventory = inventories.get(path, (text) => refuse(['inventory'], text));
  if (!inventory) return null;
  const parts = partsOf(inventory);
  if (typeof parts === 'number') {
    refuse(
      ['inventory'],
      `has ${parts} combinations of group and version; at most ${mostParts}. Leave the column group out.`,
    );
    return null;
  }
  if (inventory.firstWithoutRate && group.events.rate === undefined) {
    const text = `eps is missing here; give it, or fleet.${name}.events.rate for all agents without one.`;
    refuseAt({ position: inventory.firstWithoutRate, text });
    return null;
  }
  const isHidden = group.nat?.some((entry) => typeof entry === 'string') === true;
  if (inventory.firstAny && isBalanced && !isHidden && !rules.some(({ first }) => first === 0)) {
    const text = `"any" is no address that a balancer could see; give it, or fleet.${name}.nat: [{ from: any, to: […] }].`;
    refuseAt({ position: inventory.firstAny, text });
    return null;
  }
  if (choosesByAddress && !isHidden) warnOfPrivate(name, inventory, rules, warn);
  const nodes = inventory.nodes.map((text) => context.nodeCalled(text));
  const unknown = inventory.nodes.filter((_, at) => nodes[at]! < 0);
  if (unknown.length > 0) {
    const names = `${enumerate(unknown.slice(0, 10).map(quote))}${unknown.length > 10 ? ` and ${unknown.length - 10} more` : ''}`;
    warn(`fleet.${name}.inventory: no node is called ${names}; where agents seen there land is not compared.`);
  }
  const found: Found = [];
  for (const part of parts) {
    const rates = Float64Array.from(part.places, (place) => inventory.ratesPerSecond[place]!);
    const events = workloadOf(group.events, rates.length, rates, startsAtSecond, refuse);
    if (!events) return null;
    const observedNode =
      inventory.nodes.length === 0
        ? {}
        : { observedNode: Int16Array.from(part.places, (place) => nodes[inventory.node[place]!] ?? -1) };
    found.push({
      version: part.version,
      agents: { ...inventoryGroup(name, inventory, part), events, ...observedNode },
    });
  }
  return found;
}

/** Whoever is not in their network sees agents with private addresses under others. */
function warnOfPrivate(
  name: string,
  { addresses }: Inventory,
  rules: readonly NatRule[],
  warn: FleetContext['warn'],
): void {
  let seen = 0;
  for (const own of addresses) {
    if (isPrivate(own) && !rules.some(({ first, last }) => own >= first && own <= last)) seen += 1;
  }
  if (seen === 0) return;
  warn(
    `fleet.${name}: ${seen} ${seen === 1 ? 'agent has a private address' : 'agents have private addresses'}, and the balancer hashes ` +
      'the address it sees. Behind NAT it sees another one: say which with nat: [{ from: 10.0.0.0/8, to: [203.0.113.7] }], ' +
      'or to: same where it sees their own.',
  );
}
