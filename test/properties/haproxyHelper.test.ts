// Whatever happens, Wazuh's HAProxy helper tells no more agents within its pause than a chunk has, and the books balance.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { helperDefaults } from '../../src/models/cluster/haproxyHelper.ts';
import { balances } from '../../src/models/ledger.ts';
import { behindHaproxy } from '../support/haproxyWorlds.ts';
import { play } from '../support/stories.ts';
import { fault, minute, nodeNames, second } from '../support/worlds.ts';

const someFault = fc
  .record({
    kind: fc.constantFrom('kill', 'hang', 'powerOff', 'stop'),
    place: fc.constantFrom(...nodeNames, 'balancer'),
    at: fc.integer({ min: 10, max: 500 }),
    length: fc.integer({ min: 1, max: 200 }),
  } as const)
  .map(({ kind, place, at, length }) => fault(kind, place, at, length));

test('no more agents are told within the pause than a chunk has, and every event has its place', () => {
  let told = 0;
  fc.assert(
    fc.property(
      fc.array(someFault, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom('4.14.7', '4.2.7', '5.0.0'),
      fc.integer({ min: 0, max: 3 }),
      (faults, agentChunkSize, pause, version, excluded) => {
        const options = { ...helperDefaults, agentChunkSize, agentReconnectionTimeUs: pause * second };
        const groups = [{ count: 20 }, { count: 10, version }];
        const world = behindHaproxy(
          {
            groups: groups.map((group) => ({ ...group, events: { ratePerSecond: 1 } })),
            faults,
            durationUs: 15 * minute,
          },
          { backend: { name: options.backend }, given: { hardStopAfterUs: 60 * second } },
        );
        const excludedNodes = nodeNames.slice(excluded, excluded + 1);
        const { books, moments } = play({
          ...world,
          helper: { balancerIndex: 0, options: { ...options, excludedNodes } },
        });

        for (const counts of books.groups) expect(balances(counts)).toBe(true);
        const at = moments.filter(({ text }) => text === 'forced').map(({ seconds }) => seconds);
        told += at.length;
        at.forEach((seconds, index) => {
          // They hear it one way later: a hundredth of a second is more than these differ.
          expect(at[index + agentChunkSize] ?? Infinity).toBeGreaterThan(seconds + pause - 0.01);
        });
        expect(books.helper!.reconnects).toBeLessThanOrEqual(books.helper!.told);
      },
    ),
    { seed: 9, numRuns: 40 },
  );
  expect(told).toBeGreaterThan(100);
});
