// `round_robin`: one after the other, from a place that each worker draws as it starts; with unequal weights by deadlines.
// Source: Envoy, source/common/upstream/load_balancer_impl.h, RoundRobinLoadBalancer.
import type { Target } from '../targets.ts';
import { newDeadlines, type Deadlines } from './deadlines.ts';
import { haveEqualWeights, type Method } from './method.ts';

/** @param seed a whole number that the worker has drawn. */
export function createRoundRobin(seed: number): Method {
  let index = seed;
  let known: readonly Target[] = [];
  let deadlines: Deadlines | null = null;
  return {
    choose(hosts) {
      if (known !== hosts) {
        known = hosts;
        deadlines = haveEqualWeights(hosts) ? null : newDeadlines(hosts, seed % hosts.length, ({ weight }) => weight);
      }
      return deadlines ? deadlines.pick() : hosts[index++ % hosts.length]!;
    },
  };
}
