// All files of a report as text.
import type { Comparison } from '../metrics/comparison.ts';
import { charts } from './charts.ts';
import { lossesCsv, modesCsv, nodesCsv, reconnectsCsv, timelineCsv } from './csv.ts';
import { observedCsv, placementCsv } from './reality.ts';
import { renderSvg, specText } from './render.ts';
import { reportHtml } from './html/report.ts';
import { runbook } from './runbook.ts';
import { resultPieces } from './stored.ts';
import { summaryJson } from './summaryJson.ts';
import { summaryMarkdown } from './summaryMarkdown.ts';

export interface ReportFile {
  /** Inside the report; no name of a user's is part of it. */
  readonly path: string;
  /** Its text, piece by piece: a table of outages may be longer than a string can be. To be read once. */
  readonly pieces: Iterable<string>;
}

/** Each file is made when it is asked for: the same bytes for the same comparison. */
export function* reportFiles(comparison: Comparison): Generator<ReportFile> {
  yield { path: 'summary.json', pieces: [summaryJson(comparison)] };
  yield { path: 'result.json', pieces: resultPieces(comparison) };
  yield { path: 'summary.md', pieces: [summaryMarkdown(comparison)] };
  yield { path: 'runbook.md', pieces: [runbook(comparison)] };
  yield { path: 'report.html', pieces: [reportHtml(comparison)] };
  yield { path: 'modes.csv', pieces: modesCsv(comparison) };
  yield { path: 'nodes.csv', pieces: nodesCsv(comparison) };
  yield { path: 'timeline.csv', pieces: timelineCsv(comparison) };
  yield { path: 'losses.csv', pieces: lossesCsv(comparison) };
  yield { path: 'reconnects.csv', pieces: reconnectsCsv(comparison) };
  if (comparison.modes.some(({ placement }) => placement !== null)) {
    yield { path: 'placement.csv', pieces: placementCsv(comparison) };
  }
  if (comparison.observed !== null) yield { path: 'observed.csv', pieces: observedCsv(comparison) };
  for (const { name, spec } of charts(comparison)) {
    yield { path: `charts/${name}.vl.json`, pieces: [specText(spec)] };
    yield { path: `charts/${name}.svg`, pieces: [renderSvg(spec)] };
  }
}
