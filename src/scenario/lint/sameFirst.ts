// Agents walk their list in order: with one list for all, its first node has them all. Wazuh 4.14.7, start_agent.c.
import { formatCount } from '../../kernel/units.ts';
import { enumerate } from '../wording.ts';
import type { Rule } from './rule.ts';

/** Ours: below that the lists share the agents out. */
const tooMany = 0.75;

export const sameFirst: Rule = {
  name: 'same-first',
  find({ groups, nodes, placeOfServer }) {
    const listing = groups.filter(
      ({ servers }) => servers.length > 1 && servers.every(({ endpoint }) => endpoint.kind === 'node'),
    );
    const total = listing.reduce((sum, { count }) => sum + count, 0);
    const first = new Map<number, number>();
    for (const { servers, order, count } of listing) {
      for (const { endpoint } of order === 'listed' ? servers.slice(0, 1) : servers) {
        const share = order === 'listed' ? count : count / servers.length;
        if (endpoint.kind === 'node') first.set(endpoint.nodeIndex, (first.get(endpoint.nodeIndex) ?? 0) + share);
      }
    }
    const [fullest] = [...first].sort(([, a], [, b]) => b - a);
    if (fullest === undefined || fullest[1] < tooMany * total || total < 2) return [];
    const [nodeIndex, count] = fullest;
    const others = new Set(
      listing.flatMap(({ servers }) =>
        servers.flatMap(({ endpoint }) =>
          endpoint.kind === 'node' && endpoint.nodeIndex !== nodeIndex ? [endpoint.nodeIndex] : [],
        ),
      ),
    );
    const names = [...others].map((index) => nodes[index]!.name);
    if (names.length === 0) return [];
    const server = listing
      .map(({ servers }) => servers[0]!)
      .find(({ endpoint }) => endpoint.kind === 'node' && endpoint.nodeIndex === nodeIndex);
    return [
      {
        position: server === undefined ? null : placeOfServer(server),
        text:
          `${formatCount(Math.round(count))} of ${formatCount(total)} agents have ${nodes[nodeIndex]!.name} first in their list: ${enumerate(names)} idle${names.length === 1 ? 's' : ''} until it falls, ` +
          `then all come at once, and nobody goes back by himself. Give each part of the fleet an order of its own (order: shuffled).`,
      },
    ];
  },
};
