// The page for whoever is on call.
import { expect, test } from 'vitest';
import { runbook } from '../../src/report/runbook.ts';
import { simulate } from '../../src/run/replications.ts';
import { load, scenarioText, type Parts } from '../support/scenarios.ts';
import { aComparison, nastyName } from '../support/comparison.ts';

test('each fault tells what agents, balancer and dashboard show, with the instants of the first replication', async () => {
  const page = runbook(await simulate(load(scenarioText({})), { jobs: 1 }));
  expect(page).toMatch(/^## Fault 1: /m);
  expect(page).toMatch(/\*\*Agents\*\*: [\d,]+ lose the session/);
  expect(page).toMatch(/report again: the first after .*half of them after .*all after /);
  expect(page).toContain('**Dashboard**');
  expect(page).toContain('**Balancer**: this mode has none.');
});

test('a name is text on the page', () => {
  const page = runbook(aComparison({ group: nastyName, faults: [{ text: '<script>', fromMinute: 1, toMinute: 2 }] }));
  expect(page).not.toContain('<script');
});

const page = async ({ check = '', ...parts }: Parts & { readonly check?: string }): Promise<string> => {
  const haproxyCfg = `defaults
  mode tcp
  timeout connect 5s
  timeout client 10m
  timeout server 10m
listen wazuh
  bind :1514
  server w1 172.0.0.4:1514 ${check}
  server w2 172.0.0.5:1514 ${check}
`;
  return runbook(await simulate(load(scenarioText(parts), { files: { 'h.cfg': haproxyCfg } }), { jobs: 1 }));
};

test('agents of a list whose node is killed write of the lost connection, of refused connects and of the next server', async () => {
  const text = await page({});
  expect(text).toMatch(/agents: `\(1137\): Lost connection with manager\. Setting lock\.`\[\^lost\], the first after /);
  expect(text).toContain('`(1216): Unable to connect to`');
  expect(text).toContain('`(4101): Waiting for server reply');
  expect(text).toContain('`(4102): Connected to the server`');
  expect(text).not.toContain('Server unavailable');
  expect(text).toMatch(/^\[\^lost\]: .*4\.4\.2/m);
});

test('agents whose node falls silent write that the server is unavailable, not that the connection is lost', async () => {
  const text = await page({ faults: '[{ at: 10m, powerOff: worker01, for: 15m }]' });
  expect(text).toContain('`Server unavailable. Setting lock.`');
  expect(text).not.toContain('Lost connection');
});

test('agents that are restarted are not quoted: they end their sessions themselves', async () => {
  expect(await page({ faults: '[{ at: 10m, restartAgents: servers }]' })).not.toContain('Words to look for');
});

test.each([
  ['kill', 'routed', 'connect() failed (111: Connection refused)'],
  ['powerOff', 'sameSegment', 'connect() failed (113: No route to host)'],
  ['powerOff', 'routed', 'upstream timed out (110: Connection timed out)'],
])('nginx writes after %s with hosts that are %s: %s', async (kind, unreachable, message) => {
  const text = await page({
    fleet: '{ servers: { count: 40, events: { rate: 1/s } } }',
    modes: '{ balanced: { nginx: { file: nginx.conf, cpus: 1, addresses: [172.0.0.2] } } }',
    faults: `[{ at: 10m, ${kind}: worker01, for: 5m }]`,
    more: `network: { unreachable: { agents: routed, balancer: ${unreachable} } }`,
  });
  expect(text).toContain(`\`${message} while connecting to upstream\``);
  expect(text.match(/`[^`]* while connecting to upstream`/g)).toHaveLength(2); // this one, and that the peer is disabled
  expect(text).not.toContain('(1216)');
});

test('HAProxy with checks writes that the server is down and up; without checks it writes neither', async () => {
  const haproxy = (check: string): Promise<string> =>
    page({
      modes: `{ balanced: { haproxy: { file: h.cfg, addresses: [172.0.0.2] } } }`,
      check,
    });
  expect(await haproxy('check')).toMatch(/`is DOWN`[^]*`is UP`/);
  expect(await haproxy('')).not.toContain('`is DOWN`');
});

test('of a fault that repeats, only what follows on its first time is told', async () => {
  const text = await page({ faults: '[{ at: 5m, kill: worker01, for: 1m, every: 10m, times: 2 }]' });
  expect(text).toContain('It happens 2 times');
  expect(text).toMatch(/Lost connection.*all after (\d+(\.\d+)? ?(ms|s))$/m);
});

test('agents of release 5, whose lines are others, are not quoted', async () => {
  const text = await page({ fleet: '{ servers: { count: 10, version: 5.0.0, events: { rate: 1/s } } }' });
  expect(text).toMatch(/[1-9]\d* lose the session/);
  expect(text).not.toContain('Words to look for');
});
