// How the agents and their events are spread over the nodes: before, during and after.
import { formatCount } from '../../kernel/units.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import { printable } from '../escape.ts';
import { formatRatio } from '../format.ts';
import { modeInk, neutral } from '../palette.ts';
import { metricOf } from '../words.ts';
import {
  faultList,
  frame,
  highestOf,
  meansNote,
  nodeColours,
  panelTitle,
  round,
  type Json,
  type Labels,
  type Spec,
} from './shared.ts';

const width = 190;
const periods = [
  { key: 'before', title: 'before the first fault' },
  { key: 'during', title: 'during the faults' },
  { key: 'after', title: 'at the end' },
] as const;

export function nodeLoad(comparison: Comparison, labels: Labels, of: 'agents' | 'eventsPerSecond'): Spec {
  const axisTitle = of === 'agents' ? 'agents' : 'events per second';
  const skew = of === 'agents' ? 'skew.agents' : 'skew.events';
  const highest = highestOf(
    comparison.modes.map(({ nodes }) => nodes.flatMap((node) => periods.map(({ key }) => node[of][key]))),
  );
  // Without a fault there is nothing between a first start and a last end.
  const shown = comparison.faults.length > 0 ? periods : periods.filter(({ key }) => key !== 'during');
  const panels = comparison.modes.flatMap((mode, row) => {
    const last = row === comparison.modes.length - 1;
    return shown.map(({ key, title }, column): Json => {
      const values = mode.nodes.map((node) => ({
        node: labels.nodes[comparison.nodeNames.indexOf(node.node)] ?? printable(node.node),
        value: round(node[of][key], 2),
        text: formatCount(Math.round(node[of][key])),
      }));
      const ratio = metricOf(mode, `${skew}.${key}`)?.estimate.mean ?? null;
      const y: Json = {
        field: 'node',
        type: 'nominal',
        sort: labels.nodes,
        scale: { domain: labels.nodes },
        axis: column === 0 ? { title: null, ticks: false, labelPadding: 6 } : null,
      };
      return {
        title: {
          ...panelTitle(column === 0 ? labels.modes[row]! : ' ', modeInk(row)),
          subtitle: `${title}: ${ratio === null ? 'no skew' : `skew ${formatRatio(ratio)}`}`,
        },
        width,
        height: { step: 18 },
        data: { values },
        layer: [
          {
            mark: { type: 'bar' },
            encoding: {
              y,
              x: {
                field: 'value',
                type: 'quantitative',
                // Room for the numbers at the right.
                scale: { domain: [0, highest * 1.4], nice: false },
                axis: { title: last ? axisTitle : null, tickCount: 3, labels: last },
              },
              color: { field: 'node', type: 'nominal', scale: nodeColours(labels, []), legend: null },
            },
          },
          {
            mark: { type: 'text', align: 'right', baseline: 'middle', fontSize: 10, color: neutral.ink },
            encoding: { y, x: { value: width - 4 }, text: { field: 'text' } },
          },
        ],
      };
    });
  });
  return {
    ...frame(of === 'agents' ? 'How the agents are spread over the nodes' : 'How the load is spread over the nodes', [
      'Before and during: time means. At the end: the last instant. Skew: the fullest node over the mean of the nodes that are up and that the mode can reach; 1.00 is even.',
      ...faultList(comparison),
      ...meansNote(comparison),
    ]),
    concat: panels,
    columns: shown.length,
    spacing: { row: 22, column: 18 },
  };
}
