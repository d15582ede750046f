// What a manager's ossec.conf decides for a simulation. Refuses what the product refuses, with its limits. Source: Wazuh 4.14.7
// (differences since 3.12.0 stated), src/config: remote-config.c, authd-config.c, global-config.c.
import { atLeast, serverDefaults } from '../../models/agentVersions.ts';
import type { EpsLimit } from '../../models/node.ts';
import { quote } from '../wording.ts';
import { ConfReader, has } from './ossecReader.ts';
import type { ConfText, Handler, Option, Remarks } from './ossecReader.ts';
import { shorten } from './ossecXml.ts';
import type { OssecElement } from './ossecXml.ts';

/** The part of an ossec.conf that a manager's daemons remoted and authd read. */
export interface ManagerConf extends Remarks {
  readonly eventsPort: number;
  readonly protocols: readonly ('tcp' | 'udp')[];
  readonly queueSize: number;
  /** `null`: not written. */
  readonly connectionOvertakeSeconds: number | null;
  /** `<global><limits><eps>`; `undefined`: not written, `null`: switched off. */
  readonly epsLimit: EpsLimit | null | undefined;
  /** Whether agents of a later minor release than the manager's are let in. */
  readonly allowsHigherVersions: boolean;
  /** `null`: nobody listens for registrations. */
  readonly registrationPort: number | null;
}

/** A manager's ossec.conf. @throws ScenarioError with every mistake in it. */
export function readManagerConf(source: ConfText): ManagerConf {
  const conf = new ConfReader(source);
  const manager = new ManagerSections(conf);
  for (const root of conf.roots('ossec_config')) {
    for (const section of root.children) {
      if (section.name === 'remote') manager.readRemote(section);
      else if (section.name === 'global') manager.readGlobal(section);
      else if (section.name === 'auth') manager.readAuth(section);
      else conf.checkSection(section);
    }
  }
  return conf.finish(manager.result());
}

/** `<remote>` and `<auth>`. */
class ManagerSections {
  readonly #conf: ConfReader;
  #secure: { port: number; protocols: readonly ('tcp' | 'udp')[] } | null = null;
  #queueSize: number;
  #overtakeSeconds: number | null = null;
  #epsLimit: EpsLimit | null | undefined;
  #allowsHigherVersions: boolean;
  #registrationPort: number | null = null;
  /** The last `<disabled>`; authd without any `<auth>` does not run. */
  #authDisabled: boolean | null = null;
  #remoteBroken = false;

  constructor(conf: ConfReader) {
    this.#conf = conf;
    this.#queueSize = serverDefaults(conf.version).queueSize;
    // Wazuh 4.7.0, src/remoted/config.c, REMOTED_ALLOW_AGENTS_HIGHER_VERSIONS_DEFAULT; before 4.6.0 nobody asks.
    this.#allowsHigherVersions = !atLeast(conf.version, '4.7.0');
  }

  result(): Omit<ManagerConf, 'warnings' | 'assumed'> {
    const conf = this.#conf;
    const { eventsPort, protocols } = serverDefaults(conf.version);
    if (this.#secure === null && !this.#remoteBroken && conf.wellFormed) {
      const text =
        'has no <remote> with <connection>secure</connection>: no agent could connect to this manager. Add one.';
      conf.problem({ offset: 0 }, text);
    }
    if (this.#authDisabled === null && conf.wellFormed) {
      const text = 'has no <auth>: nobody listens for registrations on this manager.';
      conf.warn({ offset: 0 }, text);
    }
    return {
      eventsPort: this.#secure?.port ?? eventsPort,
      protocols: this.#secure?.protocols ?? protocols,
      queueSize: this.#queueSize,
      connectionOvertakeSeconds: this.#overtakeSeconds,
      epsLimit: this.#epsLimit,
      allowsHigherVersions: this.#allowsHigherVersions,
      registrationPort: this.#authDisabled === false ? this.#registrationPort : null,
    };
  }

  /** Of what analysisd and monitord share only the limit decides here. Wazuh 4.4.0 to 4.14.7, src/config/global-config.c. */
  readGlobal(section: OssecElement): void {
    const conf = this.#conf;
    for (const limits of section.children) {
      if (limits.name !== 'limits') continue;
      conf.children(
        { ...section, children: [limits], strayOffset: null },
        '<global>',
        new Map<string, Option>([
          [
            'limits',
            {
              since: '4.4.0',
              read: (element) =>
                conf.children(element, '<limits>', new Map([['eps', { read: (eps) => this.#readEps(eps) }]])),
            },
          ],
        ]),
      );
    }
  }

  #readEps(section: OssecElement): void {
    const conf = this.#conf;
    let maximum = 0;
    // src/config/global-config.h, EPS_LIMITS_DEFAULT_TIMEFRAME.
    let timeframeSeconds = 10;
    const options = new Map<string, Option>([
      ['maximum', { read: (element) => (maximum = conf.whole(element, 0, 100_000) ?? maximum) }],
      ['timeframe', { read: (element) => (timeframeSeconds = conf.whole(element, 1, 3600) ?? timeframeSeconds) }],
    ]);
    conf.children(section, '<eps>', options);
    this.#epsLimit = maximum === 0 ? null : { maximum, timeframeSeconds };
  }

  /** Wazuh 4.14.7, src/config/remote-config.c, Read_Remote(). */
  readRemote(section: OssecElement): void {
    const conf = this.#conf;
    const defaults = serverDefaults(conf.version);
    let connection: 'secure' | 'syslog' | undefined;
    let port = defaults.eventsPort;
    let protocols = defaults.protocols;
    let queueSize: { readonly value: number; readonly element: OssecElement } | null = null;
    const options = new Map<string, Option>([
      [
        'connection',
        {
          read: (element) => {
            connection = conf.word(element, ['secure', 'syslog']);
          },
        },
      ],
      ['port', { read: (element) => (port = conf.whole(element, 1, 65_535) ?? port) }],
      ['protocol', { read: (element) => (protocols = this.#readProtocols(element)) }],
      [
        'queue_size',
        {
          read: (element) => {
            const value = conf.whole(element, 1);
            if (value !== undefined) queueSize = { value, element };
          },
        },
      ],
      [
        'connection_overtake_time',
        {
          since: '4.5.2',
          read: (element) => {
            this.#overtakeSeconds = conf.whole(element, 0, 3600) ?? this.#overtakeSeconds;
          },
        },
      ],
      ['rids_closing_time', { since: '4.1.0', read: conf.idle }],
      ['agents', { since: '4.6.0', read: (element) => this.#readAgents(element) }],
      // src/remoted/syslog.c alone looks at these two.
      ...['allowed-ips', 'denied-ips', 'ipv6', 'local_ip'].map((name): [string, Option] => [name, { read: conf.idle }]),
    ]);
    section = caseless(section);
    conf.children(section, '<remote>', options);
    const broken = conf.wellFormed && connection === undefined;
    if (broken) this.#remoteBroken = true;
    if (broken && !has(section, 'connection')) {
      conf.problem(
        section,
        '<remote> has no <connection>: the manager refuses to start. Add <connection>secure</connection>.',
      );
    }
    const queue = queueSize as { readonly value: number; readonly element: OssecElement } | null;
    if (connection === 'syslog' && queue !== null) {
      conf.problem(queue.element, '<queue_size> is for <connection>secure</connection> only. Remove it.');
    } else if (queue !== null) {
      this.#queueSize = queue.value;
    }
    if (connection !== 'secure') return;
    if (this.#secure !== null) {
      conf.problem(
        section,
        'a second <remote> has <connection>secure</connection>: the manager refuses to start. Keep one.',
      );
    }
    this.#secure = { port, protocols };
  }

  /** Wazuh 4.14.7, src/config/remote-config.c, w_remoted_parse_agents(); what is wrong in it is passed over with a warning. */
  #readAgents(section: OssecElement): void {
    const conf = this.#conf;
    for (const child of section.children) {
      if (child.name.toLowerCase() !== 'allow_higher_versions') {
        conf.warn(child, `<agents> has no option <${shorten(child.name)}>; the manager passes over it.`);
      } else if (child.content === 'yes' || child.content === 'no') {
        this.#allowsHigherVersions = child.content === 'yes';
      } else {
        conf.warn(child, `<allow_higher_versions>: the manager passes over ${quote(child.content)}.`);
      }
    }
  }

  /** Both at once from 4.2.0: w_remoted_get_net_protocol(). */
  #readProtocols(element: OssecElement): readonly ('tcp' | 'udp')[] {
    const conf = this.#conf;
    const words = element.content.split(',').map((word) => word.replace(/^ +/, '').replace(/ .*$/s, '').toLowerCase());
    const known = (['tcp', 'udp'] as const).filter((word) => words.includes(word));
    if (!atLeast(conf.version, '4.2.0')) {
      const [word] = known;
      if (word !== undefined && element.content.toLowerCase() === word) return [word];
      const both = words.length > 1 ? ` Both at once came with 4.2.0.` : '';
      conf.problem(element, `<protocol>: expected tcp or udp, got ${quote(element.content)}.${both}`);
      return ['tcp'];
    }
    const unknown = words.filter((word) => word !== 'tcp' && word !== 'udp');
    if (unknown.length > 0) {
      const used = known.length === 0 ? 'tcp' : known.join(' and ');
      conf.warn(
        element,
        `<protocol>: the manager passes over ${unknown.slice(0, 5).map(quote).join(', ')} and uses ${used}.`,
      );
    }
    return known.length === 0 ? ['tcp'] : known;
  }

  /** Wazuh 4.14.7, src/config/authd-config.c, Read_Authd(); src/os_auth/config.c, authd_read_config(). */
  readAuth(section: OssecElement): void {
    const conf = this.#conf;
    // Every block starts again from the defaults, but for `disabled`.
    const auth = {
      disabled: this.#authDisabled ?? false,
      port: serverDefaults(conf.version).registrationPort,
      remote: true,
    };
    const yesNo: Handler = (element) => conf.yesNo(element) !== undefined && conf.idle(element);
    const options = new Map<string, Option>([
      ['disabled', { read: (element) => (auth.disabled = conf.yesNo(element) ?? auth.disabled) }],
      ['port', { read: (element) => (auth.port = conf.whole(element, 1, 65_535) ?? auth.port) }],
      ['remote_enrollment', { since: '4.2.0', read: (element) => (auth.remote = conf.yesNo(element) ?? auth.remote) }],
      ...['use_source_ip', 'force_insert', 'purge', 'use_password', 'ssl_verify_host', 'ssl_auto_negotiate'].map(
        (name): [string, Option] => [name, { read: yesNo }],
      ),
      ['force', { since: '4.3.0', read: conf.idle }],
      ['ipv6', { since: '4.4.0', read: conf.idle }],
      ['key_request', { since: '4.4.0', read: conf.idle }],
      ['agents', { since: '4.6.0', read: conf.idle }],
      ...['force_time', 'limit_maxagents', 'ciphers', 'ssl_agent_ca', 'ssl_manager_cert', 'ssl_manager_key'].map(
        (name): [string, Option] => [name, { read: conf.idle }],
      ),
    ]);
    conf.children(section, '<auth>', options);
    this.#authDisabled = auth.disabled;
    this.#registrationPort = auth.remote ? auth.port : null;
  }
}

/** Read_Remote() compares these names without regard to case. */
function caseless(section: OssecElement): OssecElement {
  const names = ['connection', 'port', 'protocol', 'ipv6', 'local_ip', 'agents'];
  return {
    ...section,
    children: section.children.map((child) => {
      const name = child.name.toLowerCase();
      return names.includes(name) ? { ...child, name } : child;
    }),
  };
}
