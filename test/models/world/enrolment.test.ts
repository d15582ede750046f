// Agents that come without a key. Wazuh 4.14.7, src/client-agent/start_agent.c, w_agentd_keys_init() and start_agent().
import { expect, test } from 'vitest';
import { lostTotal } from '../../../src/models/ledger.ts';
import { runWorld } from '../../../src/models/world.ts';
import { aRollout, enroll, type Rollout } from '../../support/enrolments.ts';
import { play, rows } from '../../support/stories.ts';
import { fault, minute, second, type GroupRecipe } from '../../support/worlds.ts';

const quiet = { ratePerSecond: 0 };
const lone: GroupRecipe = { count: 1, list: [0, 1], events: quiet };
const luck = { seed: '1', replication: 0 };

function enrolment(recipe: Rollout, replication = 0) {
  return runWorld(aRollout(recipe), { seed: '1', replication }).enrolment;
}

test('an agent without a key enrols at once, waits 20 s and reports', () => {
  const story = play(aRollout({ groups: [lone], faults: [enroll(100, 1)] }));

  // Six times 1 ms for the key, 20 s and 1 ms, four times 1 ms for the handshake.
  expect(rows(story, { digits: 3 })).toEqual(['120.007 try master', '120.011 handshake master']);
  expect(story.books.enrolment.startedUs[0]).toBe(100 * second);
  expect(story.books.enrolment.keyUs[0]).toBe(100.006 * second);
  expect(story.books.enrolment.reportedUs[0]).toBe(120.011 * second);
});

test('agents come evenly over the time, the next enrolment brings the next of the group, and the rest was there before', () => {
  const world = aRollout({
    groups: [{ ...lone, count: 10 }],
    faults: [enroll(100, 4, 40), enroll(300, 2)],
  });
  const { enrolment, nodeAtStart, timeline } = runWorld(world, luck);

  expect([...enrolment.startedUs].map((us) => us / second)).toEqual([100, 110, 120, 130, 300, 300, NaN, NaN, NaN, NaN]);
  expect([...nodeAtStart]).toEqual([-1, -1, -1, -1, -1, -1, 0, 0, 0, 0]);
  // Who does not exist yet is not without a session.
  const at = (seconds: number): number => timeline.disconnected[(seconds * second) / timeline.stepUs]!;
  expect([at(50), at(102), at(116), at(132), at(160), at(302), at(400)]).toEqual([0, 1, 2, 2, 0, 2, 0]);
});

test('without an answer it tries its servers one after the other and sleeps 5, 10, 15 seconds between the rounds', () => {
  const story = play(
    aRollout({
      groups: [lone],
      faults: [fault('kill', ['master', 'worker01'], 90, 41), enroll(100, 1)],
    }),
  );

  // Rounds at 100, 105, 115 s; at 130 s both still are down; at 150 s the master gives it a key.
  const { enrolment } = story.books;
  expect(enrolment.failed[0]).toBe(8);
  expect(enrolment.keyUs[0]! / second).toBeCloseTo(150, 1);
  expect(rows(story).at(-1)).toBe('170.0 handshake master');
});

test.each([
  // The key passes at most 27 s after the enrolment; attempts 1 s behind it and every 10 s from there.
  [1, 4],
  [20, 1],
  [28, 0],
])('with delay_after_enrollment %i s an agent meets a worker without its key at most %i times', (delay, most) => {
  const group = { ...lone, list: [1], agent: { enrollment: { delayAfterEnrollmentSeconds: delay } } };
  const met = Array.from(
    { length: 40 },
    (_, replication) =>
      enrolment({ groups: [group], registration: [0, 1, 2], faults: [enroll(100, 1)] }, replication).keyUnknown[0]!,
  );

  expect(Math.max(...met)).toBeLessThanOrEqual(most);
  if (most > 0) expect(Math.max(...met)).toBeGreaterThan(0);
});

test('a key that does not come to the worker costs five attempts and a second request, which is refused', () => {
  const world = aRollout({
    groups: [{ ...lone, list: [1] }],
    registration: [0, 1, 2],
    // The master dies just after the enrolment: nobody hashes the new key.
    faults: [enroll(100, 1), fault('kill', 'master', 100.1, 300)],
  });
  const story = play(world);

  const { enrolment } = story.books;
  expect(rows(story).slice(0, 6)).toEqual([
    '120.0 try worker01',
    '130.0 try worker01',
    '140.0 try worker01',
    '150.0 try worker01',
    '160.0 try worker01',
    // Ten tries of the worker to reach the master, a second apart: no answer to the request for another key.
    '179.0 gave up worker01',
  ]);
  expect(enrolment.keyUnknown[0]).toBeGreaterThan(20);
  expect(enrolment.duplicates[0]).toBe(0);
  expect(enrolment.reportedUs[0]! / second).toBeGreaterThan(400);
  expect(enrolment.reportedUs[0]! / second).toBeLessThan(400.1 + 10 + 27 + 20);
});

test('before 4.3 an impatient agent gets a new key with every request, and runs after it', () => {
  const impatient = {
    enrollment: { delayAfterEnrollmentSeconds: 1 },
    maxRetries: 2,
    retryIntervalSeconds: 2,
  };
  const rollout = (managers: string) =>
    Array.from({ length: 60 }, (_, replication) =>
      enrolment(
        {
          groups: [{ ...lone, list: [1], agent: impatient }],
          registration: [0, 1],
          managers,
          faults: [enroll(100, 1)],
        },
        replication,
      ),
    );
  const took = (managers: string): number[] =>
    rollout(managers)
      .map(({ reportedUs }) => reportedUs[0]! / second - 100)
      .sort((a, b) => a - b);

  // src/os_auth/auth.c from 4.3.0: the key it has is valid. Before, <force_insert> of the shipped ossec.conf.
  expect(took('4.3.0').at(-1)).toBeLessThan(27 + 4 + 1);
  expect(took('4.2.7').at(-1)).toBeGreaterThan(40);
  expect(took('4.2.7')[30]).toBeGreaterThan(took('4.3.0')[30]!);
});

test('what an agent writes before it has a session waits in logcollector, and nothing is counted of the time before its start', () => {
  const world = aRollout({
    groups: [{ count: 50, list: [0], events: { ratePerSecond: 60, arrival: 'regular' } }],
    faults: [enroll(100, 50, 10)],
    durationUs: 200 * second,
  });
  const { groups } = runWorld(world, luck);
  const [counts] = groups;

  // 50 agents from 100 … 109.8 s to 200 s at 60/s, and 1024 of the 1200 lines of the 20 s before the first session kept.
  expect(counts!.produced).toBeGreaterThan(50 * 60 * 95 - 50);
  expect(counts!.produced).toBeLessThan(50 * 60 * 95.2 + 50);
  expect(lostTotal(counts!)).toBe(counts!.lost.logcollector);
  expect(counts!.lost.logcollector / 50).toBeGreaterThan(1200 - 1024 - 2);
  expect(counts!.lost.logcollector / 50).toBeLessThan(1200 + 5 * 60 - 1024);
});

test('what has waited leaves at once, and what is written afterwards when it is written', () => {
  const world = aRollout({
    groups: [{ count: 20, list: [0], events: { ratePerSecond: 60, arrival: 'regular' } }],
    faults: [enroll(100, 20)],
    durationUs: 600 * second,
  });
  const { timeline } = runWorld(world, luck);
  const at = (series: Float64Array, seconds: number): number => series[(seconds * second) / timeline.stepUs]!;

  // 1024 lines each take 2 s; from then on nothing waits.
  for (const seconds of [130, 200, 400, 590]) {
    const waiting = at(timeline.produced, seconds) - at(timeline.delivered, seconds) - at(timeline.lost, seconds);
    expect(Math.abs(waiting), `${seconds} s`).toBeLessThan(20 * 60);
  }
});

test.each([
  // 4.12: TLS and request of one client after the other (4 ms on the wire), 20 ms of work. 4.13: the work alone.
  ['4.12.0', 100 * 24],
  ['4.13.0', 100 * 20],
])('a hundred agents at once wait for the registration service of %s: the last one %i ms', (managers, ms) => {
  const { keyUs } = enrolment({
    groups: [{ ...lone, count: 100 }],
    managers,
    serviceMs: 20,
    faults: [enroll(100, 100)],
  });
  const last = Math.max(...keyUs) - 100 * second;

  expect(Math.abs(last / 1000 - ms)).toBeLessThan(8);
});

test('of 1500 at once the service closes 500, which come back after five seconds', () => {
  const { keyUs, failed } = enrolment({
    groups: [{ ...lone, count: 1500, list: [0] }],
    managers: '4.14.7',
    serviceMs: 1,
    faults: [enroll(100, 1500)],
  });
  const late = keyUs.filter((us) => us > 105 * second);

  // main-server.c, AUTH_POOL: 1000 wait.
  expect(failed.reduce((a, b) => a + b)).toBe(500);
  expect(late.length).toBe(500);
});

test.each([
  // agent_op.c, w_send_clustered_message(): ten tries, a second apart, from 4.3; one before.
  ['4.14.7', 'kill', 9],
  ['4.2.7', 'kill', 0],
  ['4.2.7', 'powerOff', 20],
  // The agent's own read time-out is the shorter one: recv_timeout from 4.11.1.
  ['4.14.7', 'powerOff', 60.06],
] as const)(
  'a worker of %s whose master is gone (%s) lets an agent wait %f s for an error',
  (managers, kind, seconds) => {
    const world = aRollout({
      groups: [{ ...lone, list: [1] }],
      managers,
      registration: [0, 1, 2],
      faults: [fault(kind, 'master', 99, null), enroll(100, 1)],
      durationUs: 100.1 * second + seconds * second,
    });
    const short = { ...world, durationUs: world.durationUs - 0.2 * second };

    expect(runWorld(world, luck).enrolment.failed[0]).toBe(1);
    if (seconds > 0) expect(runWorld(short, luck).enrolment.failed[0]).toBe(0);
  },
);

test('the manager_address is asked before the servers, in every round', () => {
  const world = aRollout({
    groups: [{ ...lone, list: [1] }],
    faults: [fault('kill', 'master', 90, 12), enroll(100, 1)],
  });
  const endpoint = { kind: 'node', nodeIndex: 0 } as const;
  const { enrolment } = play({
    ...world,
    groups: world.groups.map((group) => ({ ...group, enrolsAt: { endpoint, listens: true } })),
  }).books;

  // At 100 s refused by the master that is down and by the worker that does not listen; the next round at 105 s.
  expect(enrolment.failed[0]).toBe(2);
  expect(enrolment.keyUs[0]! / second).toBeCloseTo(105.01, 2);
});

test('the agents of a run that ends before an enrolment do not exist', () => {
  const world = aRollout({
    groups: [{ count: 3, list: [0], events: { ratePerSecond: 5 } }],
    faults: [enroll(1300, 3)],
    durationUs: 20 * minute,
  });
  const { groups, timeline } = runWorld(world, luck);

  expect(groups[0]!.produced).toBe(0);
  expect(Math.max(...timeline.disconnected)).toBe(0);
});

test('from 4.13 the service takes requests as they are there, whoever has connected first and is far away', () => {
  const world = aRollout({
    groups: [lone, lone],
    managers: '4.13.1',
    serviceMs: 1000,
    faults: [enroll(100, 1), enroll(100, 1, 0, 'group1')],
  });
  const far = [1_000, 50_000];
  const { keyUs } = runWorld(
    { ...world, groups: world.groups.map((group, index) => ({ ...group, latencyUs: far[index]! })) },
    luck,
  ).enrolment;

  // Connect, TLS, request; a second of work; the answer. The second one has waited for the first.
  expect(keyUs[0]).toBe(101.006 * second);
  expect(keyUs[1]).toBe(102.005 * second + 50_000);
});

test('an agent whose worker dies while it asks a silent master hears of it at once', () => {
  const world = aRollout({
    groups: [{ ...lone, list: [1], version: '4.9.2' }],
    registration: [0, 1, 2],
    faults: [fault('powerOff', 'master', 99, null), enroll(100, 1), fault('kill', 'worker01', 110, null)],
    durationUs: 111 * second,
  });

  expect(runWorld(world, luck).enrolment.failed[0]).toBe(1);
});

test('over UDP an agent whose unknown key is read after a hang asks again when its time is over', () => {
  const world = aRollout({
    groups: [{ ...lone, list: [0], protocol: 'udp', agent: { enrollment: { delayAfterEnrollmentSeconds: 1 } } }],
    managers: '4.2.7',
    faults: [enroll(112, 1), fault('hang', 'master', 113, 1)],
    durationUs: 300 * second,
  });

  expect([...runWorld(world, { seed: 'oracle', replication: 0 }).nodeAtEnd]).toEqual([0]);
});

test('what the files of a new agent would have held before it came is not produced', () => {
  const events = { ratePerSecond: 50, arrival: 'regular' as const, files: 1 };
  const agent = { internal: { logcollectorLoopTimeoutSeconds: 120 } };
  const world = aRollout({
    groups: [{ count: 4, list: [0], events, agent }],
    faults: [enroll(300, 4)],
    durationUs: 420 * second,
  });
  const { groups, timeline } = runWorld(world, luck);

  expect(groups[0]!.produced).toBeGreaterThan(4 * 50 * 119);
  expect(groups[0]!.produced).toBeLessThan(4 * 50 * 121);
  expect(timeline.produced.at(-1)).toBeCloseTo(groups[0]!.produced, 3);
});
