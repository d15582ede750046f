import fc from 'fast-check';
import { expect, test } from 'vitest';
import { analysisRing, playNodeQueue, spread, type NodeQueueInput } from '../../src/models/nodeQueue.ts';

const sliceUs = 100_000;

/** Ten slices of a node that analyses 1,000 events a second, 100 a slice, and never dies. */
function node(inflow: readonly number[], changes: Partial<NodeQueueInput> = {}): NodeQueueInput {
  const slices = inflow.length;
  return {
    sliceUs,
    inflow: Float64Array.from(inflow),
    eventsPerSecond: 1_000,
    queueSize: 131_072,
    works: new Float64Array(slices).fill(1),
    dies: new Uint8Array(slices),
    graceUs: new Float64Array(slices),
    ...changes,
  };
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

test('a node that can follow leaves nothing waiting', () => {
  const { analysed, waiting, peak, waitMaxUs } = playNodeQueue(node([50, 100, 0, 100]));

  expect([...analysed]).toEqual([50, 100, 0, 100]);
  expect({ waiting, peak, waitMaxUs }).toEqual({ waiting: 0, peak: 0, waitMaxUs: 0 });
});

test('what a node cannot analyse at once waits, the last event longest', () => {
  const { analysed, peak, peakSlice, waitMaxUs, waiting } = playNodeQueue(node([350, 0, 0, 0, 0]));

  expect([...analysed]).toEqual([100, 100, 100, 50, 0]);
  expect({ peak, peakSlice, waiting }).toEqual({ peak: 250, peakSlice: 0, waiting: 0 });
  expect(waitMaxUs).toBe(250_000);
});

test('analysisd keeps 16,383 events and drops what comes on top', () => {
  const { droppedAnalysis, waiting } = playNodeQueue(node([20_000, 100]));

  expect([...droppedAnalysis]).toEqual([20_000 - 100 - 16_383, 0]);
  expect(waiting).toBe(analysisRing - 1);
});

test("remoted's queue takes one message less than its size and drops the newest", () => {
  const { droppedQueue, droppedAnalysis } = playNodeQueue(node([2_000], { queueSize: 512 }));

  expect([...droppedQueue]).toEqual([2_000 - 511 - 100]);
  expect(sum(droppedAnalysis)).toBe(0);
});

test('a node that stands still keeps what it has', () => {
  const { analysed, died, waiting } = playNodeQueue(node([300, 0, 0, 0], { works: Float64Array.of(1, 0, 0, 1) }));

  expect([...analysed]).toEqual([100, 0, 0, 100]);
  expect(sum(died)).toBe(0);
  expect(waiting).toBe(100);
});

test('what waits in a node that dies is lost; what reaches the new processes in the same tenth of a second is not', () => {
  const { died, analysed } = playNodeQueue(
    node([300, 40, 0], { works: Float64Array.of(1, 0, 1), dies: Uint8Array.of(0, 1, 0) }),
  );

  expect([...died]).toEqual([0, 200, 0]);
  expect([...analysed]).toEqual([100, 0, 40]);
});

test('every event that reaches a node ends in one place', () => {
  const slice = fc.record({ inflow: fc.integer({ min: 0, max: 40_000 }), works: fc.boolean(), dies: fc.boolean() });
  fc.assert(
    fc.property(fc.array(slice, { minLength: 1, maxLength: 30 }), fc.integer({ min: 2, max: 30_000 }), (all, size) => {
      const output = playNodeQueue(
        node(
          all.map(({ inflow }) => inflow),
          {
            queueSize: size,
            works: Float64Array.from(all, ({ works }) => Number(works)),
            dies: Uint8Array.from(all, ({ dies }) => Number(dies)),
          },
        ),
      );
      const ends = [output.analysed, output.droppedQueue, output.droppedAnalysis, output.died].map(sum);

      expect(ends.reduce((a, b) => a + b, output.waiting)).toBe(all.reduce((a, { inflow }) => a + inflow, 0));
    }),
    { seed: 1 },
  );
});

test('a whole number is spread by largest remainder, ties to the first, within the limits', () => {
  const free = [100, 100, 100];

  expect(spread(10, [1, 1, 1], free)).toEqual([4, 3, 3]);
  expect(spread(10, [5, 3, 2], free)).toEqual([5, 3, 2]);
  expect(spread(10, [98, 1, 1], [4, 100, 100])).toEqual([4, 3, 3]);
  expect(spread(0, [1, 2, 3], free)).toEqual([0, 0, 0]);
  expect(spread(5, [0, 0, 0], free)).toEqual([0, 0, 0]);
});

test('processes that end in order work for a moment on what waits', () => {
  const dies = Uint8Array.of(0, 0, 1, 0);
  const died = (graceUs: number): number =>
    sum(playNodeQueue(node([500, 0, 0, 0], { dies, graceUs: Float64Array.of(0, 0, graceUs, 0) })).died);

  expect([died(0), died(200_000), died(900_000)]).toEqual([300, 100, 0]);
});
