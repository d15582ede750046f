// The balancers of a mode in the making: what agents and faults ask of them, whatever product they are.
import type { BalancerOptions, BalancerProduct } from '../../models/balancer/options.ts';
import type { ListenerFacts } from '../../models/balancer/product.ts';
import { listenersOf } from '../../models/balancer/products.ts';
import type { HelperOptions } from '../../models/cluster/haproxyHelper.ts';
import { balancerPlace } from '../../models/fault.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import type { BalancerData, BalancerHostData } from '../schema.ts';
import { productKeys } from '../schema/balancers.ts';
import { enumerate, pathText, type Path } from '../wording.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import type { ListenerUse } from './listeners.ts';
import { readHaproxy } from './haproxyBalancer.ts';
import { readNginx } from './nginxBalancer.ts';
import { describedKinds, readDescribed } from './productBalancers.ts';
import { kernelOf } from './settings.ts';
import { readVip } from './vipBalancer.ts';

/** What the reader of a product knows of a file beside the options. Listeners by their place in the product's. */
export interface BalancerFile {
  readonly product: BalancerProduct;
  /** Wazuh's HAProxy helper works at it; absent or `null`: none does. */
  readonly helper?: HelperOptions | null;
  /** What it chooses may depend on the address it sees. */
  readonly choosesByAddress: boolean;
  /** The directive behind `sessionTimeoutUs`. */
  readonly idleDirective: string;
  listenPosition(listenerIndex: number): SourcePosition | null;
  peerPosition(listenerIndex: number, serverText: string): SourcePosition | null;
  /** Mistakes only for who uses the listener: it may serve a dashboard as well. */
  problemsOf(listenerIndex: number): readonly Problem[];
  /** What its model takes for granted about a listener that is used. */
  remarksOf?(listenerIndex: number): readonly string[];
  /** `nginx hash $remote_addr consistent`. */
  describe(listenerIndex: number): string;
  /** Where a directive stands that decides for a listener (`proxy_timeout`, `timeout client`); `null`: it is not written. */
  placeOf?(listenerIndex: number, directive: string): SourcePosition | null;
  /** Another file in its place, at a reload. */
  reread(text: string, path: Path): BalancerFile | null;
  /** The same file, its listeners in another order. */
  arranged(listenerIndexes: readonly number[]): BalancerProduct;
}

export interface Balancer {
  readonly index: number;
  readonly options: BalancerOptions;
  readonly file: BalancerFile;
  readonly listeners: readonly ListenerFacts[];
  /** What agents connect to each listener for; one that is not here is not used. */
  readonly used: Map<number, ListenerUse>;
  /** Over what agents send their events to each listener of one that forwards: it has one for both. */
  readonly protocols: Map<number, Set<'tcp' | 'udp'>>;
}

/** In a sentence: a lone balancer has no name of its own. */
export function balancerWord(name: string): string {
  return name === balancerPlace ? 'the balancer' : name;
}

interface Given {
  readonly name: string;
  readonly data: BalancerData;
  readonly path: Path;
  readonly addresses: readonly string[];
}

/** The balancers that a mode names, in order: the one it has by its product alone first. */
export function balancersGiven({ mode, path }: Build): Given[] {
  const keys = productKeys.filter((key) => mode[key] !== undefined);
  const data: BalancerData = Object.fromEntries(keys.map((key) => [key, mode[key]]));
  const alone = keys.length === 0 ? [] : [{ name: balancerPlace, data, path, addresses: addressesOf(data) }];
  const named = Object.entries(mode.balancers ?? {}).map(([name, each]) => ({
    name,
    data: each,
    path: [...path, 'balancers', name],
    addresses: addressesOf(each),
  }));
  return [...alone, ...named];
}

/** Where it is reached, as far as it says so. */
function addressesOf(data: BalancerData): readonly string[] {
  const inner = productKeys.flatMap((key) => {
    if (key === 'dns') return data.dns ? [data.dns.name] : [];
    const own = data[key];
    return typeof own === 'object' ? (own.addresses ?? []) : [];
  });
  return [...(data.addresses ?? []), ...inner];
}

/** The addresses of a balancer that is called so in the file of another one; `null`: none is. */
export function addressesOfBalancer(build: Build, host: string): readonly string[] | null {
  const given = balancersGiven(build).find(({ name }) => name === host);
  return given ? addressesOf(given.data).slice(0, 1) : null;
}

/** @returns `null` where there were problems; they have been reported. */
export function readBalancers(build: Build, cluster: Cluster): Balancer[] | null {
  const given = balancersGiven(build);
  checkNames(build, cluster, given);
  const isVip = ({ data }: Given): boolean => data.vip !== undefined;
  const first = given.map((each, index) => (isVip(each) ? null : readBalancer(build, cluster, each, index, [])));
  const others = first.filter((each) => each !== null);
  const read = given.map((each, index) =>
    isVip(each) ? readBalancer(build, cluster, each, index, others) : first[index]!,
  );
  return read.includes(null) ? null : read.filter((each) => each !== null);
}

/** @param others of the mode, which a moving address may belong to. */
function readBalancer(
  build: Build,
  cluster: Cluster,
  { name, data, path }: Given,
  index: number,
  others: readonly Balancer[],
): Balancer | null {
  const kinds = productKeys.filter((key) => data[key] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const what =
      kind === undefined ? `give it one of ${enumerate(productKeys)}.` : `give it only one of ${enumerate(kinds)}.`;
    build.fail(path, `${pathText(path)}: ${what}`);
    return null;
  }
  const own = kind === 'dns' ? { latency: data.dns!.latency, addresses: [data.dns!.name] } : data[kind]!;
  const host = hostOf(build, path, kind, data, typeof own === 'string' ? {} : own);
  const at = [...path, kind];
  const described = describedKinds.find((each) => each === kind);
  const file = described
    ? readDescribed(build, cluster, described, data, at)
    : kind === 'nginx'
      ? readNginx(build, cluster, name, data.nginx!, at)
      : kind === 'vip'
        ? readVip(build, data.vip!, others, at)
        : readHaproxy(build, cluster, name, data.haproxy!, at);
  if (!file) return null;
  if (host.ports !== undefined && makesNoConnections(file.product)) {
    build.fail(path, `${pathText(path)}: ports are of no use: ${name} makes no connections of its own. Remove them.`);
  }
  const options: BalancerOptions = {
    name,
    addresses: host.addresses ?? [],
    sourcePorts: host.ports ?? 28_232,
    latencyUs: host.latency ?? null,
    unreachable: host.unreachable,
    kernel: kernelOf(host.kernel),
    product: file.product,
  };
  return { index, options, file, listeners: listenersOf(file.product), used: new Map(), protocols: new Map() };
}

/** It forwards, or only says where to go. */
export function makesNoConnections(product: BalancerProduct): boolean {
  return product.kind === 'f5' ? product.f5.type === 'fastL4' : !['nginx', 'haproxy', 'envoy'].includes(product.kind);
}

/** What is said of the machine, beside the product or within it. */
function hostOf(
  build: Build,
  path: Path,
  kind: string,
  outer: BalancerHostData,
  inner: BalancerHostData,
): BalancerHostData {
  for (const key of ['addresses', 'ports', 'kernel', 'latency', 'unreachable'] as const) {
    if (outer[key] === undefined || inner[key] === undefined) continue;
    build.fail([...path, key], `${pathText([...path, key])}: ${kind} says it already. Remove one of them.`);
  }
  return {
    addresses: outer.addresses ?? inner.addresses,
    ports: outer.ports ?? inner.ports,
    kernel: outer.kernel ?? inner.kernel,
    latency: outer.latency ?? inner.latency,
    unreachable: outer.unreachable ?? inner.unreachable,
  };
}

/** A balancer is called like nothing else, and no two have one address. */
function checkNames(build: Build, cluster: Cluster, given: readonly Given[]): void {
  const owners = new Map<string, string>();
  given.forEach(({ name, path, addresses }, index) => {
    const taken = given.slice(0, index).some((other) => other.name === name);
    const what =
      cluster.nodeCalled(name) >= 0 ? 'a node' : Object.hasOwn(build.data.fleet, name) ? 'a group of the fleet' : null;
    if (taken) build.fail(path, `${pathText(path)}: the mode has a balancer of this name already, its own.`);
    else if (what !== null) build.fail(path, `${pathText(path)}: ${name} is the name of ${what} already.`);
    for (const address of addresses) {
      const owner = owners.get(address);
      if (owner !== undefined && owner !== name)
        build.fail(path, `${pathText(path)}: ${address} is an address of ${owner} already.`);
      owners.set(address, name);
    }
  });
}
