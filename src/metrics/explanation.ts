// Why a mode's numbers are what they are, in words: who notices how, who freezes, where the search goes, what is lost where.
import { formatCount, formatDuration } from '../kernel/units.ts';
import { agentsPlace, struckPlaces, type FaultKind } from '../models/fault.ts';
import type { WorldOptions } from '../models/worldOptions.ts';
import { clusterSentences } from './clusterWords.ts';
import { isCalled, isTold, toldSentences } from './commandWords.ts';
import { reachableNodes } from './imbalance.ts';
import { losses, staying } from './lossWords.ts';
import { freezing, noticing } from './noticeWords.ts';
import type { ReplicationNumbers } from './numbers.ts';
import { half } from './overRuns.ts';
import { searching, stillAccepting } from './searchWords.ts';
import { storyOf, type Story } from './story.ts';
import { counted, listed } from './wording.ts';

/** @param world of the mode that was run. */
export function explain(world: WorldOptions, runs: readonly ReplicationNumbers[]): string[] {
  const { groups } = world;
  const stories = groups.map((group, index) => storyOf(world, group, index, runs));
  const hit = stories.filter(({ outages }) => outages > 0);
  const told = (of: (story: Story) => readonly string[]): string[] =>
    byGroup(
      hit.map((story) => ({ name: story.group.name, sentences: of(story) })),
      groups.length,
    );
  return [
    ...passedBy(world),
    ...pathsUnused(world),
    ...unnoticed(world, runs),
    ...byGroup(
      groups.map((group) => ({ name: group.name, sentences: toldSentences(world, group) })),
      groups.length,
    ),
    ...noticing(hit, groups.length),
    ...told(freezing),
    ...stillAccepting(world, hit),
    ...told(searching),
    ...searchTime(runs, hit.length > 0 && world.faults.every(({ kind }) => isTold(kind))),
    ...told(returning),
    ...clusterSentences(runs),
    ...losses(world, runs),
    ...staying(world, runs),
    ...notes(runs),
  ];
}

/** Nodes that are hit where no agent of this mode can be. */
function passedBy(world: WorldOptions): string[] {
  const first = world.balancers.map(({ product }) => product);
  const later = world.faults.flatMap((fault) => {
    if (fault.kind !== 'reload' || fault.product === null) return [];
    const { balancers, product } = fault;
    return [first.map((own, index) => (balancers.includes(world.balancers[index]!.name) ? product : own))];
  });
  const reached = [first, ...later].flatMap((products) => {
    const { usual, backup } = reachableNodes(world, products);
    return [...usual, ...backup];
  });
  const added = world.faults.flatMap((fault) => (fault.kind === 'addNode' ? fault.places : []));
  const names = world.nodes
    .filter(
      ({ name }, node) =>
        !reached.includes(node) &&
        !added.includes(name) &&
        world.faults.some((fault) => struckPlaces(fault).includes(name)),
    )
    .map(({ name }) => name);
  return names.length === 0 ? [] : [`No agent of this mode connects to ${listed(names)}.`];
}

/** Paths straight from agents to a node that are cut where all agents go through a balancer. */
function pathsUnused({ groups, nodes, faults }: WorldOptions): string[] {
  const said = faults.flatMap((fault) => {
    if (fault.kind !== 'partition' && fault.kind !== 'dropFlows') return [];
    const { from, to } = fault;
    const node = nodes.findIndex(({ name }) => name === from || name === to);
    const other = nodes[node]?.name === from ? to : from;
    const agents = groups.filter((group) => isCalled(group, other));
    if (node < 0 || agents.length === 0) return [];
    const uses = agents.some(({ servers, enrolsAt }) =>
      [...servers.flatMap(({ endpoint, registration }) => [endpoint, registration]), enrolsAt?.endpoint].some(
        (end) => end?.kind === 'node' && end.nodeIndex === node,
      ),
    );
    if (uses) return [];
    const who = other === agentsPlace ? 'No agent' : `No agent of ${other}`;
    return [`${who} goes straight to ${nodes[node]!.name} in this mode: this path carries nothing.`];
  });
  return [...new Set(said)];
}

/** What a fault does that nobody is cut off by. */
function unnoticed(world: WorldOptions, runs: readonly ReplicationNumbers[]): string[] {
  const names = (of: FaultKind): string => {
    const hit = runs.flatMap(({ faults }) => faults.filter(({ kind }) => kind === of).flatMap(({ places }) => places));
    return listed([...new Set(hit)]);
  };
  const zombies = names('zombie');
  const slow = names('slow');
  const worker = world.balancers.every(({ product }) => product.kind === 'nginx') ? 'worker ' : '';
  const reloads =
    world.balancers.length > 0 && (['reload', 'addNode', 'removeNode'] as const).some((kind) => names(kind) !== '');
  return [
    ...(zombies === ''
      ? []
      : [`No agent notices that ${zombies} throws its events away: remoted goes on answering the keepalives.`]),
    ...(slow === ''
      ? []
      : [`No agent notices that ${slow} is slow: what comes on top of what its ring takes is lost there.`]),
    ...(reloads
      ? [`A reload closes no session: the old ${worker}processes keep theirs, the new ones begin with an empty memory.`]
      : []),
  ];
}

function returning({ kind, where, healed, unfinished }: Story): string[] {
  return [
    ...(healed > 0
      ? [
          `${counted(healed, 'agent goes', 'agents go')} on over the old connection when ${where} ${kind === 'hang' ? 'goes on' : 'works again'}.`,
        ]
      : []),
    ...(unfinished > 0 ? [`${counted(unfinished, 'agent is', 'agents are')} not back when the run ends.`] : []),
  ];
}

/** @param told all faults are words to agents, which notice nothing. */
function searchTime(runs: readonly ReplicationNumbers[], told: boolean): string[] {
  const retry = half(runs, (run) => run.metrics['reconnect.retry.p50'] ?? null) ?? 0;
  const handshake = half(runs, (run) => run.metrics['reconnect.handshake.p50'] ?? null) ?? 0;
  return [
    ...(retry < 1e6
      ? []
      : [
          told
            ? `Half of the agents need ${formatDuration(retry)} from leaving to the attempt that works.`
            : `Half of the agents search for ${formatDuration(retry)} from noticing to the attempt that works.`,
        ]),
    ...(handshake < 1e6
      ? []
      : [`Half of the attempts that work take ${formatDuration(handshake)}: they wait in front of a node first.`]),
  ];
}

/** Notes of the runs once each; a number at their beginning is the mean over the replications. */
function notes(runs: readonly ReplicationNumbers[]): string[] {
  const all = runs.flatMap((run) => run.notes);
  return [...new Set(all.map(withoutNumber))].map((note) => {
    const same = all.filter((text) => withoutNumber(text) === note);
    const total = same.reduce((sum, text) => sum + Number(/^\d+/.exec(text)?.[0] ?? 0), 0);
    return total === 0 ? same[0]! : `${formatCount(total / runs.length)} ${note}`;
  });
}

function withoutNumber(note: string): string {
  return note.replace(/^\d+ /, '');
}

/** What groups share is said once; with several groups a sentence names those it is about, unless it is about all of them. */
function byGroup(
  spoken: readonly { readonly name: string; readonly sentences: readonly string[] }[],
  groupCount: number,
): string[] {
  const who = new Map<string, string[]>();
  for (const { name, sentences } of spoken) {
    for (const sentence of sentences) who.set(sentence, [...(who.get(sentence) ?? []), name]);
  }
  return [...who].map(([sentence, names]) =>
    names.length === groupCount ? sentence : `${listed(names)}: ${sentence}`,
  );
}
