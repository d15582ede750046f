import { expect, test } from 'vitest';
import { ringSvg } from '../../src/report/ringSvg.ts';
import type { ToldRing } from '../../src/run/explain.ts';

const ring = (peers: readonly string[], owners: readonly number[]): ToldRing => ({
  balancer: 'front',
  peers,
  positions: Uint32Array.from(owners, (_, index) => index * 1e8 + 5),
  owners: Int32Array.from(owners),
  rule: 'next',
  choice: null,
});

test('names are text in the picture, whatever is in them', () => {
  const svg = ringSvg(ring(['<script>alert(1)</script>', '"&\u202e', 'w'.repeat(200)], [0, 1, 2]), '</title><b>');

  expect(svg).not.toMatch(/<script|<b>|\u202e/);
  expect(svg).toContain('&#60;script&#62;');
  expect(svg).toContain('<U+202E>'.replace('<', '&#60;').replace('>', '&#62;'));
  expect(svg).not.toContain('w'.repeat(40));
});

test('a ring of one server is a whole circle, and one without points has none', () => {
  expect(ringSvg(ring(['a'], [0]), 'x')).toMatch(/class="arc"/);
  expect(ringSvg(ring(['a'], []), 'x')).not.toMatch(/class="arc"/);
});

test('of many servers the legend names some and says how many more there are', () => {
  const peers = Array.from({ length: 40 }, (_, index) => `worker${index}`);
  const svg = ringSvg(
    ring(
      peers,
      peers.map((_, index) => index),
    ),
    'x',
  );

  expect(svg.match(/class="swatch"/g)).toHaveLength(15);
  expect(svg).toContain('and 25 more');
});
