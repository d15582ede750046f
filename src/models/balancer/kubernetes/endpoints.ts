// When an endpoint leaves the rules of kube-proxy and comes back. The probe of the kubelet asks the pod; a node that has gone is missed by
// the control plane only; and what either finds comes into the rules a moment later.
import { uniform, type Key } from '../../../kernel/random.ts';
import type { HealthChecks } from '../contract.ts';
import { inService, setHealthy, type Target, type Targets } from '../targets.ts';
import type { KubernetesOptions, KubernetesProbeOptions } from './options.ts';

// Without a probe the kubelet sees that a container has ended when it lists them: pkg/kubelet/kubelet.go, plegRelistPeriod 1 s.
const runs: KubernetesProbeOptions = {
  periodUs: 1_000_000,
  timeoutUs: 1_000_000,
  failures: 1,
  successes: 1,
  asks: 'kernel',
};

// KubeletConfiguration: nodeStatusUpdateFrequency 10s.
const heartbeatUs = 10_000_000;

export interface Endpoints {
  /** True while the rules lead to it. */
  isInRules(target: Target, nowUs: number): boolean;
  /** Counts changes of what is in the rules up to now. */
  changesAt(nowUs: number): number;
  readonly checks: HealthChecks;
  ordered(target: Target, nowUs: number): void;
}

export function newEndpoints(targets: Targets, options: KubernetesOptions, luck: Key): Endpoints {
  const { nodeGraceUs, syncUs } = options;
  const { periodUs, timeoutUs, failures, successes, asks } = options.readiness ?? runs;
  const inRules = targets.all.map(inService);
  const syncs = targets.all.map(() => Infinity);
  let changes = 0;
  const sync = (nowUs: number): void => {
    for (const target of targets.all) {
      if (syncs[target.index]! > nowUs) continue;
      syncs[target.index] = Infinity;
      const is = inService(target) && target.healthy;
      if (is === inRules[target.index]) continue;
      inRules[target.index] = is;
      changes += 1;
    }
  };
  const inARow = targets.all.map(() => 0);
  const losses = targets.all.map(() => 0);
  /** Last sign of life of a node that does not answer; NaN: it does. */
  const heardUs = targets.all.map(() => NaN);
  const turn = (target: Target, healthy: boolean, nowUs: number): void => {
    if (target.healthy === healthy) return;
    sync(nowUs);
    setHealthy(targets, target, healthy, 'kept');
    syncs[target.index] = Math.min(syncs[target.index]!, nowUs + syncUs);
  };
  const answered = (target: Target, passed: boolean, nowUs: number): void => {
    const at = target.index;
    heardUs[at] = NaN;
    inARow[at] = passed === target.healthy ? 0 : inARow[at]! + 1;
    if (inARow[at] < (passed ? successes : failures)) return;
    inARow[at] = 0;
    turn(target, passed, nowUs);
  };
  /** Nobody probes on a node that has gone: it is the heartbeat that is missed. @returns µs until it is missed for too long. */
  const unanswered = (target: Target, nowUs: number, tookUs: number): number => {
    const at = target.index;
    if (Number.isNaN(heardUs[at]!)) {
      heardUs[at] = nowUs - tookUs - Math.floor(uniform(luck, at, -1 - losses[at]!++) * heartbeatUs);
    }
    const leftUs = heardUs[at]! + nodeGraceUs - nowUs;
    if (leftUs <= 0) turn(target, false, nowUs);
    return leftUs <= 0 ? Infinity : leftUs;
  };
  return {
    isInRules(target, nowUs) {
      sync(nowUs);
      return inRules[target.index]!;
    },
    changesAt(nowUs) {
      sync(nowUs);
      return changes;
    },
    checks: {
      firstAtUs: targets.all.map(({ index, options: { disabled } }) =>
        disabled ? Infinity : Math.floor(uniform(luck, index, 0) * periodUs),
      ),
      timeoutUs: targets.all.map(() => timeoutUs),
      asks,
      checked(peerIndex, passed, nowUs, tookUs = 0) {
        const target = targets.all[peerIndex]!;
        const nextUs = Math.max(1, periodUs - tookUs);
        // A kernel that says nothing has gone; a process that says nothing fails its probe.
        if (asks === 'kernel' && !passed && tookUs >= timeoutUs) {
          return Math.min(nextUs, unanswered(target, nowUs, tookUs));
        }
        answered(target, passed, nowUs);
        return nextUs;
      },
      steady: (peerIndex, passed) => inARow[peerIndex] === 0 && passed === targets.all[peerIndex]!.healthy,
    },
    ordered(target, nowUs) {
      sync(nowUs);
      syncs[target.index] = Math.min(syncs[target.index]!, nowUs + syncUs);
    },
  };
}
