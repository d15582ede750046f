import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { differing } from '../../src/cli/reports.ts';

test('an answer differs from the recorded one where a file is another, new or gone', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fleetfall-reports-'));
  mkdirSync(join(directory, 'charts'));
  writeFileSync(join(directory, 'summary.md'), 'as before');
  writeFileSync(join(directory, 'modes.csv'), 'old');
  writeFileSync(join(directory, 'charts', 'gone.svg'), '');
  // What it took to compute is another figure each time.
  writeFileSync(join(directory, 'cost.md'), '34 s');
  const answer = new Map([
    ['summary.md', 'as before'],
    ['modes.csv', 'new'],
    ['charts/events.svg', ''],
  ]);

  expect(differing(answer, directory)).toEqual(['charts/events.svg', 'charts/gone.svg', 'modes.csv']);
  expect(differing(answer, join(directory, 'nowhere'))).toEqual([...answer.keys()].sort());
  rmSync(directory, { recursive: true });
});
