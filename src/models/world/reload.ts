// nginx reads its file anew: new worker processes with fresh memory take new connections, the old ones keep their sessions until
// these end. Measured (nginx 1.22.1): new workers accept within 15 to 70 ms, and until then the old ones do; no connection is
// refused. Not modelled: worker_shutdown_timeout, which would close the old sessions (refused at reading where there is a reload).
import { addServer, removeServer, type ServerChange } from '../balancer/nginx/servers.ts';
import { newProxy } from '../balancer/proxy.ts';
import type { BalancerFault } from '../fault.ts';
import type { PlannedFault } from '../faultPlan.ts';
import { PlaceState } from '../place.ts';
import type { WorldState } from './state.ts';

/** A reload, of a changed file or of the same. */
export function reconfigure(world: WorldState, { placeIndexes }: PlannedFault, options: BalancerFault): void {
  if (options.kind === 'reload') {
    if (options.nginx) world.nginx = options.nginx;
  } else {
    let isChanged = false;
    for (const index of placeIndexes) {
      const node = world.options.nodes[index]!;
      const edit = options.kind === 'addNode' ? addServer : removeServer;
      const { nginx, note }: ServerChange = edit(world.nginx!, node, world.options.nodes);
      if (nginx) {
        world.nginx = nginx;
        isChanged = true;
      } else if (note !== null && !world.notes.includes(note)) {
        world.notes.push(note);
      }
    }
    if (!isChanged) return;
  }
  // A master process that is not there, or stands still, reads nothing; the file is what the next one starts with.
  if (world.places[world.balancerPlace]!.state !== PlaceState.Up) return;
  world.proxies.push(
    newProxy({ ...world.options.balancer!, nginx: world.nginx! }, world.options.nodes, world.proxies.at(-1)),
  );
}
