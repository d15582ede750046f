// The table of map-based hashes and of `static-rr`. Every change builds it anew, and moves most clients of a hash.
// Source: HAProxy 2.6.0, src/lb_map.c, recalc_server_map(), map_get_server_hash() and map_get_server_rr().
import { atWork, fullness, hasRoom, type Farm, type Server } from './farm.ts';
import { ignore, justFailed, passedOver, took, type Method } from './session.ts';

/** @returns the server in each slot, by its position in the backend. */
export function buildTable({ servers, activeCount, totalWeight }: Farm): Int32Array {
  const backup = activeCount === 0;
  return fill(
    servers.filter((server) => server.usable && server.options.backup === backup),
    totalWeight,
  );
}

function fill(group: readonly Pick<Server, 'index' | 'weight'>[], totalWeight: number): Int32Array {
  const table = new Int32Array(totalWeight);
  const scores = new Float64Array(group.length);
  for (let slot = 0; slot < totalWeight; slot++) {
    let best = 0;
    let highest = -Infinity;
    for (let at = 0; at < group.length && totalWeight > 1; at++) {
      scores[at]! += group[at]!.weight;
      const rounds = Math.trunc((scores[at]! + totalWeight) / totalWeight);
      if (rounds > highest) {
        highest = rounds;
        best = at;
      }
    }
    table[slot] = group[best]!.index;
    scores[best]! -= totalWeight;
  }
  return table;
}

/** `source` and `hash` with a table: whoever has failed, the client's slot stays its slot. */
export function createMapHash(farm: Farm): Method {
  let table = buildTable(farm);
  const rebuild = (): void => void (table = buildTable(farm));
  return {
    added: rebuild,
    removed: rebuild,
    reweighted: rebuild,
    moved: ignore,
    choose(session) {
      const slot = farm.usedCount === 1 ? 0 : session.hash % table.length;
      const server = farm.servers[table[slot]!]!;
      took(session, slot, server);
      return server;
    },
    home(hash) {
      const all = atWork(farm);
      const weight = all.reduce((sum, server) => sum + server.weight, 0);
      if (weight === 0) return null;
      const at = hash % weight;
      return { at, peerIndex: fill(all, weight)[at]! };
    },
  };
}

/** `static-rr`. */
export function createStaticRoundRobin(farm: Farm): Method {
  let table = buildTable(farm);
  let turn = 0;
  const rebuild = (): void => void (table = buildTable(farm));
  return {
    added: rebuild,
    removed: rebuild,
    reweighted: rebuild,
    moved: ignore,
    choose(session, avoid) {
      if (turn >= table.length) turn = 0;
      let avoided: Server | null = null;
      let behindAvoided = 0;
      let next = turn;
      do {
        const slot = next++;
        const server = farm.servers[table[slot]!]!;
        if (hasRoom(farm, server)) {
          if (server !== avoid) {
            turn = next;
            took(session, slot, server);
            return server;
          }
          avoided = server;
          behindAvoided = next;
          passedOver(session, slot, server, justFailed);
        } else passedOver(session, slot, server, () => fullness(farm, server));
        if (next === table.length) next = 0;
      } while (next !== turn);
      if (avoided !== null) {
        turn = behindAvoided;
        took(session, behindAvoided - 1, avoided);
      }
      return avoided;
    },
  };
}
