// `first`: the server with the smallest id that has room.
// Source: HAProxy 2.6.0, src/lb_fas.c, fas_get_next_server().
import { fullness, hasRoom, type Farm, type Server } from './farm.ts';
import { ignore, justFailed, passedOver, took, tookFirstBackup, type Method } from './session.ts';

export function createFirst(farm: Farm): Method {
  const byId = [...farm.servers].sort((a, b) => a.options.id - b.options.id);
  return {
    added: ignore,
    removed: ignore,
    reweighted: ignore,
    moved: ignore,
    choose(session, avoid) {
      if (farm.activeCount === 0 && farm.firstBackup !== null) {
        tookFirstBackup(session, farm.firstBackup);
        return farm.firstBackup;
      }
      const backup = farm.activeCount === 0;
      let avoided: Server | null = null;
      for (const server of byId) {
        if (!server.usable || server.options.backup !== backup) continue;
        if (!hasRoom(farm, server)) {
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
