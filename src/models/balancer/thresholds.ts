// Checks at a steady distance, with so many in a row that a target needs to be taken for unhealthy, or for healthy again.
import { uniform, type Key } from '../../kernel/random.ts';
import type { HealthChecks } from './contract.ts';
import { setHealthy, type SessionsOfDown, type Targets } from './targets.ts';

export interface ThresholdCheckOptions {
  /** From the beginning of a check to the beginning of the next. */
  readonly intervalUs: number;
  readonly timeoutUs: number;
  /** Failures in a row. */
  readonly unhealthyAfter: number;
  /** Passes in a row. */
  readonly healthyAfter: number;
  readonly asks: HealthChecks['asks'];
}

/** @param luck draws when the first check of each target begins: nobody publishes that. */
export function thresholdChecks(
  targets: Targets,
  { intervalUs, timeoutUs, unhealthyAfter, healthyAfter, asks }: ThresholdCheckOptions,
  luck: Key,
  onDown: SessionsOfDown,
): HealthChecks {
  const inARow = targets.all.map(() => 0);
  return {
    firstAtUs: targets.all.map(({ index, options }) =>
      options.disabled ? Infinity : Math.floor(uniform(luck, index, 0) * intervalUs),
    ),
    timeoutUs: targets.all.map(() => timeoutUs),
    asks,
    checked(peerIndex, passed, _nowUs, tookUs = 0) {
      const target = targets.all[peerIndex]!;
      inARow[peerIndex] = passed === target.healthy ? 0 : inARow[peerIndex]! + 1;
      if (inARow[peerIndex] >= (passed ? healthyAfter : unhealthyAfter)) {
        inARow[peerIndex] = 0;
        setHealthy(targets, target, passed, onDown);
      }
      return Math.max(1, intervalUs - tookUs);
    },
    steady: (peerIndex, passed) => inARow[peerIndex] === 0 && passed === targets.all[peerIndex]!.healthy,
  };
}
