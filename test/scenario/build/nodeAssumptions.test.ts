import { expect, test } from 'vitest';
import { nodeDefaults, type NodeOptions } from '../../../src/models/node.ts';
import { intakeAssumptions } from '../../../src/scenario/build/nodeAssumptions.ts';

const node = (name: string, options: Partial<NodeOptions>): NodeOptions => ({
  ...nodeDefaults,
  name,
  address: '10.0.0.1',
  ...options,
});

test('rates and costs that nobody has measured are named, with the nodes they are for', () => {
  const said = intakeAssumptions([
    node('worker01', { acceptsPerSecond: 300, controlCostUs: 2_000, version: '4.12.0' }),
    node('worker02', { acceptsPerSecond: 300, controlCostUs: 2_000, version: '4.13.0' }),
    node('master', {}),
  ]);

  expect(said).toEqual([
    'Each of worker01, worker02 accepts 300 connections a second while 129 wait (acceptsPerSecond): assumed, nobody has measured it.',
    'worker01 needs 2 ms for the database work of a startup or keepalive (control.cost), which its 4 handler threads do before they come to the next message: assumed, nobody has measured it.',
    'worker02 needs 2 ms for the database work of a startup or keepalive (control.cost), which one thread does behind the ACK: assumed, nobody has measured it.',
  ]);
});

test('nothing is said of what is not judged', () => {
  expect(intakeAssumptions([node('master', {})])).toEqual([]);
});
