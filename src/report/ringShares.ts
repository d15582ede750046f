// How much of a ring each server has: the part of all hashes that belong to its points.
import type { Hash, RingView } from '../models/balancer/trace.ts';

const hashes = 2 ** 32;

/** Where a hash stands on a ring of 2^32: of a 64-bit one to the precision of a double. */
export function turn(hash: Hash): number {
  return typeof hash === 'number' ? hash : Number(hash >> 11n) / 2 ** 21;
}

export interface Arc {
  readonly peer: number;
  /** In hashes, from 0 to 2^32; an arc that passes 0 is in two parts. */
  readonly from: number;
  readonly to: number;
}

/** Where the hashes of each point begin and end, in order from 0; neighbours of one owner are one arc. */
export function arcsOf({ positions, owners, rule }: RingView): readonly Arc[] {
  const count = positions.length;
  // The length of one hash.
  const one = positions instanceof Uint32Array ? 1 : 2 ** -32;
  const position = (index: number): number => turn(positions[index]!);
  if (count === 0) return [];
  const arcs: Arc[] = [];
  const add = (peer: number, from: number, to: number): void => {
    if (to <= from) return;
    const last = arcs.at(-1);
    if (last?.peer === peer && last.to === from) arcs[arcs.length - 1] = { ...last, to };
    else arcs.push({ peer, from, to });
  };
  // Up to which hash the point at `index` has them: itself, or half of the way to the next, of which the middle is its own.
  const endOf = (index: number): number => {
    const at = position(index);
    if (rule === 'next') return at + one;
    const next = index + 1 < count ? position(index + 1) : position(0) + hashes;
    return at + Math.floor((next - at) / 2) + 1;
  };
  const last = endOf(count - 1);
  const wraps = last > hashes ? last - hashes : 0;
  const first = owners[0]!;
  const final = owners[count - 1]!;
  if (wraps > 0) add(final, 0, wraps);
  let from = wraps;
  for (let index = 0; index < count; index++) {
    const to = Math.min(hashes, endOf(index));
    add(owners[index]!, from, to);
    from = Math.max(from, to);
  }
  // What is left behind the last point is the first one's.
  add(first, from, hashes);
  return arcs;
}

/** In the order of the peers; those without a point have 0. */
export function sharesOf(
  ring: RingView & { readonly peers: readonly string[] },
): readonly { readonly peer: string; readonly share: number; readonly points: number }[] {
  const lengths = new Float64Array(ring.peers.length);
  for (const { peer, from, to } of arcsOf(ring)) lengths[peer]! += to - from;
  const points = new Float64Array(ring.peers.length);
  for (const owner of ring.owners) points[owner]! += 1;
  return ring.peers.map((peer, index) => ({ peer, share: lengths[index]! / hashes, points: points[index]! }));
}
