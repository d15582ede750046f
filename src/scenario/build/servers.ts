// The servers of an agent: from the texts of a list, an ossec.conf or a mode to nodes and listeners of the balancer.
import type { AgentOptions, Endpoint, ServerOptions } from '../../models/agentOptions.ts';
import { possibleProtocols, type ServerEntryDefaults } from '../../models/agentVersions.ts';
import { listensOn } from '../../models/balancer/options.ts';
import { balancerPlace } from '../../models/fault.ts';
import { nodeDefaults } from '../../models/node.ts';
import { isPreview } from '../../models/releases.ts';
import type { OssecConf } from '../import/ossecConf.ts';
import { nearest } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import type { RoutingData } from '../schema.ts';
import { listNames, pathText, quote, type Path } from '../wording.ts';
import { balancerWord, balancersGiven, makesNoConnections, type Balancer } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { checkDatagrams } from './udpListener.ts';

/** Where agents of 5.0 will report over HTTPS. */
const httpsPort = 1517;

/** A server as it is written. */
export interface Entry {
  readonly text: string;
  readonly port: number | null;
  /** `null`: the release's. */
  readonly protocol: 'tcp' | 'udp' | null;
  readonly maxRetries: number | null;
  readonly retryIntervalSeconds: number | null;
  /** It is written by the name of a balancer, which `text` is. */
  readonly balancerByName: boolean;
  /** In an ossec.conf. */
  readonly position: SourcePosition | null;
  fail(text: string): void;
}

/** What a scenario lists, else what an ossec.conf lists, else the balancers, in order. */
export function entriesOf(build: Build, list: RoutingData['servers'], path: Path, conf: OssecConf | null): Entry[] {
  const failAt =
    (at: Path) =>
    (text: string): void =>
      build.fail(at, `${pathText(at)}: ${text}`);
  const names = [balancerPlace, ...balancersGiven(build).map(({ name }) => name)];
  if (list !== undefined) {
    return list.map((given, index): Entry => {
      const fail = failAt([...path, index]);
      if (typeof given === 'string') return { ...unsaid, text: given, balancerByName: names.includes(given), fail };
      const { node, address, port, protocol, maxRetries, retryInterval } = given;
      if ((node === undefined) === (address === undefined)) fail('give it either node or address.');
      const text = node ?? address ?? '';
      return {
        text,
        port: port ?? null,
        protocol: protocol ?? null,
        maxRetries: maxRetries ?? null,
        retryIntervalSeconds: retryInterval ?? null,
        position: null,
        balancerByName: names.includes(text),
        fail,
      };
    });
  }
  if (conf) {
    return conf.servers.map(({ position, ...server }): Entry => ({
      ...server,
      position,
      balancerByName: false,
      fail: (problem) => build.refuse([{ position, text: problem }]),
    }));
  }
  return balancersGiven(build).map(({ name }) => ({
    ...unsaid,
    text: name,
    balancerByName: true,
    fail: failAt(build.path),
  }));
}

const unsaid = { port: null, protocol: null, maxRetries: null, retryIntervalSeconds: null, position: null };

type Common = Pick<ServerOptions, 'text' | 'protocol' | 'maxRetries' | 'retryIntervalSeconds'>;

/** @returns `null` when there were problems; they have been reported. */
export function serverOf(
  build: Build,
  cluster: Cluster,
  balancers: readonly Balancer[],
  entry: Entry,
  agent: AgentOptions,
  defaults: ServerEntryDefaults,
): ServerOptions | null {
  const nodeIndex = entry.balancerByName ? -1 : cluster.nodeOf(entry.text);
  const isNode = nodeIndex >= 0;
  const common: Common = {
    text: entry.text,
    // Agents of 3.x that are told nothing use UDP; who puts a balancer of TCP connections before them has told them.
    protocol: entry.protocol ?? (isNode ? defaults.protocol : 'tcp'),
    maxRetries: entry.maxRetries ?? defaults.maxRetries,
    retryIntervalSeconds: entry.retryIntervalSeconds ?? defaults.retryIntervalSeconds,
  };
  if (isPreview(agent.version) && !isPublished(entry, common, agent)) return null;
  if (isNode) return atNode(cluster, nodeIndex, entry, common, agent);
  if (cluster.addressesOf(entry.text)?.length === 0) {
    // Where it would lead does not matter: nobody gets there.
    const endpoint: Endpoint = { kind: 'node', nodeIndex: 0 };
    const port = entry.port ?? nodeDefaults.eventsPort;
    return { ...common, endpoint, isUnresolvable: true, port, registration: null };
  }
  const balancer = entry.balancerByName
    ? balancers.find(({ options }) => options.name === entry.text)
    : balancerAt(cluster, balancers, entry.text);
  if (balancer) return atBalancer(build, balancer, entry, common, agent);
  if (entry.balancerByName && balancers.length > 0) {
    const known = balancers.map(({ options }) => options.name);
    entry.fail(`no balancer of this mode is called ${quote(entry.text)}. Known: ${listNames(known)}.`);
  } else if (entry.balancerByName) {
    entry.fail('this mode has no balancer. Give it nginx or haproxy, or name a node.');
  } else if (balancers.length > 0) {
    const addresses = balancers.flatMap(({ options }) => options.addresses);
    const owner = balancers.length === 1 ? balancerWord(balancers[0]!.options.name) : 'a balancer';
    entry.fail(
      `${quote(entry.text)} is neither a node nor an address of ${owner}. Known: ${cluster.knownHosts()}, ${listNames(addresses)}.`,
    );
  } else {
    const names = cluster.nodes.map(({ name }) => name);
    const meant = nearest(entry.text, names);
    entry.fail(
      `${quote(entry.text)} is no node of the cluster.${meant ? ` Did you mean ${meant}?` : ''} Known: ${cluster.knownHosts()}.`,
    );
  }
  return null;
}

/** Of a release to come: whether it is known how its agents connect. */
function isPublished(entry: Entry, { protocol }: Common, { version, enrollment }: AgentOptions): boolean {
  if (protocol === 'udp') {
    entry.fail(`agents of ${version} connect over TCP only. Remove the protocol.`);
    return false;
  }
  if (entry.port !== httpsPort && enrollment.port !== httpsPort) return true;
  entry.fail(
    `the HTTPS interface of 5.0 on port ${httpsPort} is not published yet, and not modelled. Let the agents use port 1514.`,
  );
  return false;
}

function atNode(
  cluster: Cluster,
  nodeIndex: number,
  entry: Entry,
  common: Common,
  agent: AgentOptions,
): ServerOptions | null {
  const node = cluster.nodes[nodeIndex]!;
  const { protocol } = common;
  const port = entry.port ?? node.eventsPort;
  if (port !== node.eventsPort) {
    entry.fail(`${node.name} does not listen for events on port ${port}, but on ${node.eventsPort}.`);
    return null;
  }
  if (!cluster.listens(node, protocol)) {
    const possible = possibleProtocols(node.version).includes(protocol);
    const written = cluster.managers[nodeIndex]?.protocolsPosition;
    const where = written ? ` (${written.file}:${written.line}:${written.column})` : '';
    const why = possible
      ? `the <protocol> of its ossec.conf${where}`
      : `managers of ${node.version} have no such listener`;
    entry.fail(`${node.name} does not listen for ${protocol.toUpperCase()}: ${why}.`);
    return null;
  }
  if (cluster.refusesNewer(nodeIndex, agent.version)) {
    entry.fail(
      `${node.name} (${node.version}) refuses agents of later releases such as ${agent.version}: its ossec.conf does not say <allow_higher_versions>yes in <remote><agents>. They would never connect. Say so there, or upgrade the managers first.`,
    );
    return null;
  }
  const endpoint: Endpoint = { kind: 'node', nodeIndex };
  const registration = node.registrationPort === agent.enrollment.port ? endpoint : null;
  return { ...common, endpoint, port, registration };
}

/** The balancer that an address leads to: one that has it, else the only one that does not say which addresses it has. */
export function balancerAt(cluster: Cluster, balancers: readonly Balancer[], text: string): Balancer | null {
  const addresses = [text, ...(cluster.addressesOf(text) ?? [])];
  const owner = balancers.find(({ options }) => addresses.some((address) => options.addresses.includes(address)));
  if (owner) return owner;
  const silent = balancers.filter(({ options }) => options.addresses.length === 0);
  return silent.length === 1 ? silent[0]! : null;
}

function atBalancer(
  build: Build,
  { index: balancerIndex, options, file, listeners, used, protocols }: Balancer,
  entry: Entry,
  common: Common,
  agent: AgentOptions,
): ServerOptions | null {
  const { protocol } = common;
  // What forwards packets does so with datagrams, too.
  const forwards = protocol === 'udp' && makesNoConnections(options.product) && options.product.kind !== 'vip';
  const listens = forwards ? 'tcp' : protocol;
  const own = listeners.filter(({ options: each }) => listensOn(each, each.port, listens));
  if (protocol === 'udp' && own.length === 0) {
    if (options.product.kind === 'vip') {
      entry.fail(
        `datagrams through ${balancerWord(options.name)}, an address that moves, are not modelled. Use TCP, or list its balancers instead of it, if they take UDP.`,
      );
      return null;
    }
    entry.fail(
      `${balancerWord(options.name)} has no listener for UDP that is modelled: nginx has, with "listen … udp", and what forwards packets. Use TCP, or let the agents connect to the nodes.`,
    );
    return null;
  }
  const port = entry.port ?? (own.length === 1 ? own[0]!.options.port : nodeDefaults.eventsPort);
  const listenerIndex = listeners.findIndex((listener) => listensOn(listener.options, port, listens));
  if (listenerIndex < 0) {
    entry.fail(
      `${balancerWord(options.name)} does not listen${protocol === 'udp' ? ' for UDP' : ''} on port ${port}. It listens on ${listNames(own.map((listener) => String(listener.options.port)))}.`,
    );
    return null;
  }
  if (makesNoConnections(options.product)) {
    protocols.set(listenerIndex, (protocols.get(listenerIndex) ?? new Set()).add(protocol));
  } else if (protocol === 'udp') checkDatagrams(build, file, listenerIndex, agent.notifyTimeSeconds);
  const registrationIndex = listeners.findIndex((listener) => listensOn(listener.options, agent.enrollment.port));
  used.set(listenerIndex, 'events');
  if (registrationIndex >= 0 && !used.has(registrationIndex)) used.set(registrationIndex, 'registration');
  return {
    ...common,
    endpoint: { kind: 'balancer', balancerIndex, listenerIndex },
    port,
    registration: registrationIndex < 0 ? null : { kind: 'balancer', balancerIndex, listenerIndex: registrationIndex },
  };
}
