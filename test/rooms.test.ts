import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));
const order = ['kernel', 'models', 'scenario', 'metrics', 'run', 'report', 'cli'];
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

test('imports go one way: kernel ← models ← scenario ← metrics ← run ← report ← cli', () => {
  const wrongWay: string[] = [];
  for (const file of files) {
    const room = order.indexOf(file.split(sep)[0]!);
    for (const [, target] of readFileSync(join(source, file), 'utf8').matchAll(/from '(\.[^']+)'/g)) {
      const reached = order.indexOf(normalize(join(dirname(file), target!)).split(sep)[0]!);
      if (room >= 0 && reached > room) wrongWay.push(`${file} imports ${target!}`);
    }
  }

  expect(files.length).toBeGreaterThan(10);
  expect(wrongWay).toEqual([]);
});

test('nothing in kernel and models is left to the engine, the clock or the host', () => {
  const found: string[] = [];
  for (const file of files.filter((name) => /^(kernel|models)/.test(name))) {
    const text = readFileSync(join(source, file), 'utf8');
    for (const [word] of text.matchAll(/Math\.(random|log\w*|exp\w*|pow|sin|cos|tan)\b|\bDate\b|\bperformance\b/g)) {
      found.push(`${file}: ${word}`);
    }
  }

  expect(found).toEqual([]);
});
