// What an enrolment needs, and what is said when it is not there.
import { expect, test } from 'vitest';
import { loadScenario } from '../../../src/scenario/load.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';

interface Parts {
  readonly cluster?: string;
  readonly agents?: string;
  readonly mode?: string;
  readonly faults?: string;
  readonly files?: Readonly<Record<string, string>>;
}

function load({ cluster, agents = '', mode, faults, files = {} }: Parts): Scenario {
  const text = `
fleetfall: 1
duration: 20m
cluster: ${cluster ?? '{ nodes: { master: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4 } } }'}
fleet:
  new: { count: 50, events: { rate: 1/s }${agents} }
modes:
  list: ${mode ?? '{ servers: [worker01, master] }'}
faults: ${faults ?? '[{ at: 5m, enroll: { group: new, count: 50, over: 5m } }]'}
`;
  return loadScenario({
    file: 'new.yaml',
    text,
    files: { read: (path) => files[path]!, list: () => [] },
  });
}

function mistakes(parts: Parts): string[] {
  try {
    load(parts);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems.map(({ text }) => text);
    throw error;
  }
  return [];
}

test('an enrolment says that its rate is not judged, or what it is taken to cost', () => {
  const world = (cluster: string) => load({ cluster }).modes[0]!;
  const nodes = 'nodes: { master: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4 } }';

  expect(world(`{ ${nodes} }`).assumptions.join('\n')).toContain(
    'How many enrolments master, worker01 can serve a second is not judged',
  );
  const judged = world(`{ defaults: { registration: { serviceTime: 20ms } }, ${nodes} }`);
  expect(judged.assumptions.join('\n')).toContain('An enrolment is taken to need 20 ms');
  expect(judged.world.nodes.map(({ registration }) => registration.serviceUs)).toEqual([20_000, 20_000]);
});

test.each([
  [
    'agents that enrol by hand only',
    { agents: ', version: 3.12.3' },
    'faults[0].enroll: agents of 3.12.3 do not enroll by themselves (agent-auth does it by hand): they would end at their start. Use 3.13.1 or later.',
  ],
  [
    'agents whose enrollment is off',
    { agents: ', agent: { enrollment: { enabled: no } }' },
    'faults[0].enroll: enrollment is off for new: an agent without a key would end at its start. Write agent: { enrollment: { enabled: yes } }.',
  ],
  [
    'servers without a registration service',
    {
      mode: '{ servers: [worker01] }',
      cluster:
        '{ nodes: { master: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4, ports: { registration: no } } } }',
    },
    'faults[0].enroll: nobody listens for registrations on port 1515 where new asks. Give a node ports: { registration: 1515 }, or the balancer a listener.',
  ],
  [
    'more agents than are left',
    {
      faults:
        '[{ at: 5m, enroll: { group: new, count: 30, over: 5m } }, { at: 6m, enroll: { group: new, count: 30, over: 5m } }]',
    },
    'faults[1].enroll: new has 50 agents, of which 30 have enrolled before: no 30 are left.',
  ],
  [
    'a registration service on a worker of 3.13',
    {
      agents: ', version: 3.13.6, agent: { enrollment: { enabled: yes } }',
      cluster:
        '{ version: 3.13.6, nodes: { master: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4, ports: { registration: 1515 } } } }',
    },
    'cluster.nodes.worker01.ports.registration: workers of 3.x run no authd; agents can only enrol at the master. Write no.',
  ],
])('%s: told with what to do', (_, parts, text) => {
  expect(mistakes(parts)).toContain(text);
});

test('workers of 3.13 listen for no registrations, workers of 4.0 and masters do', () => {
  const ports = (version: string) =>
    load({
      faults: '[]',
      mode: '{ servers: [master] }',
      agents: ', version: 3.13.6',
      cluster: `{ version: ${version}, nodes: { master: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4 } } }`,
    }).modes[0]!.world.nodes.map(({ registrationPort }) => registrationPort);

  expect(ports('3.13.6')).toEqual([1515, null]);
  expect(ports('4.0.4')).toEqual([1515, 1515]);
});

const conf = (inside: string): Readonly<Record<string, string>> => ({
  'ossec.conf': `<ossec_config><client>
<server><address>172.0.0.4</address></server>
<enrollment><delay_after_enrollment>5</delay_after_enrollment>${inside}</enrollment>
</client></ossec_config>`,
});

test('manager_address is asked first, and matters as delay_after_enrollment does only where agents enrol', () => {
  const parts = { mode: '{ ossec: ossec.conf }', files: conf('<manager_address>172.0.0.3</manager_address>') };
  const enrolling = load(parts);
  const idle = load({ ...parts, faults: '[]' });

  const [group] = enrolling.modes[0]!.world.groups;
  expect(group!.enrolsAt).toEqual({ endpoint: { kind: 'node', nodeIndex: 0 }, listens: true });
  expect(group!.agent.enrollment.delayAfterEnrollmentSeconds).toBe(5);
  expect(enrolling.warnings.map(({ text }) => text).join('\n')).not.toMatch(/manager_address|delay_after/);
  expect(idle.warnings.map(({ text }) => text).join('\n')).toMatch(/delay_after_enrollment.*manager_address/s);
});

test('a manager_address that leads nowhere is a mistake where agents enrol', () => {
  const parts = { mode: '{ ossec: ossec.conf }', files: conf('<manager_address>172.0.0.9</manager_address>') };

  expect(mistakes(parts).join('\n')).toContain('<manager_address> "172.0.0.9" is no node of the cluster');
  expect(mistakes({ ...parts, faults: '[]' })).toEqual([]);
});

test('the times after which the master calls an agent disconnected are settings of the cluster or of the node', () => {
  const cluster = `{ defaults: { agentsDisconnectionTime: 20s, agentsDisconnectionAlertTime: 100s }, nodes: {
    master: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4, agentsDisconnectionTime: 5m } } }`;
  const [master, worker] = load({ cluster }).modes[0]!.world.nodes;

  expect(master!.disconnection).toEqual({ thresholdSeconds: 20, sweepSeconds: 20, alertSeconds: 100 });
  expect(worker!.disconnection).toEqual({ thresholdSeconds: 300, sweepSeconds: 300, alertSeconds: 100 });
});

test('a worker of 3.x is no place to ask for a key, and the message does not say to open its port', () => {
  const cluster =
    '{ version: 3.13.6, nodes: { master: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4 } } }';
  const agents = ', version: 3.13.6, agent: { enrollment: { enabled: yes } }';

  expect(mistakes({ cluster, agents, mode: '{ servers: [worker01] }' })).toEqual([
    'faults[0].enroll: the agents of new ask worker01 for a key, and workers of 3.x run no authd; agents can only enrol at the master. Put it in their list, or give them <manager_address> in <enrollment>.',
  ]);
  expect(mistakes({ cluster, agents })).toEqual([]);
});
