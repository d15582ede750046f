// One mode of a checked scenario as the options of a world.
import type { AgentOptions, Endpoint, ServerOptions } from '../models/agentOptions.ts';
import { agentWithSettings, atLeast, type AgentSettings } from '../models/agentVersions.ts';
import type { NginxBalancerOptions } from '../models/balancer/nginx/options.ts';
import { balancerPlace, killDefaults, type FaultOptions } from '../models/fault.ts';
import { kernelDefaults, type KernelOptions } from '../models/network.ts';
import { nodeDefaults, type NodeOptions } from '../models/node.ts';
import type { AddressPlan, GroupOptions, WorldOptions } from '../models/worldOptions.ts';
import { parseRange } from './addresses.ts';
import { includeFrom, type Files } from './files.ts';
import { readInternalOptions } from './import/internalOptions.ts';
import { readNginxConf, type NginxConf } from './import/nginxConf.ts';
import { readOssecConf, type OssecConf } from './import/ossecConf.ts';
import { nearest, ScenarioError, type Problem } from './problem.ts';
import type { SourcePosition, Warning } from './scenario.ts';
import type {
  AgentSettings as AgentData,
  FaultData,
  GroupData,
  KernelSettings,
  ModeData,
  RoutingData,
  ScenarioData,
} from './schema.ts';
import { listNames, pathText, quote, type Path } from './wording.ts';

export interface ModeContext {
  readonly data: ScenarioData;
  readonly name: string;
  readonly mode: ModeData;
  readonly files: Files;
  /** Every configuration text that was read, for the input's hash. */
  readonly texts: Map<string, string>;
  readonly warnings: Warning[];
  positionOf(path: Path): SourcePosition;
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
  readonly protocol: 'tcp' | 'udp';
  readonly maxRetries: number | null;
  readonly retryIntervalSeconds: number | null;
  readonly balancerByName: boolean;
  fail(text: string): void;
}

class ModeBuilder {
  readonly #context: ModeContext;
  readonly #nodes: readonly NodeOptions[];
  readonly #assumptions: string[] = [];
  #conf: NginxConf | null = null;
  #balancer: NginxBalancerOptions | null = null;
  #failed = false;

  constructor(context: ModeContext) {
    this.#context = context;
    this.#nodes = Object.entries(context.data.cluster.nodes).map(([name, node]): NodeOptions => {
      const { names, role } = node;
      return {
        name,
        address: node.address,
        names,
        role,
        version: node.version ?? context.data.cluster.version,
        eventsPort: node.ports.events,
        registrationPort: node.ports.registration,
        eventsPerSecond: node.eventsPerSecond ?? null,
        queueSize: node.queueSize ?? nodeDefaults.queueSize,
        startupUs: node.startup ?? nodeDefaults.startupUs,
        acceptQueue: node.acceptQueue ?? nodeDefaults.acceptQueue,
        latencyUs: node.latency ?? null,
      };
    });
  }

  build(): BuiltMode | null {
    const { data, mode, name } = this.#context;
    const path = ['modes', name];
    if (mode.nginx !== undefined) this.#readNginx();
    else if (mode.ossec === undefined && mode.servers === undefined) {
      const every = Object.keys(data.fleet).every((group) => {
        const own = mode.groups?.[group];
        return own !== undefined && (own.ossec !== undefined || own.servers !== undefined);
      });
      if (!every) {
        this.#fail(path, `modes.${name} does not say how agents connect. Give it nginx, ossec or servers.`);
      }
    }
    for (const group of Object.keys(mode.groups ?? {})) {
      if (data.fleet[group] !== undefined) continue;
      const known = Object.keys(data.fleet);
      const meant = nearest(group, known);
      this.#fail(
        [...path, 'groups', group],
        `modes.${name}.groups: no group is called ${quote(group)}. ${meant ? `Did you mean ${meant}? ` : ''}Known: ${listNames(known)}.`,
      );
    }
    if (mode.nginx !== undefined && this.#balancer === null) return null;
    const groups = Object.keys(data.fleet).map((group, index) => this.#group(group, index));
    const built = groups.filter((group) => group !== null);
    const faults = data.faults.flatMap((fault, index) => this.#fault(fault, index));
    if (this.#failed || built.length < groups.length) return null;
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
    const direct = this.#nodes.findIndex(
      ({ name, address, names }) => name === host || address === host || names.includes(host),
    );
    if (direct >= 0) return direct;
    const addresses = Object.hasOwn(this.#context.data.hosts, host) ? this.#context.data.hosts[host]! : [];
    return this.#nodes.findIndex(({ address }) => addresses.includes(address));
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

  // -------------------------------------------------------------------------------------------------------------- balancer

  #readNginx(): void {
    const { data, mode, name, files, texts } = this.#context;
    const path = ['modes', name, 'nginx'];
    const given = typeof mode.nginx === 'string' ? { file: mode.nginx } : mode.nginx!;
    const source = this.#text(given.file, typeof mode.nginx === 'string' ? path : [...path, 'file']);
    if (!source) return;
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
        cpus: given.cpus ?? null,
        resolve: (host) => {
          const node = this.#nodeOf(host);
          if (node >= 0) return [this.#nodes[node]!.address];
          return Object.hasOwn(data.hosts, host) ? data.hosts[host]! : null;
        },
        assume: data.assume,
        listeners: 'agents',
      }),
    );
    if (!conf) return;
    this.#context.warnings.push(...conf.warnings);
    for (const text of conf.assumed) this.#assume(text);
    const used = new Set(conf.options.listeners.map(({ upstreamIndex }) => upstreamIndex));
    conf.options.upstreams.forEach((upstream, index) => {
      if (!used.has(index)) return;
      for (const peer of upstream.peers) {
        const position = conf.serverPositions.get(`${index}/${peer.serverText}`) ?? null;
        const node = this.#nodes.find(({ address }) => address === peer.address);
        const refuse = (text: string): void => {
          this.#failed = true;
          this.#context.problems([{ position, text }]);
        };
        if (!node) {
          refuse(`server ${peer.serverText} is no node of the cluster. Known: ${this.#knownHosts()}.`);
        } else if (
          peer.port !== node.eventsPort &&
          peer.port !== (node.registrationPort ?? nodeDefaults.registrationPort)
        ) {
          refuse(
            `nobody listens on port ${peer.port} of ${node.name} (events: ${node.eventsPort}, registration: ${node.registrationPort ?? 'no'}).`,
          );
        }
      }
    });
    if (conf.options.listeners.length === 0)
      this.#fail(path, `modes.${name}.nginx: no server of it listens for TCP connections.`);
    this.#conf = conf;
    this.#balancer = {
      nginx: conf.options,
      addresses: given.addresses ?? [],
      sourcePorts: given.ports ?? 28_232,
      latencyUs: given.latency ?? null,
      kernel: kernelOf(given.kernel),
    };
  }

  // ---------------------------------------------------------------------------------------------------------------- groups

  #group(name: string, index: number): GroupOptions | null {
    const { data, mode } = this.#context;
    const group = data.fleet[name]!;
    const path = ['fleet', name];
    const own: RoutingData = mode.groups?.[name] ?? {};
    const modePath = ['modes', this.#context.name];
    const ownPath = [...modePath, 'groups', name];
    const before = this.#takeFailed();
    const ossecPath = own.ossec === undefined ? [...modePath, 'ossec'] : [...ownPath, 'ossec'];
    const conf = this.#ossec(own.ossec ?? mode.ossec, ossecPath, group.version);
    const agent = agentWithSettings(group.version, [
      conf?.client,
      conf?.internal ? { internal: conf.internal } : undefined,
      settingsOf(group.agent),
      settingsOf(mode.agent),
      settingsOf(own.agent),
    ]);
    const { server, ...agentOptions } = agent;
    const serversPath = own.servers === undefined ? [...modePath, 'servers'] : [...ownPath, 'servers'];
    // A group's own ossec.conf wins over the mode's list.
    const list = own.servers ?? (own.ossec === undefined ? mode.servers : undefined);
    const entries = this.#entries(list, serversPath, conf);
    const servers = entries.flatMap((entry) => this.#server(entry, agentOptions, server));
    const plan = this.#addresses(group, name, index);
    const events = this.#events(group, path);
    const failed = this.#takeFailed();
    this.#failed = before || failed;
    if (failed || !plan || !events) return null;
    return {
      name,
      count: group.count,
      addresses: plan.addresses,
      nat: plan.nat,
      events,
      agent: agentOptions,
      servers,
      order: own.order ?? mode.order ?? group.order ?? 'listed',
      latencyUs: group.latency ?? null,
    };
  }

  #ossec(
    given: RoutingData['ossec'],
    path: Path,
    version: string,
  ): (OssecConf & { internal?: AgentSettings['internal'] }) | null {
    if (given === undefined) return null;
    const file = typeof given === 'string' ? given : given.file;
    const source = this.#text(file, typeof given === 'string' ? path : [...path, 'file']);
    if (!source) return null;
    const assume = this.#context.data.assume.map(({ directive }) => directive);
    const conf = this.#read(() => readOssecConf({ file: source.file, text: source.text, version, assume }));
    if (!conf) return null;
    this.#context.warnings.push(...conf.warnings);
    if (typeof given === 'string' || given.internalOptions === undefined) return conf;
    const options = this.#text(given.internalOptions, [...path, 'internalOptions']);
    if (!options) return null;
    const internal = this.#read(() => readInternalOptions({ file: options.file, text: options.text, version }));
    if (!internal) return null;
    this.#context.warnings.push(...internal.warnings);
    return { ...conf, internal: internal.internal };
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
            protocol: 'tcp',
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
          protocol,
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
        protocol: 'tcp',
        maxRetries: null,
        retryIntervalSeconds: null,
        balancerByName: true,
        fail: (text) => this.#fail(at, `${pathText(at)}: ${text}`),
      },
    ];
  }

  #server(
    entry: Entry,
    agent: AgentOptions,
    defaults: { readonly maxRetries: number; readonly retryIntervalSeconds: number },
  ): ServerOptions[] {
    const common = {
      text: entry.text,
      protocol: entry.protocol,
      maxRetries: entry.maxRetries ?? defaults.maxRetries,
      retryIntervalSeconds: entry.retryIntervalSeconds ?? defaults.retryIntervalSeconds,
    };
    const nodeIndex = entry.balancerByName ? -1 : this.#nodeOf(entry.text);
    const node = this.#nodes[nodeIndex];
    if (node) {
      const port = entry.port ?? node.eventsPort;
      if (port !== node.eventsPort) {
        entry.fail(`${node.name} does not listen for events on port ${port}, but on ${node.eventsPort}.`);
        return [];
      }
      const endpoint: Endpoint = { kind: 'node', nodeIndex };
      const registration = node.registrationPort === agent.enrollment.port ? endpoint : null;
      return [{ ...common, endpoint, port, registration }];
    }
    if (!this.#balancer || !this.#conf) {
      if (entry.balancerByName) entry.fail('this mode has no balancer. Give it nginx, or name a node.');
      else {
        const meant = nearest(
          entry.text,
          this.#nodes.map(({ name }) => name),
        );
        entry.fail(
          `${quote(entry.text)} is no node of the cluster${meant ? `. Did you mean ${meant}?` : ''}. Known: ${this.#knownHosts()}.`,
        );
      }
      return [];
    }
    const { listeners } = this.#balancer.nginx;
    const { addresses } = this.#balancer;
    if (!entry.balancerByName && addresses.length > 0 && !addresses.includes(entry.text)) {
      const resolved = Object.hasOwn(this.#context.data.hosts, entry.text) ? this.#context.data.hosts[entry.text]! : [];
      if (!resolved.some((address) => addresses.includes(address))) {
        entry.fail(
          `${quote(entry.text)} is neither a node nor an address of the balancer. Known: ${this.#knownHosts()}, ${listNames(addresses)}.`,
        );
        return [];
      }
    }
    if (entry.protocol === 'udp') {
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
          position: this.#conf.listenPositions[listenerIndex]!,
          text:
            `proxy_timeout ${listener.sessionTimeoutUs / 1e6}s is shorter than the agents' notify_time of ${agent.notifyTimeSeconds}s: ` +
            'sessions without events would be closed all the time, which is not modelled. Make it longer.',
        },
      ]);
    }
    const registrationIndex = listeners.findIndex(({ port }) => port === agent.enrollment.port);
    return [
      {
        ...common,
        endpoint: { kind: 'balancer', listenerIndex },
        port: wanted,
        registration: registrationIndex < 0 ? null : { kind: 'balancer', listenerIndex: registrationIndex },
      },
    ];
  }

  #addresses(group: GroupData, name: string, index: number): { addresses: AddressPlan; nat: number[] } | null {
    const path = ['fleet', name, 'addresses'];
    const nat: number[] = [];
    for (const text of group.nat ?? []) {
      const range = parseRange(text);
      if (typeof range === 'string') continue; // the schema has said it
      if (nat.length + range.hostCount > 65_536) {
        this.#fail(['fleet', name, 'nat'], `fleet.${name}.nat: more than 65536 addresses. List fewer.`);
        return null;
      }
      for (let host = 0; host < range.hostCount; host++) nat.push(range.firstHost + host);
    }
    const given = group.addresses;
    const text =
      given === undefined ? defaultRange(group.count, index) : typeof given === 'string' ? given : given.range;
    const draw = typeof given === 'object' && given.draw;
    const range = parseRange(text);
    if (typeof range === 'string') return null; // the schema has said it
    if (given === undefined && nat.length === 0 && this.#balancer) {
      this.#assume(`The agents of ${name} are taken to have addresses of ${text}.`);
    }
    if (range.hostCount < group.count) {
      this.#fail(
        path,
        `fleet.${name}.addresses: ${text} has ${range.hostCount} host addresses for ${group.count} agents. Give a larger range.`,
      );
      return null;
    }
    return { addresses: { kind: draw ? 'draw' : 'range', ...range }, nat };
  }

  #events({ count, events }: GroupData, path: Path): GroupOptions['events'] | null {
    const at = [...path, 'events'];
    if ((events.rate === undefined) === (events.total === undefined)) {
      this.#fail(at, `${pathText(at)}: give either rate (of one agent) or total (of the group).`);
      return null;
    }
    const alpha = /^pareto\s+([\d.]+)$/.exec(events.spread ?? '')?.[1];
    return {
      ratePerSecond: events.rate ?? events.total! / count,
      spread: alpha === undefined ? { kind: 'equal' } : { kind: 'pareto', alpha: Number(alpha) },
      arrival: events.arrival,
      sizeBytes: events.size,
      source: events.source,
    };
  }

  // ---------------------------------------------------------------------------------------------------------------- faults

  #fault(fault: FaultData, index: number): FaultOptions[] {
    const { data } = this.#context;
    const durationUs = typeof data.duration === 'number' ? data.duration : data.duration.atMost;
    const path = ['faults', index];
    const kinds = (['kill', 'powerOff', 'hang'] as const).filter((kind) => fault[kind] !== undefined);
    const [kind] = kinds;
    if (!kind || kinds.length > 1) {
      this.#fail(path, `faults[${index}]: give it exactly one of kill, powerOff and hang.`);
      return [];
    }
    const places = fault[kind]!;
    const names = this.#nodes.map(({ name }) => name);
    places.forEach((place, at) => {
      if (place === balancerPlace || names.includes(place)) return;
      const meant = nearest(place, [...names, balancerPlace]);
      const where = places.length > 1 ? [...path, kind, at] : [...path, kind];
      this.#fail(
        where,
        `faults[${index}].${kind}: no node is called ${quote(place)}. ${meant ? `Did you mean ${meant}? ` : ''}Known: ${listNames(names)}, ${balancerPlace}.`,
      );
    });
    if (fault.acceptsFor !== undefined && kind !== 'kill') {
      this.#fail(
        [...path, 'acceptsFor'],
        `faults[${index}].acceptsFor belongs to a kill: in a ${kind} nothing accepts.`,
      );
    }
    if (fault.at !== null && fault.at.fromUs >= durationUs) {
      this.#fail(
        [...path, 'at'],
        `faults[${index}].at: the run ends after ${durationUs / 1e6}s, before this fault. Make the duration longer, or the fault earlier.`,
      );
      return [];
    }
    if (fault.times !== undefined && fault.every === undefined) {
      this.#fail([...path, 'times'], `faults[${index}].times needs every, the distance between the repetitions.`);
    }
    if (fault.every !== undefined && fault.at === null) {
      this.#fail([...path, 'every'], `faults[${index}].every needs an instant in at; "start" happens once.`);
      return [];
    }
    const most = fault.every === undefined ? 1 : Math.floor((durationUs - 1 - fault.at!.fromUs) / fault.every) + 1;
    const times = Math.min(fault.times ?? most, most);
    if (times > 100_000)
      this.#fail([...path, 'every'], `faults[${index}].every makes ${times} repetitions; at most 100000.`);
    return [
      {
        kind,
        places,
        atUs: fault.at,
        forUs: fault.for ?? null,
        everyUs: fault.every ?? null,
        times,
        acceptsForUs: fault.acceptsFor ?? killDefaults.acceptsForUs,
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
        .map(({ endpoint, protocol }) => {
          const suffix = protocol === 'udp' ? ' (udp)' : '';
          return endpoint.kind === 'node' ? `${this.#nodes[endpoint.nodeIndex]!.name}${suffix}` : balancerPlace;
        })
        .join(', ');
    const [first] = group!.servers;
    if (this.#conf && this.#balancer && first?.endpoint.kind === 'balancer' && group!.servers.length === 1) {
      const { listenerIndex } = first.endpoint;
      const { listeners, upstreams } = this.#balancer.nginx;
      const peers = upstreams[listeners[listenerIndex]!.upstreamIndex]!.peers.map(
        ({ address }) => this.#nodes.find((node) => node.address === address)!.name,
      );
      return `${this.#conf.description(listenerIndex)} over ${listNames([...new Set(peers)])}`;
    }
    const order = group!.order === 'listed' ? 'list' : `${group!.order} list`;
    return `${order} of ${own(group!.servers)}`;
  }

  /** What decides the result and is taken for granted. */
  #generalAssumptions(groups: readonly GroupOptions[]): void {
    const { data } = this.#context;
    const { unreachable } = data.network;
    const off = data.faults.some(({ powerOff }) => powerOff !== undefined);
    if (off) {
      const said = (kind: 'routed' | 'sameSegment'): string =>
        kind === 'routed'
          ? 'packets vanish (routed), connects run into the SYN time-out'
          : 'ARP fails (sameSegment) after 3 s';
      if (groups.some(({ servers }) => servers.some(({ endpoint }) => endpoint.kind === 'node'))) {
        this.#assume(`Agents in front of a host that is gone: ${said(unreachable.agents)}.`);
      }
      if (this.#balancer) this.#assume(`The balancer in front of a host that is gone: ${said(unreachable.balancer)}.`);
    }
    if (off || data.faults.some(({ hang }) => hang !== undefined)) {
      const { silentBytes, hungBytes } = groups[0]!.agent.kernel.sendBuffer;
      this.#assume(
        `A connection takes ${silentBytes / 1000} kB in front of a silent peer and ${hungBytes / 1000} kB in front of a hung one (measured at MTU 1500).`,
      );
    }
    const unlimited = this.#nodes.filter(({ eventsPerSecond }) => eventsPerSecond === null).map(({ name }) => name);
    if (unlimited.length > 0) {
      this.#assume(`The capacity of ${listNames(unlimited)} is not judged: no eventsPerSecond is given.`);
    }
    const udp = groups.some(({ servers }) => servers.some(({ protocol }) => protocol === 'udp'));
    if (udp) this.#assume('The managers are taken to listen on UDP as well (<protocol> of their <remote>).');
    if (groups.some(({ agent }) => agent.enrollment.enabled && !atLeast(agent.version, '4.3.0'))) {
      this.#assume('A manager is taken to refuse a second registration of a valid key, as authd does from 4.3.0.');
    }
  }
}

function defaultRange(count: number, index: number): string {
  return count <= 65_534 && index < 250 ? `10.${index + 1}.0.0/16` : '10.0.0.0/8';
}

function kernelOf(given: KernelSettings | undefined): KernelOptions {
  return {
    connectTimeoutUs: given?.connectTimeout ?? kernelDefaults.connectTimeoutUs,
    synLinearTimeouts: given?.synLinearTimeouts ?? kernelDefaults.synLinearTimeouts,
    arpTimeoutUs: given?.arpTimeout ?? kernelDefaults.arpTimeoutUs,
    sendBuffer: {
      silentBytes: given?.sendBuffer?.silent ?? kernelDefaults.sendBuffer.silentBytes,
      hungBytes: given?.sendBuffer?.hung ?? kernelDefaults.sendBuffer.hungBytes,
    },
    tcpGiveUpUs: given?.tcpGiveUp ?? kernelDefaults.tcpGiveUpUs,
    maxDgramQlen: given?.maxDgramQlen ?? kernelDefaults.maxDgramQlen,
  };
}

/** Settings as they stand in a scenario, in the words of the models. */
function settingsOf(given: AgentData | undefined): AgentSettings | undefined {
  if (given === undefined) return undefined;
  const { enrollment, buffer, internal, kernel } = given;
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
    },
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
    },
  };
}
