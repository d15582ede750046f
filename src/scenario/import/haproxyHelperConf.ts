// `<cluster><haproxy_helper>` of a master's ossec.conf. Source: Wazuh 4.9.0 to 4.14.0, framework/wazuh/core/cluster/utils.py,
// parse_haproxy_helper_config() and HELPER_DEFAULTS; cluster.py, HAPROXY_HELPER_SCHEMA (the limits).
import type { HelperOptions } from '../../models/cluster/haproxyHelper.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import type { ConfReader, Option } from './ossecReader.ts';
import type { OssecElement } from './ossecXml.ts';

/** What is written of the helper, and where. */
export interface HelperConf {
  readonly position: SourcePosition;
  /** Where HAProxy's Data Plane API is. */
  readonly address: string;
  readonly addressPosition: SourcePosition;
  readonly options: Partial<HelperOptions>;
}

/** @returns `null` for one that is switched off, or after reporting that it could not start. */
export function readHelperConf(conf: ConfReader, section: OssecElement): HelperConf | null {
  const options: { -readonly [K in keyof HelperOptions]?: HelperOptions[K] } = {};
  const said = { off: false };
  let protocol = 'http';
  const texts = new Map<string, OssecElement>();
  const text = (name: string): [string, Option] => [name, { read: (element) => texts.set(name, element) }];
  const seconds = (least: number, keep: (us: number) => void): Option => ({
    read(element) {
      const value = conf.whole(element, least);
      if (value !== undefined) keep(value * 1_000_000);
    },
  });
  const known = new Map<string, Option>([
    ['haproxy_disabled', { read: (element) => (said.off = conf.yesNo(element) === true) }],
    ...['haproxy_address', 'haproxy_user', 'haproxy_password', 'haproxy_backend', 'haproxy_cert'].map(text),
    ['haproxy_port', { read: (element) => conf.whole(element, 1024, 65_535) }],
    ['haproxy_protocol', { read: (element) => (protocol = conf.word(element, ['http', 'https']) ?? protocol) }],
    ...['haproxy_resolver', 'client_cert', 'client_cert_key', 'client_cert_password', 'api_port'].map(
      (name): [string, Option] => [name, { read: conf.idle }],
    ),
    ['excluded_nodes', { read: (element) => (options.excludedNodes = namesIn(conf, element)) }],
    ['frequency', seconds(10, (us) => (options.frequencyUs = us))],
    [
      'agent_chunk_size',
      { read: (element) => (options.agentChunkSize = conf.whole(element, 100) ?? options.agentChunkSize!) },
    ],
    ['agent_reconnection_time', seconds(0, (us) => (options.agentReconnectionTimeUs = us))],
    ['agent_reconnection_stability_time', seconds(10, (us) => (options.stabilityTimeUs = us))],
    ['imbalance_tolerance', { read: (element) => readTolerance(conf, element, options) }],
    ['remove_disconnected_node_after', seconds(0, (us) => (options.removeDisconnectedAfterUs = 60 * us))],
  ]);
  conf.children(section, '<haproxy_helper>', known);
  if (said.off) return null;
  const backend = texts.get('haproxy_backend');
  if (backend) options.backend = backend.content;
  if (protocol === 'https' && !texts.has('haproxy_cert')) {
    conf.problem(section, '<haproxy_helper>: https needs a <haproxy_cert>: the helper does not start without one.');
  }
  const missing = ['haproxy_address', 'haproxy_user', 'haproxy_password'].filter((name) => !texts.has(name));
  for (const name of missing) {
    conf.problem(section, `<haproxy_helper> has no <${name}>: the helper does not start. Add it, or switch it off.`);
  }
  const address = texts.get('haproxy_address');
  if (!address) return null;
  const position = conf.positionOf(section);
  return { position, address: address.content, addressPosition: conf.positionOf(address), options };
}

function namesIn(conf: ConfReader, section: OssecElement): string[] {
  const names: string[] = [];
  conf.children(section, '<excluded_nodes>', new Map([['node', { read: ({ content }) => names.push(content) }]]));
  return names;
}

function readTolerance(
  conf: ConfReader,
  element: OssecElement,
  options: { imbalanceTolerance?: number | undefined },
): void {
  const value = /^\s*\d*\.?\d+\s*$/.test(element.content) ? Number(element.content) : NaN;
  if (value > 0 && value <= 1) options.imbalanceTolerance = value;
  else {
    const what = `expected a number above 0 and up to 1, got ${quote(element.content)}`;
    conf.problem(element, `<imbalance_tolerance>: ${what}: the cluster refuses to start with it.`);
  }
}
