// Outlier detection: a host to which so many connections in a row could not be made is ejected for a while.
// Source: Envoy, source/common/upstream/outlier_detection_impl.cc, ejectHost(), checkHostForUneject() and onIntervalTimer(). Not modelled:
// ejection by success rate, which takes five hosts with 100 connections each within one interval.
import type { Target, Targets } from '../targets.ts';
import type { EnvoyOutlierOptions } from './options.ts';

export interface Outliers {
  failed(host: Target, nowUs: number): void;
  connected(host: Target): void;
  /** Sweeps up to now have been made: to be called before anything is asked. */
  sweep(nowUs: number): void;
  isEjected(host: Target): boolean;
}

/** @param phaseUs when the first sweep is, before one interval has passed. @param turn is told of ejections and their ends. */
export function newOutliers(
  { all }: Targets,
  options: EnvoyOutlierOptions,
  phaseUs: number,
  turn: (host: Target) => void,
): Outliers {
  const { intervalUs, baseEjectionUs, maxEjectionUs, maxEjectionPercent, alwaysEjectOneHost } = options;
  const hosts = all.map(() => ({ failures: 0, ejectedUs: NaN, backoff: 0 }));
  let sweptUs = -Infinity;
  const isOut = (index: number): boolean => !Number.isNaN(hosts[index]!.ejectedUs);
  const sweepAt = (nowUs: number): void => {
    for (const target of all) {
      const host = hosts[target.index]!;
      if (!isOut(target.index)) {
        // It has been healthy since the last sweep.
        host.backoff = Math.max(0, host.backoff - 1);
      } else if (Math.min(baseEjectionUs * host.backoff, maxEjectionUs) <= nowUs - host.ejectedUs) {
        host.ejectedUs = NaN;
        host.failures = 0;
        turn(target);
      }
    }
  };
  return {
    failed(target, nowUs) {
      const host = hosts[target.index]!;
      host.failures += 1;
      if (host.failures < options.consecutiveFailures || isOut(target.index)) return;
      host.failures = 0;
      const ejected = all.filter(({ index }) => isOut(index)).length;
      const isFew = (100 * (ejected + 1)) / all.length <= maxEjectionPercent;
      if (!isFew && !(alwaysEjectOneHost && ejected === 0)) return;
      host.ejectedUs = nowUs;
      if (host.backoff * baseEjectionUs < maxEjectionUs + baseEjectionUs) host.backoff += 1;
      turn(target);
    },
    connected({ index }) {
      hosts[index]!.failures = 0;
    },
    sweep(nowUs) {
      const lastUs = phaseUs + Math.floor((nowUs - phaseUs) / intervalUs) * intervalUs;
      // Sweeps in which nothing can happen need not be made.
      for (
        let atUs = Math.max(sweptUs + intervalUs, lastUs - 100 * intervalUs);
        atUs <= lastUs && hosts.some(({ backoff }) => backoff > 0);
        atUs += intervalUs
      ) {
        sweepAt(atUs);
      }
      sweptUs = lastUs;
    },
    isEjected: ({ index }) => isOut(index),
  };
}
