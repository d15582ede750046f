// The groups of the fleet in a mode: their agents, by which settings they go, and to which servers.
import { agentWithSettings } from '../../models/agentVersions.ts';
import type { AgentOptions } from '../../models/agentOptions.ts';
import { listensOn } from '../../models/balancer/options.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';
import type { AgentSettings as AgentData, RoutingData } from '../schema.ts';
import { pathText, quote, type Path } from '../wording.ts';
import { ownValue } from '../yamlSource.ts';
import { readAgentFiles } from './agentFiles.ts';
import type { Balancer } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { agentsOf, type Refuse } from './fleetPlan.ts';
import { fromCommandLine, nameIdle, nameUnknown } from './layers.ts';
import { balancerAt, entriesOf, serverOf } from './servers.ts';
import { settingsOf } from './settings.ts';

/** The agents of a group: one group of the models, or one for each part of its inventory. `null`: there were problems. */
export function readGroup(
  build: Build,
  cluster: Cluster,
  balancers: readonly Balancer[],
  name: string,
  index: number,
): GroupOptions[] | null {
  const group = build.data.fleet[name]!;
  const before = build.problemCount;
  const refuse: Refuse = (below, text) => {
    const at = ['fleet', name, ...below];
    build.fail(at, `${pathText(at)}: ${text}`);
  };
  const who = agentsOf(group, name, index, {
    isBalanced: balancers.length > 0,
    choosesByAddress: balancers.some(({ file }) => file.choosesByAddress),
    inventories: build.context.inventories,
    startsAtSecond: build.data.startsAt?.secondOfDay ?? null,
    nodeCalled: (text) => cluster.nodeCalled(text),
    refuse,
    refuseAt: (problem) => build.refuse([problem]),
    warn: (text) => build.warn({ position: null, text }),
    assume: (text) => build.assume(text),
  });
  // Where the agents are not known, the settings of the group's own version are looked at.
  const versions = new Set(who?.map(({ version }) => version) ?? [group.version]);
  const settings = new Map(
    [...versions].map((version) => [version, routedAgent(build, cluster, balancers, name, version)]),
  );
  const groups = who?.map(({ version, agents }) => ({
    ...agents,
    ...settings.get(version)!,
    start: group.start,
    latencyUs: group.latency ?? null,
    unreachable: group.unreachable,
    restartEveryUs: group.restart,
  }));
  return build.problemCount > before || !groups ? null : groups;
}

/** What version, files, scenario and mode make of the agents of a group. */
function routedAgent(
  build: Build,
  cluster: Cluster,
  balancers: readonly Balancer[],
  name: string,
  version: string,
): Pick<GroupOptions, 'agent' | 'servers' | 'order' | 'enrolsAt'> {
  const { data, mode } = build;
  const group = data.fleet[name]!;
  const path = ['fleet', name];
  const own: RoutingData = ownValue(mode.groups, name) ?? {};
  const modePath = build.path;
  const ownPath = [...modePath, 'groups', name];
  const ossecPath = own.ossec === undefined ? [...modePath, 'ossec'] : [...ownPath, 'ossec'];
  const routing = own.ossec ?? mode.ossec;
  const conf = readAgentFiles(build, routing, ossecPath, version);
  const scenario: readonly (readonly [AgentData | undefined, Path])[] = [
    [group.agent, [...path, 'agent']],
    [mode.agent, [...modePath, 'agent']],
    [own.agent, [...ownPath, 'agent']],
  ];
  for (const [settings, at] of scenario) nameIdle(build, settings, at);
  for (const [settings, at] of scenario) nameUnknown(build, version, settings, at);
  const agent = agentWithSettings(
    version,
    [
      ...(conf?.settings ?? []),
      ...scenario.map(([settings]) => settingsOf(settings)),
      ...scenario.map(([settings, at]) => settingsOf(fromCommandLine(build, settings, at))),
    ],
    group.platform,
  );
  const { warnLevelPercent: warn, normalLevelPercent: normal } = agent.internal;
  if (normal >= warn) {
    const why = `the normalLevel of its buffer (${normal}) must be below warnLevel (${warn}): the agent refuses to start.`;
    build.fail(path, `${pathText(path)}: ${why}`);
  }
  const { server, ...agentOptions } = agent;
  const serversPath = own.servers === undefined ? [...modePath, 'servers'] : [...ownPath, 'servers'];
  // A group's own ossec.conf wins over the mode's list.
  const list = own.servers ?? (own.ossec === undefined ? mode.servers : undefined);
  // Where routing is missing or cannot be read, that has been said.
  const known = list !== undefined || (routing === undefined ? balancers.length > 0 : conf !== null);
  const entries = known ? entriesOf(build, list, serversPath, conf) : [];
  const servers = entries.flatMap((entry) => {
    const made = serverOf(build, cluster, balancers, entry, agentOptions, server);
    if (made && entry.position) build.places.set(made, entry.position);
    return made ?? [];
  });
  if (servers.length > 0 && servers.every(({ isUnresolvable }) => isUnresolvable === true)) {
    build.fail(path, `${pathText(path)}: no server of its agents can be resolved (hosts): nobody would ever connect.`);
  }
  const asked = build.enrols ? enrolsAt(build, cluster, balancers, agentOptions, name) : undefined;
  return { agent: agentOptions, servers, enrolsAt: asked, order: own.order ?? mode.order ?? group.order ?? 'listed' };
}

/** Who the agents of a group ask for a key before their servers: `manager_address` of `<enrollment>`. */
function enrolsAt(
  build: Build,
  cluster: Cluster,
  balancers: readonly Balancer[],
  { enrollment }: AgentOptions,
  group: string,
): GroupOptions['enrolsAt'] {
  const { managerAddress, port } = enrollment;
  if (managerAddress === null) return undefined;
  const nodeIndex = cluster.nodeOf(managerAddress);
  if (nodeIndex >= 0) {
    return { endpoint: { kind: 'node', nodeIndex }, listens: cluster.nodes[nodeIndex]!.registrationPort === port };
  }
  const balancer = balancers.length === 1 ? balancers[0]! : balancerAt(cluster, balancers, managerAddress);
  const listenerIndex = balancer?.listeners.findIndex(({ options }) => listensOn(options, port)) ?? -1;
  if (balancer && listenerIndex >= 0) {
    if (!balancer.used.has(listenerIndex)) balancer.used.set(listenerIndex, 'registration');
    return { endpoint: { kind: 'balancer', balancerIndex: balancer.index, listenerIndex }, listens: true };
  }
  build.fail(
    ['fleet', group],
    `fleet.${group}: <manager_address> ${quote(managerAddress)} is no node of the cluster, and no balancer listens on port ${port}. Known: ${cluster.knownHosts()}.`,
  );
  return undefined;
}
