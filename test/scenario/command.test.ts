import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fileCommand, flagCommand, shellWord } from '../../src/scenario/command.ts';

test('a scenario file is run again with what the command line had changed', () => {
  expect(fileCommand('scenarios/worker-crash.yaml', {})).toBe('fleetfall run scenarios/worker-crash.yaml');
  expect(
    fileCommand('my scenarios/a.yaml', {
      set: [
        { path: 'fleet.servers.count', value: '40' },
        { path: 'faults', value: '[{ at: 1m, kill: worker01 }]' },
      ],
    }),
  ).toBe(
    "fleetfall run 'my scenarios/a.yaml' --set fleet.servers.count=40 --set 'faults=[{ at: 1m, kill: worker01 }]'",
  );
});

test('a run without a file is run again with its flags', () => {
  expect(
    flagCommand({
      nginx: 'nginx.conf',
      agents: 9_000,
      agentVersion: '4.9.2',
      kill: ['worker02', 'balancer'],
      powerOff: [],
      at: '5m',
      overrides: { set: [{ path: 'seed', value: '3' }] },
    }),
  ).toBe(
    'fleetfall run --nginx nginx.conf --agents 9000 --agent-version 4.9.2 --kill worker02 --kill balancer --at 5m --set seed=3',
  );
});

test.skipIf(process.platform === 'win32')('a shell reads every word as it was', () => {
  for (const word of ['plain', '10%', "it's", 'a b', '$HOME `x` "y" \\', '*', '', 'ä;|&<>()!~#', 'x\ny']) {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' }), word).toBe(word);
  }
});
