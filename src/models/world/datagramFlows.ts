// UDP through a balancer that forwards: a flow is a line in a table, and when the line goes the next datagram makes another one, at
// another target perhaps, without the agent's knowledge. docs/MODEL.md, "Balancers that forward".
import type { BalancerSession } from '../balancer/contract.ts';
import { clientOf } from './flows.ts';
import { reviewSession } from './path.ts';
import { State } from './kinds.ts';
import type { WorldState } from './state.ts';
import { moveTo } from './udpBalanced.ts';

/** A method that has no other answer (a hash of the address, one target) keeps the old target. */
const mostDraws = 64;

/**
 * The flow of an agent's datagrams is forgotten: those that follow go to the target that is chosen now.
 * @param isGone the target it had gets no more of them; else it may be chosen again.
 */
export function chooseAnew(world: WorldState, agent: number, nowUs: number, isGone = true): void {
  const flow = world.flows.get(agent);
  if (!flow || world.state[agent] !== State.Connected) return;
  const { host, listener: index } = flow;
  const proxy = host.proxies.at(-1)!;
  const { balancer, targets } = proxy.listeners[index]!;
  const clockUs = nowUs + host.phaseUs;
  // Its socket is the same.
  if (!isGone && proxy.forwarding?.hashesDatagrams === true) world.connects[agent]! -= 1;
  flow.proxy.listeners[index]!.balancer.closed(flow.session, clockUs);
  const draw = (): { readonly session: BalancerSession; readonly peer: number } => {
    const through = world.through[agent]!;
    world.through[agent] = -1; // nothing stands before the balancer
    const { client, worker } = clientOf(world, agent, proxy.workers);
    world.through[agent] = through;
    const session = balancer.open(client, worker);
    return { session, peer: balancer.next(session, clockUs) };
  };
  let { session, peer } = draw();
  // The rules of a Service have the old target for a moment longer, and flows are made anew behind it.
  for (let tries = 0; isGone && peer === flow.peer && tries < mostDraws; tries++) {
    balancer.closed(session, clockUs);
    ({ session, peer } = draw());
  }
  if (peer < 0) {
    // Nobody is left: they go where they went.
    world.books.noPeer += 1;
    balancer.closed(session, clockUs);
    return;
  }
  balancer.connected(session, clockUs);
  const { place } = targets[peer]!;
  const { life } = world.places[host.place]!;
  world.flows.set(agent, { host, proxy, listener: index, session, peer, life });
  world.target[agent] = place;
  if (place === world.node[agent]) return;
  moveTo(world, agent, place, nowUs);
  reviewSession(world, agent, nowUs);
}
