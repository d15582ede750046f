import { describe, expect, test } from 'vitest';
import { faultSentence } from '../../../src/metrics/faultWords.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { load, problemsOf, scenarioText } from '../../support/scenarios.ts';
import { play } from '../../support/stories.ts';

const cluster =
  '{ nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 }, worker03: { address: 172.0.0.6 } } }';
const haproxy = (servers: readonly string[]): string => `defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend f
  bind :1514
  default_backend b
backend b
  balance roundrobin
${servers.map((server) => `  server ${server}\n`).join('')}`;
const files = {
  'ha.cfg': haproxy(['w1 172.0.0.4:1514', 'w2 172.0.0.5:1514']),
  'small.cfg': haproxy(['w2 172.0.0.5:1514']),
};
const two = (first: string, second: string): string =>
  `{ lb: { balancers: { lb1: { ${first}, addresses: [10.0.0.11] }, lb2: { ${second}, addresses: [10.0.0.12] },
     front: { vip: { of: [lb1, lb2] }, addresses: [10.0.0.10] } }, servers: [front] }, list: { servers: [worker01, worker02] } }`;
const alike = two('haproxy: ha.cfg', 'haproxy: ha.cfg');
const mixed = two('haproxy: ha.cfg', 'nginx: nginx.conf');

function faultsOf(fault: string, modes: string): readonly FaultOptions[] {
  return load(scenarioText({ cluster, modes, faults: `[${fault}]` }), { files }).modes[0]!.world.faults;
}

function wrong(fault: string, modes: string): string[] {
  return problemsOf(scenarioText({ cluster, modes, faults: `[${fault}]` }), { files }).map((text) =>
    text.replace(/^\d+:\d+ {2}/, ''),
  );
}

test.each([
  ['{ at: 10m, drain: worker01, balancer: lb1, for: 1m }', 'lb1 drains worker01 at 10 min for 1 min'],
  ['{ at: 10m, drain: worker01, balancer: [lb1, lb2] }', 'lb1 and lb2 drain worker01 at 10 min to the end'],
  ['{ at: 10m, drain: worker01 }', 'the balancer drains worker01 at 10 min to the end'],
  ['{ at: 10m, addNode: worker03, balancer: lb2 }', 'worker03 is added to lb2 at 10 min'],
  ['{ at: 10m, removeNode: worker02, balancer: lb2 }', 'worker02 is taken out of lb2 at 10 min'],
  [
    '{ at: 10m, rolling: worker01, drain: 1m, balancer: lb2 }',
    'worker01 is restarted (down for 10.0 s each, drained at lb2 for 1 min before) at 10 min',
  ],
  ['{ at: 10m, reload: { haproxy: small.cfg }, balancer: lb2 }', 'lb2 reloads a new configuration at 10 min'],
  ['{ at: 10m, reload: balancer, balancer: lb2 }', 'lb2 reloads its configuration at 10 min'],
  ['{ at: 10m, reload: balancer }', 'lb1 and lb2 reload their configurations at 10 min'],
])('%s', (fault, sentence) => {
  expect(faultsOf(fault, alike).map(faultSentence)).toEqual([sentence]);
});

describe('what is wrong with who hears an order', () => {
  test.each([
    [
      '{ at: 10m, drain: worker01 }',
      mixed,
      'faults[0].drain: lb2: nginx has no drain: a server is in its upstream or it is not. Use removeNode, which takes it out of the upstream and reloads; sessions on it go on until it stops. Or write balancer: lb1.',
    ],
    ['{ at: 10m, drain: worker01, balancer: lb1 }', mixed, null],
    [
      '{ at: 10m, drain: worker01, balancer: lb3 }',
      alike,
      'faults[0].balancer: no balancer is called "lb3". Did you mean lb1? Known: lb1, lb2, front.',
    ],
    [
      '{ at: 10m, drain: worker01, balancer: front }',
      alike,
      'faults[0].balancer: front is an address that moves and hears nothing. Name lb1 or lb2.',
    ],
    ['{ at: 10m, drain: worker01, balancer: [lb1, lb1] }', alike, 'faults[0].balancer: lb1 is named twice.'],
    [
      '{ at: 10m, kill: worker01, balancer: lb1 }',
      alike,
      'faults[0].balancer belongs to drain, addNode, removeNode, reload and rolling with drain. Remove it.',
    ],
    [
      '{ at: 10m, drain: worker03, balancer: lb1 }',
      alike,
      'faults[0].drain: worker03 is no server of lb1: draining it changes nothing.',
    ],
    [
      '{ at: 10m, removeNode: worker01, balancer: lb2 }',
      two('haproxy: ha.cfg', 'haproxy: small.cfg'),
      'faults[0].removeNode: lb2: worker01 is no server of the balancer: removing it changes nothing.',
    ],
    [
      '{ at: 10m, reload: lb1, balancer: lb2 }',
      alike,
      'faults[0].balancer is said by reload already. Remove one of them.',
    ],
    [
      '{ at: 10m, reload: { haproxy: small.cfg } }',
      alike,
      'faults[0].reload needs to say who reads it: balancer: lb1 or lb2.',
    ],
    [
      '{ at: 10m, reload: { haproxy: small.cfg }, balancer: [lb1, lb2] }',
      alike,
      'faults[0].balancer: a file is read by one balancer. Write a reload for each.',
    ],
  ] as const)('%s', (fault, modes, problem) => {
    expect(wrong(fault, modes)).toEqual(problem === null ? [] : [problem]);
  });
});

test('a node drained at one of two balancers goes on to get agents through the other', () => {
  const onWorker01 = (balancer: string, through: string): number => {
    const faults = `[{ at: 1m, drain: worker01${balancer} }, { at: 2m, reconnectAgents: servers }]`;
    const modes = alike.replace('[front]', `[${through}]`);
    const { world } = load(scenarioText({ cluster: cluster.replace('4 }', '4, role: master }'), modes, faults }), {
      files,
    }).modes[0]!;
    return play(world).books.nodeAtEnd.filter((node) => node === 0).length;
  };

  expect([onWorker01('', 'lb1'), onWorker01('', 'lb2')]).toEqual([0, 0]);
  expect([onWorker01(', balancer: lb1', 'lb1'), onWorker01(', balancer: lb1', 'lb2')]).toEqual([0, 5]);
});

test('a mode without the balancer that is told says so', () => {
  const modes = alike.replace('list: { servers: [worker01, worker02] }', 'alone: { haproxy: ha.cfg }');
  const scenario = load(
    scenarioText({ cluster, modes, faults: '[{ at: 10m, removeNode: worker01, balancer: lb2 }]' }),
    { files },
  );

  expect(scenario.modes.map(({ world }) => play(world).books.notes.filter((note) => note.includes('lb2')))).toEqual([
    [],
    ['This mode has no lb2: removeNode worker01 does nothing here.'],
  ]);
});
