// Which node the agents have a session on, over time.
import type { Comparison } from '../../metrics/comparison.ts';
import { modeInk, neutral } from '../palette.ts';
import { keptIndexes } from '../series.ts';
import {
  faultKey,
  faultLayers,
  frame,
  meansNote,
  nodeColours,
  panelTitle,
  round,
  timeAxis,
  timeOf,
  type Json,
  type Labels,
  type Spec,
} from './shared.ts';

const width = 560;

export function connectedAgents(comparison: Comparison, labels: Labels): Spec {
  const time = timeOf(comparison);
  const series = [...labels.nodes, labels.noSession];
  const panels = comparison.modes.map(({ timeline }, index): Json => {
    const areas = [...timeline.connectedByNode, timeline.disconnected];
    const reporting = timeline.disconnected.map((out, step) => comparison.agents - out - timeline.unaware[step]!);
    const kept = keptIndexes([...areas, reporting], Math.max(1, comparison.agents) / 500);
    const at = (step: number): number => round((step * timeline.stepUs) / time.unitUs, 4);
    return {
      title: panelTitle(labels.modes[index]!, modeInk(index)),
      width,
      height: 130,
      layer: [
        {
          data: {
            values: areas.flatMap((line, order) =>
              kept.map((step) => ({ time: at(step), node: series[order]!, order, agents: round(line[step]!, 2) })),
            ),
          },
          mark: { type: 'area', opacity: 0.9 },
          encoding: {
            x: timeAxis(time, index === comparison.modes.length - 1),
            y: {
              field: 'agents',
              type: 'quantitative',
              stack: 'zero',
              scale: { domain: [0, Math.max(1, comparison.agents)], nice: false },
              axis: { title: 'agents', tickCount: 4 },
            },
            color: {
              field: 'node',
              type: 'nominal',
              scale: nodeColours(labels, [{ name: labels.noSession, colour: neutral.pale }]),
              legend: { title: 'session on' },
            },
            order: { field: 'order', type: 'quantitative' },
          },
        },
        {
          data: { values: kept.map((step) => ({ time: at(step), agents: round(reporting[step]!, 2) })) },
          mark: { type: 'line', color: '#000000', strokeWidth: 1.5 },
          encoding: {
            x: { field: 'time', type: 'quantitative' },
            y: { field: 'agents', type: 'quantitative' },
          },
        },
        ...faultLayers(comparison, time, width, false),
      ],
    };
  });
  return {
    ...frame('Which node the agents have a session on', [
      'Black line: agents whose events reach a node that processes. Those above it are cut off: in grey they look for a node, in the colour of a node they have not noticed.',
      ...faultKey(comparison, time, width),
      ...meansNote(comparison),
    ]),
    vconcat: panels,
    spacing: 16,
  };
}
