// A balancer of a mode, from its nginx.conf.
import { upstreamsBehind } from '../../models/balancer/nginx/servers.ts';
import { includeFrom } from '../files.ts';
import { readNginxConf, type NginxConf } from '../import/nginxConf.ts';
import { pathText, type Path } from '../wording.ts';
import type { NginxData } from '../schema.ts';
import type { BalancerFile } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { attempt, readText, type NamedText } from './texts.ts';

/** @returns `null` when there were problems; they have been reported. */
export function readNginx(build: Build, cluster: Cluster, nginx: NginxData, path: Path): BalancerFile | null {
  const given = typeof nginx === 'string' ? { file: nginx } : nginx;
  const source = readText(build, given.file, typeof nginx === 'string' ? path : [...path, 'file']);
  const conf = source && readConfiguration(build, cluster, source, given.cpus ?? null);
  if (!source || !conf) return null;
  if (conf.options.listeners.length === 0)
    build.fail(path, `${pathText(path)}: no server of it listens for TCP connections.`);
  return fileOf(build, cluster, conf, given.cpus ?? null);
}

function fileOf(build: Build, cluster: Cluster, conf: NginxConf, cpus: number | null): BalancerFile {
  const { listeners, upstreams } = conf.options;
  return {
    product: { kind: 'nginx', nginx: conf.options },
    choosesByAddress: upstreams.some(({ method }) => 'key' in method && method.key.includes('addr')),
    idleDirective: 'proxy_timeout',
    listenPosition: (index) => conf.listenPositions[index] ?? null,
    peerPosition: (index, text) => {
      const at = upstreamsBehind(listeners[index]!).map((behind) => conf.serverPositions.get(`${behind}/${text}`));
      return at.find((position) => position !== undefined) ?? null;
    },
    problemsOf: (index) => conf.problemsOf(index),
    describe: (index) => conf.description(index),
    reread(given, path) {
      const source = readText(build, given, path);
      const read = source && readConfiguration(build, cluster, source, cpus);
      if (!source || !read) return null;
      return fileOf(build, cluster, read, cpus);
    },
    arranged: (indexes) => ({
      kind: 'nginx',
      nginx: { ...conf.options, listeners: indexes.map((index) => listeners[index]!) },
    }),
  };
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
