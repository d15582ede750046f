// One mode of a checked scenario as the options of a world.
import type { WorldOptions } from '../../models/worldOptions.ts';
import { lint } from '../lint/lint.ts';
import { nearest } from '../problem.ts';
import type { Remark } from '../scenario.ts';
import { listNames, quote } from '../wording.ts';
import { productKeys } from '../schema/balancers.ts';
import { ownValue } from '../yamlSource.ts';
import { assumeGenerally } from './assumptions.ts';
import { readBalancers } from './balancers.ts';
import { Build, type ModeContext } from './context.ts';
import { describe } from './description.ts';
import { followChains } from './chains.ts';
import { checkEnrolments } from './enrolments.ts';
import { readFault } from './faults.ts';
import { withHelper } from './haproxyHelper.ts';
import { readGroup } from './groups.ts';
import { checkListeners } from './listeners.ts';
import { readCluster } from './nodes.ts';
import { readReloaded } from './reloaded.ts';

export interface BuiltMode {
  readonly description: string;
  readonly world: WorldOptions;
  readonly assumptions: readonly string[];
  readonly remarks: readonly Remark[];
}

/** @returns `null` when there were problems; they have been reported to the context. */
export function buildMode(context: ModeContext): BuiltMode | null {
  const { data } = context;
  const build = new Build(context);
  const fail = build.fail.bind(build);
  const cluster = readCluster(build);
  const balancers = readBalancers(build, cluster);
  checkRouting(build);
  if (balancers === null) return null;
  const groups = Object.keys(data.fleet).map((group, index) => readGroup(build, cluster, balancers, group, index));
  const built = groups.flatMap((group) => group ?? []);
  followChains(build, balancers);
  for (const balancer of balancers) checkListeners(build, cluster, balancer, balancers);
  const faults = data.faults.flatMap((fault, index) => {
    const read = readFault(fault, index, {
      data,
      nodes: cluster.nodes,
      nodesOfAnyMode: context.nodesOfAnyMode,
      balancers: balancers.map(({ options }) => options),
      balancersOfAnyMode: context.balancersOfAnyMode,
      readAgain: (name, file, at) => {
        const balancer = balancers.find(({ options }) => options.name === name);
        return balancer ? readReloaded(build, cluster, balancer, balancers, file, at) : null;
      },
      fail,
    });
    return read ?? [];
  });
  if (!groups.includes(null)) checkEnrolments(data, built, cluster.nodes, fail);
  const agents = built.reduce((sum, { count }) => sum + count, 0);
  const helped = withHelper(build, cluster, balancers, agents);
  if (build.problemCount > 0 || groups.includes(null)) return null;
  const network = { latencyUs: data.network.latency, unreachable: data.network.unreachable };
  assumeGenerally(build, cluster, balancers, built);
  return {
    description: describe(build, cluster, balancers, built),
    assumptions: build.assumptions,
    remarks: lint(
      {
        nodes: cluster.nodes,
        managers: cluster.managers,
        balancers,
        groups: built,
        faults,
        network,
        placeOfServer: (server) => build.places.get(server) ?? null,
      },
      context.name,
    ),
    world: {
      warmupUs: data.warmup,
      durationUs: typeof data.duration === 'number' ? data.duration : data.duration.atMost,
      untilSettled: typeof data.duration !== 'number',
      nodes: cluster.nodes,
      network,
      ...helped,
      groups: built,
      faults,
    },
  };
}

/** Every group has to know where to connect, and groups of which a mode speaks have to exist. */
function checkRouting(build: Build): void {
  const { data, mode, path } = build;
  const { name } = build.context;
  if (
    productKeys.every((key) => mode[key] === undefined) &&
    mode.balancers === undefined &&
    mode.ossec === undefined &&
    mode.servers === undefined
  ) {
    const every = Object.keys(data.fleet).every((group) => {
      const own = ownValue(mode.groups, group);
      return own !== undefined && (own.ossec !== undefined || own.servers !== undefined);
    });
    if (!every)
      build.fail(path, `modes.${name} does not say how agents connect. Give it nginx, haproxy, ossec or servers.`);
  }
  for (const group of Object.keys(mode.groups ?? {})) {
    if (ownValue(data.fleet, group) !== undefined) continue;
    const known = Object.keys(data.fleet);
    const meant = nearest(group, known);
    build.fail(
      [...path, 'groups', group],
      `modes.${name}.groups: no group is called ${quote(group)}. ${meant ? `Did you mean ${meant}? ` : ''}Known: ${listNames(known)}.`,
    );
  }
}
