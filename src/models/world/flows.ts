// Connections through a balancer that ends none: it chooses where the first packet goes, and the others follow. docs/MODEL.md,
// "Balancers that forward".
import { below } from '../../kernel/random.ts';
import type { BalancerClient, BalancerSession } from '../balancer/contract.ts';
import { addressText, type Proxy } from '../balancer/proxy.ts';
import type { Forwarding } from '../balancer/product.ts';
import { PlaceState } from '../place.ts';
import { drawIndex } from '../workload.ts';
import type { BalancerHost } from './host.ts';
import { Forgotten, Leg, forgetFlow } from './legs.ts';
import { hearNews } from './news.ts';
import { reviewSession } from './path.ts';
import { flowsDropped } from './repeats.ts';
import { freeSlot } from './slots.ts';
import { abandon, type DatagramSession } from './udpBalanced.ts';
import { State, Step, Wait } from './kinds.ts';
import { isBalancer, nextStep, type WorldState } from './state.ts';

/** What a forwarder knows of an agent's connection. */
export interface Flow {
  readonly host: BalancerHost;
  readonly proxy: Proxy;
  readonly listener: number;
  readonly session: BalancerSession;
  readonly peer: number;
  /** Of the processes that have it. */
  readonly life: number;
  /** Of one that is a session of nginx; absent: it is none. */
  readonly datagrams?: DatagramSession;
}

/** `null`: the place is none that forwards. */
export function forwardingAt(world: WorldState, place: number): Forwarding | null {
  return isBalancer(world, place) ? world.hosts[place - world.nodeCount]!.proxies.at(-1)!.forwarding : null;
}

/** Who connects to a balancer, and which of its worker processes gets the connection. */
export function clientOf(
  world: WorldState,
  agent: number,
  workers: number,
): { readonly client: BalancerClient; readonly worker: number } {
  const group = world.groupOf[agent]!;
  const connect = world.connects[agent]!;
  world.connects[agent] = connect + 1;
  const local = world.indexInGroup(agent);
  const index = drawIndex(world.options.groups[group]!, local);
  const hidden = world.through[agent]! < 0 ? null : world.hosts[world.through[agent]! - world.nodeCount]!;
  const own = addressText(world.addresses[group]![local]!);
  // Behind a proxy clients have the address of that.
  const isHidden = hidden !== null && hidden.proxies.at(-1)!.forwarding?.hidesClients !== false;
  return {
    worker: below(workers, world.workerKeys[group]!, index, connect),
    client: {
      address: isHidden ? (hidden.options.addresses[0] ?? own) : own,
      // Ports of a client: net.ipv4.ip_local_port_range, 32768 to 60999 by default.
      port: 32_768 + below(28_232, world.workerKeys[group]!, index, -1 - connect),
      luck: { key: world.choiceKeys[group]!, index, connect },
    },
  };
}

/**
 * The first packet of a connection is at the balancer: it goes on to a target.
 * @param passes the packet goes on its way; else the agent only learns where to go.
 * @returns false where there is no target.
 */
export function forward(world: WorldState, agent: number, passes: boolean, nowUs: number): boolean {
  const place = world.target[agent]!;
  const host = world.hosts[place - world.nodeCount]!;
  const proxy = host.proxies.at(-1)!;
  const listenerIndex = world.listener[agent]!;
  const { balancer, targets } = proxy.listeners[listenerIndex]!;
  const { client, worker } = clientOf(world, agent, proxy.workers);
  const clockUs = nowUs + host.phaseUs;
  const session = balancer.open(client, worker, world.probe.looksOn?.(agent, nowUs, place));
  const peer = balancer.next(session, clockUs);
  if (peer < 0) {
    world.probe.turnedAway?.(agent, nowUs, place, 'noPeer');
    world.books.noPeer += 1;
    balancer.closed(session, clockUs);
    hearNews(world, host, nowUs);
    return false;
  }
  balancer.connected(session, clockUs);
  world.probe.peerTried?.(agent, nowUs, place, peer);
  const target = targets[peer]!;
  world.target[agent] = target.place;
  if (target.listener >= 0) world.listener[agent] = target.listener;
  const { life } = world.places[place]!;
  world.flows.set(agent, { host, proxy, listener: listenerIndex, session, peer, life });
  host.flows.add(agent);
  if (passes) world.through[agent] = place;
  hearNews(world, host, nowUs);
  return true;
}

/** The agent's connection is over, whoever ended it, or it begins another one. */
export function closeFlow(world: WorldState, agent: number, nowUs: number): void {
  const flow = world.flows.get(agent);
  world.through[agent] = -1;
  world.udpPorts.delete(agent);
  if (!flow) return;
  if (flow.datagrams) {
    abandon(world, agent, nowUs);
    return;
  }
  const { host, proxy, listener, session } = flow;
  world.flows.delete(agent);
  host.flows.delete(agent);
  if (world.places[host.place]!.life !== flow.life && !proxy.forwarding) return;
  const { balancer, portOf } = proxy.listeners[listener]!;
  balancer.closed(session, nowUs + host.phaseUs);
  if (!proxy.forwarding) {
    proxy.ports[portOf[flow.peer]!]! -= 1;
    freeSlot(world, host, proxy, proxy.listeners[listener]!, session.worker, nowUs);
  }
  hearNews(world, host, nowUs);
}

/** The leg on which the agent's packets pass a forwarder. */
export function ownLeg(world: WorldState, agent: number): Leg {
  return world.viaBalancer[agent] === 1 ? Leg.Front : Leg.Back;
}

function hasSession(world: WorldState, agent: number): boolean {
  const state = world.state[agent]!;
  return state === State.Connected || state === State.Frozen || state === State.Stale || state === State.Waking;
}

/** A box on the agent's way no longer knows its connection. @param answer `Forgotten`. */
export function loseFlow(world: WorldState, agent: number, answer: number, nowUs: number): void {
  if (hasSession(world, agent)) {
    if (world.udp[agent] === 1) return; // the next datagram makes a new entry
    forgetFlow(world, agent, ownLeg(world, agent), answer, nowUs);
    reviewSession(world, agent, nowUs);
    return;
  }
  if (world.wait[agent] !== Wait.Syn) {
    flowsDropped(world, agent);
    return;
  }
  // The next SYN of the attempt is the first of a new flow.
  const { through } = world;
  const listener = world.flows.get(agent)?.listener;
  if (listener !== undefined) world.listener[agent] = listener;
  world.target[agent] = through[agent]!;
  through[agent] = -1;
}

/** A balancer that forwards has lost its memory. */
export function flowsLost(world: WorldState, host: BalancerHost, nowUs: number): void {
  // A kernel that is back knows none of a proxy's connections either.
  const unknown = host.proxies[0]!.forwarding?.unknown ?? 'reset';
  const agents = [...host.flows].sort((a, b) => a - b);
  host.flows.clear();
  for (const agent of agents) {
    if (world.through[agent] === host.place) {
      loseFlow(world, agent, unknown === 'reset' ? Forgotten.Reset : Forgotten.Silent, nowUs);
    }
    world.flows.delete(agent);
  }
}

/** Where nothing passes a forwarder any more, or again: its host is gone, or back. */
export function cutThrough(world: WorldState, place: number, isCut: boolean, nowUs: number): void {
  const { ways, places, options, nodeCount } = world;
  options.groups.forEach((_, group) => {
    const end = ways.endBehind(group, place - nodeCount);
    for (let other = 0; other < places.length; other++) {
      if (other === place) continue;
      for (const way of [
        { from: end, to: ways.endOfPlace(other) },
        { from: ways.endOfPlace(other), to: end },
      ]) {
        if (isCut) ways.cut(way, nowUs);
        else ways.mend(way);
      }
    }
  });
}

/** The SYN, or the first datagram, of an attempt is at a balancer that forwards. @returns false where it goes no further. */
export function arrivesAtForwarder(
  world: WorldState,
  agent: number,
  { survivesProcess, noTarget }: Forwarding,
  isDatagram: boolean,
  nowUs: number,
): 'goesOn' | 'refused' | 'silent' {
  const place = world.target[agent]!;
  const { state } = world.places[place]!;
  if (state !== PlaceState.Up && !survivesProcess) return state === PlaceState.Hung ? 'silent' : 'refused';
  if (!forward(world, agent, true, nowUs)) return noTarget === 'reset' ? 'refused' : 'silent';
  const host = world.hosts[place - world.nodeCount]!;
  const onUs = host.latencyUs[world.target[agent]!]!;
  nextStep(world, agent, isDatagram ? Step.Udp : Step.Arrive, nowUs + onUs);
  return 'goesOn';
}
