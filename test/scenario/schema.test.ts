import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { verbs } from '../../src/scenario/schema/faults.ts';
import { scenarioJsonSchema, scenarioSchema } from '../../src/scenario/schema.ts';
import { clusterOf, fleetOf, problemsOf, scenarioText, type Parts } from '../support/scenarios.ts';

const shipped = readdirSync('scenarios').filter((name) => name.endsWith('.yaml'));
type JsonSchema = Exclude<Parameters<typeof z.fromJSONSchema>[0], boolean>;
const published = JSON.parse(readFileSync('schema/scenario.schema.json', 'utf8')) as JsonSchema;
const faultSchema = (published.properties!.faults as JsonSchema).items as JsonSchema;

test('the published JSON Schema is the one `fleetfall schema` prints', () => {
  expect(published).toEqual(scenarioJsonSchema());
  expect(published).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', additionalProperties: false });
});

describe('an editor that reads the JSON Schema', () => {
  // zod reads no `oneOf` of `required` alone; what it says of faults is looked at by itself.
  const { oneOf, anyOf, ...fault } = faultSchema;
  const properties = { ...published.properties, faults: { type: 'array' as const, items: fault } };
  const editor = z.fromJSONSchema({ ...published, properties });
  const accepts = (parts: Parts): boolean => editor.safeParse(parse(scenarioText(parts))).success;

  test.each(shipped)('takes scenarios/%s', (name) => {
    const tree: unknown = parse(readFileSync(`scenarios/${name}`, 'utf8'), { merge: true });

    expect(editor.safeParse(tree).error).toBeUndefined();
    expect(readFileSync(`scenarios/${name}`, 'utf8')).toContain('$schema=../schema/scenario.schema.json');
  });

  test('takes what may be written short or long', () => {
    expect(accepts({})).toBe(true);
    expect(accepts({ duration: '{ until: settled, atMost: 4h }' })).toBe(true);
    expect(accepts({ faults: '[{ at: 10m..11m, hang: [worker01, balancer], every: 5m, times: 2 }]' })).toBe(true);
    expect(
      accepts({ modes: '{ lb: { nginx: { file: nginx.conf, cpus: 4 }, servers: [balancer, { node: worker01 }] } }' }),
    ).toBe(true);
  });

  test.each<readonly [what: string, parts: Parts]>([
    ['an unknown key', { more: 'lenght: 3m\n' }],
    ['a number without its unit', { duration: '30' }],
    ['a unit that is none', { duration: '30min' }],
    ['no agents', { fleet: '{ servers: { count: 0, events: { rate: 1/s } } }' }],
    ['a word that is none of the choices', { modes: '{ list: { servers: [worker01], order: random } }' }],
    ['an empty list', { modes: '{ list: { servers: [] } }' }],
    ['a name that is none', { modes: '{ "a b": { servers: [worker01] } }' }],
  ])('marks %s', (_, parts) => {
    expect(accepts(parts)).toBe(false);
  });

  test('marks a fault of no kind or of two, and one that never happens', () => {
    expect(oneOf).toHaveLength(verbs.length);
    expect(oneOf).toContainEqual({ required: ['kill'] });
    expect(oneOf).toContainEqual({ required: ['drain'], not: { required: ['rolling'] } });
    expect(anyOf).toEqual([{ required: ['at'] }, { required: ['random'] }]);
  });
});

/** What the schema itself says about a value at one place. */
function messageOf(parts: Parts): string | undefined {
  const { error } = scenarioSchema.safeParse(parse(scenarioText(parts)));
  return error?.issues[0]?.message;
}

describe('units', () => {
  const durationOf = (text: string): unknown =>
    scenarioSchema.parse(parse(scenarioText({ duration: JSON.stringify(text) }))).duration;

  test('are converted once: µs, events per second, bytes', () => {
    expect(['1500ms', '90s', '1.5h', '2 d'].map(durationOf)).toEqual([1.5e6, 90e6, 5400e6, 172_800e6]);
    const fleet = '{ servers: { count: 1, events: { rate: 30/m, size: 16KiB } } }';
    expect(scenarioSchema.parse(parse(scenarioText({ fleet }))).fleet.servers!.events).toMatchObject({
      rate: 0.5,
      size: 16_384,
    });
  });

  test.each([
    ['"30"', 'expected a duration such as 10s, got "30". Write 30s.'],
    ['30min', 'expected a duration such as 10s, got "30min". Units are us, ms, s, m, h and d.'],
    ['10 M', 'expected a duration such as 10s, got "10 M". Units are us, ms, s, m, h and d.'],
    ['1m30s', 'expected a duration such as 10s, got "1m30s".'],
    ['-5m', 'expected a duration such as 10s, got "-5m". It cannot be negative.'],
    ['0s', 'expected a duration such as 10s, got "0s". It must be from 1s to 31d.'],
    [
      '99999999999999999999d',
      'expected a duration such as 10s, got "99999999999999999999d". It must be from 1s to 31d.',
    ],
    ['1e3s', 'expected a duration such as 10s, got "1e3s".'],
    ['٣s', 'expected a duration such as 10s, got "٣s".'],
  ])('%s is no duration of a run', (duration, message) => {
    const { error } = scenarioSchema.shape.warmup.safeParse(parse(duration));
    const said = error!.issues[0]!.message;
    expect(said.replace('from 10s to 7d', 'from 1s to 31d')).toBe(message);
  });

  test.each([
    ['2', 'expected a rate such as 2/s, got 2. Write 2/s.'],
    ['2/ms', 'expected a rate such as 2/s, got "2/ms". Units are /s, /m, /h and /d.'],
    ['-1/s', 'expected a rate such as 2/s, got "-1/s". It cannot be negative.'],
    ['1000000/s', 'expected a rate such as 2/s, got "1000000/s". It must be from 0/s to 100000/s.'],
  ])('%s is no rate of an agent', (rate, message) => {
    expect(messageOf({ fleet: `{ servers: { count: 1, events: { rate: ${rate} } } }` })).toBe(message);
  });

  test('what the product counts in whole seconds cannot have fractions', () => {
    expect(messageOf({ modes: '{ list: { servers: [worker01], agent: { notifyTime: 1500ms } } }' })).toBe(
      'expected whole seconds such as 10s, got 1.5s. The product counts whole seconds here.',
    );
  });
});

test.each(['0', '-1', '1.5', '5000001', '.nan', '.inf', '1e400', '"10"', 'ten', '~', '[]', '{}', 'true'])(
  '%s is no number of agents',
  (count) => {
    expect(messageOf({ fleet: `{ servers: { count: ${count}, events: { rate: 1/s } } }` })).toMatch(
      /^expected a whole number from 1 to 5000000, got /,
    );
  },
);

test.each([
  ['10.1.0.7/16', ' Write 10.1.0.0/16.'],
  ['10.1.0.0/33', ' The prefix length is a whole number from 0 to 32.'],
  ['fe80::/64', ' IPv6 is not modelled yet.'],
  ['010.1.0.0/16', ''],
  ['ten', ''],
])('%s is no range of addresses', (range, hint) => {
  const group = (more: string): Parts => ({ fleet: `{ servers: { count: 1, ${more}, events: { rate: 1/s } } }` });

  expect(messageOf(group(`addresses: "${range}"`))).toBe(
    `expected an IPv4 range such as 10.1.0.0/16, got "${range}".${hint}`,
  );
  expect(messageOf(group(`nat: ["${range}"]`))).toBe(
    `expected an IPv4 address such as 203.0.113.7, got "${range}".${hint}`,
  );
});

test('a node’s address is an IPv4 address', () => {
  const at = (address: string) => messageOf({ cluster: `{ nodes: { a: { address: "${address}" } } }` });

  expect(at('172.0.0.4')).toBeUndefined();
  expect(at('::1')).toBe('expected an IPv4 address such as 172.0.0.4, got "::1". IPv6 is not modelled yet.');
  expect(at('worker01.corp')).toBe('expected an IPv4 address such as 172.0.0.4, got "worker01.corp".');
});

test.each(['constructor', 'toString', '10'])('no mode, group or node is called %s', (word) => {
  expect(problemsOf(scenarioText({ modes: `{ "${word}": { servers: [worker01] } }` }))).toEqual([
    expect.stringContaining(`cannot be a name here. Put something before it, such as x-${word}.`),
  ]);
});

test('a release that never was', () => {
  expect(problemsOf(scenarioText({ fleet: fleetOf('4.99.0') }))[0]).toContain('There is no Wazuh 4.99.0.');
  expect(problemsOf(scenarioText({ cluster: clusterOf('4.14.8') }))[0]).toContain('There is no Wazuh 4.14.8');
});

test('no message is that of a library', () => {
  const text = `fleetfall: 1
seed: ""
hosts: { wazuh.corp: [] }
cluster: { nodes: { worker01: { address: 172.0.0.4 } } }
fleet: { servers: { count: 1, events: { rate: 1/s, profile: { 25:00: 5% } } } }
modes: { list: { servers: [worker01] } }
faults: [{ at: 1m, drain: [] }]
`;
  expect(problemsOf(text)).toEqual([
    '2:7  seed: expected a whole number from 0 or a text, got "". Give it a text.',
    '3:22  hosts["wazuh.corp"]: expected at least one address, got an empty list.',
    '5:70  fleet.servers.events.profile["25:00"]: expected a time of day such as 09:00, got "25:00".',
    '7:27  faults[0].drain: expected at least one node, got an empty list.',
  ]);
});
