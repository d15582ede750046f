// What a manager's ossec.conf decides for a simulation. Refuses what the product refuses, with its limits. Source: Wazuh 4.14.7
// (differences since 3.12.0 stated), src/config: remote-config.c, authd-config.c, global-config.c, cluster-config.c.
import { atLeast, serverDefaults } from '../../models/agentVersions.ts';
import type { EpsLimit, NodeRole } from '../../models/node.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import { readHelperConf, type HelperConf } from './haproxyHelperConf.ts';
import { ConfReader, didYouMean, has, maxInt, secondsOf } from './ossecReader.ts';
import type { ConfText, Handler, Option, Remarks } from './ossecReader.ts';
import { shorten } from './ossecXml.ts';
import type { OssecElement } from './ossecXml.ts';

/** Something written, and where. */
export interface Written<T> {
  readonly value: T;
  readonly position: SourcePosition;
}

/** What `<cluster>` says; `null`: it does not say. */
export interface ClusterConf {
  readonly disabled: Written<boolean> | null;
  readonly role: Written<NodeRole> | null;
  readonly nodeName: Written<string> | null;
  readonly clusterName: Written<string> | null;
  /** Of a master; `null`: none runs. */
  readonly helper: HelperConf | null;
}

/** The part of an ossec.conf that a manager's daemons remoted, authd, monitord and clusterd read. */
export interface ManagerConf extends Remarks {
  readonly eventsPort: number;
  readonly protocols: readonly ('tcp' | 'udp')[];
  /** Of `<protocol>`, or of the `<remote>` that has none. */
  readonly protocolsPosition: SourcePosition | null;
  /** `null`: not written. */
  readonly queueSize: number | null;
  /** `null`: not written. */
  readonly connectionOvertakeSeconds: number | null;
  /** `<global><limits><eps>`; `undefined`: not written, `null`: switched off. */
  readonly epsLimit: EpsLimit | null | undefined;
  /** Whether agents of a later minor release than the manager's are let in. */
  readonly allowsHigherVersions: boolean;
  /** `null`: nobody listens for registrations. */
  readonly registrationPort: number | null;
  /** `<global><agents_disconnection_time>` and `<agents_disconnection_alert_time>`; `null`: not written. */
  readonly disconnectionSeconds: Written<number> | null;
  readonly disconnectionAlertSeconds: Written<number> | null;
  /** `<auth><use_source_ip>`: keys are good from one address only; `null`: not written. */
  readonly useSourceIp: Written<boolean> | null;
  /** `null`: there is no `<cluster>`. */
  readonly cluster: ClusterConf | null;
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
      else if (section.name === 'cluster') manager.readCluster(section);
      else conf.checkSection(section);
    }
  }
  return conf.finish(manager.result());
}

/** `<remote>`, `<auth>`, `<global>` and `<cluster>`. */
class ManagerSections {
  readonly #conf: ConfReader;
  #secure: { port: number; protocols: readonly ('tcp' | 'udp')[]; protocolsPosition: SourcePosition } | null = null;
  #queueSize: number | null = null;
  #overtakeSeconds: number | null = null;
  #epsLimit: EpsLimit | null | undefined;
  #allowsHigherVersions: boolean;
  #registrationPort: number | null = null;
  #useSourceIp: Written<boolean> | null = null;
  /** The last `<disabled>`; authd without any `<auth>` does not run. */
  #authDisabled: boolean | null = null;
  #remoteBroken = false;
  #disconnection: Written<number> | null = null;
  #disconnectionAlert: Written<number> | null = null;
  #cluster: ClusterConf | null = null;

  constructor(conf: ConfReader) {
    this.#conf = conf;
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
      protocolsPosition: this.#secure?.protocolsPosition ?? null,
      queueSize: this.#queueSize,
      connectionOvertakeSeconds: this.#overtakeSeconds,
      epsLimit: this.#epsLimit,
      allowsHigherVersions: this.#allowsHigherVersions,
      registrationPort: this.#authDisabled === false ? this.#registrationPort : null,
      disconnectionSeconds: this.#disconnection,
      disconnectionAlertSeconds: this.#disconnectionAlert,
      useSourceIp: this.#useSourceIp,
      cluster: this.#cluster,
    };
  }

  /**
   * Of what the daemons share only these decide here; which names each release knows besides is not said, so others are passed over.
   * Wazuh 4.1.0 (the times), 4.4.0 (the limits) to 4.14.7, src/config/global-config.c, Read_Global().
   */
  readGlobal(section: OssecElement): void {
    const conf = this.#conf;
    const options = new Map<string, Option>([
      [
        'limits',
        {
          since: '4.4.0',
          read: (element) =>
            conf.children(element, '<limits>', new Map([['eps', { read: (eps) => this.#readEps(eps) }]])),
        },
      ],
      [
        'agents_disconnection_time',
        {
          since: '4.1.0',
          read: (element) => (this.#disconnection = this.#readTime(element, 1) ?? this.#disconnection),
        },
      ],
      [
        'agents_disconnection_alert_time',
        {
          since: '4.1.0',
          read: (element) => (this.#disconnectionAlert = this.#readTime(element, 0) ?? this.#disconnectionAlert),
        },
      ],
    ]);
    for (const child of section.children) {
      if (options.has(child.name)) {
        conf.children({ ...section, children: [child], strayOffset: null }, '<global>', options);
        continue;
      }
      const meant = child.name.length < 12 ? '' : didYouMean(child.name, [...options.keys()], '');
      if (meant === '') continue;
      const what = `<global> has no option <${shorten(child.name)}>: the product refuses to start with it.`;
      conf.problem(child, `${what}${meant}`);
    }
  }

  #readTime(element: OssecElement, from: number): Written<number> | undefined {
    const conf = this.#conf;
    const seconds = secondsOf(element.content);
    if (seconds !== null && seconds >= from && seconds <= maxInt) {
      return { value: seconds, position: conf.positionOf(element) };
    }
    const least = from === 0 ? 'a time such as 0, 30s, 15m or 1h' : 'a time such as 30s, 15m or 1h, at least 1 second';
    const why = 'the manager refuses to start with it.';
    conf.problem(element, `<${element.name}>: expected ${least}, got ${quote(element.content)}: ${why}`);
    return undefined;
  }

  /** Wazuh 4.14.7, src/config/cluster-config.c, Read_Cluster(); `<haproxy_helper>` from 4.9.0. */
  readCluster(section: OssecElement): void {
    const conf = this.#conf;
    const cluster: { -readonly [K in keyof ClusterConf]: ClusterConf[K] } = {
      ...(this.#cluster ?? { disabled: null, role: null, nodeName: null, clusterName: null, helper: null }),
    };
    const at = <T>(element: OssecElement, value: T): Written<T> => ({ value, position: conf.positionOf(element) });
    const yesNo: Handler = (element) => conf.yesNo(element) !== undefined && conf.idle(element);
    const helpers: OssecElement[] = [];
    const options = new Map<string, Option>([
      [
        'disabled',
        {
          read: (element) => {
            const value = conf.yesNo(element);
            if (value !== undefined) cluster.disabled = at(element, value);
          },
        },
      ],
      [
        'name',
        { read: (element) => this.#clusterWord(element, (value) => (cluster.clusterName = at(element, value))) },
      ],
      [
        'node_name',
        { read: (element) => this.#clusterWord(element, (value) => (cluster.nodeName = at(element, value))) },
      ],
      [
        'node_type',
        {
          read: (element) => {
            // An old name of a worker.
            const value = conf.word(element, ['master', 'worker', 'client']);
            if (value !== undefined) cluster.role = at(element, value === 'master' ? 'master' : 'worker');
          },
        },
      ],
      [
        'haproxy_helper',
        {
          since: '4.9.0',
          read: (element) => {
            helpers.push(element);
          },
        },
      ],
      ['hidden', { read: yesNo }],
      ...['key', 'port', 'bind_addr', 'nodes', 'interval', 'socket_timeout', 'connection_timeout'].map(
        (name): [string, Option] => [name, { read: conf.idle }],
      ),
    ]);
    conf.children(section, '<cluster>', options);
    // framework/wazuh/core/cluster/hap_helper: a thread of the master's clusterd.
    const helps = cluster.disabled?.value !== true && cluster.role?.value !== 'worker';
    for (const helper of helpers) {
      if (!helps) conf.idle(helper);
      else if (!conf.assumes(helper)) cluster.helper = readHelperConf(conf, helper);
    }
    this.#cluster = cluster;
  }

  /** C_VALID of Read_Cluster(): neither white space nor ( ) * + , / ; @ and the grave accent. */
  #clusterWord(element: OssecElement, keep: (value: string) => void): void {
    const written = element.content;
    const conf = this.#conf;
    const why = 'the manager refuses to start with it.';
    const wrong = /[^!-'.\-0-9:<-?A-Z[-_a-~]/.exec(written);
    if (written === '') conf.problem(element, `<${element.name}> is empty: ${why} Write a name.`);
    else if (wrong) {
      const what = `${quote(wrong[0])} is not allowed in ${quote(written)}`;
      conf.problem(element, `<${element.name}>: ${what}: ${why}`);
    } else keep(written);
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
    let protocolsFrom: OssecElement = section;
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
      [
        'protocol',
        {
          read: (element) => {
            protocols = this.#readProtocols(element);
            protocolsFrom = element;
          },
        },
      ],
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
      // src/remoted/config.c, RemotedConfig().
      if (queue.value > 262_144) {
        const text = `<queue_size> ${queue.value} is very high: above 262144 the manager warns that it may run out of memory.`;
        conf.warn(queue.element, text);
      }
    }
    if (connection !== 'secure') return;
    if (this.#secure !== null) {
      conf.problem(
        section,
        'a second <remote> has <connection>secure</connection>: the manager refuses to start. Keep one.',
      );
    }
    this.#secure = { port, protocols, protocolsPosition: conf.positionOf(protocolsFrom) };
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
      [
        'use_source_ip',
        {
          read: (element) => {
            const value = conf.yesNo(element);
            if (value === undefined) return;
            this.#useSourceIp = { value, position: conf.positionOf(element) };
            conf.idle(element);
          },
        },
      ],
      ...['force_insert', 'purge', 'use_password', 'ssl_verify_host', 'ssl_auto_negotiate'].map(
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
