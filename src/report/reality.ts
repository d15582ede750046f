// A run against reality, as tables: where agents were seen and where they land, and how far the curve is from the observed one.
import { formatCount, formatShare } from '../kernel/units.ts';
import type { Comparison, ModeResult } from '../metrics/comparison.ts';
import { plain, plainSeconds } from './format.ts';
import { textFields, table } from './csv.ts';
import { markdownText } from './escape.ts';

/** One row a mode, node seen and node predicted; means over the replications. An empty prediction: no session. */
export function placementCsv({ modes }: Comparison): Iterable<string> {
  const text = textFields();
  const rows = modes.flatMap(({ name, placement }) =>
    (placement ?? []).flatMap(({ node, predicted, withoutSession }) => [
      ...predicted.map((each) => [text(name), text(node), text(each.node), plain(each.agents)]),
      [text(name), text(node), '', plain(withoutSession)],
    ]),
  );
  return table(['mode', 'seen_on', 'predicted_on', 'agents'], rows);
}

/** One row a mode, node and instant at which it was observed; the simulated number is the mean over the replications. */
export function observedCsv({ modes, nodeNames, observed }: Comparison): Iterable<string> {
  const text = textFields();
  const rows = modes.flatMap(({ name, timeline }) =>
    (observed?.lines ?? []).flatMap(({ node, atUs, agents }) => {
      const line = timeline.connectedByNode[nodeNames.indexOf(node)] ?? [];
      return atUs.map((us, at) => {
        const step = Math.min(line.length - 1, Math.floor(us / timeline.stepUs));
        return [text(name), text(node), plainSeconds(us), plain(agents[at]!), plain(line[step] ?? null)];
      });
    }),
  );
  return table(['mode', 'node', 'time_s', 'agents_observed', 'agents_simulated'], rows);
}

/** Sections of the summary; none where nothing was seen. */
export function realityLines(comparison: Comparison): string[] {
  return [...placementLines(comparison), ...backtestLines(comparison)];
}

function placementLines({ modes, nodeNames }: Comparison): string[] {
  const told = modes.filter(
    (mode): mode is ModeResult & { placement: NonNullable<ModeResult['placement']> } => mode.placement !== null,
  );
  if (told.length === 0) return [];
  const lines = ['## Where agents were seen, and where they land', ''];
  for (const { name, placement } of told) {
    const agreement = agreementOf(placement);
    lines.push(
      `**${markdownText(name)}**: ${agreement === null ? 'nobody' : `${formatShare(agreement)} of the agents`} on the node on which the inventory saw them.`,
      '',
      row(['seen on', ...nodeNames.map((node) => `→ ${markdownText(node)}`), 'no session']),
      row(['---', ...nodeNames.map(() => '---:'), '---:']),
      ...placement.map(({ node, predicted, withoutSession }) =>
        row([
          markdownText(node),
          ...nodeNames.map((column) => formatCount(predicted.find((each) => each.node === column)?.agents ?? 0)),
          formatCount(withoutSession),
        ]),
      ),
      '',
    );
  }
  return lines;
}

function agreementOf(placement: NonNullable<ModeResult['placement']>): number | null {
  let same = 0;
  let all = 0;
  for (const { node, predicted, withoutSession } of placement) {
    same += predicted.find((each) => each.node === node)?.agents ?? 0;
    all += predicted.reduce((sum, { agents }) => sum + agents, withoutSession);
  }
  return all === 0 ? null : same / all;
}

function backtestLines({ modes, observed }: Comparison): string[] {
  if (observed === null) return [];
  return [
    '## Against what was observed',
    '',
    'Mean distance between the simulated and the observed number of agents with a session.',
    '',
    row(['mode', 'node', 'instants', 'agents', 'of the observed']),
    row(['---', '---', '---:', '---:', '---:']),
    ...modes.flatMap(({ name, backtest }) =>
      backtest.map(({ node, points, agents, share }) =>
        row([
          markdownText(name),
          markdownText(node),
          formatCount(points),
          formatCount(agents),
          share === null ? '–' : formatShare(share),
        ]),
      ),
    ),
    '',
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
