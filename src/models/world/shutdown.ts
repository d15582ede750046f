// Worker processes that a reload has made old end after a while, and with them the sessions they kept. Measured (nginx 1.22.1,
// worker_shutdown_timeout 5s): all 20 sessions were closed 5.0 to 5.2 s after the reload, each with FIN. The time is that of the old
// configuration. nginx 1.22.1, src/core/ngx_cycle.c, ngx_set_shutdown_timer() and ngx_shutdown_timer_handler().
// Not modelled: a session whose agent has left unheard stays until proxy_timeout (its source port, and its key at the node).
import { PlaceState } from '../place.ts';
import { leavesForHelper } from './haproxyHelper.ts';
import { endChained } from './chain.ts';
import type { BalancerHost } from './host.ts';
import { hears } from './orders.ts';
import { reviewSession } from './path.ts';
import { EventKind, State, Step, Wait, timersPerAgent, Timer } from './kinds.ts';
import { addPlaceEvent, latencyTo, nextStep } from './state.ts';
import type { WorldState } from './state.ts';
import { abandonSession, closeSession, sessionOf } from './throughBalancer.ts';

/** Old processes that are to end. */
export interface Shutdown {
  readonly host: BalancerHost;
  /** Of the balancer's host: processes of another life are gone already. */
  readonly life: number;
  /** Index in the host's processes. */
  readonly generation: number;
  /** Occurrence of the reload; -1: it was Wazuh's helper. */
  readonly fault: number;
  /** Its time came while the processes stood still. */
  isDue: boolean;
}

/** The processes before the last ones have `timeoutUs` to go. */
export function scheduleShutdown(
  world: WorldState,
  host: BalancerHost,
  timeoutUs: number,
  fault: number,
  nowUs: number,
): void {
  const { life } = world.places[host.place]!;
  world.shutdowns.push({ host, life, generation: host.proxies.length - 2, fault, isDue: false });
  world.faultsUnderWay += 1;
  addPlaceEvent(world, EventKind.Shutdown, world.shutdowns.length - 1, nowUs + timeoutUs);
}

export function shutdownDue(world: WorldState, index: number, nowUs: number): void {
  const shutdown = world.shutdowns[index]!;
  const { host, life, generation, fault } = shutdown;
  const place = world.places[host.place]!;
  // Processes that stand still look at their clock when they go on.
  shutdown.isDue = place.life === life && place.state === PlaceState.Hung;
  if (shutdown.isDue) return;
  world.faultsUnderWay -= 1;
  if (place.life !== life) return;
  const cause = world.cause;
  world.cause = fault;
  world.lastChangeUs = nowUs;
  for (let agent = 0; agent < world.agents; agent++) {
    if (world.target[agent] !== host.place || world.generation[agent] !== generation) continue;
    if (world.sessions.has(agent)) endAttempt(world, agent, nowUs);
    else if (hasSession(world, agent) && world.balancerLife[agent] === life) {
      if (fault < 0 && hears(world, agent)) leavesForHelper(world, agent, true, nowUs);
      sayGoodbye(world, agent, nowUs);
    }
  }
  // Connections to another proxy behind it, each its first leg's: FIN to both.
  const old = host.proxies[generation]!;
  const isChained = (agent: number): boolean => {
    const flow = world.flows.get(agent)!;
    return flow.proxy === old && !flow.datagrams && old.forwarding === null;
  };
  for (const agent of [...host.flows].filter(isChained).sort((a, b) => a - b)) endChained(world, agent, nowUs);
  if (fault < 0) world.cause = cause;
}

/** Processes go on after they stood still, or are gone. */
export function shutdownsResumed(world: WorldState, host: BalancerHost, nowUs: number): void {
  world.shutdowns.forEach((shutdown, index) => {
    if (shutdown.host === host && shutdown.isDue) shutdownDue(world, index, nowUs);
  });
}

export function hasSession(world: WorldState, agent: number): boolean {
  const state = world.state[agent]!;
  const isOn = state === State.Connected || state === State.Frozen || state === State.Waking || state === State.Stale;
  return isOn && world.node[agent]! >= 0 && world.viaBalancer[agent] === 1;
}

/** The balancer closes a session: to the agent and to its node it is as if the whole balancer had ended. */
export function sayGoodbye(world: WorldState, agent: number, nowUs: number): void {
  const session = sessionOf(world, agent);
  world.balancerLife[agent] = -1;
  closeSession(world, session, nowUs);
  reviewSession(world, agent, nowUs);
}

/** An attempt on its way through a balancer ends with FIN, too. */
export function endAttempt(world: WorldState, agent: number, nowUs: number): void {
  abandonSession(world, agent, nowUs);
  world.queue.cancel(agent * timersPerAgent + Timer.Path);
  world.wait[agent] = Wait.None;
  nextStep(world, agent, Step.Fail, nowUs + latencyTo(world, agent, world.target[agent]!));
}
