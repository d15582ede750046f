// Where the agents of a scenario land: the first connection of each, made one after the other in the order of the fleet.
import { below, rootKey } from '../kernel/random.ts';
import type { Balancer, BalancerClient } from '../models/balancer/contract.ts';
import { addressText } from '../models/balancer/proxy.ts';
import { changeServers, listenersOf, startProduct } from '../models/balancer/products.ts';
import type { BalancerOptions, BalancerProduct } from '../models/balancer/options.ts';
import { Purpose, drawIndex, groupKey } from '../models/workload.ts';
import { balancerPlace } from '../models/fault.ts';
import type { GroupOptions, Luck, WorldOptions } from '../models/worldOptions.ts';
import { agentName, fleetAddresses } from './agentNames.ts';
import { ask, type Chooser, type ChooserServer } from './chooser.ts';
import { nearest, type Problem } from './problem.ts';
import type { Mode } from './scenario.ts';
import type { ServerChanges } from './serverChanges.ts';
import { listNames, quote } from './wording.ts';

/** The balancer that agents of a mode connect to. */
export interface ModeBalancer {
  readonly options: BalancerOptions;
  readonly balancerIndex: number;
  /** The listener that the agents of each group are given; -1: they do not go there. */
  readonly listenerOf: readonly number[];
}

/** @param name `null`: the one that agents connect to. */
export function balancerOf({ name: mode, world }: Mode, name: string | null, problems: Problem[]): ModeBalancer | null {
  const { balancers, groups } = world;
  const names = balancers.map((each) => each.name);
  const problem = (text: string): null => {
    problems.push({ position: null, text });
    return null;
  };
  if (balancers.length === 0)
    return problem(`mode ${quote(mode)} has no balancer: its agents connect to the nodes themselves.`);
  const used = balancers.findIndex((_, index) => listenersFor(groups, index).some((listener) => listener >= 0));
  const balancerIndex = name === null ? used : names.indexOf(name);
  if (balancerIndex < 0) {
    if (name === null)
      return problem(`no agent of mode ${quote(mode)} connects to a balancer. Name one: ${listNames(names)}.`);
    const meant = nearest(name, names);
    const hint = meant ? `Did you mean ${meant}? ` : '';
    return problem(
      `--balancer: mode ${quote(mode)} has none called ${quote(name)}. ${hint}Known: ${listNames(names)}.`,
    );
  }
  const options = balancers[balancerIndex]!;
  if (options.product.kind === 'vip') {
    const owners = options.product.vip.of.map((member) => balancers[member]!.name);
    return problem(
      `--balancer: ${options.name} is an address that moves and chooses nothing. Ask who has it: ${listNames(owners)}.`,
    );
  }
  const direct = listenersFor(groups, balancerIndex);
  // Where nobody leads but other balancers, any agent may come.
  const isBehind = direct.every((listener) => listener < 0);
  return { options, balancerIndex, listenerOf: isBehind ? direct.map(() => 0) : direct };
}

/** What the first entry of each group's list that leads to a balancer asks of it. */
function listenersFor(groups: readonly GroupOptions[], balancerIndex: number): number[] {
  return groups.map(({ servers }) => {
    for (const { endpoint } of servers) {
      if (endpoint.kind === 'balancer' && endpoint.balancerIndex === balancerIndex) return endpoint.listenerIndex;
    }
    return -1;
  });
}

/** What a change makes of a product. Nodes are added and removed by their names. */
export function changedProduct(
  world: WorldOptions,
  product: BalancerProduct,
  { add, remove }: Pick<ServerChanges, 'add' | 'remove'>,
  problems: Problem[],
): BalancerProduct {
  let changed = product;
  const apply = (verb: 'addNode' | 'removeNode', name: string): void => {
    const flag = verb === 'addNode' ? '--add' : '--remove';
    const node = world.nodes.find((each) => each.name === name || each.address === name);
    if (!node) {
      const known = listNames(world.nodes.map((each) => each.name));
      problems.push({ position: null, text: `${flag}: no node is called ${quote(name)}. Known: ${known}.` });
      return;
    }
    const change = changeServers(changed, verb, node, world.nodes);
    if (change.product === null) {
      problems.push({ position: null, text: `${flag} ${name}: ${change.note ?? 'nothing changes.'}` });
    } else changed = change.product;
  };
  for (const name of remove) apply('removeNode', name);
  for (const name of add) apply('addNode', name);
  return changed;
}

/** The listeners that agents come in through, by index; the first one where nobody comes. */
export function listenerChoosers(
  world: WorldOptions,
  { options, listenerOf }: ModeBalancer,
  product: BalancerProduct,
): Map<number, Chooser> {
  const listeners = [...new Set(listenerOf)].filter((listener) => listener >= 0);
  return new Map(
    (listeners.length > 0 ? listeners : [0]).map((index) => [index, listenerChooser(world, options, product, index)]),
  );
}

/** One listener of a running balancer, asked by agents or by addresses. */
export function listenerChooser(
  world: WorldOptions,
  options: BalancerOptions,
  product: BalancerProduct,
  listenerIndex: number,
): Chooser {
  const { listeners } = startProduct(product, rootKey('assign', 0));
  const { balancer, options: listener } = listeners[listenerIndex]!;
  const { peers } = listenersOf(product)[listenerIndex]!;
  return {
    balancer,
    description: product.kind,
    place: `${options.name}, port ${listener.port}`,
    servers: serversOf(world, balancer).map((server, index) => ({
      ...server,
      takesPart: !(peers[index]?.backup === true || peers[index]?.down === true),
    })),
    warnings: [],
  };
}

function serversOf({ nodes, balancers }: WorldOptions, { peers }: Balancer): ChooserServer[] {
  return peers.map((peer) => {
    const { serverText, address } = peer;
    const place = [...nodes, ...balancers].find((each) =>
      'addresses' in each ? each.addresses.includes(address) : each.address === address,
    );
    const weight = 'weight' in peer && typeof peer.weight === 'number' ? peer.weight : 1;
    return { label: place?.name ?? serverText, weight, takesPart: true, refuses: false };
  });
}

/** Everybody of a fleet who goes to a balancer. */
export interface FleetAsked {
  readonly count: number;
  readonly name: (index: number) => string;
  readonly address: (index: number) => string;
  readonly peers: Int32Array;
}

/** @param choosers by listener. */
export function askFleet(
  { groups }: WorldOptions,
  { listenerOf }: ModeBalancer,
  luck: Luck,
  choosers: ReadonlyMap<number, Chooser>,
): FleetAsked {
  const root = rootKey(luck.seed, luck.replication);
  const addresses = fleetAddresses(groups, luck);
  const asked = groups.map((_, group) => group).filter((group) => listenerOf[group]! >= 0);
  const count = asked.reduce((sum, group) => sum + groups[group]!.count, 0);
  const peers = new Int32Array(count);
  const groupAt = new Uint16Array(count);
  const localAt = new Uint32Array(count);
  let at = 0;
  for (const index of asked) {
    const group = groups[index]!;
    const chooser = choosers.get(listenerOf[index]!)!;
    const choiceKey = groupKey(root, Purpose.BalancerChoice, group);
    const workerKey = groupKey(root, Purpose.BalancerWorker, group);
    for (let local = 0; local < group.count; local++, at++) {
      groupAt[at] = index;
      localAt[at] = local;
      const client = firstConnection(group, local, addressText(addresses[index]![local]!), choiceKey, workerKey);
      peers[at] = ask(chooser, client, below(chooser.balancer.workers, workerKey, client.luck.index, 0));
    }
  }
  return {
    count,
    name: (index) => agentName(groups[groupAt[index]!]!, localAt[index]!),
    address: (index) => addressText(addresses[groupAt[index]!]![localAt[index]!]!),
    peers,
  };
}

/** As world/throughBalancer.ts has it. */
function firstConnection(
  group: GroupOptions,
  local: number,
  address: string,
  key: BalancerClient['luck']['key'],
  workerKey: BalancerClient['luck']['key'],
): BalancerClient {
  const index = drawIndex(group, local);
  return { address, port: 32_768 + below(28_232, workerKey, index, -1), luck: { key, index, connect: 0 } };
}

/** What a configuration has its servers in. */
const weightedBlocks: Readonly<Record<string, string>> = { nginx: 'upstream', haproxy: 'backend' };

/** Weights as settings of a scenario: for `--set`. @returns otherwise what is wrong. */
export function weightSets(
  mode: string,
  { name, product }: BalancerOptions,
  weights: ServerChanges['weight'],
): readonly { readonly path: string; readonly value: string }[] | string {
  if (weights.length === 0) return [];
  const block = weightedBlocks[product.kind];
  if (block === undefined) {
    return `--weight: a scenario has the weights of ${product.kind} among its options; change them with --set.`;
  }
  const key = (text: string): string => (/^[A-Za-z0-9_-]+$/.test(text) ? `.${text}` : `["${text}"]`);
  const balancer = name === balancerPlace ? '' : `.balancers${key(name)}`;
  const front = `modes${key(mode)}${balancer}.${product.kind}.${block}[*]`;
  return weights.map(({ server, weight }) => ({ path: `${front}.server["${server}"].weight`, value: String(weight) }));
}
