import { expect, test } from 'vitest';
import { parseHaproxyVersion } from '../../src/models/balancer/haproxy/versions.ts';
import type { Assignment } from '../../src/scenario/chooser.ts';
import { assignHaproxy, type AssignHaproxyInput } from '../../src/scenario/assignHaproxy.ts';
import { ScenarioError } from '../../src/scenario/problem.ts';
import { fixture, measuredClients, measuredSteps } from '../support/haproxyMeasured.ts';

type Given = Partial<AssignHaproxyInput>;

function assign(text: string, clients: readonly string[], given: Given = {}): Assignment {
  return assignHaproxy({
    file: 'haproxy.cfg',
    text,
    clients,
    down: [],
    resolve: new Map(),
    env: new Map(),
    version: parseHaproxyVersion('2.6.12')!,
    ...given,
  });
}

function problemsOf(text: string, clients: readonly string[], given: Given = {}): readonly string[] {
  try {
    assign(text, clients, given);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

const measured = JSON.parse(fixture('configs.json').toString()) as Readonly<Record<string, readonly string[]>>;
const steps = measuredSteps();
// Those whose sessions ended before the next client came, and whose servers all answered.
const oneByOne = Object.keys(measured).filter(
  (id) => /^[a-h]+$/.test(steps.get(id) ?? '') && !measured[id]!.some((line) => line.includes('refuses')),
);

test.each(oneByOne)('assign puts every client of %s where HAProxy put it', (id) => {
  const letters = steps.get(id)!.match(/./g)!;
  const lines = measured[id]!;
  const names = lines.flatMap((line) => (line.startsWith('server ') ? [line.split(' ')[1]!] : []));
  const down = lines.flatMap((line) => (line.includes('# down') ? [line.split(' ')[1]!] : []));
  const text = `listen b\nbind :1514\n${lines.join('\n')}\n`;
  const { servers } = assign(text, measuredClients().slice(0, letters.length), { down });

  expect(letters.length).toBeGreaterThan(5000);
  expect(servers).toEqual(letters.map((letter) => names['abcdefgh'.indexOf(letter)]));
});

test('most of what was measured one by one is asked', () => {
  expect(oneByOne.length).toBeGreaterThanOrEqual(15);
});

const two = `
frontend events
 bind :1514
 default_backend reporting
frontend registration
 bind :1515
 default_backend register
backend reporting
 balance roundrobin
 server w1 172.0.0.4:1514 check
 server w2 172.0.0.5:1514 check
 server w3 172.0.0.6:1514 check backup
backend register
 server m 172.0.0.3:1515
`;
const clients = ['10.1.0.1', '10.1.0.2', '10.1.0.3'];

test.each<readonly [what: string, given: Given, servers: readonly string[]]>([
  ['the frontend on 1514 is asked', {}, ['w1', 'w2', 'w1']],
  ['the frontend on another port', { port: 1515 }, ['m', 'm', 'm']],
  ['a backend by its name', { backend: 'register' }, ['m', 'm', 'm']],
  ['a server found down by its check', { down: ['w1'] }, ['w2', 'w2', 'w2']],
  ['a backup takes over when all are down', { down: ['w1', 'w2'] }, ['w3', 'w3', 'w3']],
  ['nobody is left', { down: ['w1', 'w2', 'w3'] }, ['', '', '']],
])('%s', (_, given, servers) => {
  expect(assign(two, clients, given)).toEqual({ servers, warnings: [] });
});

test('a server without a check is down by word only, and it is said', () => {
  const { servers, warnings } = assign(two, clients, { backend: 'register', down: ['m'] });

  expect(servers).toEqual(['', '', '']);
  expect(warnings.map(({ text }) => text)).toEqual([
    '--down m: it has no check, so HAProxy would not find it down by itself.',
  ]);
});

test('the release decides where points of the ring are', () => {
  const text = `listen l\nbind :1514\nbalance source\nhash-type consistent\nserver w1 1.2.3.4:5\nserver w2 1.2.3.5:5\n`;
  const many = Array.from({ length: 200 }, (_, index) => `10.1.0.${index + 1}`);
  const of = (version: string) => assign(text, many, { version: parseHaproxyVersion(version)! }).servers;

  expect(of('2.8')).toEqual(of('2.6.12'));
  expect(of('3.0')).not.toEqual(of('2.8'));
});

test('variables of the environment are those that are given', () => {
  const text = 'listen l\nbind :1514\nserver w1 "${W1}:1514" weight "${WEIGHT-1}"\n';

  expect(assign(text, ['10.1.0.1'], { env: new Map([['W1', '172.0.0.4']]) }).servers).toEqual(['w1']);
  expect(problemsOf(text, ['10.1.0.1'])).toEqual([
    '3:11  the environment variable W1 is not known here. Give it --env W1=…, or write a default: "${W1-…}".',
  ]);
});

test.each<readonly [what: string, text: string, given: Given, said: string]>([
  ['an unknown server', two, { down: ['w9'] }, '--down: no server is called "w9". Known: w1 … w3.'],
  ['an unknown backend', two, { backend: 'x' }, '--backend: there is no backend "x". Known: reporting, register.'],
  [
    'a port nobody listens on',
    two,
    { port: 99 },
    '--port: no frontend listens on 99. Ports of this file: 1514 (line 3), 1515 (line 6).',
  ],
  [
    'a line that is no address',
    two,
    { clients: ['x'] },
    'standard input:1:1  expected one address a line such as 10.1.0.7, got "x".',
  ],
  [
    'a port that is not in the lines',
    'listen l\nbind :1514\nbalance hash src_port\nserver w1 1.2.3.4:5\n',
    {},
    'balance hash src_port: the port of a client is not in its line.',
  ],
  [
    'a table of clients',
    'listen l\nbind :1514\nserver w1 1.2.3.4:5\nstick-table type ip size 1k\nstick on src\n',
    {},
    '5:1  stick is not modelled: tables of clients that stay with their server are not kept. Remove it.',
  ],
])('%s is refused', (_, text, given, said) => {
  expect(problemsOf(text, clients, given)).toContain(said);
});

test('what decides nothing about the choice is passed over', () => {
  const text = 'listen l\nbind :1514 accept-proxy\nserver w1 1.2.3.4:5 send-proxy\n';

  expect(assign(text, ['10.1.0.1']).servers).toEqual(['w1']);
});

test('what the model does not reproduce of the backend that is asked is said', () => {
  const text = `listen b\nbind :1514\nmode tcp\nbalance leastconn\nserver s1 10.0.0.1:1514\nserver s2 10.0.0.2:1514\n`;
  const said = (version: string): readonly string[] =>
    assign(text, ['10.1.0.1'], { version: parseHaproxyVersion(version)! }).warnings.map((warning) => warning.text);
  const random = /^leastconn of HAProxy 3\.2: of servers with equal loads one is taken at random/;

  expect(said('3.2').filter((line) => random.test(line))).toHaveLength(1);
  expect(said('2.8').filter((line) => random.test(line))).toEqual([]);
});
