// What replaces a name, and what stays.
import { expect, test } from 'vitest';
import { anonymiser } from '../../src/report/anonymise.ts';
import { chosenNames } from '../../src/scenario/chosenNames.ts';

test('the longest name that fits is replaced, as a whole word, the same way every time', () => {
  const names = anonymiser();
  names.learn([
    { kind: 'node', text: 'acme' },
    { kind: 'node', text: 'acme-berlin' },
    { kind: 'group', text: 'acme-berlin-cellar' },
  ]);
  expect(names.text('acme-berlin-cellar, acme-berlin and acme, not acmeist; ACME again')).toBe(
    'group-1, node-2 and node-1, not acmeist; node-1 again',
  );
});

test('names that tell nothing stay, and no other becomes one of them', () => {
  const names = anonymiser();
  names.learn(['worker01', 'node-1', 'load-balancer', 'nginx.conf', 'berlin'].map((text) => ({ kind: 'node', text })));
  expect(names.text('worker01, node-1, load-balancer, nginx.conf, berlin')).toBe(
    'worker01, node-1, load-balancer, nginx.conf, node-2',
  );
});

test('addresses become addresses of nobody, one each; versions, instants and numbers stay', () => {
  const names = anonymiser();
  expect(names.text('10.1.0.7:1514, 10.1.0.8, [2001:678::1]:1514, ::ffff:10.1.0.7, 127.0.0.1, 10.1.0.7')).toBe(
    '198.18.0.1:1514, 198.18.0.2, [2001:db8::0:3]:1514, ::ffff:198.18.0.1, 127.0.0.1, 198.18.0.1',
  );
  const told = 'Wazuh 4.14.7, nginx 1.22.1, at 10:20:30, 14:18, 172.0 s, 1.5 × 2';
  expect(names.text(told)).toBe(told);
});

test('a group called like a metric or a code leaves those as they are', () => {
  const names = anonymiser();
  names.learn([
    { kind: 'group', text: 'lossy' },
    { kind: 'group', text: 'share' },
  ]);
  expect(names.deep({ metric: 'loss.share{group=share}', unit: 'share', text: 'lossy' })).toEqual({
    metric: 'loss.share{group=group-2}',
    unit: 'share',
    text: 'group-1',
  });
});

test('of configurations names are taken, and nothing that may be a secret', () => {
  const files = new Map([
    [
      'etc/haproxy.cfg',
      'userlist people\n  user admin password $6$geheim\nbackend corp_agents\n  server berlin7 siem.corp.example:1514 check\n',
    ],
  ]);
  const texts = chosenNames({ modes: { a: { haproxy: 'etc/haproxy.cfg' } } }, files).map(({ text }) => text);
  expect(texts).toEqual(
    expect.arrayContaining(['haproxy.cfg', 'people', 'corp_agents', 'berlin7', 'siem.corp.example']),
  );
  expect(texts.join(' ')).not.toMatch(/geheim|admin/);
});
