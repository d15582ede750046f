// However a scenario is mangled, the loader answers with a scenario or with problems that have their places.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diskFiles } from '../../src/scenario/files.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { ScenarioError } from '../../src/scenario/problem.ts';

const texts = readdirSync('scenarios')
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(`scenarios/${name}`, 'utf8'));
const oddities = [
  ...['__proto__', 'constructor', '~', '[]', '{}', '-1', '1e400', '.nan', '*a', '&a ', '!x ', '|', '? ', '<<: *a'],
  ...['10s', '0s', '99999999999d', 'balancer', 'start', '1/s', '0.0.0.0/0', '[', '}', '\t', '\0', '\ud800', '# ', '- '],
];

/** A place in the text, how much goes there, and what comes instead. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(12),
  instead: fc.oneof(fc.constantFrom(...oddities), fc.string({ maxLength: 8 }), fc.constant('')),
});

test('no text ends in a mistake of ours', { timeout: 300_000 }, () => {
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 }), (original, edits) => {
      let text = original;
      for (const { at, length, instead } of edits) {
        const from = Math.floor(at * text.length);
        text = text.slice(0, from) + instead + text.slice(from + length);
      }
      try {
        const { modes } = loadScenario({ file: 's.yaml', text, files: diskFiles('scenarios') });
        expect(modes.length).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
        expect(error.problems.length).toBeGreaterThan(0);
        for (const { position, text: said } of error.problems) {
          expect(position!.line).toBeGreaterThanOrEqual(1);
          expect(position!.column).toBeGreaterThanOrEqual(1);
          expect(said).not.toMatch(/undefined|\[object/);
        }
      }
    }),
    { numRuns: process.env.FLEETFALL_LONG === '1' ? 20_000 : 300 },
  );
});
