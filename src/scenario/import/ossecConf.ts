// What an agent's ossec.conf and agent.conf, and a manager's ossec.conf, decide for a simulation. Refuses what the product
// refuses, with its limits. Source: Wazuh 4.14.7 (differences since 3.12.0 stated), src/config: config.c (read_main_elements,
// ReadConfig), client-config.c, buffer-config.c, remote-config.c, authd-config.c.
import { isIP } from 'node:net';
import { agentDefaults, atLeast, effectiveTimeReconnectSeconds, serverDefaults } from '../../models/agentVersions.ts';
import type { AgentSettings, Settings } from '../../models/agentVersions.ts';
import type { AgentOptions } from '../../models/agentOptions.ts';
import type { EpsLimit } from '../../models/node.ts';
import { nearest, ScenarioError } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { enumerate, quote } from '../wording.ts';
import { readOssecXml, shorten } from './ossecXml.ts';
import type { OssecDocument, OssecElement } from './ossecXml.ts';

export interface ConfText {
  /** As the user named it, for positions. */
  readonly file: string;
  readonly text: string;
  /** Wazuh release of the agent or the manager that reads it; one that `knownAgentVersion` knows. */
  readonly version: string;
  /** Directives that decide something and are not modelled, which the scenario assumes away (`assume:`). */
  readonly assume?: readonly string[];
}

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
  'notifyTimeSeconds' | 'timeReconnectSeconds' | 'forceReconnectIntervalSeconds' | 'enrollment' | 'clientBuffer'
> & {
  /** Whether the agent restarts when its group's configuration changes. */
  readonly autoRestart?: boolean | undefined;
};

export interface OssecConf {
  /** In file order, over all roots. */
  readonly servers: readonly OssecServer[];
  readonly client: OssecClientSettings;
  readonly warnings: readonly Warning[];
  /** Directives that decide something, are not modelled, and were passed over because `assume` names them. */
  readonly assumed: readonly string[];
}

/** The part of an ossec.conf that a manager's daemons remoted and authd read. */
export interface ManagerConf {
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
  readonly warnings: readonly Warning[];
  readonly assumed: readonly string[];
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

// Wazuh 4.0.0 to 4.14.7, src/config/config.c, read_main_elements(): every name that one of them reads.
const sections: readonly string[] = [
  ...['active-response', 'agent-upgrade', 'agentless', 'alerts', 'anti_tampering', 'auth', 'client', 'client_buffer'],
  ...['cluster', 'command', 'database_output', 'email_alerts', 'fluent-forward', 'gcp-bucket', 'gcp-pubsub', 'github'],
  ...[
    'global',
    'indexer',
    'integration',
    'labels',
    'localfile',
    'logging',
    'ms-graph',
    'office365',
    'remote',
    'reports',
  ],
  ...['rootcheck', 'rule_test', 'ruleset', 'sca', 'socket', 'syscheck', 'syslog_output', 'task-manager'],
  ...['vulnerability-detection', 'vulnerability-detector', 'wdb', 'wodle'],
];

/** Ours: nobody reads more at once. */
const maxProblems = 100;

/** C's int. */
const maxInt = 2_147_483_647;

type Handler = (element: OssecElement) => void;

interface Option {
  readonly read: Handler;
  /** First release that knows it; before, the product refuses to start. */
  readonly since?: string;
}

/** The mistakes and remarks of one file, and the checks that all sections share. */
class ConfReader {
  readonly file: string;
  readonly version: string;
  readonly warnings: Warning[] = [];
  readonly #assume: readonly string[];
  readonly #document: OssecDocument;
  readonly #problems: Problem[];
  #wellFormed: boolean;
  readonly #warned = new Set<string>();
  readonly #assumed: string[] = [];
  /** Directives without influence, with the first place of each. */
  readonly #idle = new Map<string, number>();

  constructor({ file, text, version, assume }: ConfText) {
    this.file = file;
    this.version = version;
    this.#assume = assume ?? [];
    this.#document = readOssecXml(file, text);
    this.#problems = [...this.#document.problems];
    this.#wellFormed = this.#problems.length === 0;
  }

  /** False when the text breaks off, is garbled or has wrong roots: what is missing may have been there. */
  get wellFormed(): boolean {
    return this.#wellFormed;
  }

  /**
   * The roots of this name; others are mistakes. A text of bare sections, as documentation shows them, is read as if
   * `<ossec_config>` stood around them.
   */
  roots(name: 'ossec_config' | 'agent_config'): readonly OssecElement[] {
    const all = this.#document.roots.filter((root) => root.name !== '?xml' && !this.#isVariable(root));
    const [first] = all;
    if (first === undefined) {
      if (this.#wellFormed) this.problem({ offset: 0 }, `holds no <${name}> … </${name}>.`);
      this.#wellFormed = false;
      return [];
    }
    if (name === 'ossec_config' && all.every((root) => sections.includes(root.name))) {
      const what = `no <ossec_config> stands around <${first.name}>; the product refuses a file without it.`;
      this.warn(first, `${what} Read as if it were there.`);
      return [{ ...first, name, attributes: [], children: all, strayOffset: null }];
    }
    const roots = all.filter((root) => root.name === name);
    for (const root of all) {
      if (root.name === name || this.#full) continue;
      this.problem(root, this.#wrongRoot(root, name));
      this.#wellFormed = false;
    }
    return roots;
  }

  /** `<var>` is passed over: these files are read without OS_ApplyVariables() (src/os_xml/os_xml_variables.c). */
  #isVariable(element: OssecElement): boolean {
    if (element.name.toLowerCase() !== 'var') return false;
    this.warn(element, '<var> has no effect: the product uses variables in rules only.');
    return true;
  }

  #wrongRoot(root: OssecElement, expected: string): string {
    const what = `<${shorten(root.name)}> stands where <${expected}> is expected`;
    if (root.name === 'ossec_config') return `${what}: this is no agent.conf. Name it as the ossec.conf.`;
    if (root.name === 'agent_config') return `${what}: it belongs into agent.conf. Move it there.`;
    if (sections.includes(root.name)) return `${what}: put it inside <${expected}> … </${expected}>.`;
    return `${what}: the product refuses to read the file.${didYouMean(root.name, [expected], ' Remove it.')}`;
  }

  /** A section that decides nothing here, but has to be one the product knows. */
  checkSection(section: OssecElement): void {
    if (this.#full || sections.includes(section.name) || this.#isVariable(section)) return;
    const hint = didYouMean(section.name, sections, ' Remove it.');
    this.problem(
      section,
      `no section is called <${shorten(section.name)}>: the product refuses to start with it.${hint}`,
    );
  }

  /** Reads the children of a section, each by its own handler. */
  children(section: OssecElement, where: string, options: ReadonlyMap<string, Option>, hints?: Hints): void {
    if (section.strayOffset !== null && section.children.length > 0) {
      const offset = section.strayOffset;
      this.warn({ offset }, `${where} holds text outside of its options; the product skips it.`);
    }
    for (const child of section.children) {
      if (this.#full) return;
      if (this.#isVariable(child)) continue;
      const option = options.get(child.name);
      if (option === undefined) {
        const hint = hints?.[child.name] ?? didYouMean(child.name, [...options.keys()], ` Known: ${listed(options)}.`);
        this.problem(
          child,
          `${where} has no option <${shorten(child.name)}>: the product refuses to start with it.${hint}`,
        );
      } else if (option.since !== undefined && !atLeast(this.version, option.since)) {
        const text = `<${child.name}> came with Wazuh ${option.since}; ${this.version} refuses to start with it.`;
        const log = `It logs "(1230): Invalid element in the configuration: '${child.name}'."`;
        this.problem(child, `${text} ${log} Remove it, or write a later version.`);
      } else if (child.closed || child.children.length > 0) {
        option.read(child);
      }
    }
  }

  /** A whole number within the product's limits. @returns `undefined` after reporting a mistake. */
  whole(element: OssecElement, from: number, to = maxInt): number | undefined {
    const written = element.content;
    const value = Number(written); // atoi() reads an empty text as 0
    if (/^\d*$/.test(written) && value >= from && value <= to) return value;
    const range = to === maxInt && !(value > maxInt) ? `from ${from} on` : `from ${from} to ${to}`;
    this.#mismatch(element, `a whole number ${range}`, /^\d+$/);
    return undefined;
  }

  yesNo(element: OssecElement): boolean | undefined {
    const value = this.word(element, ['yes', 'no']);
    return value === undefined ? undefined : value === 'yes';
  }

  word<const T extends string>(element: OssecElement, words: readonly T[]): T | undefined {
    const word = words.find((one) => one === element.content);
    if (word !== undefined) return word;
    this.#mismatch(element, enumerate(words, 'or'), new RegExp(`^(${words.join('|')})$`));
    return undefined;
  }

  #mismatch(element: OssecElement, expected: string, shape: RegExp): void {
    const written = element.content;
    const meant = written.trim().toLowerCase();
    let hint = '';
    if (shape.test(meant)) {
      if (written !== written.trim()) hint = ' Remove the white space: the product takes it as part of the value.';
      else if (written !== meant) hint = ` Write ${meant}.`;
    }
    this.problem(element, `<${element.name}>: expected ${expected}, got ${quote(written)}.${hint}`);
  }

  /** An address or host name as the product takes it. @returns `undefined` after reporting a mistake. */
  host(element: OssecElement): string | undefined {
    const written = element.content;
    if (written === '') {
      this.problem(element, `<${element.name}> is empty: write an address or a host name.`);
    } else if (/\s/.test(written)) {
      const hint = /\s/.test(written.trim()) ? '' : ' Remove it.';
      const why = 'the product takes the white space as part of the name';
      this.problem(element, `<${element.name}>: no host is called ${quote(written)}: ${why}.${hint}`);
    } else if (written.includes('/')) {
      const what = 'an address or a host name without "/"';
      this.problem(element, `<${element.name}>: expected ${what}, got ${quote(written)}.`);
    } else if (written.length > 126) {
      // Wazuh 4.14.7, src/config/client-config.c: f_ip[128] is filled up to 126 characters.
      this.problem(element, `<${element.name}>: ${quote(written)} is too long: the agent keeps 126 characters.`);
    } else {
      return written;
    }
    return undefined;
  }

  /** For options without influence on connections and events: any value, one remark in all. */
  readonly idle: Handler = (element) => {
    if (!this.#idle.has(element.name)) this.#idle.set(element.name, element.offset);
  };

  /** An option that decides something and is not modelled. */
  unmodelled(element: OssecElement, what: string): void {
    if (this.#assume.includes(element.name)) {
      if (!this.#assumed.includes(element.name)) this.#assumed.push(element.name);
      return;
    }
    this.problem(element, `<${element.name}> ${what}; that is not modelled. Remove it, or list it under "assume".`);
  }

  /** A remark is made once, at its first place. */
  warn({ offset }: { readonly offset: number }, text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.warnings.push({ position: this.#document.position(offset), text });
  }

  get #full(): boolean {
    return this.#problems.length >= maxProblems;
  }

  problem(at: { readonly offset: number } | SourcePosition, text: string): void {
    this.#problems.push({ position: 'offset' in at ? this.#document.position(at.offset) : at, text });
  }

  positionOf({ offset }: { readonly offset: number }): SourcePosition {
    return this.#document.position(offset);
  }

  /** The result with all warnings. @throws ScenarioError when there was any mistake. */
  finish<T>(result: T): T & Pick<OssecConf, 'warnings' | 'assumed'> {
    if (this.#problems.length > 0) {
      throw new ScenarioError(
        this.file,
        this.#problems.toSorted((a, b) => inFile(a.position, b.position)),
      );
    }
    if (this.#idle.size > 0) {
      const names = [...this.#idle.keys()].map((name) => `<${name}>`);
      const offset = Math.min(...this.#idle.values());
      this.warnings.push({ position: this.#document.position(offset), text: idleText(names), idle: names });
    }
    const warnings = this.warnings.toSorted((a, b) => inFile(a.position, b.position));
    return { ...result, warnings, assumed: this.#assumed };
  }
}

/** What is said of directives without influence. */
export function idleText(names: readonly string[]): string {
  return `${enumerate(names)} ${names.length === 1 ? 'decides' : 'decide'} nothing in a simulation.`;
}

type Hints = Readonly<Partial<Record<string, string>>>;

function inFile(a: SourcePosition | null, b: SourcePosition | null): number {
  if (a === null || b === null) return 0;
  return a.line - b.line || a.column - b.column;
}

function didYouMean(name: string, known: readonly string[], otherwise: string): string {
  const meant = nearest(name.slice(0, 60), known);
  return meant === undefined ? otherwise : ` Did you mean <${meant}>?`;
}

function listed(options: ReadonlyMap<string, Option>): string {
  return [...options.keys()].join(', ');
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
            conf.idle(element);
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

  /** Wazuh 4.14.7, src/shared/string_op.c, w_parse_time(); a mistake leaves the setting as it was. */
  #readForceReconnect(element: OssecElement): void {
    // Wazuh 5.0.0-beta4, src/config/client-config.c: gone.
    if (atLeast(this.#conf.version, '5.0.0')) {
      const text = `<force_reconnect_interval> is gone: agents of ${this.#conf.version} pass over it with a warning.`;
      this.#conf.warn(element, text);
      return;
    }
    const match = /^(?:\s*\+?(\d+))?(.?)/s.exec(element.content)!;
    const unit = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[match[2]!];
    const seconds = unit === undefined ? NaN : Number(match[1] ?? 0) * unit;
    if (Number.isSafeInteger(seconds)) {
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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

function has(section: OssecElement, name: string): boolean {
  return section.children.some((child) => child.name === name);
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
