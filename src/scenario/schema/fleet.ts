// Groups of agents: how many, where, and what they write.
import { z } from 'zod';
import { nodeDefaults } from '../../models/node.ts';
import { workloadDefaults } from '../../models/workload.ts';
import { isMapping } from '../yamlSource.ts';
import { agentSettings } from './agent.ts';
import { type Issue, bytes, checked, choice, latency, mapping, mismatch, range, rangeHint, rate, release, unreachable, whole, yesNo } from './values.ts';

const natMapping = (value: unknown): string | undefined =>
  isMapping(value) && 'from' in value
    ? 'mapping ranges with { from, to } is not modelled yet. List the addresses the balancer sees.'
    : undefined;

const natEntry = checked(
  'an IPv4 address such as 203.0.113.7',
  'An address or range the balancer sees.',
  rangeHint,
  natMapping,
);

export const order = choice(
  ['listed', 'shuffled', 'rotated'],
  'Order of an agent’s list: as listed, drawn per agent, or begun at entry i mod n.',
);

export const group = z.strictObject(
  {
    count: whole('Number of agents.', 1, 5_000_000),
    version: release('Agents').prefault(nodeDefaults.version),
    addresses: z
      .union(
        [
          range('The i-th agent has the i-th host address of this range.'),
          z.strictObject({
            range: range('Range of addresses.'),
            draw: yesNo('Draw the addresses anew in every replication.').prefault('no'),
          }),
        ],
        {
          error: ({ input }: Issue) =>
            mismatch('a range such as 10.1.0.0/16 or { range: 10.1.0.0/16, draw: yes }', input),
        },
      )
      .optional(),
    nat: z
      .union(
        [
          natEntry.transform((entry) => [entry]),
          z.array(natEntry).min(1, { error: () => mismatch('at least one address', []) }),
        ],
        {
          error: ({ input }: Issue) =>
            natMapping(input) ?? mismatch('a list of addresses such as [203.0.113.7]', input),
        },
      )
      .optional()
      .meta({ description: 'Addresses the balancer sees instead of the agents’ own, used in turn.' }),
    events: z.strictObject(
      {
        rate: rate('Events per second of one agent.').optional(),
        total: rate('Events per second of the whole group, divided among its agents.', 1e9).optional(),
        spread: checked(
          'equal or pareto with its exponent such as pareto 1.2',
          'Who gets how much of the total.',
          (value) => {
            const match = /^(?:equal|pareto\s+(\d+(?:\.\d+)?))$/.exec(value);
            if (match === null) return '';
            if (match[1] === undefined) return null;
            return Number(match[1]) > 1 && Number(match[1]) <= 100
              ? null
              : 'The exponent must be above 1 and at most 100.';
          },
        ).optional(),
        arrival: choice(['poisson', 'regular'], 'How events follow each other.').prefault(workloadDefaults.arrival),
        size: bytes('Bytes of one event on the wire.', 1, 65_536, 'from 1B to 64KiB').prefault('300B'),
        source: choice(
          ['logcollector', 'socket'],
          'logcollector keeps reading and drops when its queue is full; socket blocks the writer.',
        ).prefault(workloadDefaults.source),
      },
      mapping('a mapping such as { rate: 2/s, size: 300B }'),
    ),
    agent: agentSettings.optional(),
    order: order.optional(),
    latency: latency('instead of the network’s').optional(),
    unreachable: unreachable('What these agents see of a host that is gone, instead of the network’s.').optional(),
  },
  mapping('a mapping such as { count: 2000, events: { rate: 2/s } }'),
);
