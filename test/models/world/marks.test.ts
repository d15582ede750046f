// What the balancers have marked down, as it is shown beside the agents.
import { describe, expect, test } from 'vitest';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { runWorld } from '../../../src/models/world.ts';
import { Marks, type BalancerMark } from '../../../src/models/world/marks.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { behindHaproxy } from '../../support/haproxyWorlds.ts';
import { aWorld, fault, minute, timing, type WorldRecipe } from '../../support/worlds.ts';

function watched(world: WorldOptions): BalancerMark[] {
  const marks = new Marks(world);
  const books = runWorld(world, { seed: '1', replication: 0 }, marks.probe);
  expect(books).toEqual(runWorld(world, { seed: '1', replication: 0 })); // looking on changes nothing
  return marks.book(books.timeline);
}

const behindNginx = (faults: readonly FaultOptions[], recipe: Partial<WorldRecipe> = {}): BalancerMark[] =>
  watched(aWorld({ groups: [{ count: 60 }], faults, durationUs: 4 * minute, workers: 1, startupUs: 0, ...recipe }));

describe('nginx', () => {
  test('passes a dead node over from the first refusal until fail_timeout is over', () => {
    const [mark, ...others] = behindNginx([{ ...fault('kill', 'worker01', 60, 60), acceptsForUs: 0 }]);

    expect(others).toEqual([]);
    expect(mark).toMatchObject({ balancer: 'balancer', node: 'worker01' });
    const [down, up] = mark!.changes;
    expect(down).toEqual({ step: 61, share: 1 });
    // It counts whole seconds and passes over while no more than ten of them have gone by.
    expect(up!.share).toBe(0);
    expect([71, 72]).toContain(up!.step);
  });

  test('each worker process finds out for itself', () => {
    const [mark] = behindNginx([{ ...fault('kill', 'worker01', 60, 60), acceptsForUs: 0 }], {
      workers: 8,
      groups: [{ count: 9 }],
    });

    // Three agents come back at once, and meet three processes at most.
    const shares = mark!.changes.map(({ share }) => share);
    expect(Math.max(...shares)).toBeLessThanOrEqual(3 / 8);
    expect(Math.max(...shares)).toBeGreaterThan(0);
    expect(shares.at(-1)).toBe(0);
  });

  test('new worker processes have forgotten who failed', () => {
    const reload: FaultOptions = { kind: 'reload', balancers: ['balancer'], product: null, ...timing(65, 0) };
    const [mark] = behindNginx([{ ...fault('kill', 'worker01', 60, null), acceptsForUs: 0 }, reload]);

    expect(mark!.changes).toEqual([
      { step: 61, share: 1 },
      { step: 65, share: 0 },
    ]);
  });

  test('has no mark of a node that never failed', () => {
    expect(behindNginx([])).toEqual([]);
  });
});

test('HAProxy marks a server from the check that finds it down to the one that finds it up again', () => {
  const marks = watched(
    behindHaproxy({
      groups: [{ count: 30 }],
      faults: [fault('kill', 'worker01', 60, 30)],
      durationUs: 4 * minute,
      startupUs: 0,
    }),
  );

  expect(marks.map(({ node }) => node)).toEqual(['worker01']);
  const [down, up, ...more] = marks[0]!.changes;
  expect(more).toEqual([]);
  // Documented configuration: inter 2s, fall 3, rise 2.
  expect(down!.share).toBe(1);
  expect(down!.step).toBeGreaterThanOrEqual(64);
  expect(down!.step).toBeLessThanOrEqual(67);
  expect(up!.share).toBe(0);
  expect(up!.step).toBeGreaterThanOrEqual(92);
  expect(up!.step).toBeLessThanOrEqual(95);
});
