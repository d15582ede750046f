// A virtual server of an F5 BIG-IP LTM with one pool.
// Sources: F5, "BIG-IP Local Traffic Manager: Basics", About pools (methods); persistence profiles (source address, 180 s); monitors (tcp:
// interval 5 s, time-out 16 s); "Action on Service Down"; AS3 schema, L4_Profile (idle time-out 300 s, reset on time-out).
import type { TargetOptions } from '../targets.ts';

export const f5Methods = ['round-robin', 'ratio-member', 'least-connections-member'] as const;
export type F5Method = (typeof f5Methods)[number];

export interface F5Options {
  /** `standard` ends its clients' connections; `fastL4` forwards. */
  readonly type: 'standard' | 'fastL4';
  readonly listeners: readonly F5ListenerOptions[];
}

export interface F5ListenerOptions {
  readonly port: number;
  /** `weight` is the ratio. */
  readonly members: readonly TargetOptions[];
  readonly method: F5Method;
  /** Of source-address persistence; `null`: there is none. */
  readonly persistence: { readonly timeoutUs: number; readonly maskBits: number } | null;
  readonly monitor: { readonly intervalUs: number; readonly timeoutUs: number } | null;
  readonly serviceDown: 'none' | 'reset' | 'drop' | 'reselect';
  readonly idleTimeoutUs: number;
  readonly connectTimeoutUs: number;
}

export const persistenceDefaults = { timeoutUs: 180_000_000, maskBits: 32 };
export const monitorDefaults = { intervalUs: 5_000_000, timeoutUs: 16_000_000 };

export const f5Defaults = {
  method: 'round-robin',
  persistence: null,
  monitor: monitorDefaults,
  serviceDown: 'none',
  idleTimeoutUs: 300_000_000,
  // F5, "ltm profile tcp": syn-max-retrans 3, syn-rto-base 3000 ms; iRules reference, LB_FAILED: a member that does not answer has
  // failed after 9 s with 2 and after 45 s with 4 (the default up to 9.3), so 3 + 6 + 12 s with 3.
  connectTimeoutUs: 21_000_000,
} satisfies Omit<F5ListenerOptions, 'port' | 'members'>;
