// Where events were lost, and which nodes stay empty.
import { formatCount } from '../kernel/units.ts';
import { lossCauses, type LossCause } from '../models/ledger.ts';
import type { WorldOptions } from '../models/worldOptions.ts';
import type { ReplicationNumbers } from './numbers.ts';
import { mean } from './overRuns.ts';
import { counted } from './wording.ts';

export function losses(world: WorldOptions, runs: readonly ReplicationNumbers[]): string[] {
  const sizes = [...new Set(world.groups.map(({ agent }) => agent.internal.logcollectorQueueSize))];
  const buffers = [...new Set(world.groups.map(({ agent }) => agent.clientBuffer.queueSize))];
  const only = (list: readonly number[], unit: string): string =>
    list.length === 1 ? ` (${formatCount(list[0]!)} ${unit})` : '';
  const how: Readonly<Record<LossCause, string>> = {
    path: 'written into dead connections before their agent noticed; nobody sends them again',
    sendError: 'in the hand of a sender whose send failed',
    ring: `the client buffer${only(buffers, 'events')} was full`,
    logcollector: `logcollector's queue${only(sizes, 'lines')} was full: nobody reads it while an agent looks for a node or is frozen`,
    agentRestart: 'in an agent that was restarted',
    nodeQueue: "remoted's queue was full",
    analysis: 'more than the node can analyse',
    nodeMemory: 'they had reached the node and died with it, which writes what it analyses once a second',
    zombie: 'thrown away by a node that only seemed to work',
    keyInUse: 'refused, because the agent had come back over a new connection first',
  };
  const lost = mean(runs, (run) => run.metrics['events.lost'] ?? 0);
  return (
    lossCauses
      .map((cause) => ({ cause, own: mean(runs, (run) => run.lossByCause[cause]) }))
      // Below a hundredth of all losses a cause explains nothing.
      .filter(({ own }) => own > 0 && own >= lost / 100)
      .sort((a, b) => b.own - a.own)
      .map(({ cause, own }) => `${counted(own, 'event', 'events')} lost: ${how[cause]}.`)
  );
}

/** Nodes that are back and stay empty: an agent moves only when its connection breaks. */
export function staying(world: WorldOptions, runs: readonly ReplicationNumbers[]): string[] {
  return world.nodes.flatMap(({ name }, node) => {
    const endUs = Math.max(
      ...runs.flatMap(({ faults }) =>
        faults.filter(({ outOfService, places }) => outOfService && places.includes(name)).map((fault) => fault.endUs),
      ),
    );
    const before = mean(runs, ({ nodes }) => nodes[node]!.agents[0]);
    const after = mean(runs, ({ nodes }) => nodes[node]!.agents[2]);
    if (!(endUs < world.durationUs) || before === 0 || after >= before / 100) return [];
    return [
      `Nobody goes back to ${name} by itself: at the end it has ${formatCount(Math.round(after))} agents, before the fault it had ${formatCount(Math.round(before))}.`,
    ];
  });
}
