// How a ring divides all addresses among its servers: a server has as much of it as lies at its points. nginx has 160 points for a weight
// of 1, HAProxy 16. nginx 1.22.1, ngx_stream_upstream_hash_module.c; HAProxy 2.6.0, src/lb_chash.c.
import { formatShare } from '../../kernel/units.ts';
import { emptyRing, insertPoints, ringBase } from '../../models/balancer/haproxy/ring.ts';
import type { HaproxyBackendOptions, HaproxyOptions } from '../../models/balancer/haproxy/options.ts';
import { buildRing, pointsPerWeight } from '../../models/balancer/nginx/hashConsistent.ts';
import type { NginxPeerOptions } from '../../models/balancer/nginx/options.ts';
import { haproxyOf, nginxOf } from './products.ts';
import type { Finding, Rule } from './rule.ts';
import { eventsWays, type EventsWay } from './ways.ts';

export const unevenRing: Rule = {
  name: 'uneven-ring',
  find: (input) => eventsWays(input).flatMap(findingOf),
};

/** Ours: a tenth more than its part. */
const uneven = 1.1;
const wholeRing = 2 ** 32;
// HAProxy 2.6.0, include/haproxy/defaults.h, BE_WEIGHT_SCALE; include/haproxy/server-t.h, SRV_UWGHT_MAX.
const haproxyPoints = 16;
const mostWeight = 256;

/** Part of the whole ring of each server, and what its weight asks for. */
interface Parts {
  readonly names: readonly string[];
  readonly shares: readonly number[];
  readonly wanted: readonly number[];
}

function findingOf(way: EventsWay): Finding[] {
  return [...ofNginx(way), ...ofHaproxy(way)];
}

function ofNginx(way: EventsWay): Finding[] {
  return (nginxOf(way)?.behind ?? []).flatMap(({ upstream: { method, peers } }) => {
    if (method.kind !== 'hashConsistent') return [];
    const points = `${pointsPerWeight} points on the ring for a weight of 1`;
    return judge(way, nginxParts(peers, 1), points, () => ({ factor: 10, parts: nginxParts(peers, 10) }), 'hash');
  });
}

function ofHaproxy(way: EventsWay): Finding[] {
  const found = haproxyOf(way);
  if (found === null) return [];
  const { haproxy, backend } = found;
  const { balance, hashType, servers } = backend;
  const onRing = (balance.kind === 'source' || balance.kind === 'hash') && hashType.table === 'consistent';
  if (!onRing && balance.kind !== 'random') return [];
  const points = `${haproxyPoints} points on the ring for a weight of 1`;
  const factor = Math.min(100, Math.floor(mostWeight / Math.max(1, ...servers.map(({ weight }) => weight))));
  const better = () => ({ factor, parts: haproxyParts(haproxy, backend, factor) });
  return judge(way, haproxyParts(haproxy, backend, 1), points, better, 'balance');
}

function judge(
  way: EventsWay,
  parts: Parts,
  points: string,
  better: () => { readonly factor: number; readonly parts: Parts },
  directive: string,
): Finding[] {
  const most = worst(parts);
  if (parts.names.length < 2 || most < uneven) return [];
  const { factor, parts: then } = better();
  const mend =
    factor < 2 || worst(then) >= most
      ? 'Take a method that counts sessions.'
      : `Multiply all weights by ${factor}: at most ${formatShare(worst(then) - 1)} more than its part.`;
  const shown = parts.names.map((name, index) => `${name} ${formatShare(parts.shares[index]!)}`).slice(0, 12);
  return [
    {
      position: way.at(directive),
      text: `${points} divide the addresses so: ${shown.join(', ')}; the fullest has ${formatShare(most - 1)} more than its part. ${mend}`,
    },
  ];
}

function worst({ shares, wanted }: Parts): number {
  return Math.max(...shares.map((share, index) => share / wanted[index]!));
}

/** A key belongs to the first point at or after it. */
function nginxParts(peers: readonly NginxPeerOptions[], factor: number): Parts {
  const standing = peers.filter(({ backup, down }) => !backup && !down);
  const { hashes, owners, texts } = buildRing(standing.map((peer) => ({ ...peer, weight: peer.weight * factor })));
  const shares = new Float64Array(texts.length);
  hashes.forEach((hash, index) => {
    const before = index === 0 ? hashes[hashes.length - 1]! - wholeRing : hashes[index - 1]!;
    shares[owners[index]!]! += (hash - before) / wholeRing;
  });
  const weights = texts.map((text) =>
    Math.max(...standing.filter((peer) => peer.serverText === text).map(({ weight }) => weight)),
  );
  return partsOf(texts, shares, weights);
}

/** A key belongs to the nearest point. */
function haproxyParts({ version }: HaproxyOptions, { servers }: HaproxyBackendOptions, factor: number): Parts {
  const ring = emptyRing();
  const standing = servers.filter(({ backup, disabled, weight }) => !backup && !disabled && weight > 0);
  standing.forEach((server, index) =>
    insertPoints(ring, index, ringBase(server, version), 0, server.weight * factor * haproxyPoints),
  );
  const { positions, owners } = ring;
  const shares = new Float64Array(standing.length);
  positions.forEach((position, index) => {
    const next = index === positions.length - 1 ? positions[0]! + wholeRing : positions[index + 1]!;
    const half = (next - position) / 2 / wholeRing;
    shares[owners[index]!]! += half;
    shares[owners[(index + 1) % owners.length]!]! += half;
  });
  return partsOf(
    standing.map(({ serverText }) => serverText),
    shares,
    standing.map(({ weight }) => weight),
  );
}

function partsOf(names: readonly string[], shares: Float64Array, weights: readonly number[]): Parts {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return { names, shares: [...shares], wanted: weights.map((weight) => weight / all) };
}
