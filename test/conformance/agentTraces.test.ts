import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { playRun, type AgentStory, type MeasuredRun } from '../support/agentTrace.ts';
import { compareRun } from '../support/agentTraceCompare.ts';

const { runs } = JSON.parse(readFileSync(new URL('../fixtures/wazuh-agent/traces.json', import.meta.url), 'utf8')) as {
  runs: MeasuredRun[];
};

test.each(runs.map((run) => [run.id, run] as const))('as measured to a quarter of a second: %s', (_, run) => {
  expectAgreement(run);
});

function expectAgreement(run: MeasuredRun): void {
  const result = compareRun(run);
  expect(result).toMatchObject({ kind: 'compared', problems: [] });
  if (result.kind !== 'compared') return;
  expect(result.instants).toBeGreaterThan(0);
  expect(result.good).toBe(result.instants);
}

function runOf(id: string): MeasuredRun {
  return runs.find((run) => run.id === id)!;
}

function storyOf(run: MeasuredRun): AgentStory {
  const played = playRun(run);
  if (played.kind !== 'played') throw new Error(played.why);
  return played.story;
}

const killed = runOf('E1_kill_A_back120_4.9.2_tcp_0');
const dropped = runOf('E3_drop_A_long_4.9.2_tcp_0');
const backEarly = runOf('E1b_kill_A_back22_4.9.2_tcp_0');

test('every step may name the node the agent is on', () => {
  const steps = backEarly.steps.map(([at, what]) => [at, what, 'home'] as const);
  expectAgreement({ ...backEarly, steps });
  const hung = { ...killed, steps: [[0, 'stop', 'home'] as const, [20, 'cont', 'home'] as const] };
  expect(storyOf(hung)).toEqual({ noticed: [], tries: [], handshakes: [], gaveUp: [] });
});

test('an agent on the second node of its list goes on to the first', () => {
  const other = (name: string): string => ({ A: 'B', B: 'A' })[name] ?? name;
  const mirrored = <T extends number>(rows: readonly (readonly [T, string])[]): [T, string][] =>
    rows.map(([at, node]) => [at, other(node)]);
  expectAgreement({
    ...killed,
    homeNode: 'B',
    config: { ...killed.config, servers: ['A', 'B'] },
    steps: killed.steps.map(([at, what, node]) => [at, what, other(node)] as const),
    listeningAtSeconds: Object.fromEntries(
      Object.entries(killed.listeningAtSeconds).map(([node, at]) => [other(node), at]),
    ),
    tries: mirrored(killed.tries),
    handshakes: mirrored(killed.handshakes),
    gaveUp: mirrored(killed.gaveUp),
  });
});

test('every internal option of a run is read', () => {
  const run = runOf('E2g_stop_retries1_recv15_4.9.2_tcp_0');
  expectAgreement({ ...run, config: { ...run.config, internal: ['agent.min_eps=50', ...run.config.internal!] } });
});

test('a node that stops in good order is left as one that is killed', () => {
  expectAgreement({
    ...killed,
    steps: killed.steps.map(([at, what, node]) => [at, what.replace('kill', 'term'), node] as const),
  });
});

test('a node that dies while it stands still does not stand still when it is back', () => {
  const steps = [[0, 'stop', 'home'] as const, [0.01, 'kill', 'home'] as const, [5, 'start', 'A'] as const];
  const { handshakes } = storyOf({ ...killed, steps, listeningAtSeconds: { A: 5.1 } });

  expect(handshakes.map(({ node, seconds }) => [node, Math.round(seconds)])).toEqual([['A', 10]]);
});

test('the next node is reached 68.4 s after a host stopped answering ARP requests was missed', () => {
  const { noticed, handshakes } = storyOf({ ...dropped, steps: [[0, 'hostoff', 'home']] });

  // Measured on 4.9.2: five attempts of 3.06 s, as long an enrollment, five pauses.
  expect(handshakes.map(({ node }) => node)).toEqual(['B']);
  expect(handshakes[0]!.seconds - noticed[0]!.seconds).toBeCloseTo(68.4, 1);
});

test('an interruption that heals in time is not noticed; one that does not, is over for the first attempt that gets through', () => {
  const until = (seconds: number): MeasuredRun => ({
    ...dropped,
    steps: [...dropped.steps, [seconds, 'undrop', 'home'] as const],
  });

  expect(storyOf(until(20))).toEqual({ noticed: [], tries: [], handshakes: [], gaveUp: [] });
  expectAgreement(until(950));
  const { handshakes } = storyOf(until(200));
  expect(handshakes.map(({ node }) => node)).toEqual(['A']);
});

test('an agent of 3.12 that misses an ACK is answered on its old connection, if that still lives when the path heals', () => {
  const run = runOf('E3_drop_A_3.12.3_tcp_0');
  const until = (seconds: number): AgentStory =>
    storyOf({
      ...run,
      steps: [
        [0, 'drop', 'home'],
        [seconds, 'undrop', 'home'],
      ],
    });

  // Noticed at 59.8 s; what it wrote is repeated by TCP a moment later.
  const { tries, handshakes } = until(40);
  expect(tries).toEqual([]);
  expect(handshakes.map(({ node }) => node)).toEqual(['A']);
  // The stand-in's end of the connection has no TCP keepalive: after 100 s it still lives, and answers the next repetition.
  const late = until(100);
  expect(late.tries).toEqual([]);
  expect(late.handshakes.map(({ node }) => node)).toEqual(['A']);
  expect(late.handshakes[0]!.seconds).toBeGreaterThan(100);
  expect(late.handshakes[0]!.seconds).toBeLessThan(130);
});

test('a node that goes on is heard by each release as it looks for one', () => {
  const until = (id: string, seconds: number): [number, string][] => {
    const run = runOf(id);
    const story = storyOf({
      ...run,
      steps: [
        [0, 'stop', 'home'],
        [seconds, 'cont', 'home'],
      ],
    });
    return story.handshakes.map((row) => [Math.round(row.seconds * 10) / 10, row.node]);
  };

  for (const version of ['4.9.2', '3.13.6', '3.12.3']) {
    expect(until(`E2_stop_A_${version}_tcp_0`, 5), version).toEqual([]);
    expect(until(`E2_stop_A_${version}_tcp_0`, 70), version).toEqual([[70, 'A']]);
  }
  // Over UDP 3.12 looks once in a while, and gives its server up after 21 s.
  expect(until('E4_stop_A_4.9.2_udp_0', 70)).toEqual([[70, 'A']]);
  expect(until('E4_stop_A_3.12.3_udp_0', 70)).toEqual([[74.1, 'A']]);
  expect(until('E4_stop_A_3.12.3_udp_0', 100)).toEqual([[88.1, 'B']]);
});

test.each([
  [50, 9.0],
  [400, 10.0],
  [800, 10.0],
])('at %i events/s an agent of 3.12 leaves a dead node after %f s, as measured', (rate, seconds) => {
  const run = runOf('E1_kill_A_back120_3.12.3_tcp_0');
  const { handshakes } = storyOf({ ...run, config: { ...run.config, rate }, steps: [[0, 'kill', 'home']] });

  expect(handshakes.map(({ node }) => node)).toEqual(['B']);
  expect(handshakes[0]!.seconds).toBeCloseTo(seconds, 1);
});

test.each([
  // E6b: A is back, then B dies: its own turns first, then A. Measured + 50.01, + 25.01 and + 19.01 s.
  ['4.9.2', 50.0],
  ['3.13.6', 25.0],
  ['3.12.3', 19.0],
])('an agent of %s on its second server comes back to the first after %f s', (version, seconds) => {
  const run = runOf(`E1_kill_A_back120_${version}_tcp_0`);
  const { handshakes } = storyOf({
    ...run,
    steps: [
      [0, 'kill', 'home'],
      [60, 'start', 'A'],
      [120, 'kill', 'B'],
    ],
    listeningAtSeconds: { A: 60.1 },
  });

  expect(handshakes.map(({ node }) => node)).toEqual(['B', 'A']);
  expect(handshakes[1]!.seconds - 120).toBeCloseTo(seconds, 1);
});

test.each<[string, Partial<MeasuredRun>]>([
  ['unplug home at 0 s: unknown', { steps: [[0, 'unplug', 'home']] }],
  ['no such node', { steps: [[0, 'kill', 'C']] }],
  ['sysctl net/ipv4/tcp_sack', { config: { ...killed.config, sysctl: { 'net/ipv4/tcp_sack': 0 } } }],
  ['agent.unheard_of=1', { config: { ...killed.config, internal: ['agent.recv_timeout=15', 'agent.unheard_of=1'] } }],
  [
    '<weight>2</weight>',
    { config: { ...killed.config, server_extra: '<max_retries>1</max_retries><weight>2</weight>' } },
  ],
  ['home node C', { homeNode: 'C' }],
  ['home node A does not run', { config: { ...killed.config, up: 'B' } }],
])('a run is refused for what is not understood in it: %s', (why, change) => {
  const result = compareRun({ ...killed, ...change });

  expect(result.kind).toBe('refused');
  if (result.kind === 'refused') expect(result.why).toContain(why);
});

test('instants that only the simulation has count as differing', () => {
  const silent = { noticed: [], tries: [], handshakes: [], gaveUp: [] };

  expect(compareRun({ ...killed, ...silent, steps: [] })).toMatchObject({ good: 0, instants: 0, problems: [] });
  expect(compareRun({ ...killed, ...silent })).toMatchObject({ good: 0, instants: 9 });
});
