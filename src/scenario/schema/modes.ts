// Ways to connect the agents: a balancer's file, a list of servers, and what a mode changes for itself.
import { z } from 'zod';
import { parseConfPath } from '../confPath.ts';
import { parsePath } from '../overlay.ts';
import { agentSettings } from './agent.ts';
import { balancers, lone } from './balancers.ts';
import { order } from './fleet.ts';
import { type Issue, choice, listOf, mapping, mismatch, name, namePattern, port, text, whole, wholeSeconds } from './values.ts';

export const ossec = z.union(
  [
    text('a path or the text of an ossec.conf', 'Path of an agent’s ossec.conf, or its text.'),
    z.strictObject({
      file: text('a path or the text of an ossec.conf', 'Path of an agent’s ossec.conf, or its text.'),
      agentConf: text('a path', 'Path of the agent.conf the agents get from their manager, or its text.').optional(),
      internalOptions: text('a path', 'Path of a local_internal_options.conf, or its text.').optional(),
    }),
  ],
  { error: ({ input }: Issue) => mismatch('a path, the text of an ossec.conf, or { file: … }', input) },
);

export const server = z.union(
  [
    text('a node or "balancer"', 'A node, an address, "balancer", or the name of a balancer.'),
    z.strictObject({
      node: text('the name of a node', 'A node of the cluster, or a balancer.').optional(),
      address: text('an address or host name', 'Address or name, as in ossec.conf.').optional(),
      port: port('Default: the port the place listens on for events.').optional(),
      protocol: choice(['tcp', 'udp'], 'Default: udp for agents up to 3.13.6, else tcp.').optional(),
      maxRetries: whole('Attempts before the next server.', 1, 1_000_000_000).optional(),
      retryInterval: wholeSeconds('Wait after an attempt.', 1, 86_400, 'from 1s to 1d').optional(),
    }),
  ],
  {
    error: ({ input }: Issue) =>
      mismatch('a node such as worker01, "balancer", or { node: worker01, port: 1514 }', input),
  },
);

const routing = {
  ossec: ossec.optional(),
  servers: z
    .array(server, listOf('a list of servers'))
    .min(1, { error: () => mismatch('at least one server', []) })
    .optional()
    .meta({ description: 'The agents’ server list; wins over the one of ossec.conf.' }),
  order: order.optional(),
  agent: agentSettings.optional(),
};

export const mode = z.strictObject(
  {
    description: text('a text', 'What the mode is, in a few words.').optional(),
    ...lone,
    balancers: balancers.optional(),
    ...routing,
    groups: z
      .record(
        name(namePattern),
        z.strictObject(routing, mapping('a mapping such as { servers: [worker01] }')),
        mapping('a mapping of groups'),
      )
      .optional()
      .meta({ description: 'Groups that are connected differently.' }),
    set: z
      .record(z.string(), z.unknown(), mapping('a mapping such as { cluster.version: 4.12.0 }'))
      .optional()
      .superRefine((overlay, context) => {
        for (const key of Object.keys(overlay ?? {})) {
          const path = parseConfPath(key) ?? parsePath(key);
          if (typeof path === 'string') context.addIssue({ code: 'custom', message: path, path: [key] });
        }
      })
      .meta({ description: 'Paths of the scenario this mode changes for itself.' }),
  },
  mapping('a mapping such as { nginx: nginx.conf }'),
);
