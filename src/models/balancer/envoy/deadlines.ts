// Envoy's order of hosts with unequal weights: whoever's deadline is earliest, which then moves on by one over the weight.
// Source: Envoy, source/common/upstream/edf_scheduler.h, and EdfLoadBalancerBase::refresh().
import type { Target } from '../targets.ts';

export interface Deadlines {
  pick(): Target;
}

/** @param picksBefore who would have been taken so often already: workers do not go in step. @param weightOf at the moment. */
export function newDeadlines(
  hosts: readonly Target[],
  picksBefore: number,
  weightOf: (host: Target) => number,
): Deadlines {
  let now = 0;
  let order = 0;
  const entries = hosts.map((host) => ({ host, deadline: 1 / weightOf(host), order: order++ }));
  const pick = (): Target => {
    const first = entries.reduce((a, b) =>
      b.deadline < a.deadline || (b.deadline === a.deadline && b.order < a.order) ? b : a,
    );
    now = first.deadline;
    first.deadline = now + 1 / weightOf(first.host);
    first.order = order++;
    return first.host;
  };
  for (let nth = 0; nth < picksBefore; nth++) pick();
  return { pick };
}
