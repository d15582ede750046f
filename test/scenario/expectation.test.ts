import { expect, test } from 'vitest';
import { parseExpectation } from '../../src/scenario/expectation.ts';
import { metricNames } from '../../src/scenario/metricNames.ts';

const known = {
  modes: ['load-balancer', 'failover'],
  groups: ['servers', 'branches'],
  nodes: ['master', 'worker01', 'worker02'],
  faultCount: 2,
  ownNames: new Map([['failover', { groups: ['servers'], nodes: ['worker01', 'worker03'], faultCount: 0 }]]),
};

/** `column  text` of every problem; the text of a good one has none. */
function problemsOf(text: string): string[] {
  const parsed = parseExpectation(text, known);
  return 'left' in parsed ? [] : parsed.map((problem) => `${problem.offset + 1}  ${problem.text}`);
}

test('a metric of a mode is compared with a value in its unit', () => {
  expect(parseExpectation('load-balancer.loss.share{group=servers} < 0.1%', known)).toEqual({
    text: 'load-balancer.loss.share{group=servers} < 0.1%',
    left: { mode: 'load-balancer', metric: 'loss.share', selector: { group: 'servers' } },
    op: '<',
    right: { kind: 'value', value: 0.001 },
  });
});

test.each([
  ['failover.reconnect.p50 <= 15s', '<=', 15_000_000],
  ['failover.events.lost ≥ 12', '>=', 12],
  ['failover.skew.agents.before > 1.5', '>', 1.5],
  ['  failover.storm.connects  ==  200/s  ', '==', 200],
  ['failover.reconnect.unfinished = 0', '==', 0],
])('%s', (text, op, value) => {
  expect(parseExpectation(text, known)).toMatchObject({ op, right: { kind: 'value', value } });
});

test.each([
  ['load-balancer.events.lost < failover.events.lost', 1],
  ['load-balancer.events.lost < 0.5 × failover.events.lost', 0.5],
  ['load-balancer.events.lost < 2 x failover.events.lost', 2],
  ['load-balancer.events.lost < 3*failover.events.lost', 3],
])('a metric is compared with another one, times a factor: %s', (text, factor) => {
  expect(parseExpectation(text, known)).toMatchObject({
    right: { kind: 'metric', factor, reference: { mode: 'failover', metric: 'events.lost', selector: {} } },
  });
});

test.each(metricNames)('%s can be expected of a mode', (name) => {
  const values = ['1%', '1s', '1/s', '1'].map((value) => `load-balancer.${name} < ${value}`);
  expect(values.filter((text) => problemsOf(text).length === 0)).toHaveLength(1);
});

test.each<readonly [text: string, problems: readonly string[]]>([
  [
    '',
    [
      '1  expected a metric of a mode such as failover.loss.share. Write it like failover.loss.share < 0.1% or failover.events.lost <= 2 × load-balancer.events.lost.',
    ],
  ],
  ['loss.share < 1%', ['1  loss.share of which mode? Write load-balancer.loss.share.']],
  [
    'failovr.loss.share < 1%',
    ['1  no mode is called "failovr". Did you mean failover? Known: load-balancer, failover.'],
  ],
  [
    'failover.loss.shore < 1%',
    [
      '10  no metric is called "loss.shore". Did you mean loss.share? Known: loss.share, loss.seconds, loss.path, loss.sendError, loss.ring, loss.logcollector, loss.agentRestart, loss.nodeQueue, loss.analysis, loss.nodeMemory, loss.zombie, loss.keyInUse.',
    ],
  ],
  ['failover.loss.share < 1', ['23  loss.share is a share: expected a percentage such as 0.1%, got "1".']],
  ['failover.loss.share < -1%', ['23  loss.share is a share: expected a percentage such as 0.1%, got "-1%".']],
  ['failover.reconnect.p50 < 15', ['26  reconnect.p50 is a time: expected a duration such as 15s, got "15".']],
  [
    'failover.events.lost < 1,000',
    ['24  events.lost is a number of events: expected a plain number such as 100, got "1,000".'],
  ],
  ['failover.storm.connects < 10', ['27  storm.connects is a rate: expected one such as 200/s, got "10".']],
  [
    'failover.skew.agents.before < 50%',
    ['31  skew.agents.before is a ratio: expected a plain number such as 1.5, got "50%".'],
  ],
  [
    'failover.events.lost < 2 × failover.loss.share',
    ['28  events.lost (a number of events) cannot be compared with loss.share (a share).'],
  ],
  [
    'failover.events.lost <= baseline + 1%',
    ['25  a comparison with a baseline is not possible yet; it comes with "fleetfall baseline".'],
  ],
  [
    'failover.skew.agents.before{node=worker02} < 2',
    ['28  no node is called "worker02". Did you mean worker01? Known: worker01, worker03.'],
  ],
  ['load-balancer.reconnect.p50{fault=3} < 2s', ['28  there is no fault "3". They are numbered from 1 to 2.']],
  ['failover.reconnect.p50{fault=1} < 2s', ['23  there is no fault "1". The scenario has none.']],
  ['failover.loss.share{node=worker01} < 1%', ['20  loss.share has no selector "node". It takes group.']],
  ['failover.loss.share{constructor=servers} < 1%', ['20  loss.share has no selector "constructor". It takes group.']],
  ['failover.loss.share{group} < 1%', ['20  expected a selector such as {group=servers}, got "group".']],
  [
    'failover.loss.share{group=servers,group=servers} < 1%',
    ['20  expected a selector such as {group=servers}, got "a second group".'],
  ],
])('%j is refused at the character where it goes wrong', (text, problems) => {
  expect(problemsOf(text)).toEqual(problems);
});

test('what is left open or does not belong there is shown the form', () => {
  const form = ' Write it like failover.loss.share < 0.1% or failover.events.lost <= 2 × load-balancer.events.lost.';

  expect(problemsOf('failover.loss.share')).toEqual([
    `20  expected <, <=, >, >= or == after "failover.loss.share".${form}`,
  ]);
  expect(problemsOf('failover.loss.share != 1%')).toEqual([
    `21  expected <, <=, >, >= or == after "failover.loss.share".${form}`,
  ]);
  expect(problemsOf('failover.loss.share <')).toEqual([`22  expected a value or a metric after <.${form}`]);
  expect(problemsOf('failover.events.lost < failover.events.lost and more')).toEqual([
    `44  "and more" does not belong here.${form}`,
  ]);
});

test('both sides of a comparison are looked at', () => {
  expect(problemsOf('failovr.events.lost < failover.events.last')).toEqual([
    '1  no mode is called "failovr". Did you mean failover? Known: load-balancer, failover.',
    '32  no metric is called "events.last". Did you mean events.lost? Known: events.produced, events.delivered, events.lost, events.pending.',
  ]);
});
