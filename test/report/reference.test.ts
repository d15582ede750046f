import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { referencePages } from '../../src/report/reference.ts';
import { metricNames } from '../../src/scenario/metricNames.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const pages = new Map(referencePages().map(({ path, text }) => [path, text]));

test.each([...pages])('docs/%s says what the code reads and computes (else: npm run reports)', (path, text) => {
  expect(readFileSync(`${docs}${path}`, 'utf8')).toBe(text);
});

test('every metric is defined, with its unit and what selects among it', () => {
  const text = pages.get('METRICS.md')!;

  for (const name of metricNames)
    expect(text).toMatch(new RegExp(`^\\| \`${name.replaceAll('.', '\\.')}\` \\| \\w`, 'm'));
});

test('a key that must be there says so, one with a default what it is, a name one chooses stands in brackets', () => {
  const text = pages.get('REFERENCE.md')!;

  expect(text).toMatch(/^\| `fleetfall` \| `1` \| \*\*Required\.\*\*/m);
  expect(text).toMatch(/^\| `replications` \|.*Default: `10`\./m);
  expect(text).toMatch(/^\| `cluster\.nodes\.<node>\.address` \|/m);
  expect(text).toMatch(/^\| `faults\[\]\.kill` \|/m);
  expect(text).toMatch(/^\| `fleet\.<group>\.events\.rate` \|/m);
});
