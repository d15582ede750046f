import { describe, expect, test } from 'vitest';
import { fleet, remarksOf, type LintParts } from '../../support/lint.ts';

const said = (parts: LintParts): string[] => remarksOf('worker-connections', parts);

describe('connection slots of nginx', () => {
  test('that are fewer than two an agent are told, with the number of agents that are closed', () => {
    expect(said({ fleet: fleet(2000), nginx: { events: '' } })).toEqual([
      'nginx.conf:7 512 connections a worker process (worker_connections, the default) are 254 sessions, with 1 worker process 254, but 2,000 agents connect through it: ' +
        '1,746 are closed as soon as they connect, again and again. Write worker_connections 4096 (and worker_rlimit_nofile as much).',
    ]);
  });

  // 1 + 2 listening sockets, then two slots a session.
  test.each([
    [509, 1],
    [510, 0],
    [511, 0],
  ])('for 255 agents three slots and %i: %i remarks', (more, count) => {
    const remarks = said({ fleet: fleet(255), nginx: { events: `worker_connections ${3 + more};` } });
    expect(remarks).toHaveLength(count);
  });

  test('are told where they are written, and enough in all may be too few on one worker process', () => {
    const nginx = { main: 'worker_processes 4;', events: 'worker_connections 1024;' };

    expect(said({ fleet: fleet(2000), nginx })).toEqual([
      expect.stringMatching(/^nginx\.conf:2 .* of 2,000 agents up to 564 fall on one of them/),
    ]);
    expect(said({ fleet: fleet(1600), nginx })).toEqual([]);
  });
});

test('balancers behind an address that moves have to carry its agents, each all of them', () => {
  const modes =
    '{ pair: { balancers: { lb1: { nginx: nginx.conf, addresses: [10.0.0.11] }, lb2: { nginx: nginx.conf, addresses: [10.0.0.12] }, front: { vip: { of: [lb1, lb2] } } }, servers: [front] } }';
  expect(said({ fleet: fleet(2000), modes, nginx: { events: '' } })).toEqual([
    expect.stringMatching(/2,000 agents connect through it: 1,746 are closed/),
  ]);
});
