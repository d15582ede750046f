// The scenario file: one zod schema gives the checks, the types and the JSON Schema editors read.
// What needs two places of the file at once (a name and the list of names) is checked in load.ts.
import { z } from 'zod';
import { networkDefaults } from '../models/network.ts';
import { nodeDefaults } from '../models/node.ts';
import type { agentSettings, kernel } from './schema/agent.ts';
import { clusterDefaults, node } from './schema/cluster.ts';
import type { balancers, haproxy, nginx, productKeys } from './schema/balancers.ts';
import { fault } from './schema/faults.ts';
import { group } from './schema/fleet.ts';
import { mode } from './schema/modes.ts';
import { parseTimestamp, secondOfDay } from './timestamps.ts';
import {
  type Issue,
  address,
  day,
  duration,
  latency,
  listOf,
  mapping,
  mismatch,
  name,
  namePattern,
  nodeNamePattern,
  release,
  second,
  text,
  unreachable,
  whole,
} from './schema/values.ts';

const startsAt = text(
  'a time of day such as 08:30, or an instant such as 2026-03-01T08:30:00Z',
  'What a clock shows at time 0.',
).transform((value, context) => {
  const instant = parseTimestamp(value);
  const second = instant?.secondOfDay ?? secondOfDay(value);
  if (second !== null) return { secondOfDay: second, instant };
  const message = mismatch('a time of day such as 08:30, or an instant such as 2026-03-01T08:30:00Z', value);
  context.issues.push({ code: 'custom', message, input: value });
  return z.NEVER;
});

const rootObject = z.strictObject(
  {
    fleetfall: z
      .literal(1, {
        error: ({ input }: Issue) =>
          mismatch('1, the version of this format', input, input === undefined ? 'Write fleetfall: 1.' : ''),
      })
      .meta({ description: 'Version of this format.' }),
    title: text('a title', 'What the scenario asks.').optional(),
    seed: z
      .union(
        [
          z.int().min(0),
          z
            .string()
            .min(1, { error: () => 'expected a whole number from 0 or a text, got "". Give it a text.' })
            .max(200, { error: () => 'expected a text of at most 200 characters. Make it shorter.' }),
        ],
        {
          error: ({ input }: Issue) => mismatch('a whole number from 0 or a text', input),
        },
      )
      .prefault(1)
      .transform(String)
      .meta({ description: 'Root of all chance.' }),
    replications: whole('Runs with luck drawn anew.', 1, 1000).prefault(10),
    warmup: duration('Before time 0; agents connect spread over its first half.', {
      from: 10 * second,
      to: 7 * day,
      text: 'from 10s to 7d',
    }).prefault('2m'),
    duration: z
      .union(
        [
          duration('Counted time.', { from: second, to: 31 * day, text: 'from 1s to 31d' }),
          z.strictObject({
            until: z.literal('settled', { error: ({ input }: Issue) => mismatch('settled', input) }),
            atMost: duration('Longest counted time.', { from: second, to: 31 * day, text: 'from 1s to 31d' }),
          }),
        ],
        {
          error: ({ input }: Issue) =>
            mismatch(
              'a duration such as 30m, or { until: settled, atMost: 4h }',
              input,
              typeof input === 'number' && input > 0 ? `Write ${input}s.` : '',
            ),
        },
      )
      .prefault('30m'),
    startsAt: startsAt.optional(),
    observed: text(
      'a path such as incident.csv',
      'Path of a CSV with time, node and agents, as they were in reality.',
    ).optional(),
    cluster: z.strictObject(
      {
        version: release('Managers').prefault(nodeDefaults.version),
        defaults: clusterDefaults,
        nodes: z
          .record(name(nodeNamePattern), node, mapping('a mapping of nodes'))
          .refine((nodes) => Object.keys(nodes).length > 0, { error: () => mismatch('at least one node', {}) })
          .meta({ description: 'The manager nodes, by name.' }),
      },
      mapping('a mapping with nodes'),
    ),
    hosts: z
      .record(
        z.string(),
        z.union(
          [
            z.literal('unresolvable').transform((): string[] => []),
            address('An address.').transform((one) => [one]),
            z.array(address('An address.')).min(1, { error: () => mismatch('at least one address', []) }),
          ],
          {
            error: ({ input }: Issue) =>
              mismatch('an address such as 172.0.0.4, a list of addresses, or unresolvable', input),
          },
        ),
        mapping('a mapping such as { wazuh.corp: 172.0.0.4 }'),
      )
      .prefault({})
      .meta({
        description: 'Addresses of host names, instead of a name server; unresolvable: no name server knows the name.',
      }),
    network: z
      .strictObject(
        {
          latency: latency('between any two places').prefault(`${networkDefaults.latencyUs / 1000}ms`),
          unreachable: z
            .strictObject(
              {
                agents: unreachable('What agents see of a host that is gone.').prefault(
                  networkDefaults.unreachable.agents,
                ),
                balancer: unreachable('What the balancer sees of a host that is gone.').prefault(
                  networkDefaults.unreachable.balancer,
                ),
              },
              mapping('a mapping with agents and balancer'),
            )
            .prefault({}),
        },
        mapping('a mapping with latency and unreachable'),
      )
      .prefault({}),
    fleet: z
      .record(name(namePattern), group, mapping('a mapping of groups'))
      .refine((groups) => Object.keys(groups).length > 0, { error: () => mismatch('at least one group of agents', {}) })
      .meta({ description: 'Groups of agents, by name.' }),
    modes: z
      .record(name(namePattern), mode, mapping('a mapping of modes'))
      .refine((modes) => Object.keys(modes).length > 0, { error: () => mismatch('at least one mode', {}) })
      .meta({ description: 'Ways to connect the agents, by name; the first is what the others are compared with.' }),
    faults: z.array(fault, listOf('a list of faults')).prefault([]),
    expect: z
      .array(
        text('an expectation such as failover.loss.share < 1%', 'An expectation.'),
        listOf('a list of expectations'),
      )
      .prefault([])
      .meta({ description: 'What must come out: mode.metric{selector} op value, or another mode’s metric.' }),
    assume: z
      .array(
        z.strictObject(
          {
            directive: text('the name of a directive', 'A directive of a configuration that is not modelled.'),
            because: text('a reason', 'Why it does not matter; repeated with the verdict.'),
          },
          mapping('a mapping such as { directive: proxy_bind, because: … }'),
        ),
        listOf('a list such as [{ directive: proxy_bind, because: … }]'),
      )
      .prefault([]),
  },
  mapping('a scenario: a mapping that begins with fleetfall: 1'),
);

/** The whole file. */
export const scenarioSchema = rootObject;

/** Parts, for checks that go on when another part has a mistake. */
export const partSchemas = {
  node,
  group,
  mode,
  fault,
  cluster: rootObject.shape.cluster,
  hosts: rootObject.shape.hosts,
  network: rootObject.shape.network,
  warmup: rootObject.shape.warmup,
  duration: rootObject.shape.duration,
  assume: rootObject.shape.assume,
};

export type ScenarioData = z.output<typeof scenarioSchema>;
export type NodeData = z.output<typeof node>;
export type GroupData = z.output<typeof group>;
export type ModeData = z.output<typeof mode>;
export type RoutingData = Pick<ModeData, 'ossec' | 'servers' | 'order' | 'agent'>;
export type BalancerData = z.output<typeof balancers>[string];
export type NginxData = z.output<typeof nginx>;
export type HaproxyData = z.output<typeof haproxy>;
/** What is said of the machine a balancer runs on. */
export type BalancerHostData = Omit<BalancerData, (typeof productKeys)[number]>;
export type FaultData = z.output<typeof fault>;
export type AgentSettings = z.output<typeof agentSettings>;
export type KernelSettings = z.output<typeof kernel>;

/** JSON Schema (draft-07) of a scenario file, as in schema/scenario.schema.json. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(scenarioSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      // The short form of a group: `withInventories`.
      if (zodSchema !== rootObject.shape.fleet) return;
      const path = { type: 'string', description: 'Path of an inventory, without further settings.' } as const;
      jsonSchema.additionalProperties = {
        anyOf: [jsonSchema.additionalProperties as z.core.JSONSchema.JSONSchema, path],
      };
    },
  });
  return {
    $schema,
    title: 'fleetfall scenario',
    description: 'A Wazuh fleet, the ways to connect it, and the faults it meets.',
    ...rest,
  };
}
