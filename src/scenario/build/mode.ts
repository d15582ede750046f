// One mode of a checked scenario as the options of a world.
import type { AgentOptions, Endpoint, ServerOptions } from '../../models/agentOptions.ts';
import {
  agentWithSettings,
  atLeast,
  defaultRestartUs,
  possibleProtocols,
  serverDefaults,
  unknownSettings,
  type AgentSettings,
  type ServerEntryDefaults,
} from '../../models/agentVersions.ts';
import type { NginxBalancerOptions, NginxOptions, NginxPeerOptions } from '../../models/balancer/nginx/options.ts';
import { disconnectionDefaults, withThreshold, type DisconnectionOptions } from '../../models/cluster/timings.ts';
import { balancerPlace } from '../../models/fault.ts';
import {
  connectTimeoutUs,
  kernelDefaults,
  unreachableBetween,
  type KernelOptions,
  type Unreachable,
} from '../../models/network.ts';
import { capacityOf, nodeDefaults, type NodeOptions } from '../../models/node.ts';
import { isBranch, isNewerThan, isPreview, previewRelease } from '../../models/releases.ts';
import type { GroupOptions, WorldOptions } from '../../models/worldOptions.ts';
import { checkEnrolments, enrolmentAssumptions } from './enrolments.ts';
import { faultAssumptions, readFault } from './faults.ts';
import { includeFrom, type Files } from '../files.ts';
import { agentsOf, type Refuse } from './fleetPlan.ts';
import { readInternalOptions } from '../import/internalOptions.ts';
import { readManagerConf, type ManagerConf } from '../import/managerConf.ts';
import { readNginxConf, type NginxConf } from '../import/nginxConf.ts';
import { readAgentConf, readOssecConf, type OssecConf } from '../import/ossecConf.ts';
import { idleText, type ConfText, type Remarks } from '../import/ossecReader.ts';
import type { Inventories } from '../inventories.ts';
import { intakeAssumptions } from './nodeAssumptions.ts';
import { nearest, ScenarioError, type Problem } from '../problem.ts';
import type { Warning } from '../scenario.ts';
import type {
  AgentSettings as AgentData,
  KernelSettings,
  ModeData,
  NodeData,
  RoutingData,
  ScenarioData,
} from '../schema.ts';
import { durationText, listNames, pathText, quote, type Path } from '../wording.ts';
import { isMapping, ownValue } from '../yamlSource.ts';

export interface ModeContext {
  readonly data: ScenarioData;
  readonly name: string;
  readonly mode: ModeData;
  /** A fault may be at a place that only another mode has: it does nothing here. */
  readonly nodesOfAnyMode: readonly string[];
  readonly files: Files;
  readonly inventories: Inventories;
  /** Every configuration text that was read, for the input's hash. */
  readonly texts: Map<string, string>;
  readonly warnings: Warning[];
  /** Whether the command line has set what stands at this path: its word is the last. */
  isSet(path: Path): boolean;
  problem(path: Path, text: string): void;
  /** Problems that know their place already. */
  problems(problems: readonly Problem[]): void;
}

export interface BuiltMode {
  readonly description: string;
  readonly world: WorldOptions;
  readonly assumptions: readonly string[];
}

/** @returns `null` when there were problems; they have been reported to the context. */
export function buildMode(context: ModeContext): BuiltMode | null {
  return new ModeBuilder(context).build();
}

/** A path, or the text itself when it has more than one line. */
function textOf(given: string): { inline: string } | { path: string } {
  return given.includes('\n') ? { inline: given } : { path: given };
}

interface Entry {
  readonly text: string;
  readonly port: number | null;
  /** `null`: the release's. */
  readonly protocol: 'tcp' | 'udp' | null;
  readonly maxRetries: number | null;
  readonly retryIntervalSeconds: number | null;
  readonly balancerByName: boolean;
  fail(text: string): void;
}

class ModeBuilder {
  readonly #context: ModeContext;
  readonly #nodes: readonly NodeOptions[];
  /** What each node's own ossec.conf says; `null`: none is given. */
  readonly #managers: readonly (ManagerConf | null)[];
  readonly #assumptions: string[] = [];
  #nginx: NginxConf | null = null;
  #balancer: NginxBalancerOptions | null = null;
  /** What agents connect to each listener for; one that is not here is not used. */
  readonly #usedListeners = new Map<number, 'events' | 'registration'>();
  #failed = false;

  constructor(context: ModeContext) {
    this.#context = context;
    const nodes = Object.entries(context.data.cluster.nodes);
    const versionOf = (node: NodeData): string => node.version ?? context.data.cluster.version;
    this.#managers = nodes.map(([name, node]) =>
      this.#conf(node.ossec, ['cluster', 'nodes', name, 'ossec'], versionOf(node), readManagerConf),
    );
    this.#nodes = nodes.map(([name, node], index): NodeOptions => {
      const version = versionOf(node);
      const defaultsOfRelease = serverDefaults(version, node.role);
      const conf = this.#managers[index] ?? defaultsOfRelease;
      const { defaults } = context.data.cluster;
      const control = { ...defaults.control, ...node.control };
      const given = node.epsLimit ?? (this.#managers[index]?.epsLimit === undefined ? defaults.epsLimit : undefined);
      return {
        name,
        address: node.address,
        names: node.names,
        role: node.role,
        version,
        eventsPort: node.ports.events ?? conf.eventsPort,
        registrationPort: this.#registrationPort(name, node, conf.registrationPort, defaultsOfRelease.registrationPort),
        eventsPerSecond: node.eventsPerSecond ?? defaults.eventsPerSecond ?? null,
        epsLimit:
          given === undefined
            ? (this.#managers[index]?.epsLimit ?? null)
            : given.maximum === 0
              ? null
              : { maximum: given.maximum, timeframeSeconds: given.timeframe },
        queueSize: node.queueSize ?? defaults.queueSize ?? conf.queueSize,
        analysisQueueSize: node.analysisQueueSize ?? defaults.analysisQueueSize ?? nodeDefaults.analysisQueueSize,
        acceptsPerSecond: node.acceptsPerSecond ?? defaults.acceptsPerSecond ?? null,
        controlCostUs: control.cost ?? null,
        workerPool: control.workers ?? nodeDefaults.workerPool,
        controlQueueSize: control.queueSize ?? nodeDefaults.controlQueueSize,
        connectionOvertakeSeconds:
          node.connectionOvertakeTime ??
          this.#managers[index]?.connectionOvertakeSeconds ??
          defaults.connectionOvertakeTime ??
          nodeDefaults.connectionOvertakeSeconds,
        receiveChunkBytes: nodeDefaults.receiveChunkBytes,
        keepalive: nodeDefaults.keepalive,
        keyUpdateSeconds: nodeDefaults.keyUpdateSeconds,
        startupUs: node.startup ?? nodeDefaults.startupUs,
        acceptQueue: node.acceptQueue ?? nodeDefaults.acceptQueue,
        disconnection: disconnectionOf(version, { ...defaults, ...node }),
        registration: {
          serviceUs: (node.registration ?? defaults.registration)?.serviceTime ?? nodeDefaults.registration.serviceUs,
        },
        latencyUs: node.latency ?? null,
        unreachable: node.unreachable,
      };
    });
  }

  /** @param ofRelease `null`: no authd runs in this role, whatever a file says. */
  #registrationPort(name: string, node: NodeData, configured: number | null, ofRelease: number | null): number | null {
    const { registration } = node.ports;
    if (ofRelease !== null) return registration === undefined ? configured : registration;
    if (registration !== undefined && registration !== null) {
      this.#fail(
        ['cluster', 'nodes', name, 'ports', 'registration'],
        `cluster.nodes.${name}.ports.registration: workers of 3.x run no authd; agents can only enrol at the master. Write no.`,
      );
    }
    return null;
  }

  build(): BuiltMode | null {
    const { data, mode, name } = this.#context;
    const path = ['modes', name];
    if (mode.nginx !== undefined) this.#readNginx();
    else if (mode.ossec === undefined && mode.servers === undefined) {
      const every = Object.keys(data.fleet).every((group) => {
        const own = ownValue(mode.groups, group);
        return own !== undefined && (own.ossec !== undefined || own.servers !== undefined);
      });
      if (!every) {
        this.#fail(path, `modes.${name} does not say how agents connect. Give it nginx, ossec or servers.`);
      }
    }
    for (const group of Object.keys(mode.groups ?? {})) {
      if (ownValue(data.fleet, group) !== undefined) continue;
      const known = Object.keys(data.fleet);
      const meant = nearest(group, known);
      this.#fail(
        [...path, 'groups', group],
        `modes.${name}.groups: no group is called ${quote(group)}. ${meant ? `Did you mean ${meant}? ` : ''}Known: ${listNames(known)}.`,
      );
    }
    if (mode.nginx !== undefined && this.#balancer === null) return null;
    const groups = Object.keys(data.fleet).map((group, index) => this.#group(group, index));
    const built = groups.flatMap((group) => group ?? []);
    if (this.#nginx) this.#checkListeners(this.#nginx);
    const faults = data.faults.flatMap((fault, index) => {
      const read = readFault(fault, index, {
        data,
        nodes: this.#nodes,
        nodesOfAnyMode: this.#context.nodesOfAnyMode,
        product: mode.nginx === undefined ? null : 'nginx',
        nginx: this.#balancer?.nginx ?? null,
        readNginx: (file, at) => this.#reloadedNginx(file, at, built),
        fail: (at, text) => this.#fail(at, text),
      });
      return read ?? [];
    });
    if (!groups.includes(null)) checkEnrolments(data, built, (at, text) => this.#fail(at, text));
    if (this.#failed || groups.includes(null)) return null;
    this.#generalAssumptions(built);
    const durationUs = typeof data.duration === 'number' ? data.duration : data.duration.atMost;
    return {
      description: this.#description(built),
      assumptions: this.#assumptions,
      world: {
        warmupUs: data.warmup,
        durationUs,
        untilSettled: typeof data.duration !== 'number',
        nodes: this.#nodes,
        network: { latencyUs: data.network.latency, unreachable: data.network.unreachable },
        balancer: this.#balancer,
        groups: built,
        faults,
      },
    };
  }

  #refuse(problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    this.#failed = true;
    this.#context.problems(problems);
  }

  #fail(path: Path, text: string): void {
    this.#failed = true;
    this.#context.problem(path, text);
  }

  /** Whether something has failed since the last look. */
  #takeFailed(): boolean {
    const failed = this.#failed;
    this.#failed = false;
    return failed;
  }

  #assume(text: string): void {
    if (!this.#assumptions.includes(text)) this.#assumptions.push(text);
  }

  // ----------------------------------------------------------------------------------------------------------------- hosts

  /** Node behind a host of a configuration: by address, name, another name, or `hosts:`. -1: none. */
  #nodeOf(host: string): number {
    const called = this.#nodeCalled(host);
    if (called >= 0) return called;
    const addresses = this.#hostAddresses(host) ?? [];
    return this.#nodes.findIndex(({ address }) => addresses.includes(address));
  }

  #nodeCalled(host: string): number {
    return this.#nodes.findIndex(
      ({ name, address, names }) => name === host || address === host || names.includes(host),
    );
  }

  /** What `hosts:` says of a name; `null`: nothing. */
  #hostAddresses(host: string): readonly string[] | null {
    const { hosts } = this.#context.data;
    return ownValue(hosts, host) ?? null;
  }

  #knownHosts(): string {
    return listNames([
      ...this.#nodes.flatMap(({ name, address, names }) => [name, address, ...names]),
      ...Object.keys(this.#context.data.hosts),
    ]);
  }

  /** The text a setting stands for. Reports and returns `null` when its file cannot be read. */
  #text(given: string, path: Path): { file: string; text: string; path: string } | null {
    const source = textOf(given);
    if ('inline' in source) {
      const file = pathText(path);
      this.#context.texts.set(file, source.inline);
      return { file, text: source.inline, path: '' };
    }
    try {
      const text = this.#context.files.read(source.path);
      this.#context.texts.set(source.path, text);
      if (text.trim() === '') {
        this.#fail(path, `${pathText(path)}: ${quote(source.path)} is empty.`);
        return null;
      }
      return { file: source.path, text, path: source.path };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(
        path,
        `${pathText(path)}: cannot read ${quote(source.path)}: ${reason} Paths are relative to the scenario file.`,
      );
      return null;
    }
  }

  /** Runs a reader and keeps what it complains about. */
  #read<T>(reader: () => T): T | null {
    try {
      return reader();
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      this.#failed = true;
      this.#context.problems(error.problems);
      return null;
    }
  }

  /** A configuration as its reader understands it, with what it remarks. `null`: none is given, or it has mistakes. */
  #conf<T extends Remarks>(
    given: string | undefined,
    path: Path,
    version: string,
    reader: (source: ConfText) => T,
  ): T | null {
    const source = given === undefined ? null : this.#text(given, path);
    if (!source) return null;
    const { assume } = this.#context.data;
    const conf = this.#read(() => reader({ ...source, version, assume: assume.map(({ directive }) => directive) }));
    if (!conf) return null;
    this.#context.warnings.push(...this.#stillIdle(conf.warnings));
    for (const { directive, because } of assume) {
      if (conf.assumed.includes(directive)) this.#assume(`${directive} is passed over: ${because}`);
    }
    return conf;
  }

  // -------------------------------------------------------------------------------------------------------------- balancer

  #readNginx(): void {
    const { mode, name } = this.#context;
    const path = ['modes', name, 'nginx'];
    const given = typeof mode.nginx === 'string' ? { file: mode.nginx } : mode.nginx!;
    const source = this.#text(given.file, typeof mode.nginx === 'string' ? path : [...path, 'file']);
    const conf = source && this.#nginxConf(source, given.cpus ?? null);
    if (!source || !conf) return;
    if (conf.options.listeners.length === 0)
      this.#fail(path, `modes.${name}.nginx: no server of it listens for TCP connections.`);
    this.#noShutdownTimeout(source, path);
    this.#nginx = conf;
    this.#balancer = {
      nginx: conf.options,
      addresses: given.addresses ?? [],
      sourcePorts: given.ports ?? 28_232,
      latencyUs: given.latency ?? null,
      unreachable: given.unreachable,
      kernel: kernelOf(given.kernel),
    };
  }

  /** Old worker processes keep their sessions, as long as nothing else is said. */
  #noShutdownTimeout({ text }: { readonly text: string }, path: Path): void {
    const { faults } = this.#context.data;
    const reloads = faults.some(({ reload, addNode, removeNode }) => (reload ?? addNode ?? removeNode) !== undefined);
    if (!reloads || !/^\s*worker_shutdown_timeout\s/m.test(text)) return;
    this.#fail(
      path,
      `${pathText(path)}: worker_shutdown_timeout closes sessions some time after a reload, which is not modelled. Remove it, or the reload.`,
    );
  }

  /**
   * What the balancer reads at a reload, with its listeners in the order of those it has: agents know them by their place.
   * `null` where nothing balances, or what is wrong has been reported.
   */
  #reloadedNginx(given: string, path: Path, groups: readonly GroupOptions[]): NginxOptions | null {
    const before = this.#nginx;
    const { mode } = this.#context;
    if (!before) return null;
    const source = this.#text(given, path);
    const cpus = typeof mode.nginx === 'object' ? (mode.nginx.cpus ?? null) : null;
    const conf = source && this.#nginxConf(source, cpus);
    if (!source || !conf) return null;
    this.#noShutdownTimeout(source, path);
    const { listeners, upstreams } = conf.options;
    const notifySeconds = Math.max(...groups.map(({ agent }) => agent.notifyTimeSeconds));
    const indexes = before.options.listeners.map(({ port }, index) => {
      const use = this.#usedListeners.get(index);
      const found = listeners.findIndex((listener) => listener.port === port);
      if (use === undefined) return Math.max(0, found); // nobody connects there
      if (found < 0) {
        this.#fail(path, `${pathText(path)}: no server of it listens on port ${port}, where agents connect to.`);
        return 0;
      }
      const { upstreamIndex, sessionTimeoutUs } = listeners[found]!;
      this.#refuse(conf.problemsOf(found));
      if (use === 'events' && sessionTimeoutUs < (notifySeconds + 2) * 1e6) {
        this.#fail(
          path,
          `${pathText(path)}: proxy_timeout is shorter than the agents' notify_time, which is not modelled.`,
        );
      }
      for (const peer of upstreams[upstreamIndex]!.peers) this.#checkPeer(conf, peer, upstreamIndex, use);
      return found;
    });
    if (listeners.length === 0) return null;
    return { ...conf.options, listeners: indexes.map((index) => listeners[index]!) };
  }

  #nginxConf(
    source: { readonly file: string; readonly text: string; readonly path: string },
    cpus: number | null,
  ): NginxConf | null {
    const { data, files, texts } = this.#context;
    const include = includeFrom(files, source.path === '' ? '.' : source.path);
    const conf = this.#read(() =>
      readNginxConf({
        file: source.file,
        text: source.text,
        readInclude: (pattern, from) => {
          const included = include(pattern, from);
          for (const { file, text } of included) texts.set(file, text);
          return included;
        },
        cpus,
        resolve: (host) => {
          const node = this.#nodeCalled(host);
          if (node >= 0) return [this.#nodes[node]!.address];
          const addresses = this.#hostAddresses(host);
          return addresses?.length === 0 ? null : addresses;
        },
        assume: data.assume,
        listeners: 'agents',
      }),
    );
    if (!conf) return null;
    this.#context.warnings.push(...conf.warnings);
    for (const text of conf.assumed) this.#assume(text);
    return conf;
  }

  /** Whether a node takes events over a protocol; without its own ossec.conf this is not known. */
  #listens(node: NodeOptions, protocol: 'tcp' | 'udp'): boolean {
    if (!possibleProtocols(node.version).includes(protocol)) return false;
    return this.#managers[this.#nodes.indexOf(node)]?.protocols.includes(protocol) ?? true;
  }

  /** Whether the node is known to answer the startup message of such an agent with an error. */
  #refusesNewer(nodeIndex: number, agentVersion: string): boolean {
    const { version } = this.#nodes[nodeIndex]!;
    const manager = this.#managers[nodeIndex];
    return !!manager && !manager.allowsHigherVersions && isNewerThan(agentVersion, version);
  }

  /** What agents use of the balancer must be modelled and lead to nodes; the rest of its file may serve anything else. */
  #checkListeners(conf: NginxConf): void {
    const { options, listenPositions, problemsOf } = conf;
    const { listeners, upstreams } = options;
    const checked = new Set<string>();
    listeners.forEach(({ port, upstreamIndex }, index) => {
      const use = this.#usedListeners.get(index);
      if (use === undefined) {
        this.#context.warnings.push({
          position: listenPositions[index]!,
          text: `no agent connects to port ${port}: this server is passed over, and so are the connections it holds.`,
        });
        return;
      }
      this.#refuse(problemsOf(index));
      const asked = `${upstreamIndex} ${use}`;
      if (checked.has(asked)) return;
      checked.add(asked);
      for (const peer of upstreams[upstreamIndex]!.peers) this.#checkPeer(conf, peer, upstreamIndex, use);
    });
  }

  #checkPeer(
    { serverPositions }: NginxConf,
    { serverText, address, port }: NginxPeerOptions,
    upstreamIndex: number,
    use: 'events' | 'registration',
  ): void {
    const position = serverPositions.get(`${upstreamIndex}/${serverText}`) ?? null;
    const node = this.#nodes.find((each) => each.address === address);
    const refuse = (text: string): void => this.#refuse([{ position, text }]);
    if (!node) {
      refuse(`server ${serverText} is no node of the cluster. Known: ${this.#knownHosts()}.`);
    } else if (
      port !== (use === 'events' ? node.eventsPort : (node.registrationPort ?? nodeDefaults.registrationPort))
    ) {
      refuse(
        `nobody listens for ${use} on port ${port} of ${node.name} (events: ${node.eventsPort}, registration: ${node.registrationPort ?? 'no'}).`,
      );
    } else if (port === node.eventsPort && !this.#listens(node, 'tcp')) {
      refuse(`${node.name} listens for UDP only: its ossec.conf says so.`);
    }
  }

  // ---------------------------------------------------------------------------------------------------------------- groups

  /** Settings that are read and decide nothing: they raise alerts, or wait for what does not happen. */
  #stillIdle(warnings: readonly Warning[]): Warning[] {
    if (!this.#enrols()) return [...warnings];
    // Agents without a key come: then these matter.
    return warnings.flatMap((warning) => {
      if (warning.idle === undefined) return [warning];
      const idle = warning.idle.filter((name) => name !== '<delay_after_enrollment>' && name !== '<manager_address>');
      return idle.length === 0 ? [] : [{ ...warning, idle, text: idleText(idle) }];
    });
  }

  #enrols(): boolean {
    return this.#context.data.faults.some(({ enroll }) => enroll !== undefined);
  }

  #nameIdle(settings: AgentData | undefined, path: Path): void {
    const { tolerance, warnLevel, normalLevel } = settings?.internal ?? {};
    const delayAfterEnrollment = this.#enrols() ? undefined : settings?.enrollment?.delayAfterEnrollment;
    const given = { tolerance, warnLevel, normalLevel, delayAfterEnrollment };
    const idle = Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [key]));
    if (idle.length === 0) return;
    const text = `${listNames(idle)} of ${pathText(path)} ${idle.length === 1 ? 'decides' : 'decide'} nothing in a simulation.`;
    this.#context.warnings.push({ position: null, text });
  }

  /** Settings of options that came later, or are gone: such an agent passes over them. */
  #nameUnknown(version: string, settings: AgentData | undefined, path: Path): void {
    if (settings === undefined) return;
    const unknown = unknownSettings(version, settingsOf(settings)!);
    if (unknown.length === 0) return;
    const text = `agents of ${version} have no ${listNames(unknown)}: what ${pathText(path)} says of it is passed over.`;
    this.#context.warnings.push({ position: null, text });
  }

  /** The agents of a group: one group of the models, or one for each part of its inventory. `null`: there were problems. */
  #group(name: string, index: number): GroupOptions[] | null {
    const group = this.#context.data.fleet[name]!;
    const before = this.#takeFailed();
    const refuse: Refuse = (below, text) => {
      const at = ['fleet', name, ...below];
      this.#fail(at, `${pathText(at)}: ${text}`);
    };
    const who = agentsOf(group, name, index, {
      balancer: this.#balancer,
      inventories: this.#context.inventories,
      startsAtSecond: this.#context.data.startsAt?.secondOfDay ?? null,
      nodeCalled: (text) => this.#nodeCalled(text),
      refuse,
      refuseAt: (problem) => this.#refuse([problem]),
      warn: (text) => this.#context.warnings.push({ position: null, text }),
      assume: (text) => this.#assume(text),
    });
    // Where the agents are not known, the settings of the group's own version are looked at.
    const versions = new Set(who?.map(({ version }) => version) ?? [group.version]);
    const settings = new Map([...versions].map((version) => [version, this.#settings(name, version)]));
    const groups = who?.map(({ version, agents }) => ({
      ...agents,
      ...settings.get(version)!,
      start: group.start,
      latencyUs: group.latency ?? null,
      unreachable: group.unreachable,
      restartEveryUs: group.restart,
    }));
    const failed = this.#takeFailed();
    this.#failed = before || failed;
    return failed || !groups ? null : groups;
  }

  /** Who the agents of a group ask for a key before their servers: `manager_address` of `<enrollment>`. */
  #enrolsAt({ enrollment }: AgentOptions, group: string): GroupOptions['enrolsAt'] {
    const { managerAddress, port } = enrollment;
    if (managerAddress === null) return undefined;
    const nodeIndex = this.#nodeOf(managerAddress);
    if (nodeIndex >= 0) {
      return { endpoint: { kind: 'node', nodeIndex }, listens: this.#nodes[nodeIndex]!.registrationPort === port };
    }
    const listenerIndex = this.#balancer?.nginx.listeners.findIndex((listener) => listener.port === port) ?? -1;
    if (listenerIndex >= 0) {
      if (!this.#usedListeners.has(listenerIndex)) this.#usedListeners.set(listenerIndex, 'registration');
      return { endpoint: { kind: 'balancer', listenerIndex }, listens: true };
    }
    this.#fail(
      ['fleet', group],
      `fleet.${group}: <manager_address> ${quote(managerAddress)} is no node of the cluster, and no balancer listens on port ${port}. Known: ${this.#knownHosts()}.`,
    );
    return undefined;
  }

  /** What version, files, scenario and mode make of the agents of a group. */
  #settings(name: string, version: string): Pick<GroupOptions, 'agent' | 'servers' | 'order' | 'enrolsAt'> {
    const { data, mode } = this.#context;
    const group = data.fleet[name]!;
    const path = ['fleet', name];
    const own: RoutingData = ownValue(mode.groups, name) ?? {};
    const modePath = ['modes', this.#context.name];
    const ownPath = [...modePath, 'groups', name];
    const ossecPath = own.ossec === undefined ? [...modePath, 'ossec'] : [...ownPath, 'ossec'];
    const routing = own.ossec ?? mode.ossec;
    const conf = this.#ossec(routing, ossecPath, version);
    const scenario: readonly (readonly [AgentData | undefined, Path])[] = [
      [group.agent, [...path, 'agent']],
      [mode.agent, [...modePath, 'agent']],
      [own.agent, [...ownPath, 'agent']],
    ];
    for (const [settings, at] of scenario) this.#nameIdle(settings, at);
    for (const [settings, at] of scenario) this.#nameUnknown(version, settings, at);
    const agent = agentWithSettings(
      version,
      [
        ...(conf?.settings ?? []),
        ...scenario.map(([settings]) => settingsOf(settings)),
        ...scenario.map(([settings, at]) => settingsOf(this.#fromCommandLine(settings, at))),
      ],
      group.platform,
    );
    const { server, ...agentOptions } = agent;
    const serversPath = own.servers === undefined ? [...modePath, 'servers'] : [...ownPath, 'servers'];
    // A group's own ossec.conf wins over the mode's list.
    const list = own.servers ?? (own.ossec === undefined ? mode.servers : undefined);
    // Where routing is missing or cannot be read, that has been said.
    const known = list !== undefined || (routing === undefined ? mode.nginx !== undefined : conf !== null);
    const entries = known ? this.#entries(list, serversPath, conf) : [];
    const servers = entries.flatMap((entry) => this.#server(entry, agentOptions, server));
    if (servers.length > 0 && servers.every(({ isUnresolvable }) => isUnresolvable === true)) {
      this.#fail(
        path,
        `${pathText(path)}: no server of its agents can be resolved (hosts): nobody would ever connect.`,
      );
    }
    const enrolsAt = this.#enrols() ? this.#enrolsAt(agentOptions, name) : undefined;
    return { agent: agentOptions, servers, enrolsAt, order: own.order ?? mode.order ?? group.order ?? 'listed' };
  }

  /** The part of settings that the command line has set. */
  #fromCommandLine<T extends object>(settings: T | undefined, path: Path): T | undefined {
    if (settings === undefined || this.#context.isSet(path)) return settings;
    const kept = Object.entries(settings).flatMap(([key, value]: [string, unknown]) => {
      const at = [...path, key];
      if (isMapping(value)) return [[key, this.#fromCommandLine(value, at)]];
      return this.#context.isSet(at) ? [[key, value]] : [];
    });
    return Object.fromEntries(kept) as T; // entries of `settings`, every one of which may be absent
  }

  /** What the agents' files say: their servers, and the settings in the order in which they count. */
  #ossec(
    given: RoutingData['ossec'],
    path: Path,
    version: string,
  ): (OssecConf & { readonly settings: readonly AgentSettings[] }) | null {
    if (given === undefined) return null;
    const { file, agentConf, internalOptions } = typeof given === 'string' ? { file: given } : given;
    const conf = this.#conf(file, typeof given === 'string' ? path : [...path, 'file'], version, readOssecConf);
    const shared = this.#conf(agentConf, [...path, 'agentConf'], version, readAgentConf);
    const internal = this.#conf(internalOptions, [...path, 'internalOptions'], version, (source) => ({
      ...readInternalOptions(source),
      assumed: [],
    }));
    if (!conf) return null;
    const settings: AgentSettings[] = [conf.client];
    // agent.remote_conf=0: the agent takes no configuration from its manager.
    if (shared && internal?.remoteConf !== false) settings.push(shared.client);
    if (internal) settings.push({ internal: internal.internal });
    return { ...conf, settings };
  }

  #entries(list: RoutingData['servers'], path: Path, conf: OssecConf | null): Entry[] {
    if (list !== undefined) {
      return list.map((given, index): Entry => {
        const at = [...path, index];
        const fail = (text: string): void => this.#fail(at, `${pathText(at)}: ${text}`);
        if (typeof given === 'string') {
          return {
            text: given,
            port: null,
            protocol: null,
            maxRetries: null,
            retryIntervalSeconds: null,
            balancerByName: given === balancerPlace,
            fail,
          };
        }
        const { node, address, port, protocol, maxRetries, retryInterval } = given;
        if ((node === undefined) === (address === undefined)) fail('give it either node or address.');
        const text = node ?? address ?? '';
        return {
          text,
          port: port ?? null,
          protocol: protocol ?? null,
          maxRetries: maxRetries ?? null,
          retryIntervalSeconds: retryInterval ?? null,
          balancerByName: text === balancerPlace,
          fail,
        };
      });
    }
    if (conf) {
      return conf.servers.map(({ text, port, protocol, maxRetries, retryIntervalSeconds, position }): Entry => ({
        text,
        port,
        protocol,
        maxRetries,
        retryIntervalSeconds,
        balancerByName: false,
        fail: (problem) => {
          this.#failed = true;
          this.#context.problems([{ position, text: problem }]);
        },
      }));
    }
    const at = ['modes', this.#context.name];
    return [
      {
        text: balancerPlace,
        port: null,
        protocol: null,
        maxRetries: null,
        retryIntervalSeconds: null,
        balancerByName: true,
        fail: (text) => this.#fail(at, `${pathText(at)}: ${text}`),
      },
    ];
  }

  #server(entry: Entry, agent: AgentOptions, defaults: ServerEntryDefaults): ServerOptions[] {
    const nodeIndex = entry.balancerByName ? -1 : this.#nodeOf(entry.text);
    const node = this.#nodes[nodeIndex];
    // Agents of 3.x that are told nothing use UDP; who puts a balancer of TCP connections before them has told them.
    const protocol = entry.protocol ?? (node ? defaults.protocol : 'tcp');
    const common = {
      text: entry.text,
      protocol,
      maxRetries: entry.maxRetries ?? defaults.maxRetries,
      retryIntervalSeconds: entry.retryIntervalSeconds ?? defaults.retryIntervalSeconds,
    };
    if (isPreview(agent.version)) {
      if (protocol === 'udp') {
        entry.fail(`agents of ${agent.version} connect over TCP only. Remove the protocol.`);
        return [];
      }
      if (entry.port === httpsPort || agent.enrollment.port === httpsPort) {
        entry.fail(
          `the HTTPS interface of 5.0 on port ${httpsPort} is not published yet, and not modelled. Let the agents use port 1514.`,
        );
        return [];
      }
    }
    if (node) {
      const port = entry.port ?? node.eventsPort;
      if (port !== node.eventsPort) {
        entry.fail(`${node.name} does not listen for events on port ${port}, but on ${node.eventsPort}.`);
        return [];
      }
      if (!this.#listens(node, protocol)) {
        const possible = possibleProtocols(node.version).includes(protocol);
        const why = possible ? 'the <protocol> of its ossec.conf' : `managers of ${node.version} have no such listener`;
        entry.fail(`${node.name} does not listen for ${protocol.toUpperCase()}: ${why}.`);
        return [];
      }
      if (this.#refusesNewer(nodeIndex, agent.version)) {
        entry.fail(
          `${node.name} (${node.version}) refuses agents of later releases such as ${agent.version}: its ossec.conf does not say <allow_higher_versions>yes in <remote><agents>. They would never connect. Say so there, or upgrade the managers first.`,
        );
        return [];
      }
      const endpoint: Endpoint = { kind: 'node', nodeIndex };
      const registration = node.registrationPort === agent.enrollment.port ? endpoint : null;
      return [{ ...common, endpoint, port, registration }];
    }
    if (this.#hostAddresses(entry.text)?.length === 0) {
      // Where it would lead does not matter: nobody gets there.
      return [
        {
          ...common,
          endpoint: { kind: 'node', nodeIndex: 0 },
          isUnresolvable: true,
          port: entry.port ?? nodeDefaults.eventsPort,
          registration: null,
        },
      ];
    }
    if (!this.#balancer || !this.#nginx) {
      if (entry.balancerByName) entry.fail('this mode has no balancer. Give it nginx, or name a node.');
      else {
        const meant = nearest(
          entry.text,
          this.#nodes.map(({ name }) => name),
        );
        entry.fail(
          `${quote(entry.text)} is no node of the cluster.${meant ? ` Did you mean ${meant}?` : ''} Known: ${this.#knownHosts()}.`,
        );
      }
      return [];
    }
    const { listeners } = this.#balancer.nginx;
    const { addresses } = this.#balancer;
    if (!entry.balancerByName && addresses.length > 0 && !addresses.includes(entry.text)) {
      const resolved = this.#hostAddresses(entry.text) ?? [];
      if (!resolved.some((address) => addresses.includes(address))) {
        entry.fail(
          `${quote(entry.text)} is neither a node nor an address of the balancer. Known: ${this.#knownHosts()}, ${listNames(addresses)}.`,
        );
        return [];
      }
    }
    if (protocol === 'udp') {
      entry.fail('UDP sessions through nginx are not modelled. Use TCP, or let the agents connect to the nodes.');
      return [];
    }
    const wanted = entry.port ?? (listeners.length === 1 ? listeners[0]!.port : 1514);
    const listenerIndex = listeners.findIndex(({ port }) => port === wanted);
    if (listenerIndex < 0) {
      entry.fail(
        `the balancer does not listen on port ${wanted}. It listens on ${listNames(listeners.map(({ port }) => String(port)))}.`,
      );
      return [];
    }
    const listener = listeners[listenerIndex]!;
    if (listener.sessionTimeoutUs < (agent.notifyTimeSeconds + 2) * 1e6) {
      this.#failed = true;
      this.#context.problems([
        {
          position: this.#nginx.listenPositions[listenerIndex]!,
          text:
            `proxy_timeout ${listener.sessionTimeoutUs / 1e6}s is shorter than the agents' notify_time of ${agent.notifyTimeSeconds}s: ` +
            'sessions without events would be closed all the time, which is not modelled. Make it longer.',
        },
      ]);
    }
    const registrationIndex = listeners.findIndex(({ port }) => port === agent.enrollment.port);
    this.#usedListeners.set(listenerIndex, 'events');
    if (registrationIndex >= 0 && !this.#usedListeners.has(registrationIndex)) {
      this.#usedListeners.set(registrationIndex, 'registration');
    }
    return [
      {
        ...common,
        endpoint: { kind: 'balancer', listenerIndex },
        port: wanted,
        registration: registrationIndex < 0 ? null : { kind: 'balancer', listenerIndex: registrationIndex },
      },
    ];
  }

  // ----------------------------------------------------------------------------------------------------------------- words

  #description(groups: readonly GroupOptions[]): string {
    const { mode } = this.#context;
    if (mode.description !== undefined) return mode.description;
    const [group] = groups;
    const own = (servers: readonly ServerOptions[]): string =>
      servers
        .map(({ endpoint, protocol, text, isUnresolvable }) => {
          if (isUnresolvable === true) return `${text} (unresolvable)`;
          const suffix = protocol === 'udp' ? ' (udp)' : '';
          return endpoint.kind === 'node' ? `${this.#nodes[endpoint.nodeIndex]!.name}${suffix}` : balancerPlace;
        })
        .join(', ');
    const [first] = group!.servers;
    if (this.#nginx && this.#balancer && first?.endpoint.kind === 'balancer' && group!.servers.length === 1) {
      const { listenerIndex } = first.endpoint;
      const { listeners, upstreams } = this.#balancer.nginx;
      const peers = upstreams[listeners[listenerIndex]!.upstreamIndex]!.peers.map(
        ({ address }) => this.#nodes.find((node) => node.address === address)!.name,
      );
      return `${this.#nginx.description(listenerIndex)} over ${listNames([...new Set(peers)])}`;
    }
    const order = group!.order === 'listed' ? 'list' : `${group!.order} list`;
    return `${order} of ${own(group!.servers)}`;
  }

  /** Which of the two applies: they differ by a factor of ten. */
  #assumeUnreachable(
    who: string,
    pairs: readonly { readonly from: string; readonly to: string; readonly kind: Unreachable }[],
  ): void {
    const said = {
      routed: 'packets vanish (routed), connects run into the SYN time-out',
      sameSegment: 'ARP fails (sameSegment) after 3 s',
    };
    const kinds = [...new Set(pairs.map(({ kind }) => kind))];
    for (const kind of kinds) {
      const these = pairs.filter((pair) => pair.kind === kind);
      const names = (of: 'from' | 'to'): string => listNames([...new Set(these.map((pair) => pair[of]))]);
      const from = names('from');
      const where = kinds.length === 1 ? 'a host that is gone' : `${names('to')} when it is gone`;
      const subject = kinds.length === 1 || from === '' ? who : `${who} of ${from}`;
      this.#assume(`${subject} in front of ${where}: ${said[kind]}.`);
    }
  }

  /** How long an agent is down when it restarts is not known. */
  #assumeRestartTime(groups: readonly GroupOptions[]): void {
    const { data } = this.#context;
    const told = data.faults.some(({ restartAgents, pushConfig }) => (restartAgents ?? pushConfig) !== undefined);
    const times = new Set(
      groups
        .filter(({ restartEveryUs, agent }) => (told || restartEveryUs) && agent.life.restartUs === defaultRestartUs)
        .map(({ agent }) => agent.life.restartUs),
    );
    for (const us of times) this.#assume(`An agent that restarts is down for ${durationText(us)} (restartTime).`);
  }

  /** Transports that agents use and that managers without a file of their own have only when they are told to. */
  #assumeListeners(groups: readonly GroupOptions[]): void {
    for (const protocol of ['udp', 'tcp'] as const) {
      const nodes = this.#nodes.filter(
        (node, nodeIndex) =>
          this.#managers[nodeIndex] === null &&
          !serverDefaults(node.version, node.role).protocols.includes(protocol) &&
          groups.some(({ servers }) =>
            servers.some(
              (one) =>
                one.isUnresolvable !== true &&
                one.endpoint.kind === 'node' &&
                one.endpoint.nodeIndex === nodeIndex &&
                one.protocol === protocol,
            ),
          ),
      );
      if (nodes.length === 0) continue;
      this.#assume(
        `The managers are taken to listen on ${protocol.toUpperCase()} as well (<protocol> of their <remote>).`,
      );
    }
  }

  /** What is taken for granted of releases, and of who lets in whom. */
  #assumeReleases(groups: readonly GroupOptions[]): void {
    const versions = [...groups.map(({ agent }) => agent.version), ...this.#nodes.map(({ version }) => version)];
    const preview = versions.find(isPreview);
    if (preview !== undefined) {
      this.#assume(`PREVIEW: ${preview} is played as the source of ${previewRelease} reads; its release may differ.`);
    }
    const branch = versions.find(isBranch);
    if (branch !== undefined) this.#assume(`${branch} is known from its branch only, before a release.`);
    for (const platform of ['windows', 'macos'] as const) {
      const group = groups.find(({ agent }) => agent.platform === platform);
      if (!group) continue;
      const name = platform === 'windows' ? 'Windows' : 'macOS';
      const seconds = group.agent.kernel.connectTimeoutUs / 1e6;
      this.#assume(`${name} agents: connect() to a host that is gone gives up after ${seconds} s (not measured).`);
    }
    // src/remoted/manager.c, validate_control_msg(), and src/config/remote-config.c: <allow_higher_versions> of <remote><agents>
    // came with 4.6.0 and is "no" by default from 4.7.0.
    const older = this.#nodes.find(
      ({ version }, nodeIndex) =>
        this.#managers[nodeIndex] === null &&
        atLeast(version, '4.7.0') &&
        groups.some(({ agent }) => isNewerThan(agent.version, version)),
    );
    if (older) {
      this.#assume(
        `Managers of ${older.version} are taken to let in agents of later releases (<allow_higher_versions>).`,
      );
    }
  }

  /** What decides the result and is taken for granted. */
  #generalAssumptions(groups: readonly GroupOptions[]): void {
    const { data } = this.#context;
    const { unreachable } = data.network;
    faultAssumptions(data.faults).forEach((text) => this.#assume(text));
    enrolmentAssumptions(data, this.#nodes).forEach((text) => this.#assume(text));
    this.#assumeRestartTime(groups);
    const off = data.faults.some(({ powerOff }) => powerOff !== undefined);
    if (off) {
      const pairs = groups.flatMap((group) =>
        group.servers.flatMap(({ endpoint, isUnresolvable }) => {
          if (endpoint.kind !== 'node' || isUnresolvable === true) return [];
          const node = this.#nodes[endpoint.nodeIndex]!;
          const kind = unreachableBetween(unreachable.agents, group.unreachable, node.unreachable);
          return [{ from: group.name, to: node.name, kind }];
        }),
      );
      this.#assumeUnreachable('Agents', pairs);
      if (this.#balancer) {
        const own = this.#balancer.unreachable;
        const kinds = this.#nodes.map((node) => ({
          from: '',
          to: node.name,
          kind: unreachableBetween(unreachable.balancer, own, node.unreachable),
        }));
        this.#assumeUnreachable('The balancer', kinds);
      }
    }
    if (off || data.faults.some(({ hang }) => hang !== undefined)) {
      const { silentBytes, hungBytes } = groups[0]!.agent.kernel.sendBuffer;
      this.#assume(
        `A connection takes ${silentBytes / 1000} kB in front of a silent peer and ${hungBytes / 1000} kB in front of a hung one (measured at MTU 1500).`,
      );
    }
    for (const text of intakeAssumptions(this.#nodes)) this.#assume(text);
    const unlimited = this.#nodes.filter((node) => capacityOf(node) === null).map(({ name }) => name);
    if (unlimited.length > 0) {
      this.#assume(`The capacity of ${listNames(unlimited)} is not judged: no eventsPerSecond is given.`);
    }
    this.#assumeListeners(groups);
    this.#assumeReleases(groups);
    if (groups.some(({ agent }) => agent.enrollment.enabled && !atLeast(agent.version, '4.3.0'))) {
      this.#assume('A manager is taken to refuse a second registration of a valid key, as authd does from 4.3.0.');
    }
  }
}

/** Where agents of 5.0 will report over HTTPS. */
const httpsPort = 1517;

/** When the master shows agents as disconnected: as written, else as its release does. */
function disconnectionOf(
  version: string,
  node: Pick<NodeData, 'agentsDisconnectionTime' | 'agentsDisconnectionAlertTime'>,
): DisconnectionOptions {
  const own = disconnectionDefaults(version);
  const { agentsDisconnectionTime, agentsDisconnectionAlertTime } = node;
  const alertSeconds = agentsDisconnectionAlertTime ?? own.alertSeconds;
  return agentsDisconnectionTime === undefined
    ? { ...own, alertSeconds }
    : withThreshold(agentsDisconnectionTime, alertSeconds);
}

function kernelOf(given: KernelSettings | undefined): KernelOptions {
  const synLinearTimeouts = given?.synLinearTimeouts ?? kernelDefaults.synLinearTimeouts;
  return {
    connectTimeoutUs: given?.connectTimeout ?? connectTimeoutUs(synLinearTimeouts),
    synLinearTimeouts,
    arpTimeoutUs: given?.arpTimeout ?? kernelDefaults.arpTimeoutUs,
    sendBuffer: {
      silentBytes: given?.sendBuffer?.silent ?? kernelDefaults.sendBuffer.silentBytes,
      hungBytes: given?.sendBuffer?.hung ?? kernelDefaults.sendBuffer.hungBytes,
    },
    tcpGiveUpUs: given?.tcpGiveUp ?? kernelDefaults.tcpGiveUpUs,
    maxDgramQlen: given?.maxDgramQlen ?? kernelDefaults.maxDgramQlen,
    localSendBufferBytes: given?.localSendBuffer ?? kernelDefaults.localSendBufferBytes,
  };
}

/** Settings as they stand in a scenario, in the words of the models. */
function settingsOf(given: AgentData | undefined): AgentSettings | undefined {
  if (given === undefined) return undefined;
  const { enrollment, buffer, internal, kernel, restartTime, onlyFutureEvents } = given;
  return {
    notifyTimeSeconds: given.notifyTime,
    timeReconnectSeconds: given.timeReconnect,
    forceReconnectIntervalSeconds: given.forceReconnectInterval,
    maxRetries: given.maxRetries,
    retryIntervalSeconds: given.retryInterval,
    enrollment: enrollment && {
      enabled: enrollment.enabled,
      port: enrollment.port,
      delayAfterEnrollmentSeconds: enrollment.delayAfterEnrollment,
      timeoutSeconds: enrollment.timeout === 'none' ? null : enrollment.timeout,
    },
    clientBuffer: buffer && {
      disabled: buffer.disabled,
      queueSize: buffer.queueSize,
      eventsPerSecond: buffer.eventsPerSecond,
    },
    internal: internal && {
      recvTimeoutSeconds: internal.recvTimeout,
      minEventsPerSecond: internal.minEventsPerSecond,
      toleranceSeconds: internal.tolerance,
      warnLevelPercent: internal.warnLevel,
      normalLevelPercent: internal.normalLevel,
      logcollectorQueueSize: internal.logcollectorQueueSize,
      logcollectorLoopTimeoutSeconds: internal.logcollectorLoopTimeout,
      logcollectorMaxLines: internal.logcollectorMaxLines,
      sendTimeoutSeconds: internal.sendTimeout,
      tcpKeepIdleSeconds: internal.tcpKeepIdle,
      tcpKeepIntervalSeconds: internal.tcpKeepInterval,
      tcpKeepCount: internal.tcpKeepCount,
    },
    life: { restartUs: restartTime, onlyFutureEvents },
    kernel: kernel && {
      connectTimeoutUs: kernel.connectTimeout,
      synLinearTimeouts: kernel.synLinearTimeouts,
      arpTimeoutUs: kernel.arpTimeout,
      sendBuffer: kernel.sendBuffer && {
        silentBytes: kernel.sendBuffer.silent,
        hungBytes: kernel.sendBuffer.hung,
      },
      tcpGiveUpUs: kernel.tcpGiveUp,
      maxDgramQlen: kernel.maxDgramQlen,
      localSendBufferBytes: kernel.localSendBuffer,
    },
  };
}
