// Upstreams of nginx for the contract every method passes.
import { createNginxBalancer, createUpstream } from '../../src/models/balancer/nginx/nginx.ts';
import type { NginxListenerOptions, NginxMethod } from '../../src/models/balancer/nginx/options.ts';
import type { NginxSession } from '../../src/models/balancer/nginx/session.ts';
import type { Balancer } from '../../src/models/balancer/contract.ts';
import type { BalancerGiven, Lacks } from '../contracts/balancerStory.ts';

export const aListener: NginxListenerOptions = {
  port: 1514,
  protocol: 'tcp',
  mappedAddresses: false,
  upstreamIndex: 0,
  connectTimeoutUs: 60_000_000,
  sessionTimeoutUs: 600_000_000,
  nextUpstream: true,
  nextUpstreamTries: 0,
  nextUpstreamTimeoutUs: 0,
  proxyBufferBytes: 16_384,
};

/** What no method of nginx does. */
export const nginxLacks: Lacks = {
  waiting: 'Only the commercial nginx has `queue`.',
  checks: 'Only the commercial nginx has `health_check`.',
  orders: 'A new configuration takes a reload.',
};

export function nginxWith(method: NginxMethod): (given: BalancerGiven) => Balancer<NginxSession> {
  return ({ peers, workers, shared, tries }) =>
    createNginxBalancer(
      createUpstream(
        {
          name: 'cluster',
          method,
          zone: shared,
          peers: peers.map((peer, index) => ({
            ...peer,
            serverText: `172.0.0.${index + 3}:1514`,
            address: `172.0.0.${index + 3}`,
            port: 1514,
          })),
        },
        workers,
      ),
      { ...aListener, nextUpstreamTries: tries },
    );
}
