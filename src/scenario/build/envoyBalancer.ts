// Envoy as a scenario describes it, in the words of its API.
import {
  outlierDefaults,
  envoyDefaults,
  leastRequestDefaults,
  maglevDefaults,
  ringDefaults,
  type EnvoyPolicy,
} from '../../models/balancer/envoy/options.ts';
import type { Path } from '../wording.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import type { Data, Described } from './productBalancers.ts';
import { readListeners } from './targetLists.ts';

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false;
  return value > 1;
}

/** @returns `null` when there were problems; they have been reported. */
export function readEnvoy(build: Build, cluster: Cluster, data: Data<'envoy'>, path: Path): Described | null {
  const before = build.problemCount;
  const kind = data.policy ?? 'round_robin';
  const only = (key: keyof Data<'envoy'>, policy: EnvoyPolicy['kind']): void => {
    if (data[key] === undefined || kind === policy) return;
    build.fail([...path, key], `only ${policy} has ${key}. Remove it, or write policy: ${policy}.`);
  };
  only('choiceCount', 'least_request');
  only('minimumRingSize', 'ring_hash');
  only('maximumRingSize', 'ring_hash');
  only('tableSize', 'maglev');
  const isHashed = kind === 'ring_hash' || kind === 'maglev';
  if (data.hashPolicy === 'source_ip' && !isHashed) {
    build.fail([...path, 'hashPolicy'], `${kind} hashes nothing. Remove it, or write policy: ring_hash or maglev.`);
  }
  const tableSize = data.tableSize ?? maglevDefaults.tableSize;
  if (!isPrime(tableSize)) build.fail([...path, 'tableSize'], `Envoy wants a prime, and ${tableSize} is none.`);
  const ring = {
    minRingSize: data.minimumRingSize ?? ringDefaults.minRingSize,
    maxRingSize: data.maximumRingSize ?? ringDefaults.maxRingSize,
  };
  if (ring.minRingSize > ring.maxRingSize) {
    build.fail([...path, 'minimumRingSize'], `${ring.minRingSize} is more than maximumRingSize, ${ring.maxRingSize}.`);
  }
  const { outlierDetection: outlier, healthCheck: check } = data;
  if (outlier && check) {
    build.fail(
      [...path, 'outlierDetection'],
      'a check that passes ends an ejection, which is not modelled. Give it one of outlierDetection and healthCheck.',
    );
  }
  const outlierDetection = outlier
    ? {
        consecutiveFailures: outlier.consecutive5xx ?? outlierDefaults.consecutiveFailures,
        intervalUs: outlier.interval ?? outlierDefaults.intervalUs,
        baseEjectionUs: outlier.baseEjectionTime ?? outlierDefaults.baseEjectionUs,
        maxEjectionUs:
          outlier.maxEjectionTime ?? Math.max(outlierDefaults.maxEjectionUs, outlier.baseEjectionTime ?? 0),
        maxEjectionPercent: outlier.maxEjectionPercent ?? outlierDefaults.maxEjectionPercent,
        alwaysEjectOneHost: outlier.alwaysEjectOneHost ?? outlierDefaults.alwaysEjectOneHost,
      }
    : null;
  if (outlierDetection && outlierDetection.maxEjectionUs < outlierDetection.baseEjectionUs) {
    build.fail([...path, 'outlierDetection'], 'maxEjectionTime cannot be shorter than baseEjectionTime.');
  }
  if (data.closeOnHealthFailure === true && !check) {
    build.fail(
      [...path, 'closeOnHealthFailure'],
      'only active checks close sessions. Give it healthCheck, or remove it.',
    );
  }
  const listeners = readListeners(build, cluster, 'hosts', data.hosts, data, path, (target) => target);
  if (!listeners || build.problemCount > before) return null;
  const policies = {
    round_robin: { kind: 'round_robin' },
    random: { kind: 'random' },
    least_request: { kind: 'least_request', choiceCount: data.choiceCount ?? leastRequestDefaults.choiceCount },
    ring_hash: { kind: 'ring_hash', ...ring },
    maglev: { kind: 'maglev', tableSize },
  } satisfies Record<EnvoyPolicy['kind'], EnvoyPolicy>;
  const hashPolicy = data.hashPolicy === 'source_ip' ? 'source_ip' : null;
  const few = listeners.find(
    ({ targets }) =>
      outlierDetection &&
      !outlierDetection.alwaysEjectOneHost &&
      100 > outlierDetection.maxEjectionPercent * targets.length,
  );
  return {
    product: {
      kind: 'envoy',
      envoy: {
        workers: data.concurrency ?? 1,
        listeners: listeners.map(({ port, targets }) => ({
          port,
          hosts: targets,
          policy: policies[kind],
          hashPolicy,
          outlierDetection,
          healthCheck: check
            ? {
                intervalUs: check.interval,
                timeoutUs: check.timeout,
                unhealthyAfter: check.unhealthyThreshold,
                healthyAfter: check.healthyThreshold,
                asks: 'kernel',
              }
            : null,
          panicThreshold: data.panicThreshold ?? envoyDefaults.panicThreshold,
          maxConnectAttempts: data.maxConnectAttempts ?? envoyDefaults.maxConnectAttempts,
          connectTimeoutUs: data.connectTimeout ?? envoyDefaults.connectTimeoutUs,
          idleTimeoutUs: data.idleTimeout ?? envoyDefaults.idleTimeoutUs,
          closeOnHealthFailure: data.closeOnHealthFailure ?? envoyDefaults.closeOnHealthFailure,
          maxConnections: data.maxConnections ?? envoyDefaults.maxConnections,
        })),
      },
    },
    description: `Envoy ${kind}`,
    choosesByAddress: hashPolicy !== null,
    remarks: [
      ...(data.concurrency === undefined ? ['Envoy is taken to have one worker thread (concurrency).'] : []),
      ...(isHashed && hashPolicy === null
        ? [`Without hashPolicy of tcp_proxy ${kind} of Envoy chooses at random.`]
        : []),
      ...(few
        ? [
            `maxEjectionPercent ${outlierDetection!.maxEjectionPercent} allows Envoy to eject none of ${few.targets.length} hosts.`,
          ]
        : []),
    ],
  };
}
