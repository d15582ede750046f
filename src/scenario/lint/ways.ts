// Who connects through which listener of which balancer.
import type { PeerFacts } from '../../models/balancer/product.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';
import type { Balancer } from '../build/balancers.ts';
import type { SourcePosition } from '../scenario.ts';
import type { LintInput } from './rule.ts';

/** A listener that agents use for their events. */
export interface EventsWay {
  readonly balancer: Balancer;
  readonly listenerIndex: number;
  /** That may come at once: all whose list has it. */
  readonly agents: number;
  readonly groups: readonly GroupOptions[];
  /** Servers that are taken while they are up, each address once. */
  readonly peers: readonly PeerFacts[];
  readonly listenAt: SourcePosition | null;
  /** Where a directive stands, else where the listener does. */
  at(...directives: readonly string[]): SourcePosition | null;
}

export function eventsWays({ balancers, groups }: LintInput): EventsWay[] {
  return balancers.flatMap((balancer) =>
    [...balancer.used].flatMap(([listenerIndex, use]) => {
      // Of an address that moves those are looked at that may have it.
      if (use !== 'events' || balancer.options.product.kind === 'vip') return [];
      const { file, listeners } = balancer;
      const using = groups.filter((group) => reaches(group, balancers, balancer, listenerIndex));
      if (using.length === 0) return [];
      const listenAt = file.listenPosition(listenerIndex);
      return [
        {
          balancer,
          listenerIndex,
          agents: countAgents(using),
          groups: using,
          peers: serving(listeners[listenerIndex]!.peers),
          listenAt,
          at: (...directives) => {
            for (const directive of directives) {
              const place = file.placeOf?.(listenerIndex, directive);
              if (place) return place;
            }
            return listenAt;
          },
        } satisfies EventsWay,
      ];
    }),
  );
}

/** All agents that one balancer has to carry: each once, whichever of its listeners it uses. */
export function agentsOf(ways: readonly EventsWay[]): number {
  return countAgents([...new Set(ways.flatMap(({ groups }) => groups))]);
}

export function countAgents(groups: readonly GroupOptions[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

/** Directly, or through another balancer that has this one as a server. */
function reaches(
  group: GroupOptions,
  balancers: readonly Balancer[],
  balancer: Balancer,
  listenerIndex: number,
  seen: readonly Balancer[] = [],
): boolean {
  const direct = group.servers.some(
    ({ endpoint }) =>
      endpoint.kind === 'balancer' &&
      endpoint.balancerIndex === balancer.index &&
      endpoint.listenerIndex === listenerIndex,
  );
  if (direct) return true;
  const { addresses, name } = balancer.options;
  const { port } = balancer.listeners[listenerIndex]!.options;
  const isThis = (peer: PeerFacts): boolean =>
    peer.port === port && (addresses.includes(peer.address) || peer.serverText === name);
  const { index } = balancer;
  const moves = balancers.some(({ options: { product }, ...vip }) => {
    if (product.kind !== 'vip') return false;
    const owner = product.vip.of.indexOf(index);
    return product.vip.listeners.some(
      ({ listenerOf }, at) =>
        listenerOf[owner] === listenerIndex &&
        reaches(group, balancers, balancers[vip.index]!, at, [...seen, balancer]),
    );
  });
  if (moves) return true;
  return balancers.some(
    (other) =>
      other !== balancer &&
      !seen.includes(other) &&
      other.listeners.some(
        ({ peers }, index) => peers.some(isThis) && reaches(group, balancers, other, index, [...seen, balancer]),
      ),
  );
}

function serving(peers: readonly PeerFacts[]): PeerFacts[] {
  const standing = peers.filter(({ backup, down }) => !backup && !down);
  const addressOf = ({ address, port }: PeerFacts): string => `${address}:${port}`;
  const known = standing.map(addressOf);
  return standing.filter((peer, index) => known.indexOf(addressOf(peer)) === index);
}
