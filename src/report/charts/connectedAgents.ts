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
    // Some agents may not be there yet.
    const reporting = timeline.unaware.map((unaware, step) =>
      timeline.connectedByNode.reduce((sum, line) => sum + line[step]!, -unaware),
    );
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
        ...observedLayers(comparison, index),
        ...faultLayers(comparison, time, width, false),
      ],
    };
  });
  return {
    ...frame('Which node the agents have a session on', [
      'Black line: agents whose events reach a node that processes. Those above it are cut off: in grey they look for a node, in the colour of a node they have not noticed.',
      ...(comparison.observed === null
        ? []
        : [
            'Dots: agents observed in reality, stacked as the areas are: where they lie on the upper edge of an area, run and reality agree.',
          ]),
      ...faultKey(comparison, time, width),
      ...meansNote(comparison),
    ]),
    vconcat: panels,
    spacing: 16,
  };
}

/** Most dots of a node that a picture shows. */
const mostDots = 150;

/** What was observed, stacked as the areas are; below a node that was not observed then, what was simulated. */
function observedLayers(comparison: Comparison, mode: number): Json[] {
  const { observed, nodeNames } = comparison;
  if (observed === null) return [];
  const time = timeOf(comparison);
  const { stepUs, connectedByNode } = comparison.modes[mode]!.timeline;
  const known = new Map(
    observed.lines.map(({ node, atUs, agents }) => [node, new Map(atUs.map((us, at) => [us, agents[at]!]))]),
  );
  const simulated = (node: number, us: number): number => {
    const line = connectedByNode[node]!;
    return line[Math.min(line.length - 1, Math.floor(us / stepUs))] ?? 0;
  };
  const values = observed.lines.flatMap(({ node, atUs }) => {
    const index = nodeNames.indexOf(node);
    if (index < 0) return [];
    const every = Math.ceil(atUs.length / mostDots);
    return atUs
      .filter((_, at) => at % every === 0)
      .map((us) => {
        let agents = 0;
        for (let below = 0; below <= index; below++) {
          agents += known.get(nodeNames[below]!)?.get(us) ?? simulated(below, us);
        }
        return { time: round(us / time.unitUs, 4), agents: round(agents, 2) };
      });
  });
  return [
    {
      data: { values },
      mark: { type: 'point', size: 16, fill: '#ffffff', stroke: '#000000', strokeWidth: 0.8, opacity: 1 },
      encoding: {
        x: { field: 'time', type: 'quantitative' },
        y: { field: 'agents', type: 'quantitative' },
      },
    },
  ];
}
