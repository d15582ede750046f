import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { briefSummary, readScenarioFile, simulate } from '../src/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');

test('the README shows what npm start prints', async () => {
  const printed = briefSummary(await simulate(readScenarioFile(`${root}scenarios/worker-crash.yaml`)), {
    colour: false,
    width: 80,
  });

  const shown = /<!-- printed by `npm start`.*-->\n```\n([^]*?)```/.exec(readme)?.[1];

  expect(shown).toBe(printed);
});

test('every file the README links to is there', () => {
  const missing = [...readme.matchAll(/\]\(([^):#]+)\)/g)]
    .map(([, path]) => path!)
    .filter((path) => {
      try {
        readFileSync(`${root}${path}`);
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code !== 'EISDIR';
      }
    });

  expect(missing).toEqual([]);
});
