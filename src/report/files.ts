// All files of a report as text.
import type { Comparison } from '../metrics/comparison.ts';
import { charts } from './charts.ts';
import { lossesCsv, modesCsv, nodesCsv, reconnectsCsv, timelineCsv } from './csv.ts';
import { renderSvg, specText } from './render.ts';
import { summaryJson } from './summaryJson.ts';
import { summaryMarkdown } from './summaryMarkdown.ts';

/** Path inside the report → content: the same bytes for the same comparison. No name of a user's is part of a path. */
export function reportFiles(comparison: Comparison): Map<string, string> {
  const pictures = charts(comparison);
  const files = new Map<string, string>([
    ['summary.json', summaryJson(comparison)],
    ['summary.md', summaryMarkdown(comparison)],
    ['modes.csv', modesCsv(comparison)],
    ['nodes.csv', nodesCsv(comparison)],
    ['timeline.csv', timelineCsv(comparison)],
    ['losses.csv', lossesCsv(comparison)],
    ['reconnects.csv', reconnectsCsv(comparison)],
  ]);
  for (const { name, spec } of pictures) {
    files.set(`charts/${name}.vl.json`, specText(spec));
    files.set(`charts/${name}.svg`, renderSvg(spec));
  }
  return files;
}
