// A proxy behind a proxy. Once the first has its connection with the second it is, to the agent, a place that packets pass on their way
// to the second: one leg instead of two. docs/MODEL.md, "One balancer behind another".
import { PlaceState } from '../place.ts';
import type { BalancerHost } from './host.ts';
import { endAttempt, hasSession, sayGoodbye } from './shutdown.ts';
import { Step, Wait } from './kinds.ts';
import { hostOf, nextStep, proxyOf, type WorldState } from './state.ts';
import { armAttemptTimeout } from './waits.ts';

/** The first proxy has connected the second, which gets the client of the first. */
export function goBehind(world: WorldState, agent: number, nowUs: number): void {
  const session = world.sessions.get(agent)!;
  const host = hostOf(world, agent);
  const proxy = proxyOf(world, agent);
  const listener = world.listener[agent]!;
  const target = proxy.listeners[listener]!.targets[session.peerIndex]!;
  const { life } = world.places[host.place]!;
  world.sessions.delete(agent);
  world.flows.set(agent, { host, proxy, listener, session, peer: session.peerIndex, life });
  host.flows.add(agent);
  world.through[agent] = host.place;
  world.target[agent] = target.place;
  world.listener[agent] = target.listener;
  world.peerNode[agent] = -1;
  world.balancerLife[agent] = world.nodeLife[agent]!;
  world.wait[agent] = Wait.Queue;
  armAttemptTimeout(world, agent);
  if (world.places[target.place]!.state === PlaceState.Hung) return;
  nextStep(world, agent, Step.Accept, nowUs + host.latencyUs[target.place]!);
}

/** True where one of its peers is another balancer. */
export function isInFront({ proxies }: BalancerHost, nodeCount: number): boolean {
  return proxies.some(({ listeners }) =>
    listeners.some(({ targets }) => targets.some(({ place }) => place >= nodeCount)),
  );
}

/** The first of two proxies closes a connection, or its process ends: FIN to the agent, and one to the second. */
export function endChained(world: WorldState, agent: number, nowUs: number): void {
  if (hasSession(world, agent)) sayGoodbye(world, agent, nowUs);
  else endAttempt(world, agent, nowUs);
}
