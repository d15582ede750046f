// Balancers that a scenario describes itself, in the words of their consoles and manifests.
import { dnsDefaults } from '../../models/balancer/dns/options.ts';
import { f5Defaults, monitorDefaults, persistenceDefaults } from '../../models/balancer/f5/options.ts';
import {
  affinityDefaultUs,
  flowTimeoutUs,
  kubernetesDefaults,
  probeDefaults,
} from '../../models/balancer/kubernetes/options.ts';
import { nlbDefaults } from '../../models/balancer/nlb/options.ts';
import type { BalancerProduct } from '../../models/balancer/options.ts';
import type { BalancerData } from '../schema.ts';
import { listNames, pathText, type Path } from '../wording.ts';
import type { BalancerFile } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { readEnvoy } from './envoyBalancer.ts';
import { readListeners } from './targetLists.ts';

export type Data<K extends keyof BalancerData> = NonNullable<BalancerData[K]>;

export const describedKinds = ['nlb', 'kubernetes', 'envoy', 'f5', 'dns'] as const;
export type DescribedKind = (typeof describedKinds)[number];

export interface Described {
  readonly product: BalancerProduct;
  readonly description: string;
  readonly choosesByAddress: boolean;
  readonly remarks: readonly string[];
}

/** @returns `null` when there were problems; they have been reported. */
export function readDescribed(
  build: Build,
  cluster: Cluster,
  kind: DescribedKind,
  data: BalancerData,
  path: Path,
): BalancerFile | null {
  const read = readKind(build, cluster, kind, data, path);
  return read && fileOf(build, kind, read);
}

function readKind(
  build: Build,
  cluster: Cluster,
  kind: DescribedKind,
  data: BalancerData,
  path: Path,
): Described | null {
  switch (kind) {
    case 'nlb':
      return readNlb(build, cluster, data.nlb!, path);
    case 'kubernetes':
      return readKubernetes(build, cluster, data.kubernetes!, path);
    case 'envoy':
      return readEnvoy(build, cluster, data.envoy!, path);
    case 'f5':
      return readF5(build, cluster, data.f5!, path);
    case 'dns':
      return readDns(build, cluster, data.dns!, path);
    default:
      return kind satisfies never;
  }
}

function fileOf(
  build: Build,
  kind: DescribedKind,
  { product, description, choosesByAddress, remarks }: Described,
): BalancerFile {
  return {
    product,
    choosesByAddress,
    idleDirective: 'idleTimeout',
    listenPosition: () => null,
    peerPosition: () => null,
    problemsOf: () => [],
    remarksOf: () => remarks,
    describe: () => description,
    reread(_text, path) {
      build.fail(path, `${pathText(path)}: ${kind} has no file to read anew. Use addNode or removeNode.`);
      return null;
    },
    arranged: () => product,
  };
}

function readNlb(build: Build, cluster: Cluster, data: Data<'nlb'>, path: Path): Described | null {
  const named = [data.targets, data.registration?.to ?? []].flatMap((list) =>
    list.flatMap((entry) => (typeof entry === 'string' || entry.zone === undefined ? [] : [entry.zone])),
  );
  const zones = data.zones ?? (named.length > 0 ? [...new Set(named)] : ['zone']);
  const listeners = readListeners(build, cluster, 'targets', data.targets, data, path, (target, { zone }, at) => {
    const zoneIndex = zone !== undefined ? zones.indexOf(zone) : zones.length === 1 && named.length === 0 ? 0 : -1;
    if (zoneIndex < 0 && data.crossZone !== true) {
      const what = zone === undefined ? 'say in which zone it is' : `the balancer has no node in ${zone}`;
      build.fail(at, `${target.serverText}: ${what}. Zones: ${listNames(zones)}.`);
    }
    return { ...target, zoneIndex };
  });
  if (!listeners) return null;
  const { healthCheck: check = {}, crossZone = false, stickiness = nlbDefaults.stickiness } = data;
  const options = {
    stickiness,
    idleTimeoutUs: data.idleTimeout ?? nlbDefaults.idleTimeoutUs,
    check: {
      asks: nlbDefaults.check.asks,
      intervalUs: check.interval ?? nlbDefaults.check.intervalUs,
      timeoutUs: check.timeout ?? nlbDefaults.check.timeoutUs,
      unhealthyAfter: check.unhealthyThreshold ?? nlbDefaults.check.unhealthyAfter,
      healthyAfter: check.healthyThreshold ?? nlbDefaults.check.healthyAfter,
    },
    connectionTermination: data.connectionTermination ?? nlbDefaults.connectionTermination,
    deregistrationDelayUs: data.deregistrationDelay ?? nlbDefaults.deregistrationDelayUs,
    deregistrationTermination: data.deregistrationTermination ?? nlbDefaults.deregistrationTermination,
  };
  if (options.check.timeoutUs > options.check.intervalUs) {
    build.fail([...path, 'healthCheck'], 'a check cannot take longer than the interval. Make timeout shorter.');
    return null;
  }
  return {
    product: {
      kind: 'nlb',
      nlb: {
        zones,
        crossZone,
        keepsClientAddress: data.keepsClientAddress ?? true,
        listeners: listeners.map(({ port, targets }) => ({ port, targets, ...options })),
      },
    },
    description: stickiness === 'none' ? 'AWS NLB' : 'AWS NLB with source-IP stickiness',
    choosesByAddress: stickiness !== 'none',
    remarks: [
      'The flow hash of AWS NLB is not published: each connection draws its target evenly.',
      ...(stickiness === 'none'
        ? []
        : ['Stickiness of AWS NLB is taken to hold until the target is unhealthy or deregistered.']),
    ],
  };
}

function readKubernetes(build: Build, cluster: Cluster, data: Data<'kubernetes'>, path: Path): Described | null {
  const nodes = data.nodes ?? ['node'];
  const { proxy = kubernetesDefaults.proxy, scheduler, externalTrafficPolicy: policy = 'Cluster' } = data;
  if (scheduler !== undefined && proxy !== 'ipvs') {
    build.fail([...path, 'scheduler'], 'only kube-proxy in ipvs mode has schedulers. Write proxy: ipvs, or remove it.');
  }
  if (scheduler === 'dh' && data.serviceAddress === undefined) {
    build.fail(path, 'dh hashes the address of the Service. Give it serviceAddress.');
  }
  if (data.affinityTimeout !== undefined && data.sessionAffinity !== 'ClientIP') {
    build.fail(
      [...path, 'affinityTimeout'],
      'there is no affinity to end. Write sessionAffinity: ClientIP, or remove it.',
    );
  }
  if (
    data.readiness?.timeout !== undefined &&
    data.readiness.timeout > (data.readiness.period ?? probeDefaults.periodUs)
  ) {
    build.fail([...path, 'readiness'], 'a probe cannot take longer than its period. Make timeout shorter.');
  }
  const before = build.problemCount;
  const listeners = readListeners(build, cluster, 'endpoints', data.endpoints, data, path, (target, { on }, at) => {
    const nodeIndex = on === undefined ? (nodes.length === 1 && data.nodes === undefined ? 0 : -1) : nodes.indexOf(on);
    if (policy === 'Local' && nodeIndex < 0 && on === undefined) {
      build.fail(
        at,
        `${target.serverText}: with Local it matters on which node its pod runs. Write { node: ${target.serverText}, on: … }.`,
      );
    }
    return { ...target, nodeIndex };
  });
  if (!listeners || build.problemCount > before) return null;
  const { readiness } = data;
  const name = proxy === 'ipvs' ? `IPVS ${scheduler ?? kubernetesDefaults.scheduler}` : 'iptables';
  return {
    product: {
      kind: 'kubernetes',
      kubernetes: {
        listeners: listeners.map(({ port, targets }) => ({ port, endpoints: targets })),
        proxy,
        scheduler: scheduler ?? kubernetesDefaults.scheduler,
        serviceAddress: data.serviceAddress ?? '0.0.0.0',
        affinityUs: data.sessionAffinity === 'ClientIP' ? (data.affinityTimeout ?? affinityDefaultUs) : null,
        affinityEntries: kubernetesDefaults.affinityEntries,
        entryNodes: nodes.length,
        externalTrafficPolicy: policy,
        readiness: readiness
          ? {
              periodUs: readiness.period ?? probeDefaults.periodUs,
              timeoutUs: readiness.timeout ?? probeDefaults.timeoutUs,
              failures: readiness.failureThreshold ?? probeDefaults.failures,
              successes: readiness.successThreshold ?? probeDefaults.successes,
              asks: readiness.asks ?? probeDefaults.asks,
            }
          : null,
        syncUs: data.sync ?? kubernetesDefaults.syncUs,
        nodeGraceUs: data.nodeGrace ?? kubernetesDefaults.nodeGraceUs,
        idleTimeoutUs: data.idleTimeout ?? flowTimeoutUs[proxy],
      },
    },
    description: `Kubernetes Service, ${name}`,
    choosesByAddress: data.sessionAffinity === 'ClientIP' || scheduler === 'sh',
    remarks: [
      ...(nodes.length > 1 ? ['By which node of Kubernetes a connection comes in is drawn.'] : []),
      ...(readiness ? [] : ['The pods of Kubernetes have no readiness probe: one is ready while its container runs.']),
    ],
  };
}

function readF5(build: Build, cluster: Cluster, data: Data<'f5'>, path: Path): Described | null {
  const before = build.problemCount;
  const { type = 'standard', method = f5Defaults.method, monitor, persistence } = data;
  for (const key of ['persistenceTimeout', 'persistenceMask'] as const) {
    if (data[key] !== undefined && persistence !== 'source-address') {
      build.fail([...path, key], 'there is no persistence. Write persistence: source-address, or remove it.');
    }
  }
  if (data.connectTimeout !== undefined && type === 'fastL4') {
    build.fail([...path, 'connectTimeout'], 'a fastL4 virtual server makes no connections of its own. Remove it.');
  }
  const listeners = readListeners(build, cluster, 'members', data.members, data, path, (target) => target);
  if (!listeners || build.problemCount > before) return null;
  const options = {
    method,
    persistence:
      persistence === 'source-address'
        ? {
            timeoutUs: data.persistenceTimeout ?? persistenceDefaults.timeoutUs,
            maskBits: data.persistenceMask ?? persistenceDefaults.maskBits,
          }
        : null,
    monitor:
      monitor === 'none'
        ? null
        : {
            intervalUs: monitor?.interval ?? monitorDefaults.intervalUs,
            timeoutUs: monitor?.timeout ?? monitorDefaults.timeoutUs,
          },
    serviceDown: data.serviceDown ?? f5Defaults.serviceDown,
    idleTimeoutUs: data.idleTimeout ?? f5Defaults.idleTimeoutUs,
    connectTimeoutUs: data.connectTimeout ?? f5Defaults.connectTimeoutUs,
  };
  if (options.monitor && options.monitor.timeoutUs < options.monitor.intervalUs) {
    build.fail(
      [...path, 'monitor'],
      'timeout cannot be shorter than the interval: F5 recommends three intervals and one second.',
    );
    return null;
  }
  return {
    product: {
      kind: 'f5',
      f5: { type, listeners: listeners.map(({ port, targets }) => ({ port, members: targets, ...options })) },
    },
    description: `F5 ${method}`,
    choosesByAddress: options.persistence !== null,
    remarks: [
      ...(type === 'standard' && data.connectTimeout === undefined
        ? [
            'F5 is taken to give up a connection to a member after 21 s (connectTimeout; syn-max-retrans 3 of its tcp profile).',
          ]
        : []),
      ...(method === 'round-robin'
        ? []
        : [`In which order ${method} of F5 takes equal members is not published; here in turn.`]),
    ],
  };
}

function readDns(build: Build, cluster: Cluster, data: Data<'dns'>, path: Path): Described | null {
  const listeners = readListeners(build, cluster, 'addresses', data.addresses, data, path, (target) => target);
  if (!listeners) return null;
  const { order = dnsDefaults.order, cachedBy = dnsDefaults.cachedBy } = data;
  const differs = listeners.flatMap(({ port, targets }) => targets.filter((target) => target.port !== port));
  for (const target of differs) {
    build.fail(path, `${target.serverText} listens on port ${target.port}: a name changes no ports. Give it the port.`);
  }
  if (differs.length > 0) return null;
  return {
    product: {
      kind: 'dns',
      dns: {
        name: data.name,
        order,
        ttlUs: data.ttl ?? dnsDefaults.ttlUs,
        cachedBy,
        listeners: listeners.map(({ port, targets }) => ({ port, addresses: targets })),
      },
    },
    description: `DNS ${order}`,
    choosesByAddress: cachedBy === 'host',
    remarks: [
      cachedBy === 'host'
        ? `Hosts keep an answer for ${data.name} for its TTL, in the order in which it came.`
        : `Whoever asks for ${data.name} gets its addresses in an order of his own (cachedBy).`,
    ],
  };
}
