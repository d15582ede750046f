// An address that moves between balancers: who has it, and what its move does to connections. docs/MODEL.md, "An address that moves".
import type { VipOptions } from '../balancer/vip/options.ts';
import { PlaceState } from '../place.ts';
import { reviewAttempt } from './attempts.ts';
import { loseFlow } from './flows.ts';
import type { BalancerHost } from './host.ts';
import { Forgotten } from './legs.ts';
import { EventKind, State, Wait } from './kinds.ts';
import { addPlaceEvent, hostOf, isBalancer, type WorldState } from './state.ts';

/** Who has a moving address. */
export interface Vip {
  readonly options: VipOptions;
  /** Places of those that may have it. */
  readonly members: readonly number[];
  /** Which of them has it. */
  owner: number;
  /** Its move, -1: none is to come. */
  handle: number;
}

export function newVip(options: VipOptions, nodeCount: number): Vip {
  return { options, members: options.of.map((index) => nodeCount + index), owner: 0, handle: -1 };
}

/** Where a connection to the address leads now, and to which listener there. */
export function ownerOf({ options, members, owner }: Vip, listener: number): { place: number; listener: number } {
  return { place: members[owner]!, listener: options.listeners[listener]!.listenerOf[owner]! };
}

function mayHaveIt(world: WorldState, { options, members }: Vip, member: number): boolean {
  const { state } = world.places[members[member]!]!;
  if (options.follows === 'host') return state !== PlaceState.Silent;
  return state === PlaceState.Up || state === PlaceState.Hung;
}

/** Who is to have it, as things are. */
function heir(world: WorldState, vip: Vip): number {
  const { options, members, owner } = vip;
  if (!options.returns && mayHaveIt(world, vip, owner)) return owner;
  const first = members.findIndex((_, member) => mayHaveIt(world, vip, member));
  return first < 0 ? owner : first;
}

/** A balancer has changed: addresses may be about to move. */
export function reviewVips(world: WorldState, place: number, nowUs: number): void {
  world.hosts.forEach((host, index) => {
    const { vip } = host;
    if (!vip?.members.includes(place)) return;
    const moves = heir(world, vip) !== vip.owner;
    if (moves === vip.handle >= 0) return;
    if (moves) vip.handle = addPlaceEvent(world, EventKind.Takeover, index, nowUs + vip.options.takeoverUs);
    else {
      world.queue.remove(vip.handle);
      vip.handle = -1;
    }
  });
}

/** The address has moved: packets of connections to its last owner come to one that does not know them. */
export function takeover(world: WorldState, index: number, nowUs: number): void {
  const host: BalancerHost = world.hosts[index]!;
  const vip = host.vip!;
  const before = vip.members[vip.owner]!;
  vip.handle = -1;
  vip.owner = heir(world, vip);
  world.lastChangeUs = nowUs;
  for (let agent = 0; agent < world.agents; agent++) {
    if (world.address[agent] !== host.place) continue;
    if (world.through[agent] !== before && world.target[agent] !== before) continue;
    const state = world.state[agent]!;
    const isAttempt = state === State.Trying || state === State.Pinging || state === State.Enrolling;
    if (!isAttempt) {
      if (world.node[agent]! >= 0) loseFlow(world, agent, Forgotten.Reset, nowUs);
    } else if (world.wait[agent] === Wait.Syn) {
      const { place, listener } = ownerOf(vip, world.vipListener[agent]!);
      world.target[agent] = place;
      world.through[agent] = -1;
      world.listener[agent] = listener;
      reviewAttempt(world, agent, nowUs);
    }
  }
}

/** A connection to an endpoint goes to whoever has the address. */
export function resolveVip(world: WorldState, agent: number): void {
  world.address[agent] = -1;
  if (!isBalancer(world, world.target[agent]!)) return;
  const { vip, place } = hostOf(world, agent);
  if (vip === null) return;
  world.address[agent] = place;
  world.vipListener[agent] = world.listener[agent]!;
  const owner = ownerOf(vip, world.listener[agent]!);
  world.target[agent] = owner.place;
  world.listener[agent] = owner.listener;
}
