// A scenario as plain data: read, checked, defaults filled in, units converted once.
import type { WorldOptions } from '../models/worldOptions.ts';
import type { ChosenName } from './chosenNames.ts';

/** A place in a user's file, 1-based. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Mode {
  readonly name: string;
  /** What the mode is, in a few words: `nginx hash $remote_addr consistent over master, worker01, worker02`. */
  readonly description: string;
  readonly world: WorldOptions;
  /** Things that decide this mode's result and are assumed rather than known; printed with the verdict. */
  readonly assumptions: readonly string[];
}

export type ExpectationOp = '<' | '<=' | '>' | '>=' | '==';

/** `mode.metric{key=value}`. */
export interface MetricReference {
  readonly mode: string;
  readonly metric: string;
  readonly selector: Readonly<Record<string, string>>;
}

export interface Expectation {
  /** As written. */
  readonly text: string;
  readonly position: SourcePosition;
  readonly left: MetricReference;
  readonly op: ExpectationOp;
  readonly right:
    /** In the metric's own unit: a share of one, µs for times, a plain number for counts and skew. */
    | { readonly kind: 'value'; readonly value: number }
    /** `factor × metric`. */
    | { readonly kind: 'metric'; readonly factor: number; readonly reference: MetricReference };
}

/** Agents on each node as they were seen in reality. */
export interface Observed {
  /** Nodes in the order of the cluster; instants in µs since time 0, ascending, within the run. */
  readonly lines: readonly {
    readonly node: string;
    readonly atUs: readonly number[];
    readonly agents: readonly number[];
  }[];
}

export interface Warning {
  readonly position: SourcePosition | null;
  readonly text: string;
  /** Directives that decide nothing, when that is what it says: the loader names those of all files in one warning. */
  readonly idle?: readonly string[];
}

/** What the lint says of a configuration that can be simulated. */
export interface Remark extends Warning {
  /** Name of the rule. */
  readonly rule: string;
  /** Modes of which it is said. */
  readonly modes: readonly string[];
}

export interface Scenario {
  /** File the scenario came from as given by the user (never made absolute), or `command line`. */
  readonly source: string;
  /** File name without directory and extension; names the output directory. */
  readonly name: string;
  readonly title: string;
  readonly seed: string;
  readonly replications: number;
  readonly modes: readonly Mode[];
  readonly expectations: readonly Expectation[];
  /** `null`: nothing was observed. */
  readonly observed: Observed | null;
  readonly warnings: readonly Warning[];
  readonly remarks: readonly Remark[];
  /** SHA-256 (hex) over the scenario text, the overlays and every configuration text. */
  readonly inputHash: string;
  /** What runs it again, without seed, modes and replications. */
  readonly command: string;
  /** Names that are the user's and may be repeated by a sentence. Those of the modes' worlds are in their settings. */
  readonly chosenNames: readonly ChosenName[];
}
