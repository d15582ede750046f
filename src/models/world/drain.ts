// Nodes that balancers are told to give no new sessions; those they have stay. What a balancer has been told it forgets with its
// processes (HAProxy keeps it in a state file only where one is set up).
import { canDrain } from '../balancer/products.ts';
import type { PlannedFault } from '../faultPlan.ts';
import { PlaceState } from '../place.ts';
import { wakeChecks } from './checks.ts';
import type { BalancerHost } from './host.ts';
import { hearNews } from './news.ts';
import { EventKind } from './kinds.ts';
import { addPlaceEvent, type WorldState } from './state.ts';

/** Balancers that a fault drains nodes at. */
function hostsOf(world: WorldState, { balancerIndexes }: PlannedFault): readonly BalancerHost[] {
  return world.hosts.filter(({ product }, index) => balancerIndexes.includes(index) && canDrain(product));
}

/** A rolling restart drains each node before it stops. */
export function scheduleDrain(world: WorldState, fault: PlannedFault): void {
  const { options, startUs, index } = fault;
  if (options.kind !== 'rolling' || options.drainUs === 0 || hostsOf(world, fault).length === 0) return;
  addPlaceEvent(world, EventKind.Drain, index, Math.max(-world.options.warmupUs, startUs - options.drainUs));
}

export function setDrain(world: WorldState, fault: PlannedFault, state: 'drain' | 'ready', nowUs: number): void {
  for (const host of hostsOf(world, fault)) {
    // Nobody hears it where no process runs.
    if (world.places[host.place]!.state !== PlaceState.Up) continue;
    for (const { balancer, targets } of host.proxies.at(-1)!.pools) {
      targets.forEach(({ nodeIndex }, peer) => {
        if (fault.placeIndexes.includes(nodeIndex)) balancer.admin?.setState(peer, state, nowUs + host.phaseUs);
      });
    }
    wakeChecks(world, host, nowUs);
    hearNews(world, host, nowUs);
  }
}
