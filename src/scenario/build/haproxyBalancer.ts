// A balancer of a mode, from its haproxy.cfg.
import { haproxyRemarks } from '../../models/balancer/haproxy/remarks.ts';
import { documentedVersion, parseHaproxyVersion } from '../../models/balancer/haproxy/versions.ts';
import type { HelperOptions } from '../../models/cluster/haproxyHelper.ts';
import { nodeDefaults } from '../../models/node.ts';
import { readHaproxyConf, type HaproxyConf, type HaproxyConfInput } from '../import/haproxyConf.ts';
import type { Problem } from '../problem.ts';
import type { HaproxyData } from '../schema.ts';
import { pathText, type Path } from '../wording.ts';
import type { BalancerFile } from './balancers.ts';
import { addressesOfBalancer } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { completed, helperOf } from './haproxyHelper.ts';
import { attempt, readText, type NamedText } from './texts.ts';

/** What the scenario says beside the file. */
type HaproxyProcess = Pick<HaproxyConfInput, 'cpus' | 'version' | 'env' | 'settings'>;

/** @returns `null` when there were problems; they have been reported. */
export function readHaproxy(
  build: Build,
  cluster: Cluster,
  name: string,
  haproxy: HaproxyData,
  path: Path,
): BalancerFile | null {
  const given = typeof haproxy === 'string' ? { file: haproxy } : haproxy;
  const source = readText(build, given.file, typeof haproxy === 'string' ? path : [...path, 'file'], 'configuration');
  if (!source) return null;
  const version = given.version === undefined ? documentedVersion : parseHaproxyVersion(given.version)!; // the schema has checked
  const process: HaproxyProcess = {
    cpus: given.cpus ?? null,
    version,
    env: new Map(Object.entries(given.env ?? {})),
    settings: build.settingsOf('haproxy', name),
  };
  const helper = helperOf(build, cluster, name, haproxy, path);
  const conf = readConfiguration(build, cluster, completed(source, helper, cluster.nodes), process);
  if (!conf) return null;
  if (conf.options.frontends.length === 0) {
    build.fail(path, `${pathText(path)}: no frontend of it listens for TCP connections of agents.`);
  }
  if (given.version === undefined) {
    build.assume(`HAProxy is taken to be of the ${version.branch} releases, which Wazuh documents (version).`);
  }
  return fileOf(build, cluster, conf, process, helper);
}

function fileOf(
  build: Build,
  cluster: Cluster,
  conf: HaproxyConf,
  process: HaproxyProcess,
  helper: HelperOptions | null,
): BalancerFile {
  const { frontends, backends } = conf.options;
  /** A listener is one `bind` of one frontend. */
  const listeners = frontends.flatMap(({ binds, backendIndex }, frontendIndex) =>
    binds.map((bind, bindIndex) => ({ frontendIndex, backendIndex, bind, bindIndex })),
  );
  const remarks = haproxyRemarks(conf.options);
  return {
    product: { kind: 'haproxy', haproxy: conf.options },
    helper,
    choosesByAddress: backends.some(
      ({ balance }) => balance.kind === 'source' || (balance.kind === 'hash' && balance.sample.fetch === 'src'),
    ),
    idleDirective: 'timeout client or timeout server',
    listenPosition: (index) => {
      const { frontendIndex, bindIndex } = listeners[index]!;
      return conf.bindPositions[frontendIndex]![bindIndex]!;
    },
    peerPosition: (index, text) => conf.serverPositions.get(`${listeners[index]!.backendIndex}/${text}`) ?? null,
    problemsOf: (index) => [
      ...conf.problemsOf(listeners[index]!.frontendIndex),
      ...checkProblems(cluster, conf, listeners[index]!.backendIndex),
    ],
    remarksOf: (index) => [
      ...conf.assumptions,
      ...remarks.flatMap(({ backendIndex, text }) => (backendIndex === listeners[index]!.backendIndex ? [text] : [])),
    ],
    describe: (index) => conf.description(listeners[index]!.frontendIndex),
    placeOf: (index, name) => conf.placeOf(listeners[index]!.frontendIndex, name),
    reread(given, path) {
      const source = readText(build, given, path, 'configuration');
      const read = source && readConfiguration(build, cluster, completed(source, helper, cluster.nodes), process);
      return read && fileOf(build, cluster, read, process, helper);
    },
    arranged(indexes) {
      if (indexes.length === listeners.length && indexes.every((index, at) => index === at)) {
        return { kind: 'haproxy', haproxy: conf.options };
      }
      // Each address gets a frontend of its own, with its limit, where their order is another one.
      const arranged = indexes.map((index) => {
        const { frontendIndex, bind } = listeners[index]!;
        return { ...frontends[frontendIndex]!, binds: [bind] };
      });
      return { kind: 'haproxy', haproxy: { ...conf.options, frontends: arranged } };
    },
  };
}

/** Checks that ask a port on which no manager listens never pass. */
function checkProblems(cluster: Cluster, { options, serverPositions }: HaproxyConf, backendIndex: number): Problem[] {
  return options.backends[backendIndex]!.servers.flatMap(({ serverText, address, check }): Problem[] => {
    const node = cluster.nodes.find((each) => each.address === address);
    if (check === null || node === undefined) return [];
    const position = serverPositions.get(`${backendIndex}/${serverText}`) ?? null;
    if (check.address !== address) {
      const text = `the check of ${serverText} asks ${check.address}, another host than the server's, which is not modelled. Remove addr.`;
      return [{ position, text }];
    }
    const ports = [node.eventsPort, node.registrationPort ?? nodeDefaults.registrationPort];
    if (ports.includes(check.port)) return [];
    const text = `the check of ${serverText} asks port ${check.port}, on which ${node.name} does not listen: the server would be down. Ports: ${ports.join(', ')}.`;
    return [{ position, text }];
  });
}

function readConfiguration(
  build: Build,
  cluster: Cluster,
  source: NamedText,
  process: HaproxyProcess,
): HaproxyConf | null {
  const conf = attempt(build, () =>
    readHaproxyConf({
      file: source.file,
      // A text within the scenario is no file that might be cut off.
      text: source.path === '' && !source.text.endsWith('\n') ? `${source.text}\n` : source.text,
      ...process,
      resolve: (host) => addressesOfBalancer(build, host) ?? cluster.addressesBehind(host),
      assume: build.data.assume,
      purpose: 'agents',
    }),
  );
  if (!conf) return null;
  build.warn(...conf.warnings);
  for (const text of conf.assumed) build.assume(text);
  return conf;
}
