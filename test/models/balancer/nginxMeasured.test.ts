// Sessions of the real nginx 1.22.1 (stream) on loopback, reproduced to the last one. Fixtures: test/fixtures/nginx/README.md.
// Configurations without held sessions: test/scenario/assign.test.ts.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { heldSessions, timeline, type MeasuredConfig, type MeasuredTimeline } from '../../support/nginxMeasured.ts';

const folder = new URL('../../fixtures/nginx/', import.meta.url);

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

function rows(name: string): string[][] {
  const lines = gunzipSync(readFileSync(new URL(`${name}.csv.gz`, folder)))
    .toString()
    .trim()
    .split(/\r?\n/);
  return lines.slice(1).map((line) => line.split(','));
}

const configs = readJson('configs.json') as Record<string, MeasuredConfig>;
const timelines = readJson('timelines.json') as Record<string, MeasuredTimeline>;

test.each(['m_least_conn', 'm_max_conns'])('%s: every session lands where it landed, while others are held', (name) => {
  const { all, wrong } = heldSessions(name, configs[name]!, rows(name));

  expect(all).toBeGreaterThan(300);
  expect(wrong).toEqual([]);
});

test.each(Object.keys(timelines))('timeline %s: every session tries the servers the real nginx tried', (name) => {
  const { all, wrong } = timeline(timelines[name]!, rows(`timeline_${name}`));

  expect(all).toBeGreaterThan(90);
  expect(wrong).toEqual([]);
});
