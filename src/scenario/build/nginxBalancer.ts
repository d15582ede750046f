// A balancer of a mode, from its nginx.conf.
import { isIP } from 'node:net';
import { upstreamsPassed } from '../../models/balancer/nginx/servers.ts';
import { expressionsOf } from '../../models/balancer/nginx/variables.ts';
import { includeFrom } from '../files.ts';
import { readNginxConf, type NginxConf, type NginxConfInput } from '../import/nginxConf.ts';
import { pathText, type Path } from '../wording.ts';
import type { NginxData } from '../schema.ts';
import type { BalancerFile } from './balancers.ts';
import { addressesOfBalancer } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { attempt, readText, type NamedText } from './texts.ts';

/** @returns `null` when there were problems; they have been reported. */
export function readNginx(
  build: Build,
  cluster: Cluster,
  name: string,
  nginx: NginxData,
  path: Path,
): BalancerFile | null {
  const given = typeof nginx === 'string' ? { file: nginx } : nginx;
  const source = readText(build, given.file, typeof nginx === 'string' ? path : [...path, 'file'], 'configuration');
  const { cpus = null, version, addresses = [] } = given;
  const [own] = addresses;
  const address = own !== undefined && addresses.length === 1 && isIP(own) !== 0 ? own : null;
  const process: NginxProcess = { cpus, version, address, settings: build.settingsOf('nginx', name) };
  const conf = source && readConfiguration(build, cluster, source, process);
  if (!source || !conf) return null;
  if (conf.options.listeners.length === 0)
    build.fail(path, `${pathText(path)}: no server of it listens for TCP connections.`);
  return fileOf(build, cluster, conf, process);
}

/** What the scenario says beside the file. */
type NginxProcess = Pick<NginxConfInput, 'cpus' | 'version' | 'address' | 'settings'>;

function fileOf(build: Build, cluster: Cluster, conf: NginxConf, process: NginxProcess): BalancerFile {
  const { listeners, upstreams } = conf.options;
  return {
    product: { kind: 'nginx', nginx: conf.options },
    choosesByAddress:
      upstreams.some(({ method }) => 'key' in method && method.key.includes('addr')) ||
      [...listeners, ...(conf.options.sockets ?? [])].some(({ variables = [] }) =>
        variables.some(
          (each) => each.kind === 'geo' || expressionsOf(each).some((text) => text.includes('remote_addr')),
        ),
      ),
    idleDirective: 'proxy_timeout',
    listenPosition: (index) => conf.listenPositions[index] ?? null,
    peerPosition: (index, text) => {
      const at = upstreamsPassed(conf.options, listeners[index]!).map((behind) =>
        conf.serverPositions.get(`${behind}/${text}`),
      );
      return at.find((position) => position !== undefined) ?? null;
    },
    problemsOf: (index) => conf.problemsOf(index),
    describe: (index) => conf.description(index),
    placeOf: (index, name) => conf.placeOf(index, name),
    reread(given, path) {
      const source = readText(build, given, path, 'configuration');
      const read = source && readConfiguration(build, cluster, source, process);
      if (!source || !read) return null;
      return fileOf(build, cluster, read, process);
    },
    arranged: (indexes) => ({
      kind: 'nginx',
      nginx: { ...conf.options, listeners: indexes.map((index) => listeners[index]!) },
    }),
  };
}

function readConfiguration(build: Build, cluster: Cluster, source: NamedText, process: NginxProcess): NginxConf | null {
  const { data } = build;
  const { files, texts } = build.context;
  const include = includeFrom(files, source.path === '' ? '.' : source.path, build.context.includesOutside);
  const conf = attempt(build, () =>
    readNginxConf({
      file: source.file,
      text: source.text,
      readInclude: (pattern, from) => {
        const included = include(pattern, from);
        for (const { file, text } of included) texts.set(file, text);
        return included;
      },
      ...process,
      resolve: (host) => addressesOfBalancer(build, host) ?? cluster.addressesBehind(host),
      assume: data.assume,
      listeners: 'agents',
    }),
  );
  if (!conf) return null;
  build.warn(...conf.warnings);
  for (const text of conf.assumed) build.assume(text);
  return conf;
}
