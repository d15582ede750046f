// The manager nodes.
import { z } from 'zod';
import { nodeDefaults } from '../../models/node.ts';
import { type Issue, address, choice, duration, latency, listOf, mapping, mismatch, port, release, text, unreachable, whole } from './values.ts';

export const node = z.strictObject(
  {
    address: address('Address of the node.'),
    names: z
      .array(text('a host name', 'A host name.'), listOf('a list of host names'))
      .prefault([])
      .meta({ description: 'Other names of the node in configuration files.' }),
    role: choice(['master', 'worker'], 'Role in the Wazuh cluster.').prefault(nodeDefaults.role),
    version: release('Managers').optional(),
    eventsPerSecond: z
      .number({ error: ({ input }: Issue) => mismatch('a number of events per second above 0', input) })
      .positive({ error: ({ input }: Issue) => mismatch('a number of events per second above 0', input) })
      .max(1e9, { error: ({ input }: Issue) => mismatch('a number of events per second up to 1000000000', input) })
      .optional()
      .meta({ description: 'Events per second the node can analyse. Without it capacity is not judged.' }),
    queueSize: whole('remoted’s queue, in messages.', 1, 100_000_000).optional(),
    startup: duration('From the start of the processes until agents are accepted.').optional(),
    ossec: text(
      'a path or the text of a manager’s ossec.conf',
      'Path of the manager’s ossec.conf, or its text; what stands here beside it wins.',
    ).optional(),
    ports: z
      .strictObject(
        {
          events: port(`Port of remoted. Default ${nodeDefaults.eventsPort}.`).optional(),
          registration: z
            .union(
              [port(`Port of authd. Default ${nodeDefaults.registrationPort}.`), z.literal(false), z.literal('no')],
              {
                error: ({ input }: Issue) => mismatch('a port such as 1515, or no', input),
              },
            )
            .transform((value) => (value === false || value === 'no' ? null : value))
            .optional(),
        },
        mapping('a mapping with events and registration'),
      )
      .prefault({}),
    acceptQueue: whole('Established connections that wait to be accepted.', 1, 65_535).optional(),
    latency: latency('instead of the network’s').optional(),
    unreachable: unreachable('What others see of this host when it is gone, instead of the network’s.').optional(),
  },
  mapping('a mapping such as { address: 172.0.0.4 }'),
);
