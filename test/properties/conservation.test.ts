// Whatever scenario somebody writes, it is refused with reasons or simulated with books that balance.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { productNames } from '../support/random/balancers.ts';
import { faultNames } from '../support/random/faults.ts';
import { failureOf, playNumber, replayCommand } from '../support/random/replay.ts';
import { randomScenario } from '../support/random/scenario.ts';

// 200 in the normal run; 10,000 with FLEETFALL_LONG=1, or a part of them with FLEETFALL_PART=2/5.
const [part = 1, parts = 1] = (process.env.FLEETFALL_PART ?? '').split('/').filter(Boolean).map(Number);
const size = (process.env.FLEETFALL_LONG === '1' ? 10_000 : 200) / parts;
/** Scenarios that once stopped the engine. */
const stopped = [48, 79, 178, 244, 921, 1689, 2073, 2255, 2976];
const drawn = Array.from({ length: size }, (_, index) => (part - 1) * size + index);
const numbers = [...drawn, ...stopped];

test('books balance in every random scenario', { timeout: 3_600_000 }, () => {
  const refusals = numbers.map((number) => playNumber(number));
  const played = refusals.filter(({ length }) => length === 0).length;
  // Most of what is drawn is a scenario, not a mistake.
  expect(played).toBeGreaterThan(0.75 * numbers.length);
  for (const reasons of refusals) for (const reason of reasons) expect(reason).toMatch(/\.$/);
});

test('random scenarios have every verb of the format, and every part of it', () => {
  const texts = numbers
    .flatMap((number) => {
      const { text, files } = randomScenario(number);
      return [text, ...Object.values(files)];
    })
    .join('\n');
  for (const name of faultNames) expect(texts).toContain(name === 'hangOnly' ? 'only: ' : `${name}:`);
  const parts = [
    'inventory',
    'nat',
    'burst',
    'profile',
    'hitters',
    'pareto',
    'restart: once per',
    'files',
    'eventChannel',
  ];
  const others = ['platform', 'ossec', 'internalOptions', 'agentConf', 'acceptsPerSecond', 'control', 'epsLimit'];
  const rest = ['serviceTime', 'until: settled', 'kernel', 'random', 'every', 'times', 'startsAt', 'observed', 'hosts'];
  for (const word of [...parts, ...others, ...rest]) expect(texts).toContain(word);
  for (const product of [...productNames, 'vip', 'helper', 'haproxy_helper'])
    expect(texts).toMatch(new RegExp(`\\b${product}\\b`));
  for (const word of [
    'on-marked-down',
    'observe layer4',
    'maxconn',
    'maxqueue',
    'redispatch',
    'slowstart',
    'hash-type',
  ]) {
    expect(texts).toContain(word);
  }
});

test('a failure prints a command that replays it', () => {
  const told = failureOf(3, new Error('the books do not balance'));
  expect(told).toContain(`the books do not balance\n${replayCommand(3)}\n`);
  const [program, ...args] = replayCommand(3).split(' ');
  expect(program).toBe('node');
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout).toContain(randomScenario(3).text);
});
