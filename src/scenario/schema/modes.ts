// Ways to connect the agents: a balancer's file, a list of servers, and what a mode changes for itself.
import { z } from 'zod';
import { parsePath } from '../overlay.ts';
import { agentSettings, kernel } from './agent.ts';
import { order } from './fleet.ts';
import { type Issue, checked, choice, latency, listOf, mapping, mismatch, name, namePattern, port, portRange, text, unreachable, whole, wholeSeconds } from './values.ts';

export const nginx = z.union(
  [
    text('a path or the text of an nginx.conf', 'Path of an nginx.conf, or its text.'),
    z.strictObject({
      file: text('a path or the text of an nginx.conf', 'Path of an nginx.conf, or its text.'),
      version: checked(
        'an nginx release such as 1.22.1',
        'nginx release; 1.22.1 to 1.31 behave as modelled.',
        (value) => {
          const match = /^1\.(\d+)\.(\d+)$/.exec(value);
          if (match === null) return '';
          const [minor, patch] = [Number(match[1]), Number(match[2])];
          return (minor === 22 ? patch >= 1 : minor > 22) && minor <= 31
            ? null
            : 'Releases 1.22.1 to 1.31 are modelled.';
        },
      ).optional(),
      cpus: whole('Processors of the balancer, for worker_processes auto.', 1, 1024).optional(),
      ports: z
        .union([whole('Local ports towards one node and port.', 1, 64_511), portRange], {
          error: ({ input }: Issue) => mismatch('a number of ports or a range such as 32768-60999', input),
        })
        .optional(),
      addresses: z
        .array(
          text('an address or host name', 'An address or name the agents may be given.'),
          listOf('a list of addresses'),
        )
        .min(1, { error: () => mismatch('at least one address', []) })
        .optional(),
      kernel: kernel.optional(),
      latency: latency('instead of the network’s').optional(),
      unreachable: unreachable('What the balancer sees of a host that is gone, instead of the network’s.').optional(),
    }),
  ],
  { error: ({ input }: Issue) => mismatch('a path, the text of an nginx.conf, or { file: … }', input) },
);

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
    text('a node or "balancer"', 'A node, an address, or "balancer".'),
    z.strictObject({
      node: text('the name of a node', 'A node of the cluster.').optional(),
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
    nginx: nginx.optional(),
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
          const path = parsePath(key);
          if (typeof path === 'string') context.addIssue({ code: 'custom', message: path, path: [key] });
        }
      })
      .meta({ description: 'Paths of the scenario this mode changes for itself.' }),
  },
  mapping('a mapping such as { nginx: nginx.conf }'),
);
