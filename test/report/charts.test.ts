import { expect, test } from 'vitest';
import { chartCaptions, charts } from '../../src/report/charts.ts';
import type { Json } from '../../src/report/charts/shared.ts';
import { modeColour, modeInk, nodeColour } from '../../src/report/palette.ts';
import { renderSvg, specText } from '../../src/report/render.ts';
import { textWidth } from '../../src/report/textWidth.ts';
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
    for (const scale of found(spec, 'scale') as ({ domain?: Json; range?: Json } | null)[]) {
      if (
        !scale ||
        !Array.isArray(scale.domain) ||
        !Array.isArray(scale.range) ||
        !String(scale.range[0]).startsWith('#')
      )
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

test('a mode is written in its colour, darkened where it could not be read on white', () => {
  expect([modeInk(0), modeInk(6)]).toEqual([modeColour(0), modeColour(6)]);
  // Orange and sky blue of the palette have a contrast of 2.3 to white.
  for (const index of [4, 5]) {
    const [colour, ink] = [modeColour(index), modeInk(index)].map((text) => Number.parseInt(text.slice(1, 3), 16));
    expect(ink).toBeLessThan(colour! * 0.75);
  }
});

test('losses of different orders stand on a logarithmic scale, and a loss of none is said', () => {
  const loss = (comparison: (typeof comparisons)['large']): Json =>
    [...charts(comparison)].find(({ name }) => name === 'loss-by-cause')!.spec;
  const alike = aComparison({ modes: [loadBalancer, { ...loadBalancer, name: 'b', losses: { path: 900 } }] });

  expect(found(loss(comparisons.documented), 'type')).toContain('log');
  expect(
    found(loss(aComparison({ modes: [{ ...loadBalancer, losses: { path: 5, ring: 9 } }] })), 'type'),
  ).not.toContain('log');
  expect(found(loss(alike), 'text')).toContain('none');
});

test('a mode that loses a hundredth of another has a scale of its own, and the picture says so', () => {
  const highest = (comparison: (typeof comparisons)['large']): Json[] => {
    const { spec } = [...charts(comparison)].find(({ name }) => name === 'events')!;
    const lost = found(spec, 'y').filter((y) => found(y, 'title').includes('events'));
    return found(lost, 'domain').map((domain) => (domain as number[])[1]!);
  };

  expect(new Set(highest(comparisons.documented)).size).toBe(3);
  expect(specText([...charts(comparisons.documented)][2]!.spec)).toContain('each mode has a scale of its own');
  expect(new Set(highest(aComparison({ modes: [loadBalancer, { ...loadBalancer, name: 'b' }] }))).size).toBe(1);
});

test('the texts along the time of an outage do not touch', () => {
  for (const comparison of Object.values(comparisons)) {
    const { spec } = [...charts(comparison)].find(({ name }) => name === 'reconnect-times')!;
    const svg = renderSvg(spec);
    const labels = [...svg.matchAll(/translate\(([\d.]+),16\)"[^>]*>(\d+ (?:ms|s|min|h|d))</g)];
    expect(labels.length).toBeGreaterThan(2);
    labels.slice(1).forEach(([, x, text], index) => {
      const [, before, textBefore] = labels[index]!;
      const room = (textWidth({ fontSize: 11 }, text!) + textWidth({ fontSize: 11 }, textBefore!)) / 2;
      expect(Number(x) - Number(before)).toBeGreaterThanOrEqual(room);
    });
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

test('a fault too long for a line above a panel is told below the title', () => {
  const long =
    'no packet passes between the agents and worker01 at 5 min for 5.0 s (short), 45 s (medium) and 3 min (long)';
  const comparison = aComparison({ faults: [{ text: long, fromMinute: 5, toMinute: 8 }] });

  const connected = JSON.stringify([...charts(comparison)].find(({ name }) => name === 'connected-agents')!.spec);
  expect(connected).toContain('Fault 1: no packet passes');
  expect(connected).toContain('3 min (long).');
});

test('agents that are not there yet reach no node', () => {
  const comparison = aComparison();
  const [mode] = comparison.modes;
  const { timeline } = mode!;
  // Half of them come later: nobody of those is without a session.
  const half = {
    ...timeline,
    connectedByNode: timeline.connectedByNode.map((line) => line.map((agents) => agents / 2)),
    disconnected: timeline.disconnected.map(() => 0),
    unaware: timeline.unaware.map(() => 0),
  };
  const [panel] = (
    [...charts({ ...comparison, modes: [{ ...mode!, timeline: half }] })].find(
      ({ name }) => name === 'connected-agents',
    )!.spec as unknown as { vconcat: { layer: { data: { values: { time: number; agents: number }[] } }[] }[] }
  ).vconcat; // as connectedAgents builds it

  const sum = half.connectedByNode.reduce((agents, line) => agents + line[0]!, 0);
  expect(panel!.layer[1]!.data.values[0]!.agents).toBeCloseTo(sum, 1);
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
