// The balancer of a mode from its nginx.conf.
import { nginxIn } from '../../support/worlds.ts';
import { describe, expect, test } from 'vitest';
import { modeOf, nginxConf, problemsOf, scenarioText } from '../../support/scenarios.ts';

const more = 'hosts: { both.corp: [172.0.0.4, 172.0.0.5] }\n';

describe('the balancer', () => {
  test('has the version, processors, addresses and ports it is given; its text may stand in the scenario', () => {
    const inline = nginxConf
      .replace('events {}', 'worker_processes auto; events {}')
      .replace(/^/gm, '        ')
      .trimEnd();
    const { world, description } = modeOf({
      modes: `
  lb:
    nginx:
      version: 1.24.0
      cpus: 3
      ports: 1000
      addresses: [172.0.0.2, lb.corp]
      file: |
${inline}
`,
    });

    expect(world.balancers[0]).toMatchObject({
      product: { nginx: { workers: 3 } },
      sourcePorts: 1000,
      addresses: ['172.0.0.2', 'lb.corp'],
    });
    expect(description).toBe('nginx hash $remote_addr consistent over worker01, worker02');
  });

  test('has as many local ports as a number or the kernel’s range says', () => {
    const portsOf = (ports: string): number =>
      modeOf({ modes: `{ lb: { nginx: { file: nginx.conf, ports: ${ports} } } }` }).world.balancers[0]!.sourcePorts;

    expect(portsOf('32768-60999')).toBe(28_232);
    expect(portsOf('500')).toBe(500);
    expect(modeOf({ modes: '{ lb: { nginx: nginx.conf } }' }).world.balancers[0]!.sourcePorts).toBe(28_232);
    expect(problemsOf(scenarioText({ modes: '{ lb: { nginx: { file: nginx.conf, ports: 60999-32768 } } }' }))).toEqual([
      '5:50  modes.lb.nginx.ports: expected a range such as 32768-60999, got "60999-32768".',
    ]);
  });

  test('with worker_processes auto needs the number of its processors', () => {
    const files = { 'nginx.conf': `worker_processes auto;\n${nginxConf}` };
    expect(problemsOf(scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' }), { files })).toEqual([
      expect.stringMatching(/^nginx\.conf:1:\d+ {2}.*cpus/),
    ]);
  });

  test('mistakes of a text in the scenario are placed in that text', () => {
    const modes = '{ lb: { nginx: "events {}\\nhttp {}\\n" } }';
    expect(problemsOf(scenarioText({ modes }))).toEqual([
      'modes.lb.nginx:2:1  there is no "stream" block (only http). Agents are balanced in stream { upstream … server … }.',
    ]);
  });
});

test('a name of several addresses is several peers to nginx', () => {
  const conf = nginxConf.replace('server 172.0.0.4:1514; server 172.0.0.5:1514;', 'server both.corp:1514;');
  const { world } = modeOf({ more, modes: '{ lb: { nginx: nginx.conf } }' }, { files: { 'nginx.conf': conf } });

  expect(nginxIn(world).upstreams[0]!.peers.map(({ address }) => address)).toEqual(['172.0.0.4', '172.0.0.5']);
});
