// A Kubernetes Service behind the contract of all balancers. It forwards: conntrack, or IPVS, pins a connection to its pod, and nobody
// tries another one when that does not answer.
import { deriveKey, type Key } from '../../../kernel/random.ts';
import { drawBelow, type Balancer } from '../contract.ts';
import { bytesOf } from '../haproxy/key.ts';
import type { SessionTrace } from '../trace.ts';
import { balancerOf, newTargets, type Target, type TargetSession } from '../targets.ts';
import { newEndpoints } from './endpoints.ts';
import { createIptables } from './iptables.ts';
import { createIpvs } from './ipvs.ts';
import { bucketOf } from './ipvsHash.ts';
import type { KubernetesOptions } from './options.ts';

/** A Service all of whose endpoints are ready. @param luck of its probes. */
export function createKubernetesBalancer(
  options: KubernetesOptions,
  listenerIndex: number,
  luck: Key,
): Balancer<TargetSession> {
  const { endpoints: given } = options.listeners[listenerIndex]!;
  const targets = newTargets(given);
  const endpoints = newEndpoints(targets, options, deriveKey(luck, listenerIndex, 0));
  const isLocal = options.externalTrafficPolicy === 'Local';
  const nodes = Array.from({ length: options.entryNodes }, () =>
    options.proxy === 'ipvs' ? createIpvs(options) : createIptables(options),
  );
  let known = -1;
  let rules: readonly (readonly Target[])[] = [];
  const update = (nowUs: number): void => {
    known = endpoints.changesAt(nowUs);
    const ready = targets.all.filter((target) => endpoints.isInRules(target, nowUs));
    rules = nodes.map((_, node) => (isLocal ? ready.filter(({ index }) => given[index]!.nodeIndex === node) : ready));
  };
  /** Which node forwards a connection follows from its endpoint, where a node has none but its own. */
  const forget = (worker: number, target: Target): void => {
    nodes[isLocal ? given[target.index]!.nodeIndex : worker]!.closed?.(target);
  };
  return balancerOf(targets, {
    workers: nodes.length,
    choose(session, nowUs) {
      if (known !== endpoints.changesAt(nowUs)) update(nowUs);
      const serving = rules.flatMap(({ length }, node) => (length > 0 ? [node] : []));
      if (serving.length === 0) return null;
      // Who spreads connections over the nodes leaves out those that have no endpoint of their own (`healthCheckNodePort`).
      const isHere = rules[session.worker]!.length > 0;
      const node = isHere ? session.worker : serving[drawBelow(serving.length, session.client.luck, session.draws++)]!;
      return nodes[node]!.choose(rules[node]!, session, nowUs);
    },
    failed({ worker }, target) {
      forget(worker, target);
      return Infinity;
    },
    closed: ({ worker }, target) => forget(worker, target),
    passes: options.readiness?.successes,
    keyOf: ({ address }) => keyOf(options, address),
    checks: endpoints.checks,
    tell: ({ client }, trace) => tell(options, client.address, trace),
    orders: { changed: (target, nowUs) => endpoints.ordered(target, nowUs) },
  });
}

/** What decides of a client, beside chance and turns. */
function keyOf(
  { proxy, scheduler, affinityUs, serviceAddress }: KubernetesOptions,
  address: string,
): Uint8Array | null {
  if (affinityUs !== null) return bytesOf(address);
  if (proxy === 'iptables') return null;
  return scheduler === 'sh' ? bytesOf(address) : scheduler === 'dh' ? bytesOf(serviceAddress) : null;
}

/** @returns the bucket that an address falls into; `null`: there are none. */
function tell(options: KubernetesOptions, client: string, trace: SessionTrace): number | null {
  const { proxy, scheduler, affinityUs, serviceAddress } = options;
  trace.basis =
    proxy === 'ipvs'
      ? { product: 'ipvs', rule: scheduler }
      : { product: 'iptables', rule: affinityUs === null ? 'draw' : 'affinity' };
  if (proxy !== 'ipvs' || affinityUs !== null || (scheduler !== 'sh' && scheduler !== 'dh')) return null;
  const bucket = bucketOf(scheduler === 'sh' ? client : serviceAddress);
  trace.hasTable = true;
  trace.hash = bucket;
  return bucket;
}
