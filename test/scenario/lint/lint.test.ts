import { expect, test } from 'vitest';
import { merged } from '../../../src/scenario/lint/lint.ts';
import { rules } from '../../../src/scenario/lint/rules.ts';
import { load, scenarioText } from '../../support/scenarios.ts';
import { fleet, nginxOf } from '../../support/lint.ts';

test('every rule has a name of its own, which says what it is about', () => {
  const names = rules.map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
});

test('what is said of several modes is said once, with the modes', () => {
  const modes = '{ a: { nginx: nginx.conf }, b: { nginx: nginx.conf, agent: { timeReconnect: 70s } } }';
  const { remarks } = load(scenarioText({ fleet: fleet(5000), faults: '[]', modes }), {
    files: {
      'nginx.conf': nginxOf({
        events: '',
        servers: ['172.0.0.4:1514', '172.0.0.5:1514'],
        registration: ['172.0.0.4:1515'],
      }),
    },
  });

  expect(remarks.map(({ rule, modes: of }) => [rule, of])).toEqual([['worker-connections', ['a', 'b']]]);
});

test('one place may have several remarks', () => {
  const position = { file: 'a', line: 1, column: 1 };
  const remark = { rule: 'r', position, text: 'one', modes: ['m'] };

  expect(merged([remark, { ...remark, text: 'two' }, remark])).toHaveLength(2);
});
