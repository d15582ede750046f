import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rootKey } from '../../src/kernel/random.ts';
import { dispatchSpacingUs } from '../../src/models/agent.ts';
import { flowAmounts, newFlow, type Flow } from '../../src/models/flow.ts';
import { emptyCounts, type EventCounts } from '../../src/models/ledger.ts';
import { Pipelines } from '../../src/models/pipeline.ts';
import { Sink } from '../../src/models/pipeline/sink.ts';
import { noBufferAlerts } from '../../src/models/pipeline/ringStates.ts';
import { Arrivals } from '../../src/models/workload.ts';
import { aWorld, minute, second, type GroupRecipe } from '../support/worlds.ts';

interface Bench {
  readonly pipelines: Pipelines;
  readonly counts: EventCounts;
  readonly delivered: Flow;
}

/** One agent that writes at a rate; connected to node 0 of two places unless `locked`. */
function bench(rate: number, recipe: Partial<GroupRecipe> = {}, locked = false): Bench {
  const arrival = recipe.events?.arrival ?? 'regular';
  const { groups } = aWorld({
    groups: [{ count: 1, list: [1], ...recipe, events: { ratePerSecond: rate, arrival, ...recipe.events } }],
  });
  const arrivals = new Arrivals(rootKey('pipeline', 0), 'group', arrival, Float64Array.of(rate));
  const counts = emptyCounts();
  const delivered = newFlow(second, 600);
  const pipelines = new Pipelines(groups, [arrivals], 2, {
    counts: [counts],
    produced: newFlow(second, 600),
    delivered,
    lost: newFlow(second, 600),
    inflow: [null, null],
    nodeDelivered: new Float64Array(2),
    alerts: [noBufferAlerts()],
    addDelay: () => undefined,
  });
  pipelines.sinkPlace[0] = 0;
  pipelines.sinkNode[0] = 0;
  if (!locked) {
    pipelines.reads[0] = 1;
    pipelines.resumeDispatcher(0, 0);
  } else {
    pipelines.collects[0] = 0;
  }
  return { pipelines, counts, delivered };
}

/** The lock goes: the main loop, logcollector and the dispatcher go on at once. */
function unlock({ pipelines }: Bench, atUs: number): void {
  pipelines.advance(0, atUs);
  pipelines.reads[0] = 1;
  pipelines.collects[0] = 1;
  pipelines.resumeDispatcher(0, atUs);
  pipelines.release(0, atUs);
}

test('without a backlog an event leaves when it is written', () => {
  const { pipelines, counts } = bench(10);
  pipelines.advance(0, minute);

  expect(counts.delivered).toBe(600);
  expect(pipelines.hasBacklog(0)).toBe(false);
  expect(pipelines.sendInstant(0, 1)).toBe(pipelines.writtenAt(0, 601));
});

test('of events that come within a slot of each other the later ones are still to be sent when somebody looks', () => {
  const spacingUs = dispatchSpacingUs(500);
  for (const rate of [20, 100, 300]) {
    const { pipelines, counts } = bench(rate, { events: { ratePerSecond: rate, arrival: 'poisson' } });
    const sentUs: number[] = [];
    for (let event = 1; event <= 25 * rate; event++)
      sentUs.push(Math.max(pipelines.writtenAt(0, event), (sentUs.at(-1) ?? -Infinity) + spacingUs));
    // Looked at in front of and at the sends of events that others held up, and now and then.
    const late = sentUs.flatMap((at, index) => (at > pipelines.writtenAt(0, index + 1) ? [at, at + 1] : []));
    const looks = [...late.slice(0, 40), ...sentUs.filter((_at, index) => index % rate === 0)].sort((a, b) => a - b);
    let most = 0;
    for (const atUs of looks) {
      pipelines.advance(0, atUs);
      const sent = sentUs.filter((at) => at < atUs).length;

      expect(counts.delivered).toBe(sent);
      expect(pipelines.sendInstant(0, 1)).toBe(sentUs[sent]);
      expect(pipelines.sendInstant(0, 7)).toBe(sentUs[sent + 6]);
      most = Math.max(most, pipelines.ring[0]!);
    }
    expect(most).toBeGreaterThan(0);
  }
});

test('who was held up by a crowd long before is still to be sent', () => {
  const spacingUs = dispatchSpacingUs(500);
  let longest = 0;
  for (const rate of [400, 460]) {
    const { pipelines, counts } = bench(rate, { events: { ratePerSecond: rate, arrival: 'poisson' } });
    const sentUs: number[] = [];
    for (let event = 1; event <= 125 * rate; event++)
      sentUs.push(Math.max(pipelines.writtenAt(0, event), (sentUs.at(-1) ?? -Infinity) + spacingUs));
    for (let atUs = 7 * second; atUs <= 2 * minute; atUs += 1_700_000) {
      pipelines.advance(0, atUs);
      const sent = sentUs.filter((at) => at < atUs).length;

      expect(counts.delivered).toBe(sent);
      expect(pipelines.sendInstant(0, 1)).toBe(sentUs[sent]);
      longest = Math.max(longest, pipelines.ring[0]!);
    }
  }
  expect(longest).toBeGreaterThan(30);
});

test('nobody looks for a send that cannot come in time', () => {
  const { pipelines } = bench(10);
  const hundredth = pipelines.sendInstant(0, 100);

  expect(pipelines.sendInstantBefore(0, 100, minute)).toBe(hundredth);
  expect(pipelines.sendInstantBefore(0, 100, hundredth)).toBe(Infinity);
  expect(pipelines.sendInstantBefore(0, 100_000, minute)).toBe(Infinity);
});

test('under the lock logcollector holds 1,023 and one event, the client buffer gets none', () => {
  const locked = bench(100, {}, true);
  locked.pipelines.advance(0, minute);

  expect(locked.pipelines.upstream[0]).toBe(1_024);
  expect(locked.pipelines.ring[0]).toBe(0);
  expect(locked.counts.lost.logcollector).toBe(6_000 - 1_024);
});

test('a writer at the socket is blocked behind eleven datagrams and leaves out the rest', () => {
  const locked = bench(100, { events: { ratePerSecond: 100, arrival: 'regular', source: 'socket' } }, true);
  locked.pipelines.advance(0, minute);

  expect(locked.pipelines.upstream[0]).toBe(11);
  expect(locked.pipelines.unwritten[0]).toBe(6_000 - 11);
});

test('the dispatcher works a backlog off at its spacing, against what is still written', () => {
  const one = bench(100, {}, true);
  unlock(one, minute);

  // N / (eps − r): Wazuh, buffer.c; the lock let 1,024 wait.
  const eps = 1e6 / dispatchSpacingUs(500);
  const seconds = 1_024 / (eps - 100);
  expect(Math.abs(one.pipelines.drainedAt(0) - minute - seconds * second)).toBeLessThan(0.02 * second);
  one.pipelines.advance(0, minute + (seconds / 2) * second);
  expect(Math.abs(one.pipelines.ring[0]! - 512)).toBeLessThan(3);
  one.pipelines.advance(0, minute + (seconds + 0.1) * second);
  expect(one.pipelines.hasBacklog(0)).toBe(false);
});

test('behind a backlog events leave as they are written again, however long nobody looks', () => {
  const one = bench(20, {}, true);
  unlock(one, minute);
  one.pipelines.advance(0, 10 * minute);

  // 20 a second in each of the last minutes: nothing was sent before it was written.
  const perSecond = flowAmounts(one.delivered);
  for (const at of [200, 400, 590]) expect(perSecond[at]).toBeCloseTo(20, 1);
});

test('a buffer that is full drops the newest', () => {
  const one = bench(100, { agent: { clientBuffer: { queueSize: 200 } } }, true);
  unlock(one, minute);

  // And one that the dispatcher, who has rested, sends at this instant.
  expect(one.pipelines.ring[0]).toBe(201);
  expect(one.counts.lost.ring).toBe(1_024 - 201);
});

test('more than the limiter passes fills the buffer and then is lost', () => {
  const one = bench(800);
  one.pipelines.advance(0, 100 * second);
  const passed = 100e6 / dispatchSpacingUs(500);

  expect(Math.abs(one.counts.delivered - passed)).toBeLessThan(2);
  // Full, or one place free since the last send.
  expect(5_000 - one.pipelines.ring[0]!).toBeLessThanOrEqual(1);
  expect(one.counts.lost.ring).toBe(80_000 - one.pipelines.ring[0]! - one.counts.delivered);
});

test('what goes into a dead path is held for its place until somebody knows better', () => {
  const held = (fate: 'delivered' | 'path' | 'keyInUse' | 'pending'): EventCounts => {
    const { pipelines, counts } = bench(10);
    pipelines.sink[0] = Sink.Path;
    pipelines.advance(0, 3 * second);
    expect(pipelines.heldInPath(0, 0)).toBe(30);
    pipelines.movePath(0, 0, 1);
    expect([pipelines.heldInPath(0, 0), pipelines.heldInPath(0, 1)]).toEqual([0, 30]);
    pipelines.settlePath(0, 1, fate, 9 * second);
    pipelines.settlePath(0, 1, fate, 9 * second);
    return counts;
  };

  expect(held('delivered').delivered).toBe(30);
  expect(held('pending').pending).toBe(30);
  expect(held('path').lost.path).toBe(30);
  expect(held('keyInUse').lost.keyInUse).toBe(30);
});

test.each([
  ['memory of a node that dies', Sink.Memory, 'nodeMemory'],
  ['datagrams into the void', Sink.Void, 'path'],
] as const)('%s are lost at once', (_, sink, cause) => {
  const { pipelines, counts } = bench(10);
  pipelines.sink[0] = sink;
  pipelines.advance(0, 3 * second);

  expect(counts.lost[cause]).toBe(30);
});

test('it does not matter how often somebody looks', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0.5, 30, 300, 900),
      fc.constantFrom('poisson', 'regular'),
      fc.constantFrom(50, 5_000),
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.integer({ min: 1, max: 200_000_000 }), { maxLength: 12 }),
      (rate, arrival, queueSize, lockSeconds, looks) => {
        const ends = (instants: readonly number[]): number[] => {
          const recipe = { agent: { clientBuffer: { queueSize } }, events: { ratePerSecond: rate, arrival } } as const;
          const one = bench(rate, recipe, true);
          for (const at of instants) if (at < lockSeconds * second) one.pipelines.advance(0, at);
          unlock(one, lockSeconds * second);
          for (const at of instants) if (at > lockSeconds * second) one.pipelines.advance(0, at);
          one.pipelines.advance(0, 200 * second);
          return [one.counts.delivered, one.pipelines.ring[0]!, one.counts.lost.ring, one.counts.lost.logcollector];
        };
        const often = ends([...looks].sort((a, b) => a - b));
        const once = ends([]);

        // Where the buffer overflows a Poisson burst is seen or not; else to the last event.
        const exact = arrival === 'regular' || once[2] === 0;
        often.forEach((value, at) => {
          expect(Math.abs(value - once[at]!)).toBeLessThanOrEqual(exact ? 0 : 0.01 * 200 * rate);
        });
        expect(often.reduce((a, b) => a + b, 0)).toBe(once.reduce((a, b) => a + b, 0));
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});
