// result.json: what comes back is what was written, and what was meddled with is recognised.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Comparison } from '../../src/metrics/comparison.ts';
import { reportFiles } from '../../src/report/files.ts';
import { ResultError } from '../../src/report/sealed.ts';
import { parseResult, readResult, resultPieces } from '../../src/report/stored.ts';
import { terminalSummary } from '../../src/report/terminal.ts';
import { writeReport } from '../../src/report/write.ts';
import { simulate } from '../../src/run/replications.ts';
import { aComparison, failoverUdp, loadBalancer, nastyName } from '../support/comparison.ts';
import { load, scenarioText } from '../support/scenarios.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-stored-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const textOf = (comparison: Comparison): string => [...resultPieces(comparison)].join('');
const again = (comparison: Comparison): Comparison => parseResult(Buffer.from(textOf(comparison)), 'result.json');

/** Every text a report is made of, and what a terminal shows. */
function told(comparison: Comparison): Map<string, string> {
  const files = Array.from(reportFiles(comparison), ({ path, pieces }): [string, string] => [
    path,
    [...pieces].join(''),
  ]);
  return new Map([...files, ['terminal', terminalSummary(comparison, { colour: false, width: 80 })]]);
}

function reason(of: () => unknown): string {
  try {
    of();
  } catch (error) {
    if (error instanceof ResultError) return error.message;
    throw error;
  }
  return 'nothing';
}

test.each([
  ['a run of three modes', aComparison({ agents: 30, replications: 2, minutes: 21 })],
  ['agents that never come back', aComparison({ modes: [failoverUdp], agents: 40, minutes: 21 })],
  ['hostile names', aComparison({ modes: [{ ...loadBalancer, name: nastyName }], group: nastyName, minutes: 21 })],
  [
    'a fault without an end',
    aComparison({ faults: [{ text: 'gone', fromMinute: 10, toMinute: Infinity }], agents: 9 }),
  ],
])('a stored result tells the same bytes: %s', (_, comparison) => {
  expect(told(again(comparison))).toEqual(told(comparison));
});

test('a simulated result comes back value by value, with every outage', async () => {
  const comparison = await simulate(
    load(
      scenarioText({
        modes: '{ lb: { nginx: nginx.conf }, list: { servers: [worker01, worker02] } }',
        fleet: '{ servers: { count: 30, events: { rate: 1/s } }, branch: { count: 5, events: { rate: 1/s } } }',
        more: 'replications: 2\nexpect: [lb.reconnect.p50 <= 10s]',
      }),
    ),
  );
  const back = again(comparison);

  const rows = ({ modes }: Comparison): unknown[] => modes.map(({ reconnects }) => [...reconnects]);
  expect(rows(back).flat().length).toBeGreaterThan(40);
  expect(rows(back)).toEqual(rows(comparison));
  const bare = (value: Comparison): unknown => ({
    ...value,
    modes: value.modes.map((mode) => ({ ...mode, reconnects: [] })),
  });
  expect(bare(back)).toEqual(bare(comparison));
  expect(back.modes[0]!.settings.length).toBeGreaterThan(100);
});

test('Infinity, a zero below zero and a mode of that name are told apart', () => {
  const comparison = aComparison({ modes: [{ ...failoverUdp, name: 'Infinity' }], agents: 9, minutes: 21 });
  const odd = { ...comparison, warmupUs: -0, durationUs: Infinity };

  const back = again(odd);
  expect([back.modes[0]!.name, Object.is(back.warmupUs, -0), back.durationUs]).toEqual(['Infinity', true, Infinity]);
});

test('no folder and no text of a configuration is in it', () => {
  const text = textOf(aComparison({ agents: 9, minutes: 21 }));

  expect(text).toContain('"source":"worker-crash.yaml"');
  expect(text).toContain('"file":"nginx.conf"');
  expect(text).not.toContain('scenarios/');
});

test('it is one JSON document that others can read', () => {
  const document = JSON.parse(textOf(aComparison({ agents: 9, minutes: 21 }))) as Record<string, unknown>;

  expect(Object.keys(document)).toEqual(['format', 'engine', 'comparison', 'reconnects', 'digest']);
  expect(document.format).toBe('fleetfall-result/1');
});

const comparison = aComparison({ modes: [loadBalancer], agents: 9, replications: 2, minutes: 21 });

test('line ends of another system are no edit', () => {
  const windows = textOf(comparison).replaceAll('\n', '\r\n');

  expect(told(parseResult(Buffer.from(windows), 'r'))).toEqual(told(comparison));
});

test('whatever is cut off or changed is recognised', () => {
  const text = textOf(comparison);
  const mend = 'Run the scenario again.';
  const cases: readonly (readonly [string, string])[] = [
    ...[0.2, 0.5, 0.9, 0.999].map(
      (share) =>
        [text.slice(0, Math.floor(text.length * share)), `r: is cut off: its end is missing. ${mend}`] as const,
    ),
    [text.replace('"agents":9', '"agents":8'), `r: was edited, or is damaged: its digest is another. ${mend}`],
    [
      text.replace('"engine":"0.1.0"', '"engine":"0.1.1"'),
      `r: was edited, or is damaged: its digest is another. ${mend}`,
    ],
    [
      JSON.stringify(JSON.parse(text), null, 2),
      `r: is no result.json that fleetfall has written, or it was edited or formatted anew. ${mend}`,
    ],
    ['', `r: is no result.json that fleetfall has written, or it was edited or formatted anew. ${mend}`],
    [
      text.replace('fleetfall-result/1', 'fleetfall-result/7'),
      `r: has the format fleetfall-result/7, this version reads fleetfall-result/1. ${mend}`,
    ],
  ];

  for (const [changed, said] of cases) {
    const words = reason(() => parseResult(Buffer.from(changed), 'r'));
    // A cut may go through a value, too.
    expect([said, `r: was edited, or is damaged: its digest is another. ${mend}`]).toContain(words);
    expect(words === said || said.includes('cut off')).toBe(true);
  }
});

test('a result of another version of fleetfall says which, and what to do', () => {
  const open = textOf({ ...comparison, engine: '0.0.9' });

  expect(reason(() => parseResult(Buffer.from(open), 'old/result.json'))).toBe(
    'old/result.json: was made by fleetfall 0.0.9, this is 0.1.0: versions may differ in what they simulate. ' +
      'Run the scenario again. Or use fleetfall 0.0.9.',
  );
});

test('the digest is the SHA-256 of everything that stands before it', () => {
  const text = textOf(comparison);
  const at = text.lastIndexOf('"digest"');

  expect(text.slice(at)).toBe(`"digest":"${createHash('sha256').update(text.slice(0, at)).digest('hex')}"}\n`);
});

test('a report is read by its folder, its result or its summary; the summary has to be its own', async () => {
  const place = join(folder, 'report');
  await writeReport(comparison, place, null);
  const summary = join(place, 'summary.json');
  const right = readFileSync(summary, 'utf8');
  const read = (text: string, path = place): string => {
    writeFileSync(summary, text);
    return reason(() => readResult(path));
  };

  for (const path of [place, join(place, 'result.json'), summary]) expect(read(right, path)).toBe('nothing');
  expect(read(right.replace('"agents": 9', '"agents": 8'))).toBe(
    `${summary}: does not say what the result.json beside it says: one of them was edited, or is of another run. ` +
      `\`fleetfall report ${join(place, 'result.json')} --out ${place}\` writes it again from result.json.`,
  );
  const cut = `${summary}: is cut off, or was edited: it is no JSON any more. Run the scenario again.`;
  expect(read(right.slice(0, 400))).toBe(cut);
  expect(read(right.slice(0, 400), summary)).toBe(cut);
  expect(read(right.replace('summary/1', 'summary/2'), summary)).toBe(
    `${summary}: has the format fleetfall-summary/2, this version reads fleetfall-summary/1. Run the scenario again.`,
  );
  // Whoever names the result itself means it.
  expect(read(right.slice(0, 400), join(place, 'result.json'))).toBe('nothing');
  rmSync(join(place, 'result.json'));
  expect(read(right, summary)).toBe(
    `${join(place, 'result.json')}: is not there: a summary.json alone is a part of the result. Run the scenario again.`,
  );
  expect(read(right)).toContain('holds no result.json');
  expect(reason(() => readResult(join(folder, 'none.json')))).toBe(
    `${join(folder, 'none.json')}: there is no such file.`,
  );
});
