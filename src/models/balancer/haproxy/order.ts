// Servers in the order of a key; of equals the one that came first.

export interface Order {
  /** Servers that are in it, first one first. */
  readonly members: number[];
  /** Key of each server, NaN: it is not in it. */
  readonly keys: Float64Array;
  insert(server: number, key: number): void;
  remove(server: number): void;
}

export function createOrder(servers: number): Order {
  const members: number[] = [];
  const keys = new Float64Array(servers).fill(NaN);
  return {
    members,
    keys,
    insert(server, key) {
      let at = members.length;
      while (at > 0 && keys[members[at - 1]!]! > key) at -= 1;
      members.splice(at, 0, server);
      keys[server] = key;
    },
    remove(server) {
      const at = members.indexOf(server);
      if (at >= 0) members.splice(at, 1);
      keys[server] = NaN;
    },
  };
}
