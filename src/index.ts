/**
 * fleetfall as a library: what the command line does, as functions over plain data.
 *
 *     import { readScenarioFile, simulate } from 'fleetfall';
 *     const { verdict, expectations } = await simulate(readScenarioFile('worker-crash.yaml'), { jobs: 2 });
 *
 * A scenario is read (`readScenarioFile`, or `loadScenario` for texts that lie in no file), simulated into a `Comparison`, and
 * the comparison is told (`briefSummary`, `terminalSummary`, `summaryMarkdown`, `summaryJson`, `reportFiles`, `writeReport`). A mistake in what
 * is read is a `ScenarioError`, one of ours a `ReplicationError`. Times are whole µs, shares are of one.
 *
 * @packageDocumentation
 */
export { simulate, ReplicationError, type SimulateOptions } from './run/replications.ts';
export {
  assign,
  movedClients,
  type AssignAnswer,
  type AssignChange,
  type AssignedClient,
  type AssignQuestion,
  type HaproxyQuestion,
  type NginxQuestion,
  type ScenarioQuestion,
} from './run/assign.ts';
export type { Assigned, Moved, ServerShare } from './metrics/assignment.ts';
export { engineVersion } from './run/version.ts';
export { loadScenario, readScenarioFile, type LoadInput, type Overrides } from './scenario/load.ts';
export { scenarioFromFlags, type FlagScenario } from './scenario/flags.ts';
export { diskFiles, type Files } from './scenario/files.ts';
export { scenarioJsonSchema } from './scenario/schema.ts';
export { ScenarioError, type Problem } from './scenario/problem.ts';
export { metricDefinitions, type MetricDefinition, type SelectorKey } from './scenario/metricNames.ts';
export type {
  Expectation,
  ExpectationOp,
  MetricReference,
  Mode,
  Observed,
  Scenario,
  SourcePosition,
  Remark,
  Warning,
} from './scenario/scenario.ts';
export type { Setting, SettingValue } from './metrics/settings.ts';
export type {
  Comparison,
  Estimate,
  ExpectationResult,
  FaultText,
  GroupResult,
  Landing,
  MetricResult,
  ModeResult,
  NodeLoad,
  PairedDifference,
  ReconnectRow,
  ReconnectRows,
  Replay,
  SeenOn,
  TimelineSeries,
  Unit,
  Verdict,
} from './metrics/comparison.ts';
export {
  changeOf as compare,
  NotComparableError,
  type AgentMove,
  type Change,
  type ExpectationChange,
  type MetricChange,
  type ModeSettings,
} from './metrics/change.ts';
export type { SettingChange } from './metrics/settings.ts';
export { runWorld } from './models/world.ts';
export type { BalancerMark } from './models/world/marks.ts';
export type { WorldFixed, WorldProbe } from './models/world/state.ts';
export type { GroupOptions, Luck, WorldOptions } from './models/worldOptions.ts';
export type { Books, EventCounts, FaultOccurrence, LossCause } from './models/ledger.ts';
export { reportFiles, type ReportFile } from './report/files.ts';
export { OutputError, writeReport } from './report/write.ts';
export { briefSummary } from './report/brief.ts';
export { junitXml } from './report/junit.ts';
export type { Strictness } from './report/judgement.ts';
export { readResult, resultPieces } from './report/stored.ts';
export { baselinePieces, readBaseline, type Baseline } from './report/baseline.ts';
export {
  checkBaseline,
  record,
  StaleBaselineError,
  type BaselineCheck,
  type Recorded,
  type ValueDifference,
} from './report/baselineCheck.ts';
export { baselineText, divergenceSentence } from './report/baselineText.ts';
export type { Divergence, EventRow } from './run/divergence.ts';
export type { Recording, StreamRecord } from './run/recording.ts';
export { ResultError } from './report/sealed.ts';
export { changeText, type ChangeTextOptions } from './report/changeText.ts';
export { changeMarkdown } from './report/changeMarkdown.ts';
export { changeJson } from './report/changeJson.ts';
export { terminalSummary, type TerminalOptions } from './report/terminal.ts';
export { summaryJson, summaryJsonSchema, type Summary } from './report/summaryJson.ts';
export { summaryMarkdown } from './report/summaryMarkdown.ts';
