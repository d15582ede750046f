// The tcp monitor: a connection every interval, and a member is down when none has been accepted for the time-out; one that is accepted
// brings it back. Source: F5, BIG-IP monitors reference, tcp: interval 5, time-out 16 (three intervals and one second).
import { uniform, type Key } from '../../../kernel/random.ts';
import type { HealthChecks } from '../contract.ts';
import { setHealthy, type SessionsOfDown, type Targets } from '../targets.ts';

export function monitorChecks(
  targets: Targets,
  { intervalUs, timeoutUs }: { readonly intervalUs: number; readonly timeoutUs: number },
  luck: Key,
  onDown: SessionsOfDown,
): HealthChecks {
  /** When each member last accepted one; NaN: it does all the time. */
  const passedUs = targets.all.map(() => NaN);
  return {
    firstAtUs: targets.all.map(({ index, options: { disabled } }) =>
      disabled ? Infinity : Math.floor(uniform(luck, index, 0) * intervalUs),
    ),
    timeoutUs: targets.all.map(() => intervalUs),
    asks: 'kernel',
    checked(peerIndex, passed, nowUs, tookUs = 0) {
      const target = targets.all[peerIndex]!;
      const nextUs = Math.max(1, intervalUs - tookUs);
      if (passed) {
        passedUs[peerIndex] = NaN;
        setHealthy(targets, target, true, onDown);
        return nextUs;
      }
      // The one before this began an interval earlier, and was accepted.
      if (Number.isNaN(passedUs[peerIndex]!)) passedUs[peerIndex] = nowUs - tookUs - intervalUs;
      const leftUs = passedUs[peerIndex]! + timeoutUs - nowUs;
      if (leftUs <= 0) setHealthy(targets, target, false, onDown);
      return leftUs > 0 ? Math.min(nextUs, leftUs) : nextUs;
    },
    steady: (peerIndex, passed) => passed === targets.all[peerIndex]!.healthy,
  };
}
