// The node's end of a session through the balancer that the agent has left unheard: to the balancer the session goes on, and so it does
// to the node, as long as the two hear each other. docs/MODEL.md, "A path that is cut, or forgotten".
import { PlaceState } from '../place.ts';
import { answeredUs, keepaliveEndUs, probeUs, type TcpKeepalive } from '../tcp.ts';
import { Forgotten, Leg, isCutBack, isCutThere, keepaliveOf, legLatencyUs } from './legs.ts';
import { Broken } from './kinds.ts';
import type { WorldState } from './state.ts';

export interface NodeEnd {
  readonly keepalive: TcpKeepalive;
  readonly latencyUs: number;
  /** Last byte, or answer of the balancer's kernel to a probe, that had come when the way was last cut. */
  heardUs: number;
  /** The way is open since then; Infinity: it is cut. */
  openUs: number;
  isForgotten: boolean;
  /** The node closes it then, as things are; Infinity: it lives as long as the session. */
  untilUs: number;
}

/** The node's end of the session that an agent leaves now. */
export function nodeEndOf(world: WorldState, agent: number, nowUs: number): NodeEnd {
  const { legs } = world;
  const at = 2 * agent + Leg.Back;
  const latencyUs = legLatencyUs(world, agent, Leg.Back);
  const keepalive = keepaliveOf(world, agent, Leg.Back);
  const state = legs.state[at]!;
  const isOpen = !isCutThere(world, agent, Leg.Back) && !isCutBack(world, agent, Leg.Back);
  const end: NodeEnd = { keepalive, latencyUs, heardUs: 0, openUs: Infinity, isForgotten: false, untilUs: Infinity };
  if (state === Broken.Silent || state === Broken.Deaf) {
    end.heardUs = legs.byteUs[at]!;
    end.openUs = isOpen ? legs.openUs[at]! : Infinity;
    if (!Number.isNaN(legs.goneUs[at])) end.untilUs = -Infinity;
    else if (end.heardUs < Infinity) end.untilUs = closesUs(end, isOpen ? end.openUs : Infinity);
    return end;
  }
  if (state === Broken.Dead || legs.forgotten[at] !== Forgotten.No) end.untilUs = -Infinity;
  const frontUs = legLatencyUs(world, agent, Leg.Front);
  const readUs = legs.readUs[2 * agent]! < Infinity ? legs.readUs[2 * agent]! : legs.firstUs[2 * agent]! + frontUs;
  end.heardUs = Math.min(nowUs, Math.max(readUs, world.ackUs[agent]! - frontUs) + latencyUs);
  end.openUs = -Infinity;
  return end;
}

/** @param openUs since when probes are answered. */
function closesUs({ heardUs, keepalive }: NodeEnd, openUs: number): number {
  const asked = openUs < Infinity && probeUs(heardUs, openUs, keepalive) < Infinity;
  return asked ? Infinity : keepaliveEndUs(heardUs, keepalive);
}

/** A way or a place has changed. @param balancer place of the one that goes on with the session. */
export function reviewNodeEnd(world: WorldState, end: NodeEnd, balancer: number, node: number, nowUs: number): void {
  if (end.isForgotten || end.untilUs <= nowUs) return;
  const { ways, places } = world;
  const [near, far] = [ways.endOfPlace(balancer), ways.endOfPlace(node)];
  const isOpen = places[node]!.state !== PlaceState.Silent && !ways.isCut(near, far) && !ways.isCut(far, near);
  if (isOpen === end.openUs < Infinity) return;
  if (isOpen) {
    // One that has repeated an answer in vain is heard with that.
    if (end.heardUs === Infinity) end.heardUs = nowUs;
    end.openUs = nowUs;
    end.untilUs = closesUs(end, nowUs);
    return;
  }
  end.heardUs = answeredUs(end.heardUs, end.openUs, nowUs, end.keepalive);
  end.openUs = Infinity;
  end.untilUs = closesUs(end, Infinity);
}

/** A box between the balancer and the node forgets the connection: the node asks, and hears that it is gone, or nothing. */
export function forgetNodeEnd(end: NodeEnd, answer: number, nowUs: number): void {
  if (end.isForgotten || end.untilUs <= nowUs) return;
  if (end.openUs < Infinity) end.heardUs = answeredUs(end.heardUs, end.openUs, nowUs, end.keepalive);
  end.isForgotten = true;
  end.openUs = Infinity;
  end.untilUs =
    answer === Forgotten.Reset
      ? probeUs(end.heardUs, nowUs, end.keepalive)
      : keepaliveEndUs(end.heardUs, end.keepalive);
}
