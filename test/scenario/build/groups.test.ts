// The settings of a group’s agents: layer over layer.
import { describe, expect, test } from 'vitest';
import {
  clusterOf,
  fleetOf,
  load,
  modeOf,
  ossecConf,
  scenarioText,
  type Beside,
  problemsOf,
  type Parts,
} from '../../support/scenarios.ts';

describe('settings of agents, a later layer over an earlier one', () => {
  const conf = ossecConf('172.0.0.4').replace(
    '</client>',
    '<notify_time>11</notify_time><time-reconnect>61</time-reconnect></client><client_buffer><queue_size>100</queue_size></client_buffer>',
  );
  const files = {
    'ossec.conf': conf,
    'agent.conf': '<agent_config><client_buffer><queue_size>200</queue_size></client_buffer></agent_config>',
    'local.conf': 'agent.recv_timeout=30\n',
  };
  const agentOf = (parts: Parts, beside: Beside = {}) =>
    modeOf(parts, { ...beside, files: { ...files, ...beside.files } }).world.groups[0]!.agent;

  test('the release, then ossec.conf', () => {
    expect(agentOf({ modes: '{ list: { servers: [worker01] } }' })).toMatchObject({ notifyTimeSeconds: 20 });
    expect(agentOf({ modes: '{ list: { ossec: ossec.conf } }' })).toMatchObject({
      notifyTimeSeconds: 11,
      timeReconnectSeconds: 61,
      clientBuffer: { queueSize: 100 },
    });
  });

  test('then agent.conf and local_internal_options.conf, unless the agent takes nothing from its manager', () => {
    const modes = '{ list: { ossec: { file: ossec.conf, agentConf: agent.conf, internalOptions: local.conf } } }';
    expect(agentOf({ modes })).toMatchObject({
      clientBuffer: { queueSize: 200 },
      internal: { recvTimeoutSeconds: 30 },
      enrollment: { timeoutSeconds: 30 },
    });
    const closed = { 'local.conf': 'agent.remote_conf=0\n' };
    expect(agentOf({ modes }, { files: closed })).toMatchObject({ clientBuffer: { queueSize: 100 } });
  });

  test('then the group, the mode, and the group within the mode', () => {
    const fleet =
      '{ servers: { count: 1, events: { rate: 1/s }, agent: { notifyTime: 12s, timeReconnect: 62s, maxRetries: 2 } } }';
    expect(agentOf({ fleet, modes: '{ list: { ossec: ossec.conf } }' }).notifyTimeSeconds).toBe(12);
    expect(agentOf({ fleet, modes: '{ list: { ossec: ossec.conf, agent: { notifyTime: 13s } } }' })).toMatchObject({
      notifyTimeSeconds: 13,
      timeReconnectSeconds: 62,
    });
    const modes =
      '{ list: { ossec: ossec.conf, agent: { notifyTime: 13s }, groups: { servers: { agent: { notifyTime: 14s } } } } }';
    expect(agentOf({ fleet, modes }).notifyTimeSeconds).toBe(14);
  });

  test('--set has the last word, over the mode’s settings and over its set', () => {
    const modes =
      '{ list: { ossec: ossec.conf, agent: { notifyTime: 13s, kernel: { connectTimeout: 20s } }, set: { cluster.version: 4.12.0, network.latency: 9ms } } }';
    const set = [
      { path: 'fleet.servers.agent.notifyTime', value: '15s' },
      { path: 'network.latency', value: '3ms' },
    ];
    const { world } = modeOf({ modes }, { files, overrides: { set } });

    expect(world.groups[0]!.agent).toMatchObject({
      notifyTimeSeconds: 15,
      kernel: { connectTimeoutUs: 20e6, arpTimeoutUs: 3_060_000 },
    });
    expect(world.network.latencyUs).toBe(3_000);
    expect(world.nodes[0]!.version).toBe('4.12.0');
  });

  test('the number of tries of a list that does not say is a setting, too', () => {
    const modes =
      '{ list: { servers: [worker01, { node: worker02, maxRetries: 7 }], agent: { maxRetries: 3, retryInterval: 4s } } }';
    expect(
      modeOf({ modes }).world.groups[0]!.servers.map(({ maxRetries, retryIntervalSeconds }) => [
        maxRetries,
        retryIntervalSeconds,
      ]),
    ).toEqual([
      [3, 4],
      [7, 4],
    ]);
  });
});

test('settings of agents that decide nothing are named', () => {
  const fleet =
    '{ servers: { count: 1, events: { rate: 1/s }, agent: { internal: { tolerance: 5s }, enrollment: { delayAfterEnrollment: 5s } } } }';

  expect(load(scenarioText({ fleet })).warnings.map(({ text }) => text)).toEqual([
    'delayAfterEnrollment of fleet.servers.agent decides nothing where no agent enrols (enroll).',
  ]);
});

test('a client buffer is normal again below the level of its warning, else the agent would not start', () => {
  const fleet = (internal: string): string =>
    scenarioText({ fleet: `{ servers: { count: 1, events: { rate: 1/s }, agent: { internal: ${internal} } } }` });
  const said = (normal: number, warn: number): string =>
    `the normalLevel of its buffer (${normal}) must be below warnLevel (${warn}): the agent refuses to start.`;

  expect(problemsOf(fleet('{ warnLevel: 50, normalLevel: 60 }')).join()).toContain(said(60, 50));
  expect(problemsOf(fleet('{ warnLevel: 70 }')).join()).toContain(said(70, 70));
  expect(problemsOf(fleet('{ warnLevel: 71 }'))).toEqual([]);
});

test('a setting of an option that a release does not have is passed over with a warning', () => {
  const agent = ', agent: { maxRetries: 3, forceReconnectInterval: 1m, internal: { sendTimeout: 10s } }';
  const warned = (version: string): string[] =>
    load(scenarioText({ fleet: fleetOf(version, agent), cluster: clusterOf('4.14.7') })).warnings.map(
      ({ text }) => text,
    );

  expect(warned('3.12.3')).toContain(
    'agents of 3.12.3 have no maxRetries, forceReconnectInterval, sendTimeout: what fleet.servers.agent says of it is passed over.',
  );
  expect(warned('4.14.7')).toContain(
    'agents of 4.14.7 have no sendTimeout: what fleet.servers.agent says of it is passed over.',
  );
  expect(warned('5.0.0')).toContain(
    'agents of 5.0.0 have no forceReconnectInterval: what fleet.servers.agent says of it is passed over.',
  );
  const { agent: options } = modeOf({ fleet: fleetOf('4.14.9', agent) }).world.groups[0]!;
  expect(options.internal.sendTimeoutSeconds).toBe(10);
  expect(options.forceReconnectIntervalSeconds).toBe(60);
});

test('each group has the agent.conf it is given, read as its own release reads it', () => {
  const shared = (seconds: number): string =>
    `<agent_config><client><force_reconnect_interval>${seconds}</force_reconnect_interval></client></agent_config>\n`;
  const fleet = (branch: string): string =>
    `{ servers: { count: 1, events: { rate: 1/s } }, branch: { count: 1, version: ${branch}, events: { rate: 1/s } } }`;
  const given = (file: string): string => `ossec: { file: ossec.conf, agentConf: ${file} }`;
  const modes = `{ list: { ${given('all.conf')}, groups: { branch: { ${given('branch.conf')} } } } }`;
  const files = { 'all.conf': shared(60), 'branch.conf': shared(90) };

  expect(
    modeOf({ fleet: fleet('4.9.2'), modes }, { files }).world.groups.map(
      ({ agent }) => agent.forceReconnectIntervalSeconds,
    ),
  ).toEqual([60, 90]);
  expect(problemsOf(scenarioText({ fleet: fleet('4.2.7'), modes }), { files })).toEqual([
    expect.stringMatching(/^branch\.conf:1:23 {2}<force_reconnect_interval> came with Wazuh 4\.3\.0/),
  ]);
  const filtered = { ...files, 'branch.conf': shared(90).replace('<agent_config>', '<agent_config profile="web">') };
  expect(problemsOf(scenarioText({ fleet: fleet('4.9.2'), modes }), { files: filtered })).toEqual([
    expect.stringMatching(/^branch\.conf:1:\d+ {2}<client> stands in <agent_config profile="web">: .*is not modelled/),
  ]);
});
