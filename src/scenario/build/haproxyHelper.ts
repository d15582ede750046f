// Wazuh's HAProxy helper of a mode: what the master's ossec.conf and the scenario say of it, and what it has made of the haproxy.cfg before
// the run begins.
import { helperDefaults, type HelperOptions } from '../../models/cluster/haproxyHelper.ts';
import { hardStopAfterUs } from '../../models/cluster/helperRules.ts';
import { masterOf } from '../../models/cluster/links.ts';
import { atLeast } from '../../models/agentVersions.ts';
import type { BalancerOptions } from '../../models/balancer/options.ts';
import type { NodeOptions } from '../../models/node.ts';
import type { WorldOptions } from '../../models/worldOptions.ts';
import type { HelperConf } from '../import/haproxyHelperConf.ts';
import { nearest } from '../problem.ts';
import type { HaproxyData } from '../schema.ts';
import { listNames, pathText, quote, type Path } from '../wording.ts';
import { balancersGiven, balancerWord, type Balancer } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import type { NamedText } from './texts.ts';

// Wazuh 4.9.0, framework/wazuh/core/cluster/hap_helper.
const since = '4.9.0';

/** The helper that works at a balancer; `null`: none does, or there were problems, which have been reported. */
export function helperOf(
  build: Build,
  cluster: Cluster,
  balancer: string,
  haproxy: HaproxyData,
  path: Path,
): HelperOptions | null {
  const given = typeof haproxy === 'string' ? undefined : haproxy.helper;
  const conf = given === false ? null : confFor(build, cluster, balancer, haproxy);
  if (conf === null && (given === undefined || given === false)) return null;
  const at = [...path, 'helper'];
  const master = masterOf(cluster.nodes);
  if (master < 0) {
    build.fail(at, `${pathText(at)}: the helper lives in the master's clusterd, and no node is the master.`);
    return null;
  }
  const { name, version } = cluster.nodes[master]!;
  if (!atLeast(version, since)) {
    build.fail(at, `${pathText(at)}: the helper came with Wazuh ${since}, and ${name} is of ${version}.`);
    return null;
  }
  const own = typeof given === 'object' ? given : {};
  const written = own.excludedNodes ?? conf?.options.excludedNodes ?? [];
  const shared = { ...helperDefaults, ...conf?.options };
  return {
    backend: own.backend ?? shared.backend,
    frequencyUs: own.frequency === undefined ? shared.frequencyUs : own.frequency * 1_000_000,
    agentChunkSize: own.agentChunkSize ?? shared.agentChunkSize,
    agentReconnectionTimeUs:
      own.agentReconnectionTime === undefined ? shared.agentReconnectionTimeUs : own.agentReconnectionTime * 1_000_000,
    stabilityTimeUs:
      own.agentReconnectionStabilityTime === undefined
        ? shared.stabilityTimeUs
        : own.agentReconnectionStabilityTime * 1_000_000,
    imbalanceTolerance: own.imbalanceTolerance ?? shared.imbalanceTolerance,
    removeDisconnectedAfterUs: own.removeDisconnectedNodeAfter ?? shared.removeDisconnectedAfterUs,
    excludedNodes: written.flatMap((node) => namesOf(build, cluster, node, at)),
  };
}

/** What the master's file says of a helper for this balancer. */
function confFor(build: Build, cluster: Cluster, balancer: string, haproxy: HaproxyData): HelperConf | null {
  const conf = cluster.managers[masterOf(cluster.nodes)]?.cluster?.helper ?? null;
  if (conf === null) return null;
  const all = balancersGiven(build).filter(({ data }) => data.haproxy !== undefined);
  if (all.length === 1) return conf;
  const inner = typeof haproxy === 'string' ? [] : (haproxy.addresses ?? []);
  const outer = all.find(({ name }) => name === balancer)?.data.addresses ?? [];
  return [balancer, ...inner, ...outer].includes(conf.address) ? conf : null;
}

/** Every name of a node: a server of the backend may have any of them. */
function namesOf(build: Build, cluster: Cluster, text: string, path: Path): readonly string[] {
  const node = cluster.nodes[cluster.nodeCalled(text)];
  if (node) return [node.name, ...node.names];
  const known = cluster.nodes.map(({ name }) => name);
  const meant = nearest(text, known);
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  build.fail(path, `${pathText(path)}: no node is called ${quote(text)}.${hint} Known: ${listNames(known)}.`);
  return [];
}

/** The file as the helper leaves it when it starts: with its backend, and a frontend for it. proxy.py, add_backend() to add_frontend(). */
export function completed(source: NamedText, helper: HelperOptions | null, nodes: readonly NodeOptions[]): NamedText {
  if (helper === null) return source;
  const { backend, excludedNodes } = helper;
  const has = (pattern: string): boolean => new RegExp(`^[ \\t]*${pattern}(?![\\w.:-])`, 'm').test(source.text);
  const name = backend.replace(/[^\w-]/g, '\\$&');
  if (has(`listen[ \\t]+${name}`)) return source;
  const lines: string[] = [];
  const port = nodes[masterOf(nodes)]!.eventsPort;
  if (!has(`backend[ \\t]+${name}`)) {
    lines.push(`backend ${backend}`, '  mode tcp', '  balance leastconn');
    for (const node of nodes) {
      if (!excludedNodes.includes(node.name)) lines.push(`  server ${node.name} ${node.address}:${port} check`);
    }
  }
  if (!has(`(default_backend|use_backend)[ \\t]+${name}`)) {
    lines.push(`frontend ${backend}_front`, '  mode tcp');
    lines.push(`  bind *:${port} name ${backend}_front_bind`, `  default_backend ${backend}`);
  }
  return lines.length === 0 ? source : { ...source, text: `${source.text.trimEnd()}\n${lines.join('\n')}\n` };
}

/** The one helper of the mode, with the balancers as it has left them before the run. */
export function withHelper(
  build: Build,
  cluster: Cluster,
  balancers: readonly Balancer[],
  agents: number,
): Pick<WorldOptions, 'balancers' | 'helper'> {
  const options = balancers.map((balancer) => balancer.options);
  const [first, second] = balancers.filter(({ file }) => file.helper);
  const conf = cluster.managers[masterOf(cluster.nodes)]?.cluster?.helper ?? null;
  if (!first) {
    if (conf !== null && !balancers.some(({ options: { product } }) => product.kind === 'haproxy')) {
      build.assume('The HAProxy helper of the master finds no HAProxy in this mode, and ends.');
    }
    return { balancers: options };
  }
  if (second) {
    build.fail(
      build.path,
      `${pathText(build.path)}: a cluster has one HAProxy helper. Switch it off at ${balancerWord(second.options.name)}.`,
    );
    return { balancers: options };
  }
  const helper = first.file.helper!;
  checkBackend(build, cluster, first, helper);
  const managers = cluster.nodes.filter(({ name }) => !helper.excludedNodes.includes(name)).length;
  return {
    helper: { balancerIndex: first.index, options: helper },
    balancers: options.map((balancer, index) =>
      index === first.index ? limited(balancer, hardStopAfterUs(agents, Math.max(1, managers), helper)) : balancer,
    ),
  };
}

/** Where nothing is written the helper has set it, at its first start. */
function limited(balancer: BalancerOptions, us: number): BalancerOptions {
  const { product } = balancer;
  if (product.kind !== 'haproxy' || product.haproxy.hardStopAfterUs < Infinity) return balancer;
  return { ...balancer, product: { kind: 'haproxy', haproxy: { ...product.haproxy, hardStopAfterUs: us } } };
}

function checkBackend(build: Build, cluster: Cluster, { options, file }: Balancer, helper: HelperOptions): void {
  const { product } = options;
  const backend =
    product.kind === 'haproxy' ? product.haproxy.backends.find(({ name }) => name === helper.backend) : undefined;
  if (!backend) return;
  if (backend.balance.kind !== 'leastconn') {
    const what = `the helper needs "balance leastconn", and backend ${helper.backend} has ${backend.balance.kind}`;
    build.fail(build.path, `${pathText(build.path)}: ${what}: agents it moves would not go where few are.`);
  }
  const known = cluster.nodes.flatMap(({ name, names }) => [name, ...names]);
  for (const { serverText, address } of backend.servers) {
    const node = cluster.nodes.find((one) => one.address === address);
    if (known.includes(serverText) || !node) continue;
    const what = `server ${serverText} is ${node.name}'s address under another name: the helper adds ${node.name} beside it`;
    const text = `${what}, which then gets twice its part. If ${serverText} is the node's <node_name>, list it under cluster.nodes.${node.name}.names.`;
    const listener = [...(file.product.kind === 'haproxy' ? file.product.haproxy.frontends.keys() : [])][0] ?? 0;
    build.warn({ position: file.peerPosition(listener, serverText), text });
  }
}
