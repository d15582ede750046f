// What all parts of a mode are built with: the scenario as the mode sees it, and where mistakes and remarks go.
import type { ConfChange } from '../confChanges.ts';
import type { Files } from '../files.ts';
import type { ConfSetting } from '../import/confSetting.ts';
import type { Inventories } from '../inventories.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import type { ModeData, ScenarioData } from '../schema.ts';
import type { Path } from '../wording.ts';

export interface ModeContext {
  readonly data: ScenarioData;
  readonly name: string;
  readonly mode: ModeData;
  /** A fault may be at a place that only another mode has: it does nothing here. */
  readonly nodesOfAnyMode: readonly string[];
  readonly balancersOfAnyMode: readonly string[];
  readonly files: Files;
  readonly inventories: Inventories;
  /** What it changes in configurations of balancers. */
  readonly confSettings: readonly ConfChange[];
  /** Configurations may include files that are not below their own folder. */
  readonly includesOutside: boolean;
  /** Every configuration text that was read, for the input's hash. */
  readonly texts: Map<string, string>;
  readonly warnings: Warning[];
  /** Whether the command line has set what stands at this path: its word is the last. */
  isSet(path: Path): boolean;
  problem(path: Path, text: string): void;
  /** Problems that know their place already. */
  problems(problems: readonly Problem[]): void;
}

/** One mode in the making. */
export class Build {
  readonly context: ModeContext;
  readonly data: ScenarioData;
  readonly mode: ModeData;
  /** Where the mode stands in the scenario. */
  readonly path: Path;
  /** What is taken for granted, each once, in the order in which it came up. */
  readonly assumptions: string[] = [];
  /** Where an entry of an agent's list is written in its ossec.conf. */
  readonly places = new Map<object, SourcePosition>();
  #problemCount = 0;

  constructor(context: ModeContext) {
    this.context = context;
    this.data = context.data;
    this.mode = context.mode;
    this.path = ['modes', context.name];
  }

  get problemCount(): number {
    return this.#problemCount;
  }

  /** Whether agents without a key come. */
  get enrols(): boolean {
    return this.data.faults.some(({ enroll }) => enroll !== undefined);
  }

  fail(path: Path, text: string): void {
    this.#problemCount += 1;
    this.context.problem(path, text);
  }

  /** What the mode, or the command line, changes in the configuration of one balancer. */
  settingsOf(product: ConfChange['path']['product'], balancer: string): ConfSetting[] {
    return this.context.confSettings.flatMap(({ path, setting }) =>
      path.product === product && (path.balancer === null || path.balancer === balancer) ? [setting] : [],
    );
  }

  refuse(problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    this.#problemCount += problems.length;
    this.context.problems(problems);
  }

  warn(...warnings: readonly Warning[]): void {
    this.context.warnings.push(...warnings);
  }

  assume(text: string): void {
    if (!this.assumptions.includes(text)) this.assumptions.push(text);
  }
}
