// What a baseline remembers, and what a check against it says.
import { beforeAll, describe, expect, test } from 'vitest';
import { baselinePieces, parseBaseline, type Baseline } from '../../src/report/baseline.ts';
import { checkBaseline, record, StaleBaselineError, type Recorded } from '../../src/report/baselineCheck.ts';
import { baselineText, divergenceSentence } from '../../src/report/baselineText.ts';
import { ResultError } from '../../src/report/sealed.ts';
import { instantText } from '../../src/report/rowWords.ts';
import type { Recording } from '../../src/run/recording.ts';
import { load, nginxConf, scenarioText, type Parts } from '../support/scenarios.ts';

const parts: Parts = {
  modes: '{ lb: { nginx: nginx.conf } }',
  duration: '15m',
  more: 'replications: 2\nexpect: [lb.reconnect.p50 <= 10s]\n',
};
const scenario = load(scenarioText(parts));
let recorded: Recorded;
let text = '';
let baseline: Baseline;
beforeAll(async () => {
  recorded = await record(scenario);
  text = [...baselinePieces(recorded.comparison, recorded.recordings)].join('');
  baseline = parseBaseline(Buffer.from(text), 'b.json');
});

const plain = { colour: false, width: 80 };

/** The baseline with another row in the first replication, as if the model had done something else then. */
function remembering(change: (rows: string[]) => string[], stream: keyof Recording = 'connections'): Baseline {
  const [[first, ...others] = []] = baseline.recordings;
  const { kept, rows, chain } = first![stream];
  const all = change(kept.flatMap(([, lines]) => lines.trimEnd().split('\n')));
  const changed = { rows: rows + all.length - kept.flatMap(([, lines]) => lines.trimEnd().split('\n')).length };
  const links: [number, string][] = [];
  for (let at = 0; at < all.length; at += 256) links.push([links.length, `${all.slice(at, at + 256).join('\n')}\n`]);
  const other = { ...changed, chain: `${'0'.repeat(16)}${chain.slice(16)}`, kept: links };
  return { ...baseline, recordings: [[{ ...first!, [stream]: other }, ...others]] };
}

test('what is remembered comes back, every row of it', () => {
  expect(baseline.recordings).toEqual(recorded.recordings);
  expect(baseline.comparison.modes[0]!.metrics).toEqual(recorded.comparison.modes[0]!.metrics);
});

test('the same again: nothing differs, to the last event', async () => {
  const check = await checkBaseline(scenario, baseline);

  expect(check).toMatchObject({ differs: false, divergence: null, divergent: 0, replications: 2, values: [] });
  expect(check.events).toBeGreaterThan(40);
  expect(baselineText(scenario, check, plain)).toBe(
    `s: as remembered (2 runs, ${check.events} events of connections)\n`,
  );
});

test('threads change nothing', { timeout: 30_000 }, async () => {
  expect((await checkBaseline(scenario, baseline, { jobs: 2 })).differs).toBe(false);
});

describe('the first event that differs is named, with what stood before it', () => {
  test('another node', async () => {
    // The first row of counted time that says who has a session with whom.
    const at = (rows: readonly string[]): number => rows.findIndex((row) => /^\d+ 3 /.test(row));
    const check = await checkBaseline(
      scenario,
      remembering((rows) =>
        rows.with(
          at(rows),
          rows[at(rows)]!.replace(/ (\d)$/, (_, node: string) => ` ${1 - Number(node)}`),
        ),
      ),
    );

    expect(check).toMatchObject({ differs: true, divergent: 1, values: [] });
    expect(divergenceSentence(scenario, check)).toMatch(
      /^mode lb, replication 1, at 10 min \d+\.\d+ s: servers\/\d+ has a session with worker02; baseline: servers\/\d+ has a session with worker01\.$/,
    );
    const said = baselineText(scenario, check, plain);
    expect(said).toMatch(/^s: not as remembered: events differ in 1 of 2 runs\n {2}First difference: mode lb/);
    expect(said).toContain('Before it, alike on both sides');
    expect(said).toContain('balancer connects to worker02');
  });

  test('another instant', async () => {
    const check = await checkBaseline(
      scenario,
      remembering((rows) =>
        rows.with(
          3,
          rows[3]!.replace(/^-?\d+/, (us) => String(Number(us) + 1)),
        ),
      ),
    );
    const row = check.divergence!;

    expect(row.alike).toBe(3);
    const sentence = divergenceSentence(scenario, check)!;
    expect(sentence).toMatch(/, at −1 min \d+\.\d{6} s\.$/);
    expect(sentence.match(/−1 min \d+\.\d+ s/g)).toHaveLength(2);
  });

  test('something more, and something less', async () => {
    const less = await checkBaseline(
      scenario,
      remembering((rows) => rows.slice(0, -1)),
    );
    const more = await checkBaseline(
      scenario,
      remembering((rows) => [...rows, '899000000 2 0']),
    );

    expect(divergenceSentence(scenario, less)).toMatch(/; baseline: nothing more happens\.$/);
    expect(divergenceSentence(scenario, more)).toMatch(
      /, at 14 min 59\.000 s: nothing more happens; baseline: servers\/1 stops\.$/,
    );
  });

  test('a count of the fleet while all connections are alike', async () => {
    const check = await checkBaseline(
      scenario,
      remembering((rows) => rows.with(20, rows[20]!.replace(/ \S+ (\S+)$/, ' 7 $1')), 'counts'),
    );

    expect(check.divergence).toMatchObject({ stream: 'counts', alike: 20 });
    expect(divergenceSentence(scenario, check)).toMatch(
      /events: \d+ produced, .* 0 lost, .*baseline: events: .* 7 lost/,
    );
  });

  test('of rows that found no room the baseline says so', async () => {
    const [[first, ...others] = []] = baseline.recordings;
    const { chain, ...rest } = first!.connections;
    const bare = { ...rest, chain: `${'0'.repeat(16)}${chain.slice(16)}`, kept: [] };
    const check = await checkBaseline(scenario, {
      ...baseline,
      recordings: [[{ ...first!, connections: bare }, ...others]],
    });

    expect(divergenceSentence(scenario, check)).toMatch(/baseline: something else \(it has kept no rows of here\)\.$/);
  });
});

/** The baseline with other values of a metric. */
function valued(metric: string, by: number): Baseline {
  const { comparison } = baseline;
  const change = (value: number | null): number | null => (value === null ? null : value * by);
  return {
    ...baseline,
    comparison: {
      ...comparison,
      modes: comparison.modes.map((mode) => ({
        ...mode,
        metrics: mode.metrics.map((each) =>
          each.metric === metric
            ? {
                ...each,
                estimate: {
                  ...each.estimate,
                  values: each.estimate.values.map(change),
                  mean: change(each.estimate.mean),
                },
              }
            : each,
        ),
      })),
    },
  };
}

test('values are exact, but for the last digits of a fraction', async () => {
  const differs = async (metric: string, by: number): Promise<boolean> =>
    (await checkBaseline(scenario, valued(metric, by))).differs;

  expect(await differs('events.delivered', 1.01)).toBe(true);
  expect(await differs('skew.agents.before', 1 + 1e-12)).toBe(false);
  expect(await differs('skew.agents.before', 1 + 1e-6)).toBe(true);
});

test('within a tolerance means may move and events may differ, but who writes what may not', async () => {
  const other = remembering((rows) => rows.slice(0, -1));
  const check = await checkBaseline(scenario, other, { tolerance: 0.02 });
  expect(check).toMatchObject({ differs: false, divergent: 1 });
  expect(baselineText(scenario, check, plain)).toMatch(
    /^s: other events, but all means are within 2 % of what is remembered/,
  );

  const differs = async (metric: string, by: number): Promise<boolean> =>
    (await checkBaseline(scenario, valued(metric, by), { tolerance: 0.02 })).differs;
  expect(await differs('reconnect.p50', 1.01)).toBe(false);
  expect(await differs('reconnect.p50', 1.03)).toBe(true);
  expect(await differs('events.produced', 1.01)).toBe(true);
});

test('an expectation that is judged otherwise fails within any tolerance', async () => {
  const { comparison } = baseline;
  const expectations = comparison.expectations.map((each) => ({ ...each, verdict: 'breached' as const }));

  expect(
    (await checkBaseline(scenario, { ...baseline, comparison: { ...comparison, expectations } }, { tolerance: 0.5 }))
      .differs,
  ).toBe(true);
});

test.each([
  [{ ...parts, faults: '[{ at: 10m, kill: worker01, for: 6m }]' }, {}, ['lb: faults[0].forUs: 5 min 0 s → 6 min 0 s']],
  [
    parts,
    { 'nginx.conf': nginxConf.replace('172.0.0.5:1514', '172.0.0.5:1514 max_fails=4') },
    ['lb: balancers.balancer.product.nginx.upstreams.cluster.peers["172.0.0.5:1514"].maxFails: 1 → 4'],
  ],
  [
    { ...parts, more: 'replications: 3\nseed: 2\n' },
    {},
    ['seed: 1 → 2', 'replications: 2 → 3', 'expect: lb.reconnect.p50 <= 10s → none'],
  ],
])('a scenario or a configuration that changed says what, and what to do', async (changed, files, lines) => {
  const other = load(scenarioText(changed), { files });

  await expect(checkBaseline(other, baseline)).rejects.toThrow(
    new StaleBaselineError('s', lines, 'fleetfall baseline save s.yaml'),
  );
});

test('a remark, a title and another order of words change nothing that is simulated', async () => {
  const other = load(`# a remark\ntitle: another\n${scenarioText(parts)}`);

  expect(other.inputHash).not.toBe(scenario.inputHash);
  expect((await checkBaseline(other, baseline)).differs).toBe(false);
});

test('a baseline that was cut off, edited, or is a result is refused', () => {
  const said = (changed: string): string => {
    try {
      parseBaseline(Buffer.from(changed), 'b.json');
    } catch (error) {
      if (error instanceof ResultError) return error.message;
      throw error;
    }
    return 'read';
  };
  const mend = 'Save it again with `fleetfall baseline save`.';

  expect(said(text.slice(0, -100))).toBe(`b.json: is cut off: its end is missing. ${mend}`);
  expect(said(text.replace('"replications":2', '"replications":3'))).toBe(
    `b.json: was edited, or is damaged: its digest is another. ${mend}`,
  );
  expect(said(text.replace('fleetfall-baseline/1', 'fleetfall-result/1'))).toBe(
    `b.json: has the format fleetfall-result/1, this version reads fleetfall-baseline/1. ${mend}`,
  );
  const old = [...baselinePieces({ ...recorded.comparison, engine: '0.0.9' }, recorded.recordings)].join('');
  expect(said(old)).toBe(
    'b.json: was made by fleetfall 0.0.9, this is 0.1.0: versions may differ in what they simulate. ' +
      'Save it again with `fleetfall baseline save`. Or use fleetfall 0.0.9.',
  );
});

test('a baseline holds no outages, no lines over time and no text of a configuration', () => {
  expect(text).not.toContain('proxy_pass');
  expect(baseline.comparison.modes[0]!.reconnects.length).toBe(0);
  expect(baseline.comparison.modes[0]!.timeline.produced).toEqual([]);
});

test('instants have whole µs where they need them', () => {
  expect([0, 600_012_000, 600_000_001, -1_500_000, 59_999_999].map(instantText)).toEqual([
    '0.000 s',
    '10 min 0.012 s',
    '10 min 0.000001 s',
    '−1.500 s',
    '59.999999 s',
  ]);
});
