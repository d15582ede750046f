/**
 * fleetfall as a library: what the command line does, as functions over plain data.
 *
 *     import { readScenarioFile, simulate } from 'fleetfall';
 *     const { verdict, expectations } = await simulate(readScenarioFile('worker-crash.yaml'), { jobs: 2 });
 *
 * A scenario is read (`readScenarioFile`, or `loadScenario` for texts that lie in no file), simulated into a `Comparison`, and
 * the comparison is told (`briefSummary`, `terminalSummary`, `summaryMarkdown`, `summaryJson`, `reportFiles`, `writeReport`). Two of them are
 * compared with `compare`; who lands where is asked with `assign`, of any balancer and without a simulation, and `movedClients` tells two answers
 * apart. A project that guards its balancing with them: docs/example.
 *
 * A mistake in what is read is a `ScenarioError`, a stored result that cannot be used a `ResultError`, two results that say nothing about each
 * other a `NotComparableError`, one of our mistakes a `ReplicationError`. Times are µs (instants: since the end of the warm-up), shares are of one, and what
 * never ends is Infinity. Nothing that is handed in is changed.
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
