// What a scenario says about how fast its managers are: nobody has measured or published it, so the verdict repeats it.
import { formatCount, formatDuration } from '../../kernel/units.ts';
import { handlesControlInline } from '../../models/managerVersions.ts';
import type { NodeOptions } from '../../models/node.ts';
import { listNames } from '../wording.ts';

/** One sentence a rate and a cost that the scenario gives, with the nodes it is for. */
export function intakeAssumptions(nodes: readonly NodeOptions[]): string[] {
  const told = new Map<string, string[]>();
  const tell = (what: string, name: string): void => {
    told.set(what, [...(told.get(what) ?? []), name]);
  };
  for (const { name, version, acceptsPerSecond, acceptQueue, controlCostUs, workerPool } of nodes) {
    if (acceptsPerSecond !== null) {
      tell(
        `accepts ${formatCount(acceptsPerSecond)} connections a second while ${formatCount(acceptQueue + 1)} wait (acceptsPerSecond)`,
        name,
      );
    }
    if (controlCostUs === null) continue;
    const cost = `needs ${formatDuration(controlCostUs)} for the database work of a startup or keepalive (control.cost)`;
    tell(
      handlesControlInline(version)
        ? `${cost}, which its ${workerPool} handler threads do before they come to the next message`
        : `${cost}, which one thread does behind the ACK`,
      name,
    );
  }
  return [...told].map(
    ([what, names]) =>
      `${names.length > 1 ? 'Each of ' : ''}${listNames(names)} ${what}: assumed, nobody has measured it.`,
  );
}
