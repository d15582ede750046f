// A scenario with mistakes: what of it can still be looked at, so that a user sees all of them at once.
import type { z } from 'zod';
import { nodeDefaults } from '../models/node.ts';
import { partSchemas, type ScenarioData } from './schema.ts';
import { isMapping, ownValue } from './yamlSource.ts';

/** What of a scenario with mistakes can be read, so that names are checked at the same time; `null`: not enough. */
export function partial(tree: unknown): ScenarioData | null {
  if (!isMapping(tree)) return null;
  // A part with mistakes gives way to the least that lets the others be looked at.
  const naming = ['address', 'names', 'ports', 'ossec'];
  const spare = ['description', 'order', 'agent'];
  const givenNodes = isMapping(tree.cluster) ? tree.cluster.nodes : undefined;
  const nodes = entries(partSchemas.node, givenNodes, (key) => naming.includes(key));
  const nodesAreKnown = nodes.length > 0 && nodes.every(([, node]) => node !== null);
  const cluster =
    pick(partSchemas.cluster, tree.cluster) ??
    (nodesAreKnown ? { version: nodeDefaults.version, defaults: {}, nodes: good(nodes) } : undefined);
  const hosts = pick(partSchemas.hosts, tree.hosts ?? {});
  const assume = pick(partSchemas.assume, tree.assume ?? []);
  const network = pick(partSchemas.network, tree.network) ?? pick(partSchemas.network, {});
  const fleet: ScenarioData['fleet'] = {};
  for (const [name, one] of Object.entries(isMapping(tree.fleet) ? tree.fleet : {})) {
    const group = pick(partSchemas.group, one) ?? pick(partSchemas.group, { count: 1, events: { rate: '1/s' } });
    if (group) fleet[name] = group;
  }
  if (!cluster || !network || !hosts || !assume || Object.keys(fleet).length === 0) return null;
  const faults = Array.isArray(tree.faults) ? tree.faults.map((fault: unknown) => pick(partSchemas.fault, fault)) : [];
  // Leaving one out would number the others anew.
  const faultsAreWhole = !faults.includes(undefined);
  return {
    fleetfall: 1,
    seed: '1',
    replications: 1,
    warmup: pick(partSchemas.warmup, tree.warmup) ?? 120_000_000,
    duration: pick(partSchemas.duration, tree.duration) ?? 366 * 86_400_000_000,
    cluster,
    network,
    hosts,
    fleet,
    modes: good(entries(partSchemas.mode, tree.modes, (key) => !spare.includes(key))),
    faults: faultsAreWhole ? faults.filter((fault) => fault !== undefined) : [],
    expect: [],
    assume,
  };
}

function pick<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** By name: what is right in each, or `null` when what others need of it is not. */
function entries<T>(
  schema: z.ZodObject & z.ZodType<T>,
  value: unknown,
  needed: (key: string) => boolean,
): [string, T | null][] {
  if (!isMapping(value)) return [];
  return Object.entries(value).map(([name, one]) => {
    if (!isMapping(one)) return [name, null];
    const shape = schema.shape as Readonly<Record<string, z.ZodType>>; // zod itself says `any`
    const wrong = Object.keys(one).filter((key) => {
      const part = ownValue(shape, key);
      return part === undefined || pick(part, one[key]) === undefined;
    });
    if (wrong.some(needed)) return [name, null];
    const right = Object.fromEntries(Object.entries(one).filter(([key]) => !wrong.includes(key)));
    return [name, pick(schema, right) ?? null];
  });
}

function good<T>(all: readonly [string, T | null][]): Record<string, T> {
  return Object.fromEntries(all.filter((entry): entry is [string, T] => entry[1] !== null));
}
