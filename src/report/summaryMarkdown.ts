// The summary for people who read it in a repository or a ticket.
import { formatCount, formatDuration } from '../kernel/units.ts';
import type { Comparison } from '../metrics/comparison.ts';
import { chartCaptions } from './charts.ts';
import { markdownText } from './escape.ts';
import { differenceTexts } from './format.ts';
import { realityLines } from './reality.ts';
import { outcomeOf, remarkLines, warningLines } from './summaryJson.ts';
import { differenceLines, durationText, headlinesOf, sharedSentences, verdictWords } from './words.ts';

export interface MarkdownOptions {
  /** The report's other files lie beside it, the charts as `charts/<name>.svg` (default). */
  readonly beside?: boolean;
}

export function summaryMarkdown(comparison: Comparison, { beside = true }: MarkdownOptions = {}): string {
  const { scenario, modes, faults, expectations } = comparison;
  const text = markdownText;
  const baseline = modes[0]?.name ?? '';
  const several = modes.length > 1;
  const outcome = outcomeOf(comparison);
  const lines = [
    `# ${text(scenario.title)}`,
    '',
    `**${text(comparison.verdict)}**`,
    '',
    ...(outcome === 'none' ? [] : [`Expectations: **${verdictWords[outcome]}**`, '']),
    ...sentenceList('What decides it', comparison, (mode) => mode.assumptions),
    '## The modes side by side',
    '',
    ...modeTable(comparison),
    ...modes.map(({ name, description }) => `- **${text(name)}**: ${text(description)}`),
    '',
    `${meanNote(comparison)} Skew is the largest number of agents on a node over the mean of the nodes that are up.`,
    '',
  ];
  const differences = differenceLines(comparison);
  if (several && differences.length > 0) {
    lines.push(
      `## Against ${text(baseline)}`,
      '',
      'The same agents, events and instants in both, so each replication gives one difference.',
      '',
      row(['mode', 'what', 'difference', '95 % interval']),
      row(['---', '---', '---:', '---:']),
      ...differences.map(({ mode, label, result }) => {
        const { mean, certainty } = differenceTexts(result.estimate, result.unit);
        return row([mode, label, mean, certainty].map(text));
      }),
      '',
    );
  }
  lines.push(...sentenceList('Why', comparison, (mode) => mode.explanations));
  if (expectations.length > 0) {
    lines.push('## Expectations', '', ...expectationRows(comparison), '');
  }
  lines.push(...realityLines(comparison));
  lines.push(
    ...(beside
      ? [
          '## Pictures',
          '',
          ...Object.entries(chartCaptions).flatMap(([name, caption]) => [`![${caption}](charts/${name}.svg)`, '']),
        ]
      : []),
    '## What was simulated',
    '',
    `- ${formatCount(comparison.agents)} agents, nodes ${comparison.nodeNames.map(text).join(', ')}`,
    `- ${durationText(comparison)}, after a warm-up of ${formatDuration(comparison.warmupUs)}, ${runsText(comparison)}, seed ${text(scenario.seed)}`,
    ...faults.map(({ index, text: what }) => `- fault ${index + 1}: ${text(what)}`),
    ...(faults.length === 0 ? ['- no fault'] : []),
    `- fleetfall ${text(comparison.engine)}, input ${text(scenario.inputHash.slice(0, 16))}`,
    '',
  );
  const remarks = remarkLines(comparison);
  if (remarks.length > 0) {
    lines.push('## About the configurations', '', ...remarks.map((remark) => `- ${text(remark)}`), '');
  }
  const warnings = warningLines(comparison);
  if (warnings.length > 0) lines.push('## Warnings', '', ...warnings.map((warning) => `- ${text(warning)}`), '');
  if (!beside) return lines.join('\n');
  lines.push(
    '## Files beside this one',
    '',
    '- `summary.json`: all of this for machines',
    '- `runbook.md`: of each fault what agents, balancer and dashboard show, and when',
    '- `modes.csv`: every metric of every mode, with its interval',
    '- `nodes.csv`: load of each node before, during and after',
    '- `timeline.csv`: agents and events over time (time in seconds since the end of the warm-up)',
    '- `losses.csv`: events lost by cause',
    '- `reconnects.csv`: one row an outage of an agent; detect + retry + handshake is the time it was away',
    ...(modes.some(({ placement }) => placement !== null)
      ? ['- `placement.csv`: agents by the node they were seen on and the node they land on']
      : []),
    ...(comparison.observed === null ? [] : ['- `observed.csv`: agents on each node, observed and simulated']),
    '- `charts/`: the pictures, each with its Vega-Lite specification and data',
    '',
  );
  return lines.join('\n');
}

/** The modes side by side, with an empty line behind. */
export function modeTable({ modes }: Comparison): string[] {
  const text = markdownText;
  return [
    row(['', ...modes.map(({ name }) => text(name))]),
    row(['---', ...modes.map(() => '---:')]),
    ...headlinesOf(modes).map(({ label, value }) => row([text(label), ...modes.map((mode) => text(value(mode)))])),
    '',
  ];
}

export function expectationRows({ expectations }: Comparison): string[] {
  return [
    row(['', 'expected', 'found']),
    row(['---', '---', '---']),
    ...expectations.map(({ expectation, verdict, detail }) =>
      row([
        verdict === 'breached' ? `**${verdictWords[verdict]}**` : verdictWords[verdict],
        markdownText(expectation.text),
        markdownText(detail),
      ]),
    ),
  ];
}

export function runsText({ replications }: Comparison): string {
  return replications === 1 ? '1 replication' : `${formatCount(replications)} replications`;
}

/** What ± means, or why there is none. */
export function meanNote(comparison: Comparison): string {
  return comparison.replications === 1
    ? 'One replication: there is no interval.'
    : `Means over ${runsText(comparison)}, ± half of the 95 % interval where it shows.`;
}

function sentenceList(
  title: string,
  { modes }: Comparison,
  sentences: (mode: Comparison['modes'][number]) => readonly string[],
): string[] {
  const found = sharedSentences(modes, sentences);
  if (found.length === 0) return [];
  return [
    `## ${title}`,
    '',
    ...found.flatMap(({ modes: names, sentences: texts }) => [
      ...(names.length === 0 ? [] : [`${names.map((name) => `**${markdownText(name)}**`).join(', ')}:`, '']),
      ...texts.map((text) => `- ${markdownText(text)}`),
      '',
    ]),
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
