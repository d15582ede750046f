// Envoy's `tcp_proxy` behind the contract of all balancers. It ends its clients' connections and makes its own.
import { below, deriveKey, type Key } from '../../../kernel/random.ts';
import { drawBelow, type Balancer } from '../contract.ts';
import { balancerOf, inService, newTargets, setHealthy, type Target, type TargetSession } from '../targets.ts';
import { thresholdChecks } from '../thresholds.ts';
import type { ChoiceBasis } from '../trace.ts';
import { createLeastRequest } from './leastRequest.ts';
import { createMaglev } from './maglev.ts';
import type { Method } from './method.ts';
import type { EnvoyListenerOptions, EnvoyOptions } from './options.ts';
import { newOutliers } from './outliers.ts';
import { createRandom } from './random.ts';
import { createRingHash, newRing } from './ringHash.ts';
import { createRoundRobin } from './roundRobin.ts';
import { xxHash64 } from './xxHash64.ts';

function methodOf({ policy }: EnvoyListenerOptions, seed: number, activeOf: (host: Target) => number): Method {
  switch (policy.kind) {
    case 'round_robin':
      return createRoundRobin(seed);
    case 'random':
      return createRandom();
    case 'least_request':
      return createLeastRequest(policy.choiceCount, seed, activeOf);
    case 'ring_hash':
      return createRingHash(policy);
    case 'maglev':
      return createMaglev(policy.tableSize);
    default:
      return policy satisfies never;
  }
}

/** A cluster whose processes have just started. @param luck of its workers, its checks and its sweeps. */
export function createEnvoyBalancer(options: EnvoyOptions, listenerIndex: number, luck: Key): Balancer<TargetSession> {
  const listener = options.listeners[listenerIndex]!;
  const { policy, hashPolicy, panicThreshold, maxConnectAttempts, outlierDetection, healthCheck } = listener;
  const targets = newTargets(listener.hosts);
  const own = deriveKey(luck, listenerIndex, 1);
  /** Connections of each host that stand: one that is being made is not counted. Source: conn_pool_base.cc, attachStreamToClient(). */
  const active = targets.all.map(() => 0);
  const activeOf = ({ index }: Target): number => active[index]!;
  const workers = Array.from({ length: options.workers }, (_, worker) =>
    methodOf(listener, below(2 ** 31, own, 0, worker), activeOf),
  );
  const checks = healthCheck
    ? thresholdChecks(
        targets,
        healthCheck,
        deriveKey(luck, listenerIndex, 0),
        listener.closeOnHealthFailure ? 'closed' : 'kept',
      )
    : undefined;
  const outliers = outlierDetection
    ? newOutliers(targets, outlierDetection, below(outlierDetection.intervalUs, own, 1, 0), (host) =>
        setHealthy(targets, host, !outliers!.isEjected(host), 'kept'),
      )
    : null;
  const isHashed = policy.kind === 'ring_hash' || policy.kind === 'maglev';
  let known = -1;
  let hosts: readonly Target[] = [];
  return balancerOf(targets, {
    workers: workers.length,
    choose(session, nowUs) {
      outliers?.sweep(nowUs);
      if (known !== targets.changes) hosts = hostsOf(targets.all, panicThreshold);
      known = targets.changes;
      if (hosts.length === 0) return null;
      const hash = isHashed ? hashOf(session, hashPolicy) : 0n;
      if (session.trace && isHashed) session.trace.hash = hash;
      return workers[session.worker]!.choose(hosts, session, hash);
    },
    failed({ attempts }, host, nowUs) {
      outliers?.failed(host, nowUs);
      return attempts < maxConnectAttempts ? 0 : Infinity;
    },
    connected(_session, host) {
      active[host.index]! += 1;
      outliers?.connected(host);
    },
    closed(_session, host, _nowUs, wasConnected) {
      if (wasConnected) active[host.index]! -= 1;
    },
    checks,
    passes: healthCheck?.healthyAfter,
    keyOf: ({ address }) => (isHashed && hashPolicy !== null ? new TextEncoder().encode(address) : null),
    tell({ worker }, trace) {
      trace.basis = { product: 'envoy', rule: ruleOf(listener) };
      trace.hasTable = policy.kind === 'maglev';
      const method = workers[worker]!;
      if (!method.placeOf || typeof trace.hash !== 'bigint') return null;
      const whole = wholeOf(targets.all);
      const home = whole.length > 0 && hashPolicy !== null ? method.placeOf(whole, trace.hash) : null;
      trace.home = home && { at: home.at, peerIndex: home.host.index };
      return hosts.length > 0 ? method.placeOf(hosts, trace.hash).at : null;
    },
    ...(policy.kind === 'ring_hash' && {
      ring() {
        const { hashes, owners } = newRing(wholeOf(targets.all), policy);
        return { positions: hashes, owners: Int32Array.from(owners, ({ index }) => index), rule: 'next' as const };
      },
    }),
    orders: {},
  });
}

/** While everything works. */
function wholeOf(all: readonly Target[]): readonly Target[] {
  return all.filter(({ options }) => !options.disabled);
}

function ruleOf({ policy, hashPolicy }: EnvoyListenerOptions): Extract<ChoiceBasis, { product: 'envoy' }>['rule'] {
  switch (policy.kind) {
    case 'round_robin':
      return 'turns';
    case 'random':
      return 'random';
    case 'least_request':
      return 'leastRequest';
    case 'ring_hash':
    case 'maglev':
      return hashPolicy === null ? 'drawnHash' : 'hash';
    default:
      return policy satisfies never;
  }
}

// Envoy, cluster.proto, overprovisioning_factor: 140 %.
const overprovisioning = 1.4;

/**
 * Healthy hosts, or all of them when too few are healthy. Source: Envoy, source/extensions/load_balancing_policies/common/
 * load_balancer_impl.cc, recalculatePerPriorityPanic() and isHostSetInPanic().
 */
function hostsOf(all: readonly Target[], panicThreshold: number): readonly Target[] {
  const members = all.filter(inService);
  const healthy = members.filter((host) => host.healthy);
  const percent = (100 * healthy.length) / members.length;
  const isAvailable = Math.floor(overprovisioning * percent) >= 100;
  return panicThreshold > 0 && !isAvailable && percent < panicThreshold ? members : healthy;
}

/** Source: Envoy, source/common/network/hash_policy.cc, SourceIpHashMethod; thread_aware_lb_impl.cc, chooseHost(). */
function hashOf(session: TargetSession, hashPolicy: EnvoyListenerOptions['hashPolicy']): bigint {
  const { client } = session;
  if (hashPolicy === 'source_ip') return xxHash64(client.address);
  const draw = (): bigint => BigInt(drawBelow(2 ** 31, client.luck, session.draws++));
  return (draw() << 33n) | (draw() << 2n) | BigInt(drawBelow(4, client.luck, session.draws++));
}
