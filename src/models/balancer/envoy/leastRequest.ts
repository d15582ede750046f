// `least_request`: of so many drawn hosts the one with the fewest connections, the first drawn among equals; with unequal weights by
// deadlines that the connections of a host put off. Source: Envoy, source/extensions/load_balancing_policies/least_request/
// least_request_lb.cc, unweightedHostPickNChoices() and hostWeight() with an `active_request_bias` of 1.
import { drawBelow } from '../contract.ts';
import type { Target } from '../targets.ts';
import { newDeadlines, type Deadlines } from './deadlines.ts';
import { haveEqualWeights, type Method } from './method.ts';

/** @param activeOf connections that a host has. */
export function createLeastRequest(choiceCount: number, seed: number, activeOf: (host: Target) => number): Method {
  let known: readonly Target[] = [];
  let deadlines: Deadlines | null = null;
  return {
    choose(hosts, session) {
      if (known !== hosts) {
        known = hosts;
        const weightOf = (host: Target): number => host.weight / (activeOf(host) + 1);
        deadlines = haveEqualWeights(hosts) ? null : newDeadlines(hosts, seed % hosts.length, weightOf);
      }
      if (deadlines) return deadlines.pick();
      let least: Target | null = null;
      for (let nth = 0; nth < choiceCount; nth++) {
        const host = hosts[drawBelow(hosts.length, session.client.luck, session.draws++)]!;
        if (least === null || activeOf(host) < activeOf(least)) least = host;
      }
      return least!;
    },
  };
}
