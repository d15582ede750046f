// Agents behind nginx, instant by instant. Expected: nginx 1.22.1, measured, and the real agent behind it.
import { expect, test } from 'vitest';
import { first, play, rows, type Story } from '../support/stories.ts';
import { aWorld, fault, minute, nodeNames, type WorldRecipe } from '../support/worlds.ts';

const quiet = { ratePerSecond: 0 };
const lone = { count: 1, version: '4.9.2', events: quiet };

/** Name of the node the only agent is on before anything happens. */
function homeOf(recipe: WorldRecipe): string {
  return nodeNames[play(aWorld({ ...recipe, faults: [] })).books.nodeAtStart[0]!]!;
}

/** What happens to the only agent when its own node is hit at 100 s. */
function hit(
  kind: 'kill' | 'powerOff' | 'hang',
  forSeconds: number | null = null,
  recipe: Partial<WorldRecipe> = {},
): Story {
  const world = { groups: [lone], durationUs: 30 * minute, ...recipe };
  return play(aWorld({ ...world, faults: [fault(kind, homeOf(world), 100, forSeconds)] }), { fromSeconds: 100 });
}

test('a handshake with a node that hangs lasts no longer than proxy_timeout', () => {
  const attempts = (recipe: Partial<WorldRecipe>): string[] =>
    rows(hit('hang', null, recipe), { zero: first(hit('hang', null, recipe), 'noticed').seconds }).slice(1, 4);

  // The agent is silent while it waits for its ACK; 60.06 s is its own patience.
  expect(attempts({ proxyTimeoutUs: minute / 2 })).toEqual([
    '0.0 try balancer',
    '40.0 try balancer',
    '80.0 try balancer',
  ]);
  expect(attempts({})).toEqual(['0.0 try balancer', '70.1 try balancer', '140.1 try balancer']);
});
