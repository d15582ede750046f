import { expect, test } from 'vitest';
import { Intake, acceptQueueLength, enterAcceptQueue } from '../../src/models/intake.ts';
import { nodeDefaults, type NodeOptions } from '../../src/models/node.ts';

const second = 1_000_000;

function intakeOf(options: Partial<NodeOptions>): Intake {
  return new Intake([{ ...nodeDefaults, name: 'a', address: '10.0.0.1', ...options }], 100_000, 60 * second, 20);
}

/** Startups of agents 0, 1, 2 … at these instants; when each is answered, NaN: never. */
function answers(intake: Intake, arrivals: readonly number[], gone: readonly number[] = []): number[] {
  const own = intake.nodes[0]!;
  const answered = arrivals.map(() => NaN);
  const serveUntil = (untilUs: number): void => {
    while (own.nextUs <= untilUs) {
      const atUs = own.nextUs;
      intake.serve(0, atUs, (agent) => {
        if (gone.includes(agent)) return false;
        answered[agent] = atUs;
        return true;
      });
    }
  };
  arrivals.forEach((atUs, agent) => {
    serveUntil(atUs);
    if (intake.startup(0, atUs, agent, 0) === true) answered[agent] = atUs;
  });
  serveUntil(60 * second);
  return answered;
}

test('the accept queue is as long as the passes that are still to come', () => {
  const own = intakeOf({ acceptsPerSecond: 1_000 }).nodes[0]!;

  expect([0, 0, 0, 500].map((atUs) => enterAcceptQueue(own, atUs))).toEqual([0, 1_000, 2_000, 3_000]);
  expect([500, 999, 1_000, 1_001, 3_000, 9_000].map((atUs) => acceptQueueLength(own, atUs))).toEqual([
    3, 3, 2, 2, 0, 0,
  ]);
  expect(enterAcceptQueue(own, 10_000)).toBe(10_000);
});

test('without a rate as many are taken as come', () => {
  const own = intakeOf({}).nodes[0]!;

  expect([0, 0, 5].map((atUs) => enterAcceptQueue(own, atUs))).toEqual([0, 0, 5]);
  expect(acceptQueueLength(own, 0)).toBe(0);
});

test('handlers count as one that is as many times as fast, and the first ACK needs no work before it', () => {
  const inline = { version: '4.12.0', controlCostUs: 4_000 };

  expect(answers(intakeOf({ ...inline, workerPool: 4 }), [0, 0, 0, 10_000])).toEqual([0, 1_000, 2_000, 10_000]);
  expect(answers(intakeOf({ ...inline, workerPool: 1 }), [0, 0, 0])).toEqual([0, 4_000, 8_000]);
  expect(answers(intakeOf({ version: '4.13.0', controlCostUs: 4_000 }), [0, 0, 0])).toEqual([0, 0, 0]);
});

test('what nobody waits for any more is thrown away without work', () => {
  const inline = { version: '4.12.0', controlCostUs: 1_000, workerPool: 1 };

  expect(answers(intakeOf(inline), [0, 0, 0, 0], [1, 2])).toEqual([0, NaN, NaN, 1_000]);
});

test('keepalives stand before those that come after them, and not before those that were there', () => {
  const intake = intakeOf({ version: '4.12.0', controlCostUs: 1_000, workerPool: 1 });
  // 500 keepalives a second take half of the handlers' time.
  intake.sessions(0, 0, 500 / second, 0);

  // Startup 0 begins at once, 1 waits for it. The 4 ms of work of ten startups leave at half the speed.
  const burst = Array.from({ length: 10 }, () => 0);
  const answered = answers(intake, [...burst, 15_000, 40_000]);

  expect(answered.slice(0, 10)).toEqual(burst.map((_, turn) => turn * 1_000));
  // 10 ms of startups and 7.5 ms of keepalives have come in 15 ms.
  expect(answered[10]).toBe(17_500);
  expect(answered[11]).toBe(40_000);
});

test('a queue that is full takes no startup, and counts the events that stand in it', () => {
  const full = intakeOf({ version: '4.12.0', controlCostUs: 1_000, workerPool: 1, queueSize: 11 });
  const arrivals = Array.from({ length: 20 }, () => 0);
  expect(answers(full, arrivals).filter((at) => !Number.isNaN(at)).length).toBe(10);

  const withEvents = intakeOf({ version: '4.12.0', controlCostUs: 1_000, workerPool: 1, queueSize: 11 });
  withEvents.sessions(0, 0, 0, 1_000 / second);
  expect(answers(withEvents, arrivals).filter((at) => !Number.isNaN(at)).length).toBe(5);
  expect(withEvents.nodes[0]!.dropped).toBe(15);
});

test('processes that stand still go on with what they had, new ones with nothing', () => {
  const intake = intakeOf({ version: '4.12.0', controlCostUs: 10_000, workerPool: 1 });
  const own = intake.nodes[0]!;
  intake.startup(0, 0, 0, 0);
  intake.startup(0, 0, 1, 0);
  intake.setWorks(0, 4_000, false);
  intake.setWorks(0, 104_000, true);

  expect(own.nextUs).toBe(110_000);
  expect(own.workUs).toBe(16_000);

  intake.forget(0, 105_000);
  expect([own.nextUs, own.workUs, own.waiting.length]).toEqual([Infinity, 0, 0]);
});

test('the work that waits is noted for each slice: that long the events of the slice stand behind it', () => {
  const intake = intakeOf({ version: '4.12.0', controlCostUs: 250_000, workerPool: 1 });
  intake.message(0, 50_000);
  intake.message(0, 50_000);
  intake.advance(0, 2 * second);

  expect([...intake.nodes[0]!.slices.slice(0, 8)]).toEqual([0, 450_000, 350_000, 250_000, 150_000, 50_000, 0, 0]);
  expect([intake.nodes[0]!.peakUs, intake.nodes[0]!.peakAtUs]).toEqual([500_000, 50_000]);
});

test("from 4.13 on a keepalive takes the place of its agent's startup while that waits for the database", () => {
  const work = (version: string): number => {
    const intake = intakeOf({ version, controlCostUs: 10_000, workerPool: 1 });
    for (let agent = 0; agent < 4; agent++) intake.startup(0, 0, agent, 0);
    // Ten milliseconds later the thread has come to the second; the keepalives of all four arrive.
    for (let agent = 0; agent < 4; agent++) intake.keepalive(0, 9_000, agent, 10_000);
    return intake.nodes[0]!.workUs;
  };

  // PR 29153: control_msg_queue, keyed by the agent's id.
  expect(work('4.13.0')).toBe(31_000 + 20_000);
  expect(work('4.12.0')).toBe(31_000 + 40_000);
});
