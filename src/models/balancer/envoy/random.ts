// `random`: an even draw, whatever the weights. Source: Envoy, source/extensions/load_balancing_policies/random/random_lb.cc.
import { drawBelow } from '../contract.ts';
import type { Method } from './method.ts';

export function createRandom(): Method {
  return {
    choose: (hosts, session) => hosts[drawBelow(hosts.length, session.client.luck, session.draws++)]!,
  };
}
