// Guards the balancing of the cluster: fails when a change of nginx.conf, ossec.conf or the scenario breaks what is relied on.
import { assign, compare, movedClients, readScenarioFile, simulate } from 'fleetfall';
import { expect, test } from 'vitest';

const scenario = readScenarioFile('fleetfall.yaml');
const today = await simulate(scenario);

// What the scenario expects, a test each. `detail` says what was found.
test.each(today.expectations)('$expectation.text', ({ verdict, detail }) => {
  expect(verdict, detail).toBe('pass');
});

// Who lands where is asked without a simulation.
const agents = assign({ scenario, mode: 'load-balancer' });
const clients = agents.clients.map(({ address }) => address);

test('no node has a third more agents than its part', () => {
  expect(agents.servers.length).toBe(3);
  expect(agents.skewByWeight).toBeLessThan(4 / 3);
});

test('a server that is taken out moves its own agents and nobody else', () => {
  const server = '172.0.0.5:1514';
  const before = assign({ nginx: 'nginx.conf', clients });
  const after = assign({ nginx: 'nginx.conf', clients, change: { remove: [server] } });

  const its = before.servers.find((each) => each.server === server)!;
  expect(movedClients(before, after).clients).toBe(its.clients);
});

test('the connect time-out of nginx brings the agents back earlier than its default would', async () => {
  const set = [{ path: 'nginx.server[1514].proxy_connect_timeout', value: '60s' }];
  const byDefault = await simulate(readScenarioFile('fleetfall.yaml', { set, modes: ['load-balancer'] }));

  // The same luck on both sides: the difference has an interval of its own. Times are µs.
  const { moved } = compare(byDefault, today);
  const p95 = moved.find(({ mode, metric }) => mode === 'load-balancer' && metric === 'reconnect.p95');
  expect(p95?.certain).toBe(true);
  expect(p95?.difference.mean).toBeLessThan(-30e6);
});
