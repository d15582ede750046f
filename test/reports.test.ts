// The recorded answers are what the scenarios give today.
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { differing, recordedFiles, scenarioNames } from '../src/cli/reports.ts';

/** Scenarios that take too long for every run of the tests. */
const long: readonly string[] = ['reconnect-storm-100k'];
const played = scenarioNames().filter((name) => process.env.FLEETFALL_LONG === '1' || !long.includes(name));

test.each(played)('reports/%s is what its scenario answers, byte for byte', async (name) => {
  const files = await recordedFiles(`scenarios/${name}.yaml`, 0);

  // Rebuild with `npm run reports`, read the diff, and commit it when you can say why each number moved.
  expect(differing(files, `reports/${name}`)).toEqual([]);
});

test('every recorded answer has its scenario', () => {
  expect(readdirSync('reports').sort()).toEqual(scenarioNames());
});
