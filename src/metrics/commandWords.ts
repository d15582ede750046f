// What agents do that are told to: nobody has to notice anything, so these sentences stand in the place of those about noticing.
import { formatDuration } from '../kernel/units.ts';
import { agentsPlace, touched, type FaultKind } from '../models/fault.ts';
import type { GroupOptions, WorldOptions } from '../models/worldOptions.ts';

/** True for a fault by which an agent closes its connection itself. */
export function isTold(kind: FaultKind): boolean {
  return kind === 'restartAgents' || kind === 'pushConfig' || kind === 'reconnectAgents';
}

/** True when a fault that names `wanted` means the agents of this group. */
export function isCalled({ name, labels }: GroupOptions, wanted: string): boolean {
  return wanted === agentsPlace || name === wanted || labels?.includes(wanted) === true;
}

/** What the faults tell the agents of a group to do, each once. */
export function toldSentences({ faults }: WorldOptions, group: GroupOptions): string[] {
  const { agent } = group;
  const down = formatDuration(agent.life.restartUs);
  const said = faults.flatMap((fault) => {
    if (!isTold(fault.kind) || !touched(fault).some((name) => isCalled(group, name))) return [];
    switch (fault.kind) {
      case 'restartAgents':
        return [`An agent that restarts closes its connection, and is down for ${down}.`];
      case 'pushConfig':
        if (!fault.restarts) return ['An agent takes the new configuration and goes on.'];
        return agent.configPush === 'reload'
          ? [`Agents of ${agent.version} reload: their connection stays, and what is written in ${down} is not read.`]
          : [`With a new configuration agents of ${agent.version} restart, and are down for ${down}.`];
      case 'reconnectAgents':
        return agent.obeysReconnect
          ? ['An agent that is told to reconnect closes its connection and begins with the server it is on.']
          : [`Agents of ${agent.version} do not know the message to reconnect (from 4.3.0), and go on.`];
      default:
        return [];
    }
  });
  return [...new Set(said)];
}
