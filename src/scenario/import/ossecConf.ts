// What an agent's ossec.conf and agent.conf decide for a simulation. Refuses what the product refuses, with its limits. Source:
// Wazuh 4.14.7 (differences since 3.12.0 stated), src/config: client-config.c, buffer-config.c.
import { isIP } from 'node:net';
import { agentDefaults, atLeast, effectiveTimeReconnectSeconds } from '../../models/agentVersions.ts';
import type { AgentSettings, Settings } from '../../models/agentVersions.ts';
import type { AgentOptions } from '../../models/agentOptions.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import { ConfReader, has, secondsOf } from './ossecReader.ts';
import type { ConfText, Handler, Hints, Mutable, Option, Remarks } from './ossecReader.ts';
import { shorten } from './ossecXml.ts';
import type { OssecElement } from './ossecXml.ts';

/** One `<server>` block, or one of the old `<server-ip>` and `<server-hostname>`. */
export interface OssecServer {
  /** The address as written. */
  readonly text: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** `null`: not written. */
  readonly maxRetries: number | null;
  readonly retryIntervalSeconds: number | null;
  /** Of the address. */
  readonly position: SourcePosition;
}

/** What the file says explicitly; the rest is the release's default. */
export type OssecClientSettings = Pick<
  AgentSettings,
  | 'notifyTimeSeconds'
  | 'timeReconnectSeconds'
  | 'forceReconnectIntervalSeconds'
  | 'autoRestart'
  | 'enrollment'
  | 'clientBuffer'
>;

export interface OssecConf extends Remarks {
  /** In file order, over all roots. */
  readonly servers: readonly OssecServer[];
  readonly client: OssecClientSettings;
}

/** An agent's ossec.conf. @throws ScenarioError with every mistake in it. */
export function readOssecConf(source: ConfText): OssecConf {
  const conf = new ConfReader(source);
  const client = new ClientSections(conf);
  for (const root of conf.roots('ossec_config')) {
    for (const section of root.children) {
      if (section.name === 'client') client.readClient(section);
      else if (section.name === 'client_buffer') client.readBuffer(section);
      else conf.checkSection(section);
    }
  }
  client.checkServers();
  client.warnOfReconnectTime();
  return conf.finish({ servers: client.servers, client: client.settings() });
}

/**
 * The agent.conf a group of agents gets from its manager: it may set `<client_buffer>` and, from 4.3.0, the reconnect interval;
 * for everything else in `<client>` the agent refuses it. @throws ScenarioError with every mistake in it.
 */
export function readAgentConf(source: ConfText): Omit<OssecConf, 'servers'> {
  const conf = new ConfReader(source);
  const client = new ClientSections(conf);
  for (const root of conf.roots('agent_config')) {
    const filters = root.attributes.filter(({ name }) => name !== 'overwrite');
    for (const section of root.children) {
      if (section.name !== 'client' && section.name !== 'client_buffer') {
        conf.checkSection(section);
        continue;
      }
      const [filter] = filters;
      if (filter !== undefined) {
        const of = `<agent_config ${shorten(filter.name)}=${quote(filter.value)}>`;
        const what = `<${section.name}> stands in ${of}: which agents it is for is not modelled`;
        conf.problem(section, `${what}. Give it without the attribute, to the groups of agents it is meant for.`);
      } else if (section.name === 'client') {
        client.readSharedClient(section);
      } else {
        client.readBuffer(section);
      }
    }
  }
  return conf.finish({ client: client.settings() });
}

interface LegacyServer extends Omit<OssecServer, 'port' | 'protocol'> {
  readonly port: number | null;
  readonly protocol: 'tcp' | 'udp' | null;
}

/** `<client>` and `<client_buffer>`. Values of a later block win; its servers are appended. */
class ClientSections {
  servers: OssecServer[] = [];
  readonly #conf: ConfReader;
  readonly #plain: Mutable<Omit<OssecClientSettings, 'enrollment' | 'clientBuffer'>> = {};
  readonly #enrollment: Mutable<Settings<Omit<AgentOptions['enrollment'], 'pingsFirst' | 'behindPause'>>> = {};
  readonly #buffer: Mutable<Settings<AgentOptions['clientBuffer']>> = {};
  #reconnectTimeFrom: OssecElement | null = null;
  /** Servers that were written, if perhaps with mistakes. */
  #serversSeen = 0;

  constructor(conf: ConfReader) {
    this.#conf = conf;
  }

  settings(): OssecClientSettings {
    return {
      ...this.#plain,
      ...(Object.keys(this.#enrollment).length > 0 && { enrollment: this.#enrollment }),
      ...(Object.keys(this.#buffer).length > 0 && { clientBuffer: this.#buffer }),
    };
  }

  /** Wazuh 4.14.7, src/config/client-config.c, Read_Client(). */
  readClient(section: OssecElement): void {
    const conf = this.#conf;
    if (section.children.length === 0) {
      this.#serversSeen += 1;
      if (section.closed)
        conf.problem(section, '<client> is empty: the agent refuses to start with it. Fill or remove it.');
      return;
    }
    const found: LegacyServer[] = [];
    /** `<port>` and `<protocol>` of the block: for its old-style servers only, wherever they stand in it. */
    let port: number | undefined;
    let protocol: 'tcp' | 'udp' | undefined;
    const forOldServers: OssecElement[] = [];
    const oldServer: Handler = (element) => {
      this.#serversSeen += 1;
      const text = conf.host(element);
      if (text === undefined) return;
      if (element.name === 'server-ip' && isIP(text) === 0) {
        conf.problem(
          element,
          `<server-ip>: expected an address, got ${quote(text)}. For a name write <server><address>.`,
        );
        return;
      }
      const position = conf.positionOf(element);
      found.push({ text, port: null, protocol: null, maxRetries: null, retryIntervalSeconds: null, position });
    };
    const seconds = (key: 'notifyTimeSeconds' | 'timeReconnectSeconds'): Handler => {
      return (element) => {
        const value = conf.whole(element, 0);
        if (value === undefined) return;
        this.#plain[key] = value === 0 ? undefined : value; // main.c, main(): 0 stands for the default
        this.#reconnectTimeFrom = element;
      };
    };
    const options = new Map<string, Option>([
      ['server', { read: (element) => this.#readServer(element, found) }],
      ['server-ip', { read: oldServer }],
      ['server-hostname', { read: oldServer }],
      [
        'port',
        {
          read: (element) => {
            forOldServers.push(element);
            port = conf.whole(element, 1, 65_535) ?? port;
          },
        },
      ],
      [
        'protocol',
        {
          read: (element) => {
            forOldServers.push(element);
            protocol = conf.word(element, ['tcp', 'udp']) ?? protocol;
          },
        },
      ],
      ['notify_time', { read: seconds('notifyTimeSeconds') }],
      ['time-reconnect', { read: seconds('timeReconnectSeconds') }],
      ['force_reconnect_interval', { since: '4.3.0', read: (element) => this.#readForceReconnect(element) }],
      [
        'auto_restart',
        {
          read: (element) => {
            this.#plain.autoRestart = conf.yesNo(element) ?? this.#plain.autoRestart;
          },
        },
      ],
      ['enrollment', { since: '4.0.0', read: (element) => this.#readEnrollment(element) }],
      ['crypto_method', { read: (element) => conf.word(element, ['aes', 'blowfish']) && conf.idle(element) }],
      ['disable-active-response', { read: (element) => conf.yesNo(element) !== undefined && conf.idle(element) }],
      // From 4.2.0, src/config/client-config.c; it decides the content of a keepalive.
      [
        'ip_update_interval',
        { since: '4.2.0', read: (element) => conf.whole(element, 0) !== undefined && conf.idle(element) },
      ],
      ['config-profile', { read: conf.idle }],
      ['local_ip', { read: conf.idle }],
    ]);
    // 3.13.1 to 3.13.6 call it so, and leave it off.
    const own: Option = { since: '3.13.1', read: (element) => this.#readEnrollment(element) };
    if (!atLeast(conf.version, '4.0.0')) options.set('auto_enrollment', own);
    // Wazuh 5.0.0-beta4, src/config/client-config.c, Read_Client(): another name for <server>.
    if (atLeast(conf.version, '5.0.0')) options.set('manager', options.get('server')!);
    conf.children(section, '<client>', options, clientHints);

    if (found.every((server) => server.port !== null)) {
      for (const element of forOldServers) {
        const text = `<${element.name}> directly in <client> is for <server-ip> and <server-hostname> only`;
        conf.warn(element, `${text}; the <server> blocks have their own.`);
      }
    }
    const { server } = agentDefaults(conf.version);
    for (const one of found) {
      this.servers.push({
        ...one,
        port: one.port ?? port ?? server.port,
        protocol: one.protocol ?? protocol ?? server.protocol,
      });
    }
  }

  /** Wazuh 4.14.7, src/config/client-config.c, Read_Client_Server(). */
  #readServer(section: OssecElement, into: LegacyServer[]): void {
    const conf = this.#conf;
    this.#serversSeen += 1;
    const { port, protocol } = agentDefaults(conf.version).server;
    const server: Mutable<OssecServer> = {
      text: '',
      port,
      protocol,
      maxRetries: null,
      retryIntervalSeconds: null,
      position: conf.positionOf(section),
    };
    const options = new Map<string, Option>([
      [
        'address',
        {
          read: (element) => {
            server.text = conf.host(element) ?? server.text;
            server.position = conf.positionOf(element);
          },
        },
      ],
      ['port', { read: (element) => (server.port = conf.whole(element, 1, 65_535) ?? port) }],
      ['protocol', { read: (element) => (server.protocol = this.#readProtocol(element) ?? protocol) }],
      ['max_retries', { since: '3.13.1', read: (element) => (server.maxRetries = conf.whole(element, 1) ?? null) }],
      [
        'retry_interval',
        { since: '3.13.1', read: (element) => (server.retryIntervalSeconds = conf.whole(element, 1) ?? null) },
      ],
      // Chooses the interface of a link-local IPv6 address.
      [
        'interface_index',
        { since: '4.4.0', read: (element) => conf.whole(element, 1) !== undefined && conf.idle(element) },
      ],
    ]);
    conf.children(section, `<${section.name}>`, options);
    if (!has(section, 'address') && section.closed) {
      conf.problem(section, '<server> has no <address>: the agent refuses to start with it. Add one.');
    }
    if (server.text !== '') into.push(server);
  }

  /** From 5.0 on an agent passes over it and uses TCP: Wazuh 5.0.0-beta4, src/config/client-config.c, Read_Client_Server(). */
  #readProtocol(element: OssecElement): 'tcp' | 'udp' | undefined {
    const conf = this.#conf;
    if (!atLeast(conf.version, '5.0.0')) return conf.word(element, ['tcp', 'udp']);
    const written = element.content.trim().toLowerCase();
    if (written === 'https') {
      conf.problem(element, 'the HTTPS interface of 5.0 is not published yet, and not modelled. Remove <protocol>.');
    } else if (written !== 'tcp') {
      conf.warn(element, `<protocol>: agents of ${conf.version} pass over ${quote(element.content)} and use TCP.`);
    }
    return 'tcp';
  }

  /** Wazuh 4.14.7, src/config/client-config.c, Read_Client_Enrollment(). */
  #readEnrollment(section: OssecElement): void {
    const conf = this.#conf;
    const enrollment = this.#enrollment;
    const options = new Map<string, Option>([
      ['enabled', { read: (element) => (enrollment.enabled = conf.yesNo(element)) }],
      ['port', { read: (element) => (enrollment.port = conf.whole(element, 1, 65_535)) }],
      [
        'delay_after_enrollment',
        {
          // Decides something only for agents without a key.
          read: (element) => {
            enrollment.delayAfterEnrollmentSeconds = conf.whole(element, 1);
            if (enrollment.delayAfterEnrollmentSeconds !== undefined) conf.idle(element);
          },
        },
      ],
      // Asked only by an agent without a key: start_agent.c, w_agentd_keys_init().
      [
        'manager_address',
        {
          read: (element) => {
            enrollment.managerAddress = conf.host(element);
            if (enrollment.managerAddress !== undefined) conf.idle(element);
          },
        },
      ],
      [
        'interface_index',
        { since: '4.4.0', read: (element) => conf.whole(element, 1) !== undefined && conf.idle(element) },
      ],
      ['auto_method', { read: (element) => conf.yesNo(element) !== undefined && conf.idle(element) }],
      ['use_source_ip', { read: (element) => conf.yesNo(element) !== undefined && conf.idle(element) }],
      [
        'agent_address',
        {
          read: (element) => {
            const [address = ''] = element.content.replace(/^!/, '').split('/');
            if (isIP(address) !== 0 || address === 'any') conf.idle(element);
            else conf.problem(element, `<agent_address>: expected an address, got ${quote(element.content)}.`);
          },
        },
      ],
      ...[
        ...['agent_name', 'groups', 'ssl_cipher', 'server_ca_path', 'agent_certificate_path'],
        ...['agent_key_path', 'authorization_pass_path'],
      ].map((name): [string, Option] => [name, { read: conf.idle }]),
    ]);
    conf.children(section, `<${section.name}>`, options);
  }

  /** Wazuh 4.14.7, src/config/client-config.c, Read_Client_Shared(): each block starts again from "off". */
  readSharedClient(section: OssecElement): void {
    this.#plain.forceReconnectIntervalSeconds = 0;
    const option: Option = { since: '4.3.0', read: (element) => this.#readForceReconnect(element) };
    this.#conf.children(section, '<client> in agent.conf', new Map([['force_reconnect_interval', option]]));
  }

  /** A mistake leaves the setting as it was. */
  #readForceReconnect(element: OssecElement): void {
    // Wazuh 5.0.0-beta4, src/config/client-config.c: gone.
    if (atLeast(this.#conf.version, '5.0.0')) {
      const text = `<force_reconnect_interval> is gone: agents of ${this.#conf.version} pass over it with a warning.`;
      this.#conf.warn(element, text);
      return;
    }
    const seconds = secondsOf(element.content);
    if (seconds !== null) {
      this.#plain.forceReconnectIntervalSeconds = seconds;
      return;
    }
    const text = `<force_reconnect_interval> ${quote(element.content)} is no time such as 30s, 5m or 1h`;
    this.#conf.warn(element, `${text}; the agent passes over it.`);
  }

  /** Wazuh 4.14.7, src/config/buffer-config.c, Read_ClientBuffer(). */
  readBuffer(section: OssecElement): void {
    const conf = this.#conf;
    const buffer = this.#buffer;
    const disabled: Option = { read: (element) => (buffer.disabled = conf.yesNo(element)) };
    const queueSize: Option = { read: (element) => (buffer.queueSize = conf.whole(element, 1, 100_000)) };
    const options = new Map<string, Option>([
      ['disabled', disabled],
      ['queue_size', queueSize],
      ['events_per_second', { read: (element) => (buffer.eventsPerSecond = conf.whole(element, 1, 1000)) }],
      ['disable', disabled],
      ['length', queueSize],
    ]);
    conf.children(section, '<client_buffer>', options);
  }

  /** Wazuh 4.14.7, src/client-agent/main.c, main(); src/config/client-config.c, Validate_Address(). */
  checkServers(): void {
    const conf = this.#conf;
    if (!conf.wellFormed) return;
    const [first] = this.servers;
    if (first === undefined) {
      if (this.#serversSeen > 0) return;
      const text = 'has no <client> with a <server>: the agent refuses to start. Add <client><server><address>.';
      conf.problem({ offset: 0 }, text);
    } else if (
      this.servers.length === this.#serversSeen &&
      this.servers.every(({ text }) => text === 'MANAGER_IP' || text === '0.0.0.0')
    ) {
      const text = `no <address> leads anywhere: ${quote(first.text)} is a placeholder. Write a manager's address.`;
      conf.problem(first.position, text);
    }
  }

  /** Wazuh 4.14.7, src/client-agent/main.c, main(). */
  warnOfReconnectTime(): void {
    if (this.#reconnectTimeFrom === null) return;
    const defaults = agentDefaults(this.#conf.version);
    const notify = this.#plain.notifyTimeSeconds ?? defaults.notifyTimeSeconds;
    const reconnect = this.#plain.timeReconnectSeconds ?? defaults.timeReconnectSeconds;
    const effective = effectiveTimeReconnectSeconds(notify, reconnect);
    if (effective === reconnect) return;
    const text = `time-reconnect (${reconnect} s) is not above notify_time (${notify} s): the agent uses ${effective} s.`;
    this.#conf.warn(this.#reconnectTimeFrom, text);
  }
}

const clientHints: Hints = {
  auto_enrollment: ' Since 4.0.0 it is called <enrollment>.',
  manager: ' In 4.x it is called <server>.',
  address: ' Put it into <server> … </server>.',
  max_retries: ' Put it into <server> … </server>.',
  retry_interval: ' Put it into <server> … </server>.',
  client_buffer: ' Put it beside <client>, not into it.',
};
