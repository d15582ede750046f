// The balancers of a mode: a product's file, what the host of it is like, and several of them by name.
import { z } from 'zod';
import { haproxyBranches, parseHaproxyVersion } from '../../models/balancer/haproxy/versions.ts';
import { releaseProblem } from '../import/nginxReleases.ts';
import { kernel } from './agent.ts';
import * as products from './products.ts';
import { type Issue, checked, duration, latency, listOf, mapping, mismatch, name, namePattern, portRange, share, text, unreachable, whole, wholeSeconds, yesNo } from './values.ts';

/** Of the machine it runs on. */
const host = {
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
};

export const nginx = z.union(
  [
    text('a path or the text of an nginx.conf', 'Path of an nginx.conf, or its text.'),
    z.strictObject({
      file: text('a path or the text of an nginx.conf', 'Path of an nginx.conf, or its text.'),
      version: checked(
        'an nginx release such as 1.22.1',
        'nginx release; 1.22.1 to 1.31 behave as modelled.',
        releaseProblem,
      ).optional(),
      cpus: whole('Processors of the balancer, for worker_processes auto.', 1, 1024).optional(),
      ...host,
    }),
  ],
  { error: ({ input }: Issue) => mismatch('a path, the text of an nginx.conf, or { file: … }', input) },
);


const noRelease = ({ input }: Issue): string =>
  mismatch(`a release of HAProxy from ${haproxyBranches[0]} to ${haproxyBranches.at(-1)!}, such as 2.8 or 2.8.5`, input);

const haproxyFile = text('a path or the text of a haproxy.cfg', 'Path of a haproxy.cfg, or its text.');

/** Wazuh's HAProxy helper; limits as cluster.py has them (scenario/import/haproxyHelperConf.ts). */
const helper = z
  .union(
    [
      yesNo('Whether the master has a HAProxy helper for it; default: as its ossec.conf says.'),
      z.strictObject({
        backend: text('the name of a backend', 'Backend it owns; default wazuh_reporting.').optional(),
        frequency: wholeSeconds('Pause between two looks; default 60s.', 10, 86_400, 'from 10s to 1d').optional(),
        agentChunkSize: whole('Agents told to reconnect at once; default 300.', 100, 5_000_000).optional(),
        agentReconnectionTime: wholeSeconds('Pause behind each of these; default 5s.', 0, 86_400, 'from 0s to 1d').optional(),
        agentReconnectionStabilityTime: wholeSeconds('Pause after a change of the servers; default 60s.', 10, 86_400, 'from 10s to 1d').optional(),
        imbalanceTolerance: share('How far from the mean a server may be; default 10%.').optional(),
        removeDisconnectedNodeAfter: duration('When a server that is no node’s any more is taken out; default 240m.').optional(),
        excludedNodes: z.array(text('the name of a node', 'A node that gets no agents.'), listOf('a list of nodes')).optional(),
      }),
    ],
    { error: ({ input }: Issue) => mismatch('yes, no, or a mapping such as { frequency: 60s }', input) },
  )
  .meta({ description: 'Wazuh’s HAProxy helper.' });

export const haproxy = z.union(
  [
    haproxyFile,
    z.strictObject({
      file: haproxyFile,
      version: z
        .union(
          [
            z.string().refine((value) => parseHaproxyVersion(value) !== null, { error: noRelease }),
            // YAML reads 2.8 as a number, and 3.0 as 3.
            z
              .number()
              .transform((value) => (Number.isInteger(value) ? `${value}.0` : String(value)))
              .refine((value) => parseHaproxyVersion(value) !== null, { error: noRelease }),
          ],
          { error: noRelease },
        )
        .optional()
        .meta({ description: 'HAProxy release; the 2.8 that Wazuh documents, unless it is said.' }),
      cpus: whole('Processors of the balancer, for the number of threads.', 1, 1024).optional(),
      env: z
        .record(
          z.string(),
          z.union([z.string(), z.number().transform(String), z.null()], {
            error: ({ input }: Issue) => mismatch('a text, or null when it is not set', input),
          }),
          mapping('a mapping such as { WORKER: 172.0.0.4 }'),
        )
        .optional()
        .meta({ description: 'Environment variables of its process.' }),
      helper: helper.optional(),
      ...host,
    }),
  ],
  { error: ({ input }: Issue) => mismatch('a path, the text of a haproxy.cfg, or { file: … }', input) },
);

const nlb = z.strictObject({ ...host, ...products.nlb }, mapping('a mapping such as { targets: [worker01, worker02] }'));
const kubernetes = z.strictObject(
  { ...host, ...products.kubernetes },
  mapping('a mapping such as { endpoints: [worker01, worker02] }'),
);
const envoy = z.strictObject({ ...host, ...products.envoy }, mapping('a mapping such as { hosts: [worker01, worker02] }'));
const f5 = z.strictObject({ ...host, ...products.f5 }, mapping('a mapping such as { members: [worker01, worker02] }'));
const dns = z.strictObject(
  { latency: host.latency, ...products.dns },
  mapping('a mapping such as { name: wazuh.corp, addresses: [worker01, worker02] }'),
);

const vip = z.strictObject(
  { addresses: host.addresses, latency: host.latency, ...products.vip },
  mapping('a mapping such as { of: [lb1, lb2], takeover: 3s }'),
);

/** Keys of which a balancer has exactly one. */
export const productKeys = ['nginx', 'haproxy', 'nlb', 'kubernetes', 'envoy', 'f5', 'dns', 'vip'] as const;

/** What may stand in a mode by itself. */
export const lone = {
  nginx: nginx.optional(),
  haproxy: haproxy.optional(),
  nlb: nlb.optional(),
  kubernetes: kubernetes.optional(),
  envoy: envoy.optional(),
  f5: f5.optional(),
  dns: dns.optional(),
  vip: vip.optional(),
};

const balancer = z.strictObject(
  { ...lone, ...host },
  mapping('a mapping such as { nginx: nginx.conf, addresses: [10.0.0.11] }'),
);

export const balancers = z
  .record(name(namePattern), balancer, mapping('a mapping of balancers'))
  .refine((all) => Object.keys(all).length > 0, { error: () => mismatch('at least one balancer', {}) })
  .meta({ description: 'Several balancers, by name; server lists and faults name them.' });
