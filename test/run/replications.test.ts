import { expect, test } from 'vitest';
import type { Comparison } from '../../src/metrics/comparison.ts';
import { ReplicationError, simulate } from '../../src/run/replications.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { aScenario } from '../support/numbers.ts';
import { aWorld, fault, minute } from '../support/worlds.ts';

const faults = [fault('powerOff', 'worker01', 120, 60)];
const lb = aWorld({ groups: [{ count: 40 }], faults, durationUs: 10 * minute });
const list = aWorld({ groups: [{ count: 40, list: [1, 2] }], faults, durationUs: 10 * minute });

function scenario(replications: number, worlds: Scenario['modes'][number]['world'][] = [lb, list]): Scenario {
  const names = ['lb', 'list'].slice(0, worlds.length);
  const base = aScenario(names, {}, { replications, faults, expect: ['lb.reconnect.p95{node=worker01} <= 5m'] });
  return { ...base, modes: base.modes.map((mode, index) => ({ ...mode, world: worlds[index]! })) };
}

/** A world whose books cannot balance: a buffer of no number of events. */
const broken = {
  ...list,
  groups: list.groups.map((group) => ({
    ...group,
    agent: { ...group.agent, clientBuffer: { ...group.agent.clientBuffer, queueSize: NaN } },
  })),
};

/** Everything a comparison says. */
function bytes({ modes, ...rest }: Comparison): string {
  return JSON.stringify({ ...rest, modes: modes.map((mode) => ({ ...mode, reconnects: [...mode.reconnects] })) });
}

async function failure(of: Promise<unknown>): Promise<Error> {
  try {
    await of;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it went well');
}

test('this thread, one other or three: the same comparison, to the last digit', async () => {
  const here = await simulate(scenario(3));
  const one = await simulate(scenario(3), { jobs: 1 });
  const three = await simulate(scenario(3), { jobs: 3 });

  expect(here.expectations[0]!.verdict).toBe('pass');
  expect(here.modes.map(({ reconnects }) => reconnects.length > 10)).toEqual([true, true]);
  expect(bytes(one)).toBe(bytes(here));
  expect(bytes(three)).toBe(bytes(here));
});

test('fewer replications are the first ones of more', async () => {
  const [few, more] = [await simulate(scenario(2)), await simulate(scenario(4))];
  const lost = ({ modes }: typeof few): readonly (number | null)[] =>
    modes[1]!.metrics.find(({ metric }) => metric === 'events.lost')!.estimate.values;

  expect(lost(more).slice(0, 2)).toEqual(lost(few));
  expect(new Set(lost(more)).size).toBe(4);
});

test('two modes of one world differ by nothing, in no metric and no replication', async () => {
  const { differences } = await simulate(scenario(3, [list, list]));
  const said = differences.filter(({ estimate }) => estimate.mean !== null);

  expect(said.length).toBeGreaterThan(50);
  for (const { metric, estimate } of said) expect([estimate.min, estimate.max], metric).toEqual([0, 0]);
});

test('a mode alone has the results that it has beside others', async () => {
  const both = await simulate(scenario(2));
  const alone = await simulate(scenario(2, [lb]));

  expect(bytes(alone)).toBe(bytes({ ...alone, modes: both.modes.slice(0, 1) }));
});

test.each([0, 2])(
  'books that do not balance stop the run with the command that replays it (%i threads)',
  async (jobs) => {
    const error = await failure(simulate(scenario(3, [lb, broken]), { jobs }));

    expect(error).toBeInstanceOf(ReplicationError);
    expect(error.message).toMatch(
      /^mode list, seed 7, replication \d: the books do not balance: produced \d+, delivered .*\nSee it again: fleetfall run 'scenarios\/by hand.yaml' --mode list --seed 7 --replications \d$/,
    );
  },
);

test('the first replication that goes wrong is the one that is told, in this thread', async () => {
  expect((await failure(simulate(scenario(3, [lb, broken])))).message).toContain('replication 1:');
});

test('progress counts every replication of every mode', async () => {
  for (const jobs of [0, 2]) {
    const told: string[] = [];
    await simulate(scenario(2), { jobs, onProgress: (done, total) => told.push(`${done}/${total}`) });
    expect(told).toEqual(['1/4', '2/4', '3/4', '4/4']);
  }
});

test.each([0, 2])('an abort ends the run with its reason (%i threads)', async (jobs) => {
  const controller = new AbortController();
  const told: number[] = [];
  const run = simulate(scenario(50), {
    jobs,
    signal: controller.signal,
    onProgress: (done) => {
      told.push(done);
      if (done === 3) controller.abort(new Error('enough'));
    },
  });

  expect((await failure(run)).message).toBe('enough');
  expect(told.length).toBeLessThan(100);
});

test('who has given up before the start gets nothing simulated', async () => {
  const done: number[] = [];
  const run = simulate(scenario(2), {
    signal: AbortSignal.abort(new Error('never mind')),
    onProgress: (count) => done.push(count),
  });

  expect((await failure(run)).message).toBe('never mind');
  expect(done).toEqual([]);
});
