// What a rule of the lint looks at, and what it says: the place, the number that shows it, and what to do.
import type { NodeOptions } from '../../models/node.ts';
import type { FaultOptions } from '../../models/fault.ts';
import type { NetworkOptions } from '../../models/network.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';
import type { ManagerConf } from '../import/managerConf.ts';
import type { Balancer } from '../build/balancers.ts';
import type { SourcePosition } from '../scenario.ts';

/** One mode of a scenario, built without a mistake. */
export interface LintInput {
  readonly nodes: readonly NodeOptions[];
  /** What each node's own ossec.conf says; `null`: none is given. */
  readonly managers: readonly (ManagerConf | null)[];
  readonly balancers: readonly Balancer[];
  readonly groups: readonly GroupOptions[];
  readonly faults: readonly FaultOptions[];
  readonly network: NetworkOptions;
  /** Where a `<server>` of an agent's list is written; `null`: in the scenario, or nowhere. */
  readonly placeOfServer: (server: object) => SourcePosition | null;
}

export interface Finding {
  readonly position: SourcePosition | null;
  readonly text: string;
}

export interface Rule {
  /** What `--json` calls it. */
  readonly name: string;
  find(input: LintInput): readonly Finding[];
}
