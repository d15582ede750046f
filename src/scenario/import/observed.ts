// What was seen in reality: agents on each node over time, as an operator exports it from a dashboard.
import { parseDuration } from '../../kernel/units.ts';
import { nearest, ScenarioError, type Problem } from '../problem.ts';
import type { Observed, Warning } from '../scenario.ts';
import { parseTimestamp, type Timestamp } from '../timestamps.ts';
import { durationText, enumerate, listNames, quote } from '../wording.ts';
import { CsvRows, readHeader } from './csv.ts';

export interface ObservedText {
  readonly file: string;
  readonly text: string;
  /** What a clock shows at time 0, `null`: the scenario does not say, or says a time of day only. */
  readonly startsAt: Timestamp | null;
  readonly durationUs: number;
  readonly nodeNames: readonly string[];
  /** Name of the node that goes by a text; `null`: none does. */
  nodeCalled(text: string): string | null;
}

const mostShown = 20;
const mostAgents = 5_000_000;

/** @throws ScenarioError with the first mistakes of the file and the number of all. */
export function readObserved(source: ObservedText): { readonly observed: Observed; readonly warnings: Warning[] } {
  const { file, startsAt, durationUs, nodeNames } = source;
  const rows = new CsvRows(file, source.text);
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  let problemCount = 0;
  const wrong = (column: number, text: string): void => {
    problemCount += 1;
    if (problemCount <= mostShown) problems.push({ position: rows.position(column), text });
  };
  if (!rows.next()) {
    throw new ScenarioError(file, [
      { position: { file, line: 1, column: 1 }, text: 'is empty: expected a header with time, node and agents.' },
    ]);
  }
  const { at, missing, others } = readHeader(rows, ['time', 'node', 'agents'], []);
  if (missing.length > 0) {
    const text = `the ${missing.length === 1 ? 'column' : 'columns'} ${enumerate(missing)} ${missing.length === 1 ? 'is' : 'are'} missing. The first line names the columns: time, node and agents.`;
    throw new ScenarioError(file, [{ position: rows.position(0), text }]);
  }
  if (others.length > 0) {
    const text = `nothing is made of the ${others.length === 1 ? 'column' : 'columns'} ${enumerate(others.slice(0, 12).map(quote))}.`;
    warnings.push({ position: rows.position(0), text });
  }
  const width = rows.fields;
  const points = new Map<string, Map<number, number>>();
  let outside = 0;
  while (rows.next()) {
    if (rows.fields !== width) {
      wrong(0, `has ${rows.fields} ${rows.fields === 1 ? 'field' : 'fields'}, the header has ${width}.`);
      continue;
    }
    const before = problemCount;
    const atUs = instantOf(rows.field(at.time!), startsAt);
    if (typeof atUs === 'string') wrong(at.time!, `time: ${atUs}`);
    const nodeText = rows.field(at.node!);
    const node = source.nodeCalled(nodeText);
    if (node === null) {
      const meant = nearest(nodeText, nodeNames);
      wrong(
        at.node!,
        `node: no node is called ${quote(nodeText)}. ${meant ? `Did you mean ${meant}? ` : ''}Known: ${listNames(nodeNames)}.`,
      );
    }
    const agentsText = rows.field(at.agents!);
    const agents = /^\d+(?:\.\d+)?$/.test(agentsText) ? Number(agentsText) : NaN;
    if (!(agents <= mostAgents)) wrong(at.agents!, `agents: expected a number of agents, got ${quote(agentsText)}.`);
    if (problemCount > before || typeof atUs === 'string' || node === null) continue;
    if (atUs < 0 || atUs >= durationUs) {
      outside += 1;
      continue;
    }
    const line = points.get(node) ?? new Map<number, number>();
    if (line.has(atUs)) wrong(at.time!, `${node} has a number of agents for this instant already.`);
    line.set(atUs, agents);
    points.set(node, line);
  }
  const start = { file, line: 1, column: 1 };
  if (problemCount > problems.length) {
    problems.push({
      position: start,
      text: `and ${(problemCount - problems.length).toLocaleString('en-US')} more mistakes in this file.`,
    });
  }
  if (outside > 0 && points.size > 0) {
    const text = `${outside} ${outside === 1 ? 'row is' : 'rows are'} left out: before time 0, or after the run of ${durationText(durationUs)}.`;
    warnings.push({ position: start, text });
  }
  if (problems.length === 0 && points.size === 0) {
    const why =
      outside > 0
        ? `All of them are before time 0 or after the run of ${durationText(durationUs)}: does startsAt fit?`
        : 'Give it a row an instant and node.';
    problems.push({ position: start, text: `has nothing to compare with. ${why}` });
  }
  if (problems.length > 0) throw new ScenarioError(file, problems);
  const lines = nodeNames.flatMap((node) => {
    const line = points.get(node);
    if (!line) return [];
    const sorted = [...line].sort(([a], [b]) => a - b);
    return [{ node, atUs: sorted.map(([us]) => us), agents: sorted.map(([, agents]) => agents) }];
  });
  return { observed: { lines }, warnings };
}

/** In µs since time 0. @returns what is wrong otherwise. */
function instantOf(text: string, startsAt: Timestamp | null): number | string {
  const instant = parseTimestamp(text);
  if (instant !== null) {
    if (startsAt === null)
      return 'an instant needs startsAt of the scenario as an instant, such as 2026-03-01T08:30:00Z.';
    if (instant.zoned !== startsAt.zoned) {
      return `${instant.zoned ? 'has a time zone and startsAt has none' : 'has no time zone and startsAt has one'}. Give both or neither.`;
    }
    return instant.epochUs - startsAt.epochUs;
  }
  try {
    return parseDuration(text);
  } catch {
    return `expected a duration since time 0 such as 90s, or an instant such as 2026-03-01T08:30:00Z, got ${quote(text)}.`;
  }
}
