import { expect, test } from 'vitest';
import { faultSentence, faultSentenceOf } from '../../src/metrics/faultWords.ts';
import type { FaultOptions } from '../../src/models/fault.ts';
import { fault, minute, second, timing } from '../support/worlds.ts';

const kill = fault('kill', 'worker01', 600, 600);
const at10 = timing(600, 0);

test.each<readonly [FaultOptions, string]>([
  [kill, 'worker01 is killed at 10 min for 10 min'],
  [
    { ...fault('powerOff', ['worker01', 'worker02'], 600, null) },
    'worker01 and worker02 lose their power at 10 min to the end',
  ],
  [fault('hang', ['a', 'b', 'c'], null, 90), 'a, b and c hang from the start for 90.0 s'],
  [
    { ...kill, atUs: { fromUs: 10 * minute, toUs: 11 * minute }, everyUs: 5 * minute, times: 3, forUs: 2.5e6 },
    'worker01 is killed between 10 min and 11 min for 2.5 s, 3 times, every 5 min',
  ],
  [{ ...fault('hang', 'master', 600, 60), only: 'authd' }, 'authd of master hangs at 10 min for 1 min'],
  [fault('stop', 'worker01', 600, null), 'worker01 is stopped at 10 min to the end'],
  [fault('restart', 'worker01', 600, 90), 'worker01 is restarted at 10 min for 90.0 s'],
  [
    { kind: 'rolling', places: ['a', 'b'], ...at10, downUs: 90 * second, pauseUs: 5 * minute, drainUs: 2 * minute },
    'a and b are restarted one after the other (down for 90.0 s each, drained for 2 min before, with 5 min between them) at 10 min',
  ],
  [fault('zombie', 'worker01', 600, 60), 'worker01 accepts events and throws them away at 10 min for 1 min'],
  [
    { kind: 'slow', places: ['a', 'b'], ...timing(600, 60), toShare: 0.3 },
    'a and b analyse only 30 % of their capacity at 10 min for 1 min',
  ],
  [
    { kind: 'partition', from: 'branch', to: 'worker01', oneWay: true, ...timing(600, 300) },
    'no packet passes from branch to worker01 at 10 min for 5 min',
  ],
  [
    { kind: 'partition', from: 'agents', to: 'balancer', oneWay: false, ...timing(600, 300) },
    'no packet passes between the agents and balancer at 10 min for 5 min',
  ],
  [
    { kind: 'dropFlows', from: 'branch', to: 'worker01', answer: 'rst', ...at10 },
    'the connections from branch to worker01 are forgotten on the way (answered with RST) at 10 min',
  ],
  [{ kind: 'restartAgents', groups: ['a', 'b'], ...at10, overUs: 0 }, 'the agents of a and b restart at 10 min'],
  [
    { kind: 'restartAgents', groups: ['a'], ...at10, overUs: 5 * minute },
    'the agents of a restart, spread over 5 min, at 10 min',
  ],
  [
    { kind: 'pushConfig', groups: ['a'], ...at10, restarts: true },
    'the agents of a get a new shared configuration at 10 min',
  ],
  [
    { kind: 'reconnectAgents', groups: ['a'], ...at10, chunk: null, pauseUs: 0 },
    'the agents of a are told to reconnect at 10 min',
  ],
  [
    { kind: 'reconnectAgents', groups: ['a'], ...at10, chunk: 300, pauseUs: 5 * second },
    'the agents of a are told to reconnect, 300 every 5.0 s, at 10 min',
  ],
  [
    { kind: 'enroll', group: 'new', count: 1500, overUs: 10 * minute, ...timing(600, 600) },
    '1,500 agents of new enroll over 10 min at 10 min',
  ],
  [
    { kind: 'reload', balancers: ['balancer'], product: null, ...at10 },
    'the balancer reloads its configuration at 10 min',
  ],
  [{ kind: 'drain', places: ['a'], ...at10 }, 'the balancer drains a at 10 min'],
  [{ kind: 'addNode', places: ['a'], ...at10 }, 'a is added to the balancer at 10 min'],
  [{ kind: 'removeNode', places: ['a', 'b'], ...at10 }, 'a and b are taken out of the balancer at 10 min'],
  [
    { ...kill, random: { mtbfUs: 86_400 * second, mttrUs: 60 * minute } },
    'worker01 is killed now and then, every 1440 min for 60 min in the mean',
  ],
])('what happens, when and for how long: %#', (options, sentence) => {
  expect(faultSentence(options)).toBe(sentence);
});

test('where modes differ in a fault, its sentence says whose is which', () => {
  const lasting = (seconds: number): FaultOptions => fault('kill', 'worker01', 300, seconds);
  const said = faultSentenceOf([
    { mode: 'short', fault: lasting(5) },
    { mode: 'long', fault: lasting(70) },
    { mode: 'long-udp', fault: lasting(70) },
  ]);

  expect(said).toBe('worker01 is killed at 5 min for 5.0 s (short) and 70.0 s (long and long-udp)');
  expect(faultSentenceOf([{ mode: 'only', fault: lasting(5) }])).toBe('worker01 is killed at 5 min for 5.0 s');
});
