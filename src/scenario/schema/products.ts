// Balancers that have no file of their own to read: what their consoles and manifests call their settings.
import { z } from 'zod';
import { f5Methods } from '../../models/balancer/f5/options.ts';
import { ipvsSchedulers } from '../../models/balancer/kubernetes/options.ts';
import { type Issue, address, choice, duration, listOf, mapping, mismatch, port, second, text, whole, yesNo } from './values.ts';

const timeout = (description: string) => duration(description, { from: second, to: 86_400 * second, text: 'from 1s to 1d' });

/** @param more what an entry may say of a node. */
function targets<const S extends z.ZodRawShape>(more: S) {
  const named = text('the name of a node', 'A node of the cluster, or another balancer.');
  const entry = z.union(
    [
      named,
      z.strictObject({ node: named, port: port('Default: the port the place listens on.').optional(), ...more }),
    ],
    { error: ({ input }: Issue) => mismatch('a node such as worker01, or { node: worker01 }', input) },
  );
  return z.array(entry, listOf('a list of nodes')).min(1, { error: () => mismatch('at least one node', []) });
}

const weight = whole('Share of new connections, beside the others.', 1, 128).optional();
const maxConnections = whole('Most connections at once.', 1, 1_000_000).optional();

/** @param more as of the targets for events. */
function listening<const S extends z.ZodRawShape>(more: S) {
  return {
    port: port('Port for events; default: 1514.').optional(),
    registration: z
      .strictObject(
        { port: port('Default: 1515.').optional(), to: targets(more) },
        mapping('a mapping such as { to: [master] }'),
      )
      .optional()
      .meta({ description: 'Where agents without a key register through it.' }),
  };
}

const zone = { zone: text('a zone such as eu-west-1a', 'Availability zone of the target.').optional() };

export const nlb = {
  targets: targets(zone),
  ...listening(zone),
  zones: z
    .array(text('a zone such as eu-west-1a', 'A zone in which it has a node.'), listOf('a list of zones'))
    .min(1, { error: () => mismatch('at least one zone', []) })
    .optional(),
  crossZone: yesNo('Its nodes send to targets of all zones; default: no.').optional(),
  keepsClientAddress: yesNo('preserve_client_ip; default: yes, as for targets by instance.').optional(),
  stickiness: choice(['none', 'sourceIp'], 'Default: none.').optional(),
  idleTimeout: duration('tcp.idle_timeout.seconds; default 350s.', {
    from: 60 * second,
    to: 6000 * second,
    text: 'from 60s to 6000s',
  }).optional(),
  healthCheck: z
    .strictObject(
      {
        interval: duration('Default 30s.', { from: 5 * second, to: 300 * second, text: 'from 5s to 300s' }).optional(),
        timeout: duration('Default 10s.', { from: 2 * second, to: 120 * second, text: 'from 2s to 120s' }).optional(),
        unhealthyThreshold: whole('Default 2.', 2, 10).optional(),
        healthyThreshold: whole('Default 5.', 2, 10).optional(),
      },
      mapping('a mapping such as { interval: 10s }'),
    )
    .optional(),
  connectionTermination: yesNo('Flows of an unhealthy target end; default: yes.').optional(),
  deregistrationDelay: duration('Default 300s.', { from: 0, to: 3600 * second, text: 'from 0s to 3600s' }).optional(),
  deregistrationTermination: yesNo('Flows of a deregistered target end with the delay; default: no.').optional(),
};

const on = { on: text('a node of Kubernetes', 'Node of Kubernetes on which its pod runs.').optional() };

export const kubernetes = {
  endpoints: targets(on),
  ...listening(on),
  proxy: choice(['iptables', 'ipvs'], 'Mode of kube-proxy; default: iptables.').optional(),
  scheduler: choice(ipvsSchedulers, 'Of ipvs; default: rr.').optional(),
  serviceAddress: address('Address of the Service, which dh hashes.').optional(),
  sessionAffinity: choice(['None', 'ClientIP'], 'Default: None.').optional(),
  affinityTimeout: timeout('Default 10800s.').optional(),
  externalTrafficPolicy: choice(['Cluster', 'Local'], 'Default: Cluster.').optional(),
  nodes: z
    .array(text('a node of Kubernetes', 'A node that takes connections.'), listOf('a list of nodes'))
    .min(1, { error: () => mismatch('at least one node', []) })
    .optional()
    .meta({ description: 'Nodes of Kubernetes by which connections come in; default: one.' }),
  readiness: z
    .strictObject(
      {
        period: timeout('Default 10s.').optional(),
        timeout: timeout('Default 1s.').optional(),
        failureThreshold: whole('Default 3.', 1, 100).optional(),
        successThreshold: whole('Default 1.', 1, 100).optional(),
        asks: choice(['kernel', 'process'], 'kernel: tcpSocket (default); process: a command that needs a working manager.').optional(),
      },
      mapping('a mapping such as { period: 10s }'),
    )
    .optional()
    .meta({ description: 'Readiness probe of the pods; default: none.' }),
  sync: duration('From a change of endpoints to the rules; default 1s.', { from: 0, to: 60 * second, text: 'from 0s to 60s' }).optional(),
  nodeGrace: duration('node-monitor-grace-period; default 50s.', { from: second, to: 3600 * second, text: 'from 1s to 1h' }).optional(),
  idleTimeout: timeout('Of conntrack (default 1d), or of IPVS (default 900s).').optional(),
};

const host = { weight, maxConnections };

export const envoy = {
  hosts: targets({ weight }),
  ...listening({ weight }),
  policy: choice(['round_robin', 'least_request', 'random', 'ring_hash', 'maglev'], 'lb_policy; default: round_robin.').optional(),
  hashPolicy: choice(['none', 'source_ip'], 'hash_policy of tcp_proxy; default: none.').optional(),
  choiceCount: whole('Of least_request; default 2.', 2, 100).optional(),
  minimumRingSize: whole('Of ring_hash; default 1024.', 1, 8_388_608).optional(),
  maximumRingSize: whole('Of ring_hash; default 8388608.', 1, 8_388_608).optional(),
  tableSize: whole('Of maglev, a prime; default 65537.', 2, 5_000_011).optional(),
  outlierDetection: z
    .strictObject(
      {
        consecutive5xx: whole('Default 5.', 1, 1000).optional(),
        interval: timeout('Default 10s.').optional(),
        baseEjectionTime: timeout('Default 30s.').optional(),
        maxEjectionTime: timeout('Default 300s.').optional(),
        maxEjectionPercent: whole('Default 10.', 0, 100).optional(),
        alwaysEjectOneHost: yesNo('Default: no.').optional(),
      },
      mapping('a mapping such as { consecutive5xx: 5 }, or {}'),
    )
    .optional(),
  healthCheck: z
    .strictObject(
      {
        interval: timeout('Envoy has no default.'),
        timeout: timeout('Envoy has no default.'),
        unhealthyThreshold: whole('Envoy has no default.', 1, 1000),
        healthyThreshold: whole('Envoy has no default.', 1, 1000),
      },
      mapping('a mapping such as { interval: 5s, timeout: 1s, unhealthyThreshold: 3, healthyThreshold: 2 }'),
    )
    .optional(),
  panicThreshold: whole('healthy_panic_threshold, %; default 50.', 0, 100).optional(),
  maxConnectAttempts: whole('Default 1.', 1, 60).optional(),
  connectTimeout: duration('connect_timeout of the cluster; default 5s.', { from: 1000, to: 3600 * second, text: 'from 1ms to 1h' }).optional(),
  idleTimeout: timeout('idle_timeout of tcp_proxy; default 1h.').optional(),
  closeOnHealthFailure: yesNo('close_connections_on_host_health_failure; default: no.').optional(),
  maxConnections: whole('max_connections of the cluster’s circuit breaker; default 1024.', 1, 4_294_967_295).optional(),
  concurrency: whole('Worker threads; default: the processors.', 1, 1024).optional(),
};

export const f5 = {
  members: targets(host),
  ...listening(host),
  type: choice(['standard', 'fastL4'], 'Type of the virtual server; default: standard.').optional(),
  method: choice(f5Methods, 'Load balancing method of the pool; default: round-robin.').optional(),
  persistence: choice(['none', 'source-address'], 'Default: none.').optional(),
  persistenceTimeout: timeout('Default 180s.').optional(),
  persistenceMask: whole('Bits of the address that count; default 32.', 0, 32).optional(),
  monitor: z
    .union(
      [
        z.literal('none'),
        z.strictObject({ interval: timeout('Default 5s.').optional(), timeout: timeout('Default 16s.').optional() }),
      ],
      { error: ({ input }: Issue) => mismatch('none, or { interval: 5s, timeout: 16s }', input) },
    )
    .optional()
    .meta({ description: 'tcp monitor; default: every 5s, down after 16s.' }),
  serviceDown: choice(['none', 'reset', 'drop', 'reselect'], 'Action on service down; default: none.').optional(),
  idleTimeout: timeout('Default 300s.').optional(),
  connectTimeout: timeout('Of a standard virtual server; default 21s, from syn-max-retrans 3.').optional(),
};

export const dns = {
  name: text('a host name', 'Name under which agents know the addresses.'),
  addresses: targets({}),
  ...listening({}),
  order: choice(['rotated', 'random', 'fixed'], 'Order of the addresses in an answer; default: rotated.').optional(),
  ttl: duration('Default 300s.', { from: 0, to: 86_400 * second, text: 'from 0s to 1d' }).optional(),
  cachedBy: choice(['resolver', 'host'], 'Who keeps answers: a resolver that turns them (default), or the host of the agent.').optional(),
};

export const vip = {
  of: z
    .array(text('the name of a balancer', 'A balancer of this mode that may have the address.'), listOf('a list of balancers'))
    .min(1, { error: () => mismatch('at least one balancer', []) }),
  takeover: duration('From the end of its owner to the next one; default 3.6s.', { from: 0, to: 3600 * second, text: 'from 0s to 1h' }).optional(),
  returns: yesNo('An earlier one of the list takes it back; default: yes.').optional(),
  follows: choice(['host', 'process'], 'What has to be gone for it to move: the host alone, or the processes as well (default).').optional(),
};
