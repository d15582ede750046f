// kube-proxy in iptables mode: rule i of n takes a connection with probability 1/(n − i), so each endpoint gets the same share; here one
// draw stands for the chain. With ClientIP affinity the rules before it look whether an endpoint has had this address lately.
// Source: kubernetes, pkg/proxy/iptables/proxier.go, writeServiceToEndpointRules(); Linux, net/netfilter/xt_recent.c.
import { drawBelow } from '../contract.ts';
import type { Target } from '../targets.ts';
import type { Method } from './method.ts';
import type { KubernetesOptions } from './options.ts';

export function createIptables({ affinityUs, affinityEntries }: KubernetesOptions): Method {
  const draw: Method['choose'] = (endpoints, session) =>
    endpoints[drawBelow(endpoints.length, session.client.luck, session.draws++)]!;
  if (affinityUs === null) return { choose: draw };
  /** Of each endpoint: when it last got a new connection of an address, the oldest first. */
  let lists = new Map<Target, Map<string, number>>();
  let known: readonly Target[] = [];
  return {
    choose(endpoints, session, nowUs) {
      const { address } = session.client;
      if (known !== endpoints) {
        // The list of an endpoint goes with its rules.
        lists = new Map(endpoints.map((target) => [target, lists.get(target) ?? new Map<string, number>()]));
        known = endpoints;
      }
      const hit = endpoints.find((target) => nowUs - (lists.get(target)!.get(address) ?? -Infinity) <= affinityUs);
      const target = hit ?? draw(endpoints, session, nowUs)!;
      const list = lists.get(target)!;
      list.delete(address);
      if (list.size >= affinityEntries) list.delete(list.keys().next().value!);
      list.set(address, nowUs);
      return target;
    },
  };
}
