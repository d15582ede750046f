// The balancer of a mode, from its nginx.conf.
import type { NginxBalancerOptions, NginxOptions } from '../../models/balancer/nginx/options.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';
import { includeFrom } from '../files.ts';
import { readNginxConf, type NginxConf } from '../import/nginxConf.ts';
import { pathText, type Path } from '../wording.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { checkPeer, type ListenerUse } from './listeners.ts';
import { kernelOf } from './settings.ts';
import { attempt, readText, type NamedText } from './texts.ts';

export interface Balancer {
  readonly conf: NginxConf;
  readonly options: NginxBalancerOptions;
  /** What agents connect to each listener for; one that is not here is not used. */
  readonly used: Map<number, ListenerUse>;
}

/** @returns `null` when there were problems; they have been reported. */
export function readBalancer(build: Build, cluster: Cluster): Balancer | null {
  const { mode } = build;
  const path = [...build.path, 'nginx'];
  const given = typeof mode.nginx === 'string' ? { file: mode.nginx } : mode.nginx!;
  const source = readText(build, given.file, typeof mode.nginx === 'string' ? path : [...path, 'file']);
  const conf = source && readConfiguration(build, cluster, source, given.cpus ?? null);
  if (!source || !conf) return null;
  if (conf.options.listeners.length === 0)
    build.fail(path, `${pathText(path)}: no server of it listens for TCP connections.`);
  refuseShutdownTimeout(build, source, path);
  return {
    conf,
    used: new Map(),
    options: {
      nginx: conf.options,
      addresses: given.addresses ?? [],
      sourcePorts: given.ports ?? 28_232,
      latencyUs: given.latency ?? null,
      unreachable: given.unreachable,
      kernel: kernelOf(given.kernel),
    },
  };
}

/** Old worker processes keep their sessions, as long as nothing else is said. */
function refuseShutdownTimeout(build: Build, { text }: { readonly text: string }, path: Path): void {
  const { faults } = build.data;
  const reloads = faults.some(({ reload, addNode, removeNode }) => (reload ?? addNode ?? removeNode) !== undefined);
  if (!reloads || !/^\s*worker_shutdown_timeout\s/m.test(text)) return;
  build.fail(
    path,
    `${pathText(path)}: worker_shutdown_timeout closes sessions some time after a reload, which is not modelled. Remove it, or the reload.`,
  );
}

/**
 * What the balancer reads at a reload, with its listeners in the order of those it has: agents know them by their place.
 * `null` where nothing balances, or what is wrong has been reported.
 */
export function readReloaded(
  build: Build,
  cluster: Cluster,
  balancer: Balancer | null,
  given: string,
  path: Path,
  groups: readonly GroupOptions[],
): NginxOptions | null {
  const { mode } = build;
  if (!balancer) return null;
  const source = readText(build, given, path);
  const cpus = typeof mode.nginx === 'object' ? (mode.nginx.cpus ?? null) : null;
  const conf = source && readConfiguration(build, cluster, source, cpus);
  if (!source || !conf) return null;
  refuseShutdownTimeout(build, source, path);
  const { listeners, upstreams } = conf.options;
  const notifySeconds = Math.max(...groups.map(({ agent }) => agent.notifyTimeSeconds));
  const indexes = balancer.options.nginx.listeners.map(({ port }, index) => {
    const use = balancer.used.get(index);
    const found = listeners.findIndex((listener) => listener.port === port);
    if (use === undefined) return Math.max(0, found); // nobody connects there
    if (found < 0) {
      build.fail(path, `${pathText(path)}: no server of it listens on port ${port}, where agents connect to.`);
      return 0;
    }
    const { upstreamIndex, sessionTimeoutUs } = listeners[found]!;
    build.refuse(conf.problemsOf(found));
    if (use === 'events' && sessionTimeoutUs < (notifySeconds + 2) * 1e6) {
      build.fail(
        path,
        `${pathText(path)}: proxy_timeout is shorter than the agents' notify_time, which is not modelled.`,
      );
    }
    for (const peer of upstreams[upstreamIndex]!.peers) checkPeer(build, cluster, conf, peer, upstreamIndex, use);
    return found;
  });
  if (listeners.length === 0) return null;
  return { ...conf.options, listeners: indexes.map((index) => listeners[index]!) };
}

function readConfiguration(build: Build, cluster: Cluster, source: NamedText, cpus: number | null): NginxConf | null {
  const { data } = build;
  const { files, texts } = build.context;
  const include = includeFrom(files, source.path === '' ? '.' : source.path);
  const conf = attempt(build, () =>
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
        const node = cluster.nodeCalled(host);
        if (node >= 0) return [cluster.nodes[node]!.address];
        const addresses = cluster.addressesOf(host);
        return addresses?.length === 0 ? null : addresses;
      },
      assume: data.assume,
      listeners: 'agents',
    }),
  );
  if (!conf) return null;
  build.warn(...conf.warnings);
  for (const text of conf.assumed) build.assume(text);
  return conf;
}
