// Who lands where, counted: clients by server, how evenly, and who is elsewhere after a change.

/** What is known of a peer of a balancer. */
export interface AssignedServer {
  readonly label: string;
  readonly weight: number;
  /** It gets connections while everything works. */
  readonly takesPart: boolean;
}

export interface ServerShare {
  readonly server: string;
  /** Of all peers of this name. */
  readonly weight: number;
  readonly clients: number;
  /** Of all clients. */
  readonly share: number;
  /** By weight, among those that take part. */
  readonly ideal: number;
}

export interface Assigned {
  readonly servers: readonly ServerShare[];
  /** Clients for whom nothing was usable. */
  readonly nowhere: number;
  /** Largest over mean number of clients, over servers that take part; `null`: nobody is anywhere. */
  readonly skew: number | null;
  /** Largest share over ideal; `null`: nobody is anywhere. */
  readonly skewByWeight: number | null;
}

/** @param peers index into `servers` of each client, -1: nowhere. */
export function assigned(servers: readonly AssignedServer[], peers: Int32Array): Assigned {
  const counts = new Float64Array(servers.length);
  let nowhere = 0;
  for (const peer of peers) {
    if (peer < 0) nowhere += 1;
    else counts[peer]! += 1;
  }
  const taking = servers.reduce((sum, { weight, takesPart }) => (takesPart ? sum + weight : sum), 0);
  const rows = labelsOf(servers).map((server): ServerShare => {
    const mine = servers.flatMap((one, index) => (one.label === server ? [index] : []));
    const clients = mine.reduce((sum, index) => sum + counts[index]!, 0);
    const weight = mine.reduce((sum, index) => sum + servers[index]!.weight, 0);
    const active = mine.reduce((sum, index) => (servers[index]!.takesPart ? sum + servers[index]!.weight : sum), 0);
    return {
      server,
      weight,
      clients,
      share: peers.length === 0 ? 0 : clients / peers.length,
      ideal: taking === 0 ? 0 : active / taking,
    };
  });
  const active = rows.filter(({ ideal }) => ideal > 0);
  const there = active.reduce((sum, { clients }) => sum + clients, 0);
  const isAnybody = there > 0;
  return {
    servers: rows,
    nowhere,
    skew: isAnybody ? Math.max(...active.map(({ clients }) => clients)) / (there / active.length) : null,
    skewByWeight: isAnybody ? Math.max(...active.map(({ clients, ideal }) => clients / there / ideal)) : null,
  };
}

export interface Moved {
  readonly clients: number;
  readonly share: number;
  /** From where to where, by the order of the servers before and after; `null`: nowhere. Who stays is not in it. */
  readonly matrix: readonly { readonly from: string | null; readonly to: string | null; readonly clients: number }[];
}

/** Clients whose server has another name after a change. */
export function moved(
  before: { readonly servers: readonly AssignedServer[]; readonly peers: Int32Array },
  after: { readonly servers: readonly AssignedServer[]; readonly peers: Int32Array },
): Moved {
  const names = [...new Set([...labelsOf(before.servers), ...labelsOf(after.servers)])];
  const place = (servers: readonly AssignedServer[]): number[] => servers.map(({ label }) => names.indexOf(label));
  const [from, to] = [place(before.servers), place(after.servers)];
  const size = names.length + 1;
  const counts = new Float64Array(size * size);
  let clients = 0;
  before.peers.forEach((peer, index) => {
    const a = from[peer] ?? names.length;
    const b = to[after.peers[index]!] ?? names.length;
    if (a === b) return;
    clients += 1;
    counts[a * size + b]! += 1;
  });
  const matrix = Array.from(counts, (count, cell) => ({
    from: names[Math.floor(cell / size)] ?? null,
    to: names[cell % size] ?? null,
    clients: count,
  })).filter((cell) => cell.clients > 0);
  return { clients, share: before.peers.length === 0 ? 0 : clients / before.peers.length, matrix };
}

function labelsOf(servers: readonly AssignedServer[]): readonly string[] {
  return [...new Set(servers.map(({ label }) => label))];
}
