import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { terminalSummary } from '../../src/report/terminal.ts';
import { aComparison, failover, loadBalancer, nastyName } from '../support/comparison.ts';

test('the verdict comes first, then what decides it, then the modes side by side', () => {
  const text = terminalSummary(aComparison(), { colour: false, width: 100 });
  const order = [
    'Prefer load-balancer',
    'What decides it',
    'half are back after',
    'Against load-balancer',
    'Why',
    'Expectations',
    'Warnings',
  ];

  expect(text.startsWith('Prefer load-balancer')).toBe(true);
  const places = order.map((part) => text.indexOf(part));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test('a row of the table reads across the modes', () => {
  const lines = terminalSummary(aComparison(), { colour: false, width: 120 }).split('\n');
  const row = (label: string): string[] =>
    lines
      .find((line) => line.includes(label))!
      .split('│')
      .map((cell) => cell.trim())
      .slice(2, -1);

  expect(row('99 % are back after')).toEqual(['11.0 s', '51.9 s', 'never']);
  expect(row('skew before')).toEqual(['1.02 / 1.04 / 1.52', '3.00 / 2.00 / 3.00', '3.00 / 2.00 / 3.00']);
  expect(lines.find((line) => line.includes('BREACHED'))).toContain('load-balancer.loss.share < 0.01%');
});

test('three modes fit side by side in 80 columns, and nothing is wider than the terminal', () => {
  expect(terminalSummary(aComparison(), { colour: false, width: 80 })).toMatch(
    /load-balancer │ +failover │ +failover-udp/,
  );
  for (const width of [60, 80, 100, 200]) {
    const lines = terminalSummary(aComparison(), { colour: false, width }).split('\n');
    const tooWide = lines
      .filter((line) => /[│┌├└]/.test(line) || !line.startsWith('    '))
      .filter((line) => line.length > width);
    expect(tooWide, String(width)).toEqual([]);
  }
});

test('long names of modes are broken where their words end, before a second table is made', () => {
  const modes = [
    loadBalancer,
    { ...failover, name: 'failover-routed' },
    { ...failover, name: 'failover-same-segment' },
  ];

  expect(terminalSummary(aComparison({ modes }), { colour: false, width: 80 })).toMatch(
    /load-balancer │ +failover- │ +failover-same- │\n│ +│ +│ +routed │ +segment │/,
  );
});

test('a number and its unit stay on one line', () => {
  const verdict = `${'word '.repeat(15)}half are back within 94.7 % of 15 min 6 s`;
  for (let width = 40; width < 120; width++) {
    const text = terminalSummary({ ...aComparison({ agents: 9 }), verdict }, { colour: false, width });
    expect(text.split('\n\n')[0], String(width)).not.toMatch(/\d\n(%|min|s)\b/);
  }
});

test('what the modes share comes first, then who says what', () => {
  const lines = terminalSummary(aComparison(), { colour: false, width: 120 }).split('\n');
  const from = lines.indexOf('Why');

  expect(lines.slice(from + 1, from + 6)).toEqual([
    '  - The host of worker01 lives on: it refuses connections at once, so agents notice within a second.',
    '  load-balancer:',
    expect.stringMatching(/^ {4}- After the first refusal/),
    '  failover, failover-udp:',
    expect.stringMatching(/^ {4}- An agent tries the same server/),
  ]);
});

test('a run until all is settled says how long that took', () => {
  const comparison = aComparison({ minutes: 21 });

  expect(terminalSummary({ ...comparison, durationUs: 3_600e6 }, { colour: false, width: 120 })).toContain(
    'until all agents are settled (21 min 0 s; at most 1 h 0 min)',
  );
});

test('colour adds nothing but colour', () => {
  const plain = terminalSummary(aComparison(), { colour: false, width: 100 });
  const coloured = terminalSummary(aComparison(), { colour: true, width: 100 });

  expect(coloured).toContain('\u001b[');
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test('a name cannot speak to the terminal', () => {
  const text = terminalSummary(
    aComparison({ modes: [{ ...loadBalancer, name: nastyName }, failover], nodes: [nastyName, 'b'], title: nastyName }),
    { colour: false, width: 80 },
  );

  expect(text).not.toMatch(/[\p{Cc}--\n]/v);
  expect(text).toContain('␛[31mred');
});

test('nothing lost is said with the number of runs that say so', () => {
  const text = terminalSummary(aComparison({ modes: [{ ...loadBalancer, losses: {} }] }), { colour: false, width: 80 });

  expect(text).toMatch(/events lost +│ +none in 10 runs/);
});

test('one replication has no interval, and the summary says so', () => {
  const text = terminalSummary(aComparison({ replications: 1 }), { colour: false, width: 120 });

  expect(text).toContain('One replication: there is no interval.');
  expect(text).not.toContain('±');
});
