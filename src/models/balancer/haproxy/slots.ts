// Slots of servers, and the sessions that wait for one.
// Source: HAProxy 2.6.0, src/stream.c, sess_change_server(); src/queue.c, process_srv_queue(), pendconn_process_next_strm(),
// pendconn_redistribute() and pendconn_grab_from_px(); include/haproxy/queue.h, may_dequeue_tasks().
import { connLimit, type Farm, type Server } from './farm.ts';
import type { HaproxySession, Method } from './session.ts';

export interface Slots {
  take(session: HaproxySession, server: Server): void;
  /** The session's slot, if it has one, becomes free, and the next one in line gets it. */
  giveBack(session: HaproxySession): void;
  /** A slot of which only the server is known. */
  giveBackOf(server: Server): void;
  wait(session: HaproxySession, queue: HaproxySession[]): void;
  leaveQueue(session: HaproxySession): void;
  /** The server is not usable any more: who waits for it chooses anew, if the backend redispatches. */
  redistribute(server: Server): void;
  /** The server has become usable: who waits for any server gets its slots. */
  offer(server: Server): void;
}

/** @param freed is told of each session that waits no longer. */
export function createSlots(farm: Farm, method: Method, freed: (session: HaproxySession) => void): Slots {
  const count = (session: HaproxySession, server: Server): void => {
    session.server = server;
    session.assigned = true;
    session.slot = server;
    server.served += 1;
    farm.served += 1;
  };
  const leaveQueue = (session: HaproxySession): void => {
    const { queue } = session;
    if (queue === null) return;
    queue.splice(queue.indexOf(session), 1);
    session.queue = null;
  };
  const free = (session: HaproxySession): void => {
    leaveQueue(session);
    freed(session);
  };

  /** May it take sessions that wait for any server? */
  const servesAll = (server: Server): boolean => {
    if (!server.usable) return false;
    if (!server.options.backup) return true;
    return farm.activeCount === 0 && (server === farm.firstBackup || farm.options.allBackups);
  };
  const processQueues = (server: Server): void => {
    const own = server.queue;
    const all = servesAll(server) ? farm.queue : [];
    let done = false;
    while (server.options.maxConn > 0 && server.served < connLimit(farm, server)) {
      const first = own[0];
      const other = all[0];
      const session = first && (!other || first.queuedAtMs <= other.queuedAtMs) ? first : other;
      if (!session) break;
      leaveQueue(session);
      count(session, server);
      freed(session);
      done = true;
    }
    if (done) method.moved(server);
  };
  const giveBackOf = (server: Server): void => {
    server.served -= 1;
    farm.served -= 1;
    method.moved(server);
    processQueues(server);
  };

  return {
    take(session, server) {
      count(session, server);
      method.moved(server);
    },
    giveBack(session) {
      const { slot } = session;
      session.slot = null;
      if (slot !== null) giveBackOf(slot);
    },
    giveBackOf,
    wait(session, queue) {
      session.queue = queue;
      session.queuedAtMs = Math.floor(farm.nowUs / 1000);
      queue.push(session);
    },
    leaveQueue,
    redistribute(server) {
      if (farm.options.redispatchAfter === 0) return;
      for (const session of [...server.queue]) {
        session.assigned = false;
        free(session);
      }
    },
    offer(server) {
      if (!servesAll(server)) return;
      const { maxConn } = server.options;
      let done = false;
      while (farm.queue.length > 0 && (maxConn === 0 || server.served < connLimit(farm, server))) {
        const session = farm.queue[0]!;
        leaveQueue(session);
        count(session, server);
        freed(session);
        done = true;
      }
      if (done) method.moved(server);
    },
  };
}
