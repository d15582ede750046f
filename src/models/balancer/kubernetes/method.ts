// How kube-proxy on one node chooses among the endpoints in its rules.
import type { Target, TargetSession } from '../targets.ts';

/** The memory of one node. */
export interface Method {
  /** @param endpoints in the rules, in their order; at least one. */
  choose(endpoints: readonly Target[], session: TargetSession, nowUs: number): Target | null;
  /** A connection that this node forwards is over. */
  closed?(target: Target): void;
}
