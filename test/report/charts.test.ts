import { expect, test } from 'vitest';
import { chartCaptions, charts, type Json } from '../../src/report/charts.ts';
import { modeColour, nodeColour } from '../../src/report/palette.ts';
import { renderSvg, specText, textWidth } from '../../src/report/render.ts';
import { aComparison, failover, failoverUdp, loadBalancer, nastyName } from '../support/comparison.ts';

const twelve = Array.from({ length: 12 }, (_, index) => `worker${index}`);
const comparisons = {
  documented: aComparison(),
  large: aComparison({
    modes: [loadBalancer, { ...loadBalancer, name: 'least-conn' }, failover, failoverUdp],
    nodes: twelve,
    replications: 2,
    faults: [
      { text: 'worker01 is killed at 10 min for 10 min', fromMinute: 10, toMinute: 20 },
      { text: 'worker02 loses its power at 11 min to the end', fromMinute: 11, toMinute: Infinity },
    ],
  }),
  quiet: aComparison({ modes: [{ ...loadBalancer, losses: {} }], nodes: ['master'], faults: [], replications: 1 }),
  empty: aComparison({ agents: 0, replications: 1 }),
  hostile: aComparison({
    modes: [
      { ...loadBalancer, name: nastyName },
      { ...failover, name: `${nastyName}2` },
    ],
    nodes: [nastyName, 'no session', "datum['x']"],
    faults: [{ text: `${nastyName} is killed`, fromMinute: 10, toMinute: 20 }],
    replications: 2,
  }),
};

test.each(Object.entries(comparisons))(
  'every chart of a %s comparison is drawn, and the same twice',
  (_, comparison) => {
    for (const { name, spec } of charts(comparison)) {
      const svg = renderSvg(spec);
      expect(renderSvg(spec), name).toBe(svg);
      expect(svg, name).toMatch(/^<svg [^]*<\/svg>\n$/);
      // Everything outside of text is numbers: a NaN or an undefined is a mistake in a chart.
      expect(svg.replace(/<text[^>]*>[^<]*<\/text>/g, ''), name).not.toMatch(/NaN|undefined|null|Infinity/);
    }
  },
);

test('names stay text in a picture', () => {
  for (const { name, spec } of charts(comparisons.hostile)) {
    const svg = renderSvg(spec);
    expect(svg, name).not.toContain('<script');
    expect(svg, name).not.toMatch(/[\p{Cc}--\n]/v);
  }
});

/** Values of a property wherever it occurs in a specification. */
function found(value: Json, key: string): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value as Readonly<Record<string, Json>>).flatMap(([name, item]) =>
    name === key ? [item, ...found(item, key)] : found(item, key),
  );
}

test('a mode and a node have one colour each in every chart', () => {
  const modes = comparisons.large.modes.map(({ name }) => name);
  const seen = new Set<string>();
  for (const { spec } of charts(comparisons.large)) {
    for (const scale of found(spec, 'scale') as { domain?: Json; range?: Json }[]) {
      if (!Array.isArray(scale.domain) || !Array.isArray(scale.range) || !String(scale.range[0]).startsWith('#'))
        continue;
      const colours = scale.range as string[];
      scale.domain.forEach((name: string, index: number) => seen.add(`${name} ${colours[index]!}`));
    }
  }

  expect([...seen].sort()).toEqual(
    [
      ...modes.map((name, index) => `${name} ${modeColour(index)}`),
      ...twelve.map((name, index) => `${name} ${nodeColour(index)}`),
      'no session #dddddd',
    ].sort(),
  );
});

test('no two of two dozen modes or nodes share a colour', () => {
  for (const colourOf of [modeColour, nodeColour]) {
    const colours = Array.from({ length: 24 }, (_, index) => colourOf(index));
    expect(new Set(colours).size).toBe(24);
    for (const colour of colours) expect(colour).toMatch(/^#[0-9a-f]{6}$/);
  }
});

test('axes name their units, and time is in minutes', () => {
  const titles = [...charts(comparisons.documented)].flatMap(({ spec }) =>
    found(spec, 'axis').flatMap((axis) => found(axis, 'title')),
  );

  expect(new Set(titles.filter((title) => title !== null))).toEqual(
    new Set([
      'minutes since the end of the warm-up',
      'agents',
      'time since the session broke',
      'share of outages that are over',
      'events per second',
      'events',
      'events lost',
    ]),
  );
});

test('a fault is named above the panels, or numbered when names would touch', () => {
  const texts = (comparison: (typeof comparisons)['large']): Json[] => {
    const { spec } = [...charts(comparison)].find(({ name }) => name === 'connected-agents')!;
    return found(spec, 'values').flatMap((rows) => found(rows, 'text'));
  };

  expect(new Set(texts(comparisons.documented))).toEqual(new Set(['worker01 is killed at 10 min for 10 min']));
  expect(new Set(texts(comparisons.large))).toEqual(new Set(['1', '2']));
  expect(specText([...charts(comparisons.large)][0]!.spec)).toContain(
    'Faults: 1 worker01 is killed at 10 min for 10 min',
  );
});

test('agents that are not back keep a curve below the top, and are counted beside it', () => {
  const { spec } = [...charts(comparisons.documented)].find(({ name }) => name === 'reconnect-times')!;
  const [text, ...others] = found(spec, 'values').flatMap((rows) => found(rows, 'text'));

  expect(text).toMatch(/^3(\.\d+)? % not back$/);
  expect(others).toEqual([]);
});

test('a specification is JSON with its data in it, a row a line', () => {
  for (const { name, spec } of charts(comparisons.documented)) {
    const text = specText(spec);
    expect(JSON.parse(text), name).toEqual(spec);
    expect(text.split('\n').every((line) => line.length < 1_000)).toBe(true);
  }
  expect([...charts(comparisons.documented)].map(({ name }) => name)).toEqual(Object.keys(chartCaptions));
});

test('text is measured without a canvas, by its letters and size', () => {
  const wide = textWidth({ fontSize: 10 }, 'WWW');

  expect(textWidth({ fontSize: 10 }, 'iii')).toBeLessThan(wide / 2);
  // Rounded up to whole pixels.
  expect(Math.abs(textWidth({ fontSize: 20 }, 'WWW') - wide * 2)).toBeLessThanOrEqual(1);
  expect(textWidth({ fontSize: 10, fontWeight: 'bold' }, 'WWW')).toBeGreaterThan(wide);
  expect(textWidth({}, null)).toBe(0);
});
