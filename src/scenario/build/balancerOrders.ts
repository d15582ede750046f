// What an operator orders at balancers: who of them hears it, and whether they have such a thing.
import { balancerPlace, orderNote } from '../../models/fault.ts';
import type { BalancerOptions, BalancerProduct } from '../../models/balancer/options.ts';
import { canDrain, changeServers, listenersOf } from '../../models/balancer/products.ts';
import { nearest } from '../problem.ts';
import type { FaultData } from '../schema.ts';
import type { Verb } from '../schema/faults.ts';
import { enumerate, listNames, quote, type Path } from '../wording.ts';
import type { FaultContext } from './faults.ts';

/** A fault that is being read. */
export interface OrderReading {
  readonly fault: FaultData;
  readonly index: number;
  readonly context: FaultContext;
  readonly fail: (path: Path, text: string) => void;
  /** The node meant by `master`. */
  readonly resolved: (name: string) => string;
}

interface Named {
  readonly path: Path;
  readonly name: string;
}

const orders: readonly Verb[] = ['drain', 'addNode', 'removeNode', 'reload'];

/** Balancers of this mode that hear the order: those it names, else all. */
function hearers({ fault, context }: OrderReading): readonly BalancerOptions[] {
  return context.balancers.filter(({ name }) => fault.balancer?.includes(name) ?? true);
}

export function checkOrder(reading: OrderReading, verb: Verb, names: readonly Named[]): void {
  const { fault } = reading;
  const drains = verb === 'drain' || (verb === 'rolling' && fault.drain !== undefined);
  if (fault.balancer !== undefined && !checkTold(reading, verb, fault.balancer)) return;
  if (drains && checkDrains(reading) && verb === 'drain') checkDrained(reading, names);
  if (verb === 'addNode' || verb === 'removeNode') checkServers(reading, verb, names);
}

/** @returns false where something was wrong. */
function checkTold({ fault, context, fail }: OrderReading, verb: Verb, told: readonly string[]): boolean {
  const path: Path = ['balancer'];
  if (!orders.includes(verb) && !(verb === 'rolling' && fault.drain !== undefined)) {
    fail(path, `belongs to ${enumerate([...orders, 'rolling with drain'])}. Remove it.`);
    return false;
  }
  const { reload } = fault;
  if (verb === 'reload' && (typeof reload === 'string' ? reload !== balancerPlace : reload?.balancer !== undefined)) {
    fail(path, 'is said by reload already. Remove one of them.');
    return false;
  }
  const { length: before } = told;
  const known = context.balancersOfAnyMode;
  const wrong = told.flatMap((name, at) => {
    const where: Path = before > 1 ? [...path, at] : path;
    if (told.indexOf(name) < at) return [{ where, text: `${name} is named twice.` }];
    const product = context.balancers.find((each) => each.name === name)?.product;
    if (product?.kind === 'vip') {
      const members = product.vip.of.map((index) => context.balancers[index]!.name);
      return [{ where, text: `${name} is an address that moves and hears nothing. Name ${enumerate(members, 'or')}.` }];
    }
    if (known.includes(name)) return [];
    if (known.length === 0) return [{ where, text: 'no mode has a balancer. Remove it.' }];
    const meant = nearest(name, known);
    const hint = meant ? `Did you mean ${meant}? ` : '';
    return [{ where, text: `no balancer is called ${quote(name)}. ${hint}Known: ${listNames(known)}.` }];
  });
  for (const { where, text } of wrong) fail(where, text);
  return wrong.length === 0;
}

/** A product without a drain says so, by the name of its balancer. @returns false where something was wrong. */
function checkDrains(reading: OrderReading): boolean {
  const asked = hearers(reading).filter(({ product }) => product.kind !== 'vip');
  const cannot = asked.filter(({ product }) => !canDrain(product));
  const [first] = cannot;
  if (!first) return true;
  const able = asked.filter((each) => !cannot.includes(each)).map(({ name }) => name);
  const { name, product } = first;
  const who = name === balancerPlace ? '' : `${name}: `;
  const instead =
    able.length > 0 ? ` Or write balancer: ${able.length > 1 ? `[${able.join(', ')}]` : able.join('')}.` : '';
  const why =
    product.kind === 'dns'
      ? 'a name has no drain: its records lead to an address or they do not. Remove it.'
      : 'nginx has no drain: a server is in its upstream or it is not. Use removeNode, which takes it out of the ' +
        'upstream and reloads; sessions on it go on until it stops.';
  reading.fail(['drain'], `${who}${why}${instead}`);
  return false;
}

/** Servers come and go with these. */
function serversChange({ context }: OrderReading): boolean {
  return context.data.faults.some(({ reload, addNode }) => typeof reload === 'object' || addNode !== undefined);
}

/** A node that is no server of a balancer named here cannot be drained there. */
function checkDrained(reading: OrderReading, names: readonly Named[]): void {
  const { context, fault } = reading;
  const asked = hearers(reading);
  if (fault.balancer === undefined || asked.length === 0 || serversChange(reading)) return;
  for (const { path, name } of names) {
    const node = context.nodes.find((each) => each.name === reading.resolved(name));
    const has = ({ product }: BalancerOptions): boolean =>
      listenersOf(product).some(({ peers }) => peers.some(({ address }) => address === node?.address));
    if (!node || asked.some(has)) continue;
    reading.fail(
      path,
      `${node.name} is no server of ${enumerate(asked.map((each) => each.name))}: draining it changes nothing.`,
    );
  }
}

/** A server that is there cannot be added, and one that never is cannot be removed. */
function checkServers(reading: OrderReading, verb: 'addNode' | 'removeNode', names: readonly Named[]): void {
  const { data, nodes } = reading.context;
  const asked = hearers(reading);
  if (asked.length === 0 || data.faults.some(({ reload }) => typeof reload === 'object')) return;
  const opposite = verb === 'addNode' ? 'removeNode' : 'addNode';
  const others = data.faults.flatMap((fault) => fault[opposite] ?? []).map((name) => reading.resolved(name));
  for (const { path, name } of names) {
    const node = nodes.find((each) => each.name === reading.resolved(name));
    if (!node || others.includes(node.name)) continue;
    const changes = asked.map((each) => ({ each, ...changeServers(each.product, verb, node, nodes) }));
    const told = changes.find(({ note }) => note !== null);
    if (!told || changes.some(({ product }) => product !== null)) continue;
    reading.fail(path, orderNote(told.each.name, told.note!));
  }
}

/** Which balancers reload, and what they read; where something was wrong it has been reported. */
export function readReload(reading: OrderReading): {
  readonly balancers: readonly string[];
  readonly product: BalancerProduct | null;
} {
  const { fault, context, index, fail } = reading;
  const { balancers } = context;
  const { reload } = fault;
  const withFile = balancers.filter(({ product: { kind } }) => kind === 'nginx' || kind === 'haproxy');
  const isLone = (name: string): boolean => name === balancerPlace && !balancers.some((each) => each.name === name);
  if (typeof reload !== 'object') {
    // `reload: balancer` of several is all that have a file.
    const all =
      fault.balancer ?? (isLone(reload!) && withFile.length > 0 ? withFile.map(({ name }) => name) : [reload!]);
    checkFiles(reading, all);
    return { balancers: all, product: null };
  }
  const named = reload.balancer === undefined ? fault.balancer : [reload.balancer];
  if (named === undefined && balancers.length > 1) {
    const known = enumerate(
      withFile.map(({ name }) => name),
      'or',
    );
    if (withFile.length > 1) fail(['reload'], `needs to say who reads it: balancer: ${known}.`);
  }
  if (named !== undefined && named.length > 1) {
    fail(['balancer'], 'a file is read by one balancer. Write a reload for each.');
  }
  const [name = withFile.length === 1 ? withFile[0]!.name : balancerPlace] = named ?? [];
  checkFiles(reading, [name]);
  const here = balancers.find((each) => each.name === name);
  const kind = here?.product.kind ?? 'nginx';
  if (!here || (kind !== 'nginx' && kind !== 'haproxy')) return { balancers: [name], product: null };
  const file = reload[kind];
  // Modes may have balancers of different products, and each reads the file that is its own.
  if (file === undefined) fail(['reload'], `needs what ${name} reads then: { ${kind}: new.conf }.`);
  const product = file === undefined ? null : context.readAgain(name, file, ['faults', index, 'reload', kind]);
  return { balancers: [name], product };
}

function checkFiles({ context, fail }: OrderReading, named: readonly string[]): void {
  for (const { name, product } of context.balancers) {
    if (!named.includes(name) || product.kind === 'nginx' || product.kind === 'haproxy') continue;
    const instead = product.kind === 'vip' ? 'it is an address that moves.' : 'use addNode or removeNode.';
    fail(['reload'], `${name} (${product.kind}) reads no file: ${instead}`);
  }
}
