// When the dashboard calls an agent disconnected, by release. Wazuh: src/headers/defs.h, src/monitord/monitord.c by tag.
import { expect, test } from 'vitest';
import { disconnectionDefaults } from '../../../src/models/cluster/timings.ts';
import { nodeDefaults } from '../../../src/models/node.ts';

test.each([
  ['3.13.6', 1800, 120, 0],
  ['4.0.4', 1800, 120, 0],
  ['4.1.0', 20, 20, 100],
  ['4.1.1', 20, 20, 100],
  ['4.1.2', 600, 600, 0],
  ['4.12.0', 600, 600, 0],
  ['4.13.0', 900, 900, 0],
  ['4.14.7', 900, 900, 0],
])(
  'a master of %s looks for keepalives older than %i s every %i s, and tells %i s later',
  (version, threshold, sweep, alert) => {
    expect(disconnectionDefaults(version)).toEqual({
      thresholdSeconds: threshold,
      sweepSeconds: sweep,
      alertSeconds: alert,
    });
  },
);

test('a node that says nothing has the times of its release', () => {
  expect(nodeDefaults.disconnection).toEqual(disconnectionDefaults(nodeDefaults.version));
});
