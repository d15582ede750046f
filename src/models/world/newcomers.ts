// Which agents do not exist before an enrolment brings them in.
import type { WorldOptions } from '../worldOptions.ts';

/** Number of agents of each group that an enrolment brings in: the first ones. */
export function newcomersOf({ groups, faults }: Pick<WorldOptions, 'groups' | 'faults'>): number[] {
  return groups.map(({ name, count }) => {
    let newcomers = 0;
    for (const fault of faults) {
      if (fault.kind === 'enroll' && fault.group === name) newcomers += fault.count * fault.times;
    }
    return Math.min(count, newcomers);
  });
}
