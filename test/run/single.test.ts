import { expect, test } from 'vitest';
import { runReplication } from '../../src/run/single.ts';
import work from '../../src/run/worker.ts';
import { aWorld, fault } from '../support/worlds.ts';

const task = {
  world: aWorld({ groups: [{ count: 20, list: [1, 2] }], faults: [fault('kill', 'worker01', 60, 30)] }),
  seed: '1',
  replication: 2,
  asked: [{ mode: 'list', metric: 'reconnect.count', selector: { node: 'worker01' } }],
};

test('one replication: its number, every metric, and those that were asked for', () => {
  const { replication, metrics, selected } = runReplication(task);

  expect(replication).toBe(2);
  expect(metrics['reconnect.count']).toBe(20);
  expect(selected).toEqual({ 'reconnect.count{node=worker01}': 20 });
});

test('a worker thread does the same', () => {
  expect(work(structuredClone(task))).toEqual({ numbers: runReplication(task), recording: null });
});
