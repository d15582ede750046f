// A balancer reads its file anew: new worker processes with fresh memory take new connections, the old ones keep their sessions until
// these end. Measured (nginx 1.22.1): new workers accept within 15 to 70 ms, and until then the old ones do; no connection is
// refused. How old ones end: shutdown.ts.
import { changeServers } from '../balancer/products.ts';
import { newProxy } from '../balancer/proxy.ts';
import { orderNote, type BalancerFault } from '../fault.ts';
import type { PlannedFault } from '../faultPlan.ts';
import { PlaceState } from '../place.ts';
import type { BalancerHost } from './host.ts';
import { scheduleShutdown, shutdownsResumed } from './shutdown.ts';
import { startChecks, stopChecks } from './checks.ts';
import { admitWaiting } from './slots.ts';
import { datagramsReloaded } from './udpBalanced.ts';
import { type WorldState } from './state.ts';

/** A reload, of a changed file or of the same. */
export function reconfigure(world: WorldState, fault: PlannedFault, options: BalancerFault, nowUs: number): void {
  for (const host of world.hosts) {
    if (!fault.balancerIndexes.includes(host.place - world.nodeCount)) continue;
    if (options.kind === 'reload') host.product = options.product ?? host.product;
    else if (options.kind === 'drain' || !changeHost(world, host, fault, options.kind)) continue;
    if (reloadHost(world, host, fault.index, nowUs)) continue;
    // A signal waits for who stands still; he takes what has come in the meantime before new processes have started.
    if (world.places[host.place]!.state === PlaceState.Hung) host.reloadsFor = fault.index;
    else host.proxies = [newProxy(host.options, host.product, world.options, host.luck)];
  }
}

/** Processes go on after they stood still, or are gone: what they were told meanwhile. */
export function reloadResumed(world: WorldState, host: BalancerHost, isGone: boolean, nowUs: number): void {
  const { reloadsFor } = host;
  host.reloadsFor = -1;
  shutdownsResumed(world, host, nowUs);
  if (reloadsFor >= 0 && !isGone) reloadHost(world, host, reloadsFor, nowUs);
}

/**
 * @param fault occurrence that has it reload; -1: none, it is Wazuh's helper.
 * @returns false where there is nobody to read: a master process that is gone or stands still.
 */
export function reloadHost(world: WorldState, host: BalancerHost, fault: number, nowUs: number): boolean {
  if (world.places[host.place]!.state !== PlaceState.Up) return false;
  if (fault >= 0) host.reloadedBy = fault;
  const before = host.proxies.at(-1)!;
  const proxy = newProxy(host.options, host.product, world.options, host.luck, before);
  host.proxies.push(proxy);
  world.probe.processesStarted?.(host.place, nowUs);
  stopChecks(world, host);
  startChecks(world, host, nowUs);
  if (before.shutdownTimeoutUs < Infinity) scheduleShutdown(world, host, before.shutdownTimeoutUs, fault, nowUs);
  admitWaiting(world, host, proxy, nowUs);
  datagramsReloaded(world, host, nowUs);
  return true;
}

/** @returns false where nothing has changed. */
function changeHost(
  world: WorldState,
  host: BalancerHost,
  { placeIndexes }: PlannedFault,
  kind: 'addNode' | 'removeNode',
): boolean {
  let isChanged = false;
  for (const index of placeIndexes) {
    const { nodes } = world.options;
    const { product, note } = changeServers(host.product, kind, nodes[index]!, nodes);
    if (product) {
      host.product = product;
      isChanged = true;
    } else if (note !== null) {
      const said = orderNote(host.options.name, note);
      if (!world.notes.includes(said)) world.notes.push(said);
    }
  }
  return isChanged;
}
