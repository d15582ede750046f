// `leastconn`: the fewest sessions per weight; of equals the one that has been so for longest.
// Source: HAProxy 2.6.0, src/lb_fwlc.c, fwlc_srv_reposition() and fwlc_get_next_server(); unchanged up to 3.1. From 3.2 on equals are
// taken at random there (src/lb_fwlc.c, FWLC_LISTS_NB), which is not modelled.
import { connLimit, fullness, weightMax, type Farm, type Server } from './farm.ts';
import { justFailed, passedOver, took, tookFirstBackup, type Method } from './session.ts';
import { createOrder } from './order.ts';

export function createLeastConn(farm: Farm): Method {
  const active = createOrder(farm.servers.length);
  const backup = createOrder(farm.servers.length);
  const orderOf = (server: Server): typeof active => (server.options.backup ? backup : active);
  const added = (server: Server): void => orderOf(server).insert(server.index, loadKey(server));
  for (const server of farm.servers) if (server.usable) added(server);
  return {
    added,
    removed: (server) => orderOf(server).remove(server.index),
    reweighted(server) {
      orderOf(server).remove(server.index);
      added(server);
    },
    moved(server) {
      const order = orderOf(server);
      const key = loadKey(server);
      if (!server.usable || order.keys[server.index] === key) return;
      order.remove(server.index);
      order.insert(server.index, key);
    },
    choose(session, avoid) {
      if (farm.activeCount === 0 && farm.firstBackup !== null) {
        tookFirstBackup(session, farm.firstBackup);
        return farm.firstBackup;
      }
      let avoided: Server | null = null;
      for (const index of (farm.activeCount > 0 ? active : backup).members) {
        const server = farm.servers[index]!;
        if (isSaturated(farm, server)) {
          passedOver(session, null, server, () => fullness(farm, server));
          continue;
        }
        if (server !== avoid) {
          took(session, null, server);
          return server;
        }
        avoided = server;
        passedOver(session, null, server, justFailed);
      }
      if (avoided !== null) took(session, null, avoided);
      return avoided;
    },
  };
}

/** A server without sessions comes before all others, whatever its weight. */
function loadKey({ served, queue, weight }: Server): number {
  const sessions = served + queue.length;
  return sessions === 0 ? 0 : Math.floor((((sessions + 1) * weightMax) >>> 0) / weight);
}

function isSaturated(farm: Farm, server: Server): boolean {
  const { maxConn, maxQueue } = server.options;
  return maxConn > 0 && server.served + server.queue.length >= connLimit(farm, server) + maxQueue;
}
