// An AWS Network Load Balancer behind the contract of all balancers. It forwards: the connection of an agent is with the target.
import { deriveKey, type Key } from '../../../kernel/random.ts';
import type { Balancer, HealthChecks } from '../contract.ts';
import { bytesOf } from '../haproxy/key.ts';
import { balancerOf, inService, newTargets, type TargetSession, type Targets } from '../targets.ts';
import { thresholdChecks } from '../thresholds.ts';
import { flowHash } from './flowHash.ts';
import type { NlbOptions } from './options.ts';

/** A target group that has been in service for long. @param luck of its checks. */
export function createNlbBalancer(options: NlbOptions, listenerIndex: number, luck: Key): Balancer<TargetSession> {
  const listener = options.listeners[listenerIndex]!;
  const targets = newTargets(listener.targets);
  const onDown = listener.connectionTermination ? 'resetOnUse' : 'kept';
  const choose = flowHash(targets, options, listener);
  const checks = thresholdChecks(targets, listener.check, deriveKey(luck, listenerIndex, 0), onDown);
  const leaving = new Map<number, number>();
  return balancerOf(targets, {
    workers: options.zones.length,
    choose,
    passes: listener.check.healthyAfter,
    keyOf: ({ address }) => (listener.stickiness === 'sourceIp' ? bytesOf(address) : null),
    tell(_session, trace) {
      trace.basis = { product: 'nlb', rule: listener.stickiness === 'sourceIp' ? 'stickiness' : 'flowHash' };
      return null;
    },
    checks: withDeregistration(targets, checks, leaving),
    orders: {
      changed(target, nowUs) {
        leaving.delete(target.index);
        if (inService(target) || !listener.deregistrationTermination) return;
        const atUs = nowUs + listener.deregistrationDelayUs;
        leaving.set(target.index, atUs);
        targets.news.push({ kind: 'recheck', peerIndex: target.index, atUs });
      },
    },
  });
}

/** Flows of a target that was deregistered end with the delay, where the target group says so. Else they stay. */
function withDeregistration(targets: Targets, checks: HealthChecks, leaving: Map<number, number>): HealthChecks {
  return {
    ...checks,
    checked(peerIndex, passed, nowUs, tookUs = 0) {
      const nextUs = checks.checked(peerIndex, passed, nowUs, tookUs);
      const endUs = leaving.get(peerIndex);
      if (endUs === undefined) return nextUs;
      if (nowUs < endUs) return Math.min(nextUs, endUs - nowUs);
      leaving.delete(peerIndex);
      targets.news.push({ kind: 'ended', peerIndex });
      return nextUs;
    },
    steady: (peerIndex, passed) => !leaving.has(peerIndex) && checks.steady!(peerIndex, passed),
  };
}
