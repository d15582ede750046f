// Random texts of the products' own configuration files.
import { atLeast } from '../../../src/models/agentVersions.ts';
import type { Dice } from './dice.ts';

/** A manager's ossec.conf. */
function managerConf(dice: Dice, version: string, udp: boolean, cluster: string): string {
  const protocol = udp ? (atLeast(version, '4.2.0') ? 'tcp,udp' : dice.one(['tcp', 'udp'])) : 'tcp';
  const remote = [
    '<connection>secure</connection>',
    dice.once(2) ? '<port>1514</port>' : '',
    `<protocol>${protocol}</protocol>`,
    dice.once(3) ? `<queue_size>${dice.one([50, 16_384, 262_144])}</queue_size>` : '',
    dice.once(3) && atLeast(version, '4.5.2')
      ? `<connection_overtake_time>${dice.one([0, 5, 60])}</connection_overtake_time>`
      : '',
    atLeast(version, '4.6.0') ? '<agents><allow_higher_versions>yes</allow_higher_versions></agents>' : '',
  ];
  const limits =
    dice.once(3) && atLeast(version, '4.4.0')
      ? `<global><limits><eps><maximum>${dice.one([0, 3, 900])}</maximum><timeframe>${dice.one([1, 10])}</timeframe></eps></limits></global>`
      : '';
  const times =
    dice.once(3) && atLeast(version, '4.1.0')
      ? `<global><agents_disconnection_time>${dice.one(['1', '20s', '15m'])}</agents_disconnection_time><agents_disconnection_alert_time>${dice.one(['0', '30s'])}</agents_disconnection_alert_time></global>`
      : '';
  const auth = `<auth><disabled>${dice.once(6) ? 'yes' : 'no'}</disabled><port>1515</port></auth>`;
  return `<ossec_config>\n${limits}${times}\n<remote>${remote.join('')}</remote>\n${auth}\n${cluster}</ossec_config>\n`;
}

/** The `<cluster>` of a master whose HAProxy helper works. */
export function helperConf(dice: Dice): string {
  const options = [
    '<haproxy_disabled>no</haproxy_disabled><haproxy_address>172.0.0.2</haproxy_address>',
    '<haproxy_user>admin</haproxy_user><haproxy_password>secret</haproxy_password>',
    dice.once(2) ? `<frequency>${dice.one([10, 60])}</frequency>` : '',
    dice.once(2) ? `<agent_reconnection_stability_time>${dice.one([10, 30])}</agent_reconnection_stability_time>` : '',
    dice.once(3) ? `<imbalance_tolerance>${dice.one(['0.05', '0.5', '1'])}</imbalance_tolerance>` : '',
    dice.once(3) ? `<remove_disconnected_node_after>${dice.one([0, 1])}</remove_disconnected_node_after>` : '',
  ];
  return `<cluster><node_name>master</node_name><node_type>master</node_type><haproxy_helper>${options.join('')}</haproxy_helper></cluster>\n`;
}

/** The files of a manager: its ossec.conf, half the time with internal options beside it. */
export function managerFiles(dice: Dice, version: string, udp: boolean, cluster: string): unknown {
  const file = managerConf(dice, version, udp, cluster);
  if (dice.once(2)) return file;
  const lines = [
    dice.once(2) && `remoted.tcp_keepidle=${dice.one([1, 30, 7200])}`,
    dice.once(2) && `remoted.tcp_keepintvl=${dice.one([1, 100])}`,
    dice.once(2) && `remoted.tcp_keepcnt=${dice.one([1, 50])}`,
    dice.once(2) && `remoted.keyupdate_interval=${dice.one([1, 3600])}`,
    dice.once(2) && `remoted.receive_chunk=${dice.one([1024, 16_384])}`,
    dice.once(2) && `remoted.worker_pool=${dice.one([1, 16])}`,
    dice.once(2) && `analysisd.decode_event_queue_size=${dice.one([128, 2_000_000])}`,
  ];
  return { file, internalOptions: `# drawn\n${lines.filter((line) => line !== false).join('\n')}\n` };
}

/** An agent's ossec.conf. @param version the oldest release that must read it. */
export function agentConf(
  dice: Dice,
  servers: readonly { readonly address: string; readonly protocol: string }[],
  version: string,
): string {
  const modern = atLeast(version, '4.0.0');
  const blocks = servers.map(
    ({ address, protocol }) =>
      `<server><address>${address}</address><port>1514</port><protocol>${protocol}</protocol>${
        modern && dice.once(4) ? `<max_retries>${dice.between(1, 4)}</max_retries>` : ''
      }</server>`,
  );
  const client = [
    dice.once(3) ? `<notify_time>${dice.one([5, 10, 20])}</notify_time>` : '',
    dice.once(3) ? `<time-reconnect>${dice.one([20, 60, 90])}</time-reconnect>` : '',
    dice.once(3) && atLeast(version, '4.3.0')
      ? `<force_reconnect_interval>${dice.one(['45', '2m'])}</force_reconnect_interval>`
      : '',
    dice.once(3) ? `<auto_restart>${dice.one(['yes', 'no'])}</auto_restart>` : '',
    dice.once(3) && modern
      ? `<enrollment><enabled>yes</enabled><delay_after_enrollment>${dice.one([1, 20])}</delay_after_enrollment></enrollment>`
      : '',
  ];
  const buffer = dice.once(3)
    ? `<client_buffer><disabled>no</disabled><queue_size>${dice.one([30, 5_000])}</queue_size><events_per_second>${dice.one([60, 500])}</events_per_second></client_buffer>`
    : '';
  return `<ossec_config>\n<client>\n${[...blocks, ...client].filter((line) => line !== '').join('\n')}\n</client>\n${buffer}\n</ossec_config>\n`;
}

export function sharedConf(dice: Dice): string {
  return `<agent_config>\n<client_buffer><queue_size>${dice.one([100, 9_000])}</queue_size></client_buffer>\n</agent_config>\n`;
}

export function internalOptions(dice: Dice): string {
  const lines = [
    `agent.recv_timeout=${dice.one([1, 10, 60, 120])}`,
    `agent.min_eps=${dice.one([50, 200])}`,
    `agent.tolerance=${dice.one([0, 15])}`,
    `logcollector.queue_size=${dice.one([128, 2_000])}`,
    `logcollector.loop_timeout=${dice.one([1, 2, 30])}`,
    `logcollector.max_lines=${dice.one([0, 10, 10_000])}`,
    `agent.remote_conf=${dice.below(2)}`,
  ].filter(() => dice.once(2));
  return `# options\n${lines.join('\n')}\n`;
}
