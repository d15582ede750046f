import { expect, test } from 'vitest';
import { settingChanges, settingsOf } from '../../src/metrics/settings.ts';
import { load, modeOf, scenarioText } from '../support/scenarios.ts';

const nginx = (text: string): string =>
  `events {} stream { ${text} upstream cluster { hash $remote_addr consistent; server 172.0.0.4:1514; server 172.0.0.5:1514 max_fails=3; }
  server { listen 1514; proxy_pass cluster; } }`;

test('the settings of a mode are what its files come to, by name', () => {
  const { world } = modeOf({ modes: '{ lb: { nginx: nginx.conf } }' }, { files: { 'nginx.conf': nginx('') } });
  const settings = new Map(settingsOf(world).map(({ path, value }) => [path, value]));

  expect(settings.get('groups.servers.count')).toBe(10);
  expect(settings.get('nodes.worker01.role')).toBe('worker');
  expect(settings.get('balancers.balancer.product.nginx.upstreams.cluster.method.key')).toBe('$remote_addr');
  expect(settings.get('balancers.balancer.product.nginx.upstreams.cluster.peers["172.0.0.5:1514"].maxFails')).toBe(3);
  expect(settings.get('faults[0].forUs')).toBe(300_000_000);
});

test('a change of a file is a change of the settings that it decides, and no other', () => {
  const of = (files: Record<string, string>) =>
    settingsOf(modeOf({ modes: '{ lb: { nginx: nginx.conf } }' }, { files }).world);
  const before = of({ 'nginx.conf': nginx('') });
  const after = of({
    'nginx.conf': nginx('').replace('max_fails=3', 'max_fails=1').replace('events', '# a remark\nevents'),
  });

  expect(settingChanges(before, after)).toEqual([
    {
      path: 'balancers.balancer.product.nginx.upstreams.cluster.peers["172.0.0.5:1514"].maxFails',
      before: 3,
      after: 1,
    },
  ]);
  expect(settingChanges(before, before)).toEqual([]);
});

test('what is on one side only is a change, too', () => {
  const changes = settingChanges(
    [
      { path: 'a', value: 1 },
      { path: 'b', value: Infinity },
    ],
    [
      { path: 'c', value: null },
      { path: 'b', value: Infinity },
    ],
  );

  expect(changes).toEqual([
    { path: 'a', before: 1, after: undefined },
    { path: 'c', before: undefined, after: null },
  ]);
});

test('words that a configuration computes with are told by their digest', () => {
  const conf = nginx('map $remote_addr $word { default s3cret; }').replace(
    '$remote_addr consistent',
    '$word consistent',
  );
  const scenario = load(scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' }), { files: { 'nginx.conf': conf } });
  const settings = settingsOf(scenario.modes[0]!.world);

  expect(JSON.stringify(settings)).not.toContain('s3cret');
  expect(settings.find(({ path }) => path.endsWith('.variables'))?.value).toMatch(/^sha256 [0-9a-f]{16}$/);
});
