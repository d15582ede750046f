// The library's one door.
export { simulate, ReplicationError, type SimulateOptions } from './run/replications.ts';
export { engineVersion } from './run/version.ts';
export { loadScenario, readScenarioFile, type LoadInput, type Overrides } from './scenario/load.ts';
export { scenarioFromFlags, type FlagScenario } from './scenario/flags.ts';
export { diskFiles, type Files } from './scenario/files.ts';
export { scenarioJsonSchema } from './scenario/schema.ts';
export { ScenarioError, type Problem } from './scenario/problem.ts';
export { assignNginx, type AssignInput, type Assignment } from './scenario/assign.ts';
export type { Expectation, Mode, Scenario, SourcePosition, Warning } from './scenario/scenario.ts';
export type {
  Comparison,
  Estimate,
  ExpectationResult,
  FaultText,
  MetricResult,
  ModeResult,
  PairedDifference,
  ReconnectRow,
  Unit,
  Verdict,
} from './metrics/comparison.ts';
export { runWorld, type WorldFixed, type WorldProbe } from './models/world.ts';
export type { GroupOptions, Luck, WorldOptions } from './models/worldOptions.ts';
export type { Books } from './models/ledger.ts';
export { reportFiles, type ReportFile } from './report/files.ts';
export { OutputError, writeReport } from './report/write.ts';
export { terminalSummary } from './report/terminal.ts';
export { summaryJson, type Summary } from './report/summaryJson.ts';
export { summaryMarkdown } from './report/summaryMarkdown.ts';
