// Sessions of the real nginx 1.22.1 (stream) on loopback, reproduced to the last one. Fixtures: test/fixtures/nginx/README.md.
// Configurations without held sessions: test/scenario/assign.test.ts.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assignNginx } from '../../src/scenario/assign.ts';
import {
  confText,
  heldSessions,
  readRows,
  timeline,
  triedServers,
  type MeasuredConfig,
  type MeasuredTimeline,
  type Row,
} from '../support/nginxMeasured.ts';

const folder = new URL('../fixtures/nginx/', import.meta.url);

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

function rows(name: string): Row[] {
  return readRows(new URL(`${name}.csv.gz`, folder));
}

const configs = readJson('configs.json') as Record<string, MeasuredConfig>;
const timelines = readJson('timelines.json') as Record<string, MeasuredTimeline>;

test.each(['m_least_conn', 'm_max_conns'])('%s: every session lands where it landed, while others are held', (name) => {
  const { all, wrong } = heldSessions(configs[name]!, rows(name));

  expect(all).toBeGreaterThan(300);
  expect(wrong).toEqual([]);
});

test.each(Object.keys(timelines))('timeline %s: every session tries the servers the real nginx tried', (name) => {
  const { all, wrong } = timeline(timelines[name]!, rows(`timeline_${name}`));

  expect(all).toBeGreaterThan(90);
  expect(wrong).toEqual([]);
});

test('f_3_one_dead: every session tries the servers the real nginx tried', () => {
  const { all, wrong } = triedServers(configs['f_3_one_dead']!, rows('f_3_one_dead'));

  expect(all).toBe(6000);
  expect(wrong).toEqual([]);
});

const oneDead = configs['f_3_one_dead']!;
const first = '127.0.10.2:1514 127.0.10.1:1514';
const later = '127.0.10.1:1514';

test.each([
  ['a ban begins with a failure', [later], 1],
  ['and may be over before the next client comes', [first, first, later], 0],
  ['a server that works is not passed over', [first, '127.0.10.3:1514'], 1],
  ['nor tried in another order', ['127.0.10.1:1514 127.0.10.2:1514'], 1],
])('of tried servers without a clock: %s', (_, lists, wrong) => {
  const client = rows('f_3_one_dead')[0]!['client_ip']!;
  const measured = lists.map((tried) => ({ client_ip: client, chosen_server: later, servers_tried: tried }));

  expect(triedServers(oneDead, measured).wrong).toHaveLength(wrong);
});

test('held sessions are hashed by their clients wherever the file has a column of them', () => {
  const held = rows('a_3equal')
    .slice(0, 50)
    .map((row, id) => ({ ...row, step: String(id), op: 'open', session: String(id) }));

  expect(heldSessions(configs['a_3equal']!, held)).toEqual({ good: 50, all: 50, wrong: [] });
});

test('with a zone all workers know of a failure, and several servers may refuse at once', () => {
  const one = { ...timelines['default']!, refusing: ['127.0.10.2:1514', '127.0.10.1:1514'] };
  const all = '127.0.10.2:1514 127.0.10.1:1514 127.0.10.3:1514';
  const session = (worker: number, tried: string): Row => ({
    unix_seconds: '1',
    worker: String(worker),
    servers_tried: tried,
  });

  expect(timeline(one, [session(0, all), session(1, '127.0.10.3:1514')], true).wrong).toEqual([]);
  expect(timeline(one, [session(0, all), session(1, all)]).wrong).toEqual([]);
  expect(timeline(one, [session(0, all), session(1, all)], true).wrong).toHaveLength(1);
});

test('a timeline is refused for what is not understood in it', () => {
  const slow = { ...timelines['default']!, slow_start: 3 };

  expect(() => timeline(slow, rows('timeline_default'))).toThrow('unknown: slow_start');
});

test('backup servers stand in front of hash, where nginx takes them', () => {
  const { servers } = assignNginx({
    file: 'nginx.conf',
    text: confText('hash $remote_addr consistent;', ['127.0.10.1:1514', '127.0.10.2:1514 backup']),
    readInclude: () => [],
    clients: ['127.16.0.1'],
    down: ['127.0.10.1:1514'],
    resolve: new Map(),
  });

  expect(servers).toEqual(['127.0.10.2:1514']);
});
