// Agents behind an nginx whose servers are unix sockets.
import { expect, test } from 'vitest';
import type { Mode } from '../../../src/scenario/scenario.ts';
import { load, problemsOf, scenarioText } from '../../support/scenarios.ts';
import { play } from '../../support/stories.ts';

const conf = (stream: string): string => `events {}\nstream {\n${stream}\n}\n`;
const nodes = 'server 172.0.0.4:1514; server 172.0.0.5:1514;';
const cluster = (names = ['unix:/run/one.sock', 'unix:/run/two.sock']): string =>
  `{ nodes: { worker01: { address: 172.0.0.4, names: ["${names[0]!}"] }, worker02: { address: 172.0.0.5, names: ["${names[1]!}"] } } }`;

function read(stream: string, faults: string, clusterText?: string): { mode: Mode; warnings: readonly string[] } {
  const text = scenarioText({
    modes: '{ lb: { nginx: nginx.conf } }',
    fleet: '{ servers: { count: 40, events: { rate: 1/s } } }',
    faults,
    ...(clusterText === undefined ? {} : { cluster: clusterText }),
  });
  const scenario = load(text, { files: { 'nginx.conf': conf(stream) } });
  return { mode: scenario.modes[0]!, warnings: scenario.warnings.map((warning) => warning.text) };
}

const faults = [
  '[{ at: 10m, kill: worker01, for: 5m }]',
  '[{ at: 10m, powerOff: worker01, for: 5m }]',
  '[{ at: 10m, hang: worker01, for: 5m }]',
  '[{ at: 10m, kill: balancer, for: 30s }]',
  '[{ at: 10m, partition: { from: balancer, to: worker02 }, for: 2m }]',
  '[{ at: 10m, kill: [worker01, worker02], for: 1m }]',
];

test.each(faults)(
  'a server block that is reached through a socket of its own nginx does as one on a port: %s',
  (text) => {
    const plain = read(`upstream c { least_conn; ${nodes} } server { listen 1514; proxy_pass c; }`, text);
    const chained = read(
      `upstream c { least_conn; ${nodes} }
     server { listen 1514; proxy_pass unix:/run/events.sock; }
     server { listen unix:/run/events.sock; proxy_pass c; proxy_buffer_size 1; }`,
      text,
    );

    // One byte of buffer more decides nothing here: the two are the same to the event.
    expect(play(chained.mode.world).books.outages).toEqual(play(plain.mode.world).books.outages);
    expect(play(chained.mode.world).moments).toEqual(play(plain.mode.world).moments);
  },
);

test.each(faults)('a node that is named by a socket takes events there as on its port: %s', (text) => {
  const plain = read(`upstream c { least_conn; ${nodes} } server { listen 1514; proxy_pass c; }`, text);
  const named = read(
    `upstream c { least_conn; server unix:/run/one.sock; server unix:/run/two.sock; } server { listen 1514; proxy_pass c; }`,
    text,
    cluster(),
  );

  expect(play(named.mode.world).moments).toEqual(play(plain.mode.world).moments);
});

test('a socket on which nobody listens is said, refuses everybody and is marked as any server', () => {
  const { mode, warnings } = read(
    `upstream c { server unix:/run/gone.sock; ${nodes} } server { listen 1514; proxy_pass c; }`,
    '[]',
  );
  const { books } = play(mode.world);

  expect(warnings).toContainEqual(expect.stringContaining('nobody is known to listen on unix:/run/gone.sock'));
  expect(books.nodeAtEnd.filter((node) => node >= 0)).toHaveLength(40);
  expect(books.notes).toEqual([]);
});

test('agents that find nothing but such sockets never connect', () => {
  const { mode } = read(`server { listen 1514; proxy_pass unix:/run/gone.sock; }`, '[]');
  const { books } = play(mode.world);

  expect(books.nodeAtEnd.every((node) => node < 0)).toBe(true);
  expect(books.notes).toEqual([expect.stringMatching(/no live upstream/)]);
});

test.each([
  [
    'leads to itself',
    'upstream c { server unix:/a; } server { listen 1514; proxy_pass c; } server { listen unix:/a; proxy_pass c; }',
    '3:21  unix:/a leads back to upstream "c".',
  ],
  [
    'is listened on here and a name of a node',
    `upstream c { server unix:/run/one.sock; } server { listen 1514; proxy_pass c; } server { listen unix:/run/one.sock; proxy_pass d; } upstream d { ${nodes} }`,
    '3:21  this file itself listens on unix:/run/one.sock (line 3), which is said to be 172.0.0.4 as well. Keep one of them.',
  ],
  [
    'is asked for datagrams',
    'upstream c { server unix:/run/one.sock; } server { listen 1514 udp; proxy_pass c; }',
    '3:59  datagrams to unix:/run/one.sock are not modelled. Let UDP lead to addresses.',
  ],
])('a socket that %s is refused', (_, stream, problem) => {
  const text = scenarioText({
    modes: stream.includes('udp')
      ? '{ lb: { nginx: nginx.conf, servers: [{ node: balancer, protocol: udp }] } }'
      : '{ lb: { nginx: nginx.conf } }',
    cluster: cluster(),
  });
  expect(problemsOf(text, { files: { 'nginx.conf': conf(stream) } })).toEqual([`nginx.conf:${problem}`]);
});
