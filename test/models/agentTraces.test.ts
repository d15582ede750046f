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

test('a connection behind a path that heals is not modelled, unless the agent has left it', () => {
  const until = (seconds: number): MeasuredRun => ({
    ...dropped,
    steps: [...dropped.steps, [seconds, 'undrop', 'home'] as const],
  });

  expect(compareRun(until(30))).toEqual({ kind: 'notModelled', why: 'the path heals' });
  expectAgreement(until(950));
  const { handshakes } = storyOf(until(200));
  expect(handshakes.map(({ node }) => node)).toEqual(['A']);
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
