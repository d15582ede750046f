// The table of map-based hashes and of `static-rr`. Every change builds it anew, and moves most clients of a hash.
// Source: HAProxy 2.6.0, src/lb_map.c, recalc_server_map(), map_get_server_hash() and map_get_server_rr().
import { hasRoom, type Farm, type Server } from './farm.ts';
import { ignore, type Method } from './session.ts';

/** @returns the server in each slot, by its position in the backend. */
export function buildTable({ servers, activeCount, totalWeight }: Farm): Int32Array {
  const table = new Int32Array(totalWeight);
  const backup = activeCount === 0;
  const group = servers.filter((server) => server.usable && server.options.backup === backup);
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
    choose: ({ hash }) => farm.servers[table[farm.usedCount === 1 ? 0 : hash % table.length]!]!,
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
    choose(_, avoid) {
      if (turn >= table.length) turn = 0;
      let avoided: Server | null = null;
      let behindAvoided = 0;
      let next = turn;
      do {
        const server = farm.servers[table[next++]!]!;
        if (hasRoom(farm, server)) {
          if (server !== avoid) {
            turn = next;
            return server;
          }
          avoided = server;
          behindAvoided = next;
        }
        if (next === table.length) next = 0;
      } while (next !== turn);
      if (avoided !== null) turn = behindAvoided;
      return avoided;
    },
  };
}
