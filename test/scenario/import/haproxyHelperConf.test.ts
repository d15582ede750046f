import { expect, test } from 'vitest';
import { readManagerConf } from '../../../src/scenario/import/managerConf.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';

const access =
  '<haproxy_address>lb.corp</haproxy_address><haproxy_user>u</haproxy_user><haproxy_password>p</haproxy_password>';

function read(inside: string): ReturnType<typeof readManagerConf> {
  const cluster = `<cluster><node_type>master</node_type><haproxy_helper>${inside}</haproxy_helper></cluster>`;
  const text = `<ossec_config><remote><connection>secure</connection></remote>${cluster}</ossec_config>`;
  return readManagerConf({ file: 'ossec.conf', text, version: '4.14.7' });
}

function mistakes(inside: string): string[] {
  try {
    read(inside);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ text }) => text);
  }
}

test('every option of the helper is read', () => {
  const helper = read(`${access}<haproxy_backend>agents</haproxy_backend><excluded_nodes><node>m</node></excluded_nodes>
    <frequency>30</frequency><agent_chunk_size>200</agent_chunk_size><agent_reconnection_time>2</agent_reconnection_time>
    <agent_reconnection_stability_time>20</agent_reconnection_stability_time>
    <imbalance_tolerance>0.25</imbalance_tolerance>
    <remove_disconnected_node_after>10</remove_disconnected_node_after>`).cluster!.helper!;

  expect(helper.address).toBe('lb.corp');
  expect(helper.options).toEqual({
    backend: 'agents',
    excludedNodes: ['m'],
    frequencyUs: 30_000_000,
    agentChunkSize: 200,
    agentReconnectionTimeUs: 2_000_000,
    stabilityTimeUs: 20_000_000,
    imbalanceTolerance: 0.25,
    removeDisconnectedAfterUs: 600_000_000,
  });
});

test('a helper that is switched off says nothing, and needs nothing', () => {
  expect(read('<haproxy_disabled>yes</haproxy_disabled>').cluster!.helper).toBeNull();
});

test.each([
  ['<frequency>9</frequency>', /<frequency>: expected a whole number from 10 on, got "9"/],
  ['<agent_chunk_size>99</agent_chunk_size>', /from 100 on/],
  ['<agent_reconnection_stability_time>5</agent_reconnection_stability_time>', /from 10 on/],
  ['<imbalance_tolerance>0</imbalance_tolerance>', /above 0 and up to 1, got "0"/],
  ['<imbalance_tolerance>10%</imbalance_tolerance>', /got "10%"/],
  ['<haproxy_port>80</haproxy_port>', /from 1024 to 65535/],
  ['<haproxy_protocol>https</haproxy_protocol>', /https needs a <haproxy_cert>/],
  ['<frequenzy>60</frequenzy>', /Did you mean <frequency>\?/],
])('what the cluster refuses is refused: %s', (inside, text) => {
  expect(mistakes(access + inside)).toEqual([expect.stringMatching(text)]);
});

test('without access to HAProxy the helper does not start', () => {
  expect(mistakes('<haproxy_address>lb.corp</haproxy_address>')).toEqual([
    expect.stringMatching(/has no <haproxy_user>/),
    expect.stringMatching(/has no <haproxy_password>/),
  ]);
});
