// `hash-type consistent`, its bound on the load, and `random`: choices on the ring.
// Source: HAProxy 2.6.0, src/lb_chash.c, chash_get_server_hash() and chash_server_is_eligible(); src/backend.c, get_server_rnd();
// 3.2.0, `hash-preserve-affinity`.
import { drawBelow } from '../contract.ts';
import type { PassedOver, RingView } from '../trace.ts';
import { atWork, connLimit, fullness, hasRoom, type Farm, type Server } from './farm.ts';
import { emptyRing, insertPoints, nearestPoint, removePoints, ringBase, type Ring } from './ring.ts';
import {
  drew,
  ignore,
  justFailed,
  passedOver,
  took,
  tookFirstBackup,
  type HaproxySession,
  type Method,
} from './session.ts';
import type { HaproxyVersion } from './versions.ts';

/** `source` and `hash` on the ring. */
export function createConsistent(farm: Farm, version: HaproxyVersion): Method {
  const rings = createRings(farm, version);
  return {
    ...rings.changes,
    moved: ignore,
    choose: (session, avoid) => chooseAt(farm, rings, session, farm.usedCount === 1 ? 0 : session.hash, avoid, took),
    home(hash) {
      const ring = rings.whole();
      if (ring.positions.length === 0) return null;
      const point = nearestPoint(ring, hash);
      return { at: ring.positions[point]!, peerIndex: ring.owners[point]! };
    },
    ring: () => viewOf(rings.used()),
  };
}

/** `random(<draws>)`: of several random points the server with the fewest sessions per weight. */
export function createRandom(farm: Farm, version: HaproxyVersion, draws: number): Method {
  const rings = createRings(farm, version);
  return {
    ...rings.changes,
    moved: ignore,
    choose(session, avoid) {
      let best: Server | null = null;
      for (let draw = 0; draw < Math.max(1, draws); draw++) {
        const drawn = chooseAt(farm, rings, session, drawnHash(session), avoid, draws > 1 ? drew : took);
        if (drawn === null) break;
        // A draw that is no busier takes the place of the one before it.
        if (best === null || drawn.served * best.weight <= best.served * drawn.weight) best = drawn;
      }
      if (best !== null && (best.queue.length > 0 || !hasRoom(farm, best))) {
        const full = best;
        passedOver(session, null, best, () => fullness(farm, full));
        return null;
      }
      if (draws > 1 && best !== null) took(session, null, best);
      return best;
    },
    ring: () => viewOf(rings.used()),
  };
}

function drawnHash(session: HaproxySession): number {
  const hash = drawBelow(4_294_967_296, session.luck, session.draws);
  session.draws += 1;
  return hash;
}

interface Rings {
  /** The one that is chosen from. */
  used(): Ring;
  /** That of all servers. */
  whole(): Ring;
  readonly changes: Pick<Method, 'added' | 'removed' | 'reweighted'>;
}

function createRings(farm: Farm, version: HaproxyVersion): Rings {
  const active = emptyRing();
  const backup = emptyRing();
  const bases = farm.servers.map(({ options }) => ringBase(options, version));
  // Points that exist, in the ring or not. For more of them HAProxy takes a server off the ring and puts it back.
  const made = farm.servers.map(({ weight }) => weight);
  const ringOf = (server: Server): Ring => (server.options.backup ? backup : active);
  const grow = (server: Server, before: number): void => {
    const { index, weight } = server;
    const ring = ringOf(server);
    let from = before;
    if (weight > made[index]!) {
      removePoints(ring, index, 0);
      made[index] = weight;
      from = 0;
    }
    insertPoints(ring, index, bases[index]!, from, weight);
  };
  for (const server of farm.servers) if (server.usable) grow(server, 0);
  return {
    used: () => (farm.activeCount > 0 ? active : backup),
    whole() {
      const ring = emptyRing();
      for (const { index, weight } of atWork(farm)) insertPoints(ring, index, bases[index]!, 0, weight);
      return ring;
    },
    changes: {
      added: (server) => grow(server, 0),
      removed: (server) => removePoints(ringOf(server), server.index, 0),
      reweighted(server, before) {
        if (server.weight < before) removePoints(ringOf(server), server.index, server.weight);
        else grow(server, before);
      },
    },
  };
}

function chooseAt(
  farm: Farm,
  rings: Rings,
  session: HaproxySession,
  hash: number,
  avoid: Server | null,
  tell: (session: HaproxySession, at: number, server: Server) => void,
): Server | null {
  if (farm.activeCount === 0 && farm.firstBackup !== null) {
    tookFirstBackup(session, farm.firstBackup);
    return farm.firstBackup;
  }
  const ring = rings.used();
  const { owners, positions } = ring;
  if (owners.length === 0) return null;
  let point = nearestPoint(ring, hash);
  let server = farm.servers[owners[point]!]!;
  let laps = 0;
  while (server === avoid || isPassedOver(farm, server)) {
    const left = server;
    passedOver(session, positions[point]!, left, () => (left === avoid ? justFailed() : whyPassedOver(farm, left)));
    point += 1;
    if (point === owners.length) {
      point = 0;
      laps += 1;
      // Nobody will do: the owner of the last point has it.
      if (laps > 1) break;
    }
    server = farm.servers[owners[point]!]!;
  }
  tell(session, positions[point]!, server);
  return server;
}

function whyPassedOver(farm: Farm, server: Server): PassedOver {
  const bound = farm.options.hashBalanceFactor > 0 ? loadBound(farm, server) : Infinity;
  return server.served >= bound ? { kind: 'overBound', sessions: server.served, limit: bound } : fullness(farm, server);
}

function viewOf({ positions, owners }: Ring): RingView {
  return { positions, owners, rule: 'nearest' };
}

function isPassedOver(farm: Farm, server: Server): boolean {
  const { hashBalanceFactor, hashPreserveAffinity, balance } = farm.options;
  if (hashBalanceFactor > 0 && server.served >= loadBound(farm, server)) return true;
  const { maxConn, maxQueue } = server.options;
  if (hashPreserveAffinity === 'always' || maxConn === 0 || balance.kind === 'random') return false;
  if (hashPreserveAffinity === 'maxconn') return server.served >= connLimit(farm, server);
  return maxQueue > 0 && server.served + server.queue.length >= connLimit(farm, server) + maxQueue;
}

/** Sessions a server may have, the new one among them, by its weight and by what the backend has. */
export function loadBound(farm: Farm, { index, weight }: Server): number {
  const { served, totalWeight, weightBefore } = farm;
  const slots = Math.floor(((served + 1) * farm.options.hashBalanceFactor + 99) / 100);
  const each = Math.floor(slots / totalWeight);
  const rest = slots % totalWeight;
  const before = weightBefore[index]!;
  const share = Math.floor(((before + weight) * rest) / totalWeight) - Math.floor((before * rest) / totalWeight);
  return Math.max(1, weight * each + share);
}
