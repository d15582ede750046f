// What decides a result and is taken for granted: the verdict says it.
import { atLeast, defaultRestartUs, serverDefaults } from '../../models/agentVersions.ts';
import { formatDuration } from '../../kernel/units.ts';
import { kernelDefaults, unreachableBetween, type Unreachable } from '../../models/network.ts';
import { capacityOf } from '../../models/node.ts';
import { isBranch, isNewerThan, isPreview, previewRelease } from '../../models/releases.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';
import { durationText, listNames } from '../wording.ts';
import { balancerWord, type Balancer } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { enrolmentAssumptions } from './enrolments.ts';
import { faultAssumptions } from './faults.ts';
import { intakeAssumptions } from './nodeAssumptions.ts';

export function assumeGenerally(
  build: Build,
  cluster: Cluster,
  balancers: readonly Balancer[],
  groups: readonly GroupOptions[],
): void {
  const { data } = build;
  const { unreachable } = data.network;
  faultAssumptions(data.faults).forEach((text) => build.assume(text));
  enrolmentAssumptions(data, cluster.nodes).forEach((text) => build.assume(text));
  assumeRestartTime(build, groups);
  const off = data.faults.some(({ powerOff }) => powerOff !== undefined);
  if (off) {
    const pairs = groups.flatMap((group) =>
      group.servers.flatMap(({ endpoint, isUnresolvable }) => {
        if (endpoint.kind !== 'node' || isUnresolvable === true) return [];
        const node = cluster.nodes[endpoint.nodeIndex]!;
        const kind = unreachableBetween(unreachable.agents, group.unreachable, node.unreachable);
        return [{ from: group.name, to: node.name, kind }];
      }),
    );
    const arp = (group: string) => groups.find(({ name }) => name === group)!.agent.kernel.arpTimeoutUs;
    const same = pairs.filter(({ kind }) => kind === 'sameSegment').map(({ from }) => arp(from));
    assumeUnreachable(build, 'Agents', pairs, same);
    for (const { options } of balancers) {
      const own = options.unreachable;
      const kinds = cluster.nodes.map((node) => ({
        from: '',
        to: node.name,
        kind: unreachableBetween(unreachable.balancer, own, node.unreachable),
      }));
      const who = balancerWord(options.name);
      assumeUnreachable(build, `${who.charAt(0).toUpperCase()}${who.slice(1)}`, kinds, [options.kernel.arpTimeoutUs]);
    }
  }
  if (off || data.faults.some(({ hang }) => hang !== undefined)) {
    for (const { agent } of groups) {
      const { silentBytes, hungBytes } = agent.kernel.sendBuffer;
      const own = kernelDefaults.sendBuffer;
      const measured = silentBytes === own.silentBytes && hungBytes === own.hungBytes;
      build.assume(
        `A connection takes ${silentBytes / 1000} kB in front of a silent peer and ${hungBytes / 1000} kB in front of a hung one (${measured ? 'measured at MTU 1500' : 'as kernel.sendBuffer says'}).`,
      );
    }
  }
  for (const text of intakeAssumptions(cluster.nodes)) build.assume(text);
  const unlimited = cluster.nodes.filter((node) => capacityOf(node) === null).map(({ name }) => name);
  if (unlimited.length > 0) {
    build.assume(`The capacity of ${listNames(unlimited)} is not judged: no eventsPerSecond is given.`);
  }
  assumeListeners(build, cluster, groups);
  assumeReleases(build, cluster, groups);
  if (groups.some(({ agent }) => agent.enrollment.enabled && !atLeast(agent.version, '4.3.0'))) {
    build.assume('A manager is taken to refuse a second registration of a valid key, as authd does from 4.3.0.');
  }
}

const seconds = (us: number): string => (us === kernelDefaults.arpTimeoutUs ? '3 s' : formatDuration(us));

/** Which of the two applies: they differ by a factor of ten. */
function assumeUnreachable(
  build: Build,
  who: string,
  pairs: readonly { readonly from: string; readonly to: string; readonly kind: Unreachable }[],
  arpUs: readonly number[],
): void {
  const said = {
    routed: 'packets vanish (routed), connects run into the SYN time-out',
    sameSegment: `ARP fails (sameSegment) after ${listNames([...new Set(arpUs.map(seconds))])}`,
  };
  const kinds = [...new Set(pairs.map(({ kind }) => kind))];
  for (const kind of kinds) {
    const these = pairs.filter((pair) => pair.kind === kind);
    const names = (of: 'from' | 'to'): string => listNames([...new Set(these.map((pair) => pair[of]))]);
    const from = names('from');
    const where = kinds.length === 1 ? 'a host that is gone' : `${names('to')} when it is gone`;
    const subject = kinds.length === 1 || from === '' ? who : `${who} of ${from}`;
    build.assume(`${subject} in front of ${where}: ${said[kind]}.`);
  }
}

/** How long an agent is down when it restarts is not known. */
function assumeRestartTime(build: Build, groups: readonly GroupOptions[]): void {
  const { data } = build;
  const told = data.faults.some(
    ({ restartAgents, pushConfig }) =>
      restartAgents !== undefined || (pushConfig !== undefined && (Array.isArray(pushConfig) || pushConfig.restarts)),
  );
  const times = new Set(
    groups
      .filter(({ restartEveryUs, agent }) => (told || restartEveryUs) && agent.life.restartUs === defaultRestartUs)
      .map(({ agent }) => agent.life.restartUs),
  );
  for (const us of times) build.assume(`An agent that restarts is down for ${durationText(us)} (restartTime).`);
}

/** Transports that agents use and that managers without a file of their own have only when they are told to. */
function assumeListeners(build: Build, cluster: Cluster, groups: readonly GroupOptions[]): void {
  for (const protocol of ['udp', 'tcp'] as const) {
    const nodes = cluster.nodes.filter(
      (node, nodeIndex) =>
        cluster.managers[nodeIndex] === null &&
        !serverDefaults(node.version, node.role).protocols.includes(protocol) &&
        groups.some(({ servers }) =>
          servers.some(
            (one) =>
              one.isUnresolvable !== true &&
              one.endpoint.kind === 'node' &&
              one.endpoint.nodeIndex === nodeIndex &&
              one.protocol === protocol,
          ),
        ),
    );
    if (nodes.length === 0) continue;
    build.assume(
      `The managers are taken to listen on ${protocol.toUpperCase()} as well (<protocol> of their <remote>).`,
    );
  }
}

/** What is taken for granted of releases, and of who lets in whom. */
function assumeReleases(build: Build, cluster: Cluster, groups: readonly GroupOptions[]): void {
  const versions = [...groups.map(({ agent }) => agent.version), ...cluster.nodes.map(({ version }) => version)];
  const preview = versions.find(isPreview);
  if (preview !== undefined) {
    build.assume(`PREVIEW: ${preview} is played as the source of ${previewRelease} reads; its release may differ.`);
  }
  const branch = versions.find(isBranch);
  if (branch !== undefined) build.assume(`${branch} is known from its branch only, before a release.`);
  for (const platform of ['windows', 'macos'] as const) {
    const group = groups.find(({ agent }) => agent.platform === platform);
    if (!group) continue;
    const name = platform === 'windows' ? 'Windows' : 'macOS';
    const seconds = group.agent.kernel.connectTimeoutUs / 1e6;
    build.assume(`${name} agents: connect() to a host that is gone gives up after ${seconds} s (not measured).`);
  }
  // src/remoted/manager.c, validate_control_msg(), and src/config/remote-config.c: <allow_higher_versions> of <remote><agents>
  // came with 4.6.0 and is "no" by default from 4.7.0.
  const older = cluster.nodes.find(
    ({ version }, nodeIndex) =>
      cluster.managers[nodeIndex] === null &&
      atLeast(version, '4.7.0') &&
      groups.some(({ agent }) => isNewerThan(agent.version, version)),
  );
  if (older) {
    build.assume(
      `Managers of ${older.version} are taken to let in agents of later releases (<allow_higher_versions>).`,
    );
  }
}
