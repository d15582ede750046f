// What a balancer has found out about its peers, or has been told, and what becomes of sessions: `BalancerNews`.
import type { BalancerNews, BalancerSession } from '../balancer/contract.ts';
import type { Proxy } from '../balancer/proxy.ts';
import { recheck } from './checks.ts';
import { endChained } from './chain.ts';
import { chooseAnew } from './datagramFlows.ts';
import { loseFlow } from './flows.ts';
import type { BalancerHost } from './host.ts';
import { Forgotten, Leg, forgetFlow } from './legs.ts';
import { reviewSession } from './path.ts';
import { endAttempt, hasSession, sayGoodbye } from './shutdown.ts';
import type { WorldState } from './state.ts';
import { chooseAgain } from './throughBalancer.ts';

/** To be asked after whatever a balancer is told: what follows from it may bring more. */
export function hearNews(world: WorldState, host: BalancerHost, nowUs: number): void {
  for (let generation = 0; generation < host.proxies.length; generation++) {
    const proxy = host.proxies[generation]!;
    for (let pool = 0; pool < proxy.pools.length; pool++) {
      const { balancer } = proxy.pools[pool]!;
      for (;;) {
        const news = balancer.takeNews?.() ?? [];
        if (news.length === 0) break;
        for (const one of news) act(world, host, proxy, pool, one, nowUs);
      }
    }
  }
}

function act(
  world: WorldState,
  host: BalancerHost,
  proxy: Proxy,
  pool: number,
  news: BalancerNews,
  nowUs: number,
): void {
  switch (news.kind) {
    case 'up':
      world.probe.peerTurned?.(host.place, news.peerIndex, nowUs, true, proxy.pools[pool]!.targets[news.peerIndex]!);
      return;
    case 'freed': {
      const agent = world.queued.get(news.session);
      if (agent !== undefined) chooseAgain(world, agent, nowUs);
      return;
    }
    case 'recheck':
      recheck(world, host, proxy, pool, news.peerIndex, news.atUs - host.phaseUs);
      return;
    case 'down':
      world.probe.peerTurned?.(host.place, news.peerIndex, nowUs, false, proxy.pools[pool]!.targets[news.peerIndex]!);
      if (news.sessions !== 'kept') {
        endSessions(world, host, proxy, pool, news.peerIndex, news.sessions === 'resetOnUse', nowUs);
      } else if (proxy.forwarding?.forgetsDatagrams === true) {
        for (const agent of agentsOn(world, host, proxy, pool, news.peerIndex)) {
          if (world.udp[agent] === 1) chooseAnew(world, agent, nowUs);
        }
      }
      return;
    case 'ended':
      endSessions(world, host, proxy, pool, news.peerIndex, false, nowUs);
      return;
    default:
      news satisfies never;
  }
}

/** Whose packets a forwarder sends to a peer. */
function agentsOn(world: WorldState, host: BalancerHost, proxy: Proxy, pool: number, peer: number): number[] {
  const isOurs = (agent: number): boolean => {
    const flow = world.flows.get(agent)!;
    if (flow.proxy !== proxy || flow.peer !== peer || world.through[agent] !== host.place) return false;
    return proxy.listeners[flow.listener]!.pool === pool;
  };
  return [...host.flows].filter(isOurs).sort((a, b) => a - b);
}

/** @param isOnUse whoever says something next hears RST; else the balancer says FIN now. */
function endSessions(
  world: WorldState,
  host: BalancerHost,
  proxy: Proxy,
  pool: number,
  peer: number,
  isOnUse: boolean,
  nowUs: number,
): void {
  if (proxy.forwarding) {
    for (const agent of agentsOn(world, host, proxy, pool, peer)) {
      if (world.udp[agent] === 1) chooseAnew(world, agent, nowUs);
      // Whether it says so at once or to the next packet makes a difference of one keepalive at most.
      else loseFlow(world, agent, Forgotten.Reset, nowUs);
    }
    return;
  }
  // Other balancers behind this one.
  for (const agent of [...host.flows].sort((a, b) => a - b)) {
    const flow = world.flows.get(agent)!;
    const isPeer = flow.proxy === proxy && proxy.listeners[flow.listener]!.pool === pool && flow.peer === peer;
    if (isPeer) endChained(world, agent, nowUs);
  }
  const isOurs = (agent: number): boolean => {
    if (world.target[agent] !== host.place || host.proxies[world.generation[agent]!] !== proxy) return false;
    return proxy.listeners[world.listener[agent]!]!.pool === pool;
  };
  const isThere = ({ peerIndex, retryIndex }: BalancerSession): boolean => peerIndex === peer || retryIndex === peer;
  const trying = [...world.sessions].filter(([agent, session]) => isOurs(agent) && isThere(session));
  for (const [agent] of trying.sort(([a], [b]) => a - b)) endAttempt(world, agent, nowUs);
  const { life } = world.places[host.place]!;
  for (let agent = 0; agent < world.agents; agent++) {
    if (world.peer[agent] !== peer || world.balancerLife[agent] !== life) continue;
    if (!isOurs(agent) || !hasSession(world, agent)) continue;
    if (!isOnUse) {
      sayGoodbye(world, agent, nowUs);
      continue;
    }
    forgetFlow(world, agent, Leg.Front, Forgotten.Reset, nowUs);
    reviewSession(world, agent, nowUs);
  }
}
