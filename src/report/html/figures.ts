// The places of the charts, each with its title, what it shows in words, and where its data will stand as a table. A script fills them.
import { formatCount, formatShare } from '../../kernel/units.ts';
import type { Comparison, ModeResult } from '../../metrics/comparison.ts';
import { printable } from '../escape.ts';
import { formatRatio } from '../format.ts';
import { causeWords, mainCause, metricOf } from '../words.ts';
import { metricLink } from './glossary.ts';
import { markup, type Markup, type Part } from './markup.ts';
import { scrollable } from './parts.ts';

interface Figure {
  readonly id: string;
  readonly title: string;
  readonly notes: readonly Part[];
  /** Charts in it, each with what it shows in words. */
  readonly panels: readonly {
    readonly id: string;
    readonly label: string;
    readonly mode: number | null;
    readonly caption: string;
  }[];
}

export function chartSections(comparison: Comparison): Markup {
  return markup`${figures(comparison).map(figureMarkup)}`;
}

function figures(comparison: Comparison): Figure[] {
  const { modes, replications } = comparison;
  const each = (id: string, label: (mode: ModeResult) => string): Figure['panels'] =>
    modes.map((mode, index) => ({
      id: `${id}-${index}`,
      label: label(mode),
      mode: modes.length > 1 ? index : null,
      caption: mode.name,
    }));
  const means = replications === 1 ? '' : ` Means over ${formatCount(replications)} runs.`;
  return [
    {
      id: 'fleet',
      title: 'Which node the agents have a session on',
      notes: [
        `Line: agents whose events reach a node that processes. Those above it are cut off: in grey they look for a node, in the colour of a node they have not noticed.${means}`,
      ],
      panels: each('fleet', fleetText),
    },
    {
      id: 'flow',
      title: 'Events produced and delivered per second',
      notes: [
        markup`Dotted: ${metricLink('events.produced', 'produced')}; solid:
        ${metricLink('events.delivered', 'delivered')}.${means}`,
      ],
      panels: each(
        'flow',
        (mode) =>
          `${mode.name}: ${number(mode, 'events.delivered')} of ${number(mode, 'events.produced')} events are delivered.`,
      ),
    },
    {
      id: 'stock',
      title: 'Events lost so far, and waiting',
      notes: [
        markup`Solid: ${metricLink('events.lost', 'lost so far')}; dashed: waiting in agents, on the wire or in
        nodes.${means}`,
      ],
      panels: each(
        'stock',
        (mode) =>
          `${mode.name}: ${number(mode, 'events.lost')} events are lost, most wait at once: ${formatCount(Math.round(Math.max(0, ...mode.timeline.waiting)))}.`,
      ),
    },
    {
      id: 'losses',
      title: 'How the events are lost',
      notes: [
        markup`Mean events ${metricLink('events.lost', 'lost')} by cause; the thin line is the 95 % interval of the mean.`,
      ],
      panels: [{ id: 'losses', label: lossText(modes), mode: null, caption: '' }],
    },
    {
      id: 'away',
      title: 'How long agents are away',
      notes: [
        markup`Share of the ${metricLink('reconnect.count', 'outages')} of all runs that last longer, by
        ${metricLink('reconnect.p50', 'time since the session broke')} (logarithmic). Outages that had not ended when
        the run did count for as long as they were watched (Kaplan and Meier); a + stands where they are lost from
        sight.`,
      ],
      panels: [{ id: 'away', label: awayText(modes), mode: null, caption: '' }],
    },
    {
      id: 'skew',
      title: 'How unevenly the agents lie on the nodes',
      notes: [
        markup`Most agents on a node ÷ mean of the nodes that are up: ${metricLink('skew.agents.before', 'before')},
        ${metricLink('skew.agents.during', 'during')} and ${metricLink('skew.agents.after', 'after')} the faults. The
        black mark is what chance alone makes of it where a perfect hash spreads as many agents over as many equal
        nodes.`,
      ],
      panels: [{ id: 'skew', label: skewTexts(modes), mode: null, caption: '' }],
    },
    {
      id: 'load',
      title: 'Agents per node before, during and after',
      notes: [`Time means before the first fault and from the first fault to the last end, and the number at the end.`],
      panels: each('load', loadText),
    },
    {
      id: 'storm',
      title: 'The storm of those who come back',
      notes: [
        markup`${metricLink('storm.connects', 'Most connections a node accepted within a second')}, mean over the runs.`,
      ],
      panels: [{ id: 'storm', label: stormText(modes), mode: null, caption: '' }],
    },
  ];
}

function figureMarkup({ id, title, notes, panels }: Figure): Markup {
  return markup`<section id="${id}" class="chart-section" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${notes.map((note) => markup`<p class="note">${note}</p>`)}
    <div class="legend" data-legend="${id}"></div>
    <div class="panels panels-${panels.length === 1 ? 'one' : 'many'}">
      ${panels.map(
        (panel) => markup`<figure${panel.mode === null ? null : markup` class="mode-${panel.mode}"`}>
${panel.mode !== null && markup`<figcaption><span class="swatch"></span>${panel.caption}</figcaption>`}
<div class="chart" id="chart-${panel.id}" role="img" aria-label="${printable(panel.label)}"><p class="pending">This chart is drawn by a script in the page.</p></div>
</figure>
`,
      )}
    </div>
    <details class="data" data-table="${id}">
      <summary>The data as a table</summary>
      ${scrollable(`Data: ${title}`, null)}
    </details>
  </section> `;
}

function number(mode: ModeResult, metric: string): string {
  return formatCount(Math.round(metricOf(mode, metric)?.estimate.mean ?? 0));
}

function fleetText({ name, nodes, timeline: { disconnected, unaware } }: ModeResult): string {
  const parts = nodes.map(
    ({ node, agents }) =>
      `${node} ${formatCount(Math.round(agents.before))}, ${formatCount(Math.round(agents.during))}, ${formatCount(Math.round(agents.after))}`,
  );
  const most = (values: readonly number[]): string => formatCount(Math.round(Math.max(0, ...values)));
  return `${name}: agents on each node before, during and after the faults: ${parts.join('; ')}. At most ${most(disconnected)} look for a node at once, and ${most(unaware)} have not noticed that nobody hears them.`;
}

function lossText(modes: readonly ModeResult[]): string {
  return modes
    .map(
      (mode) =>
        `${mode.name}: ${mode.lossByCause.length === 0 ? 'no event is lost' : `${number(mode, 'events.lost')} events lost, mostly ${mainCause(mode)}, causes: ${mode.lossByCause.map(({ cause, estimate }) => `${causeWords[cause]} ${formatCount(Math.round(estimate.mean ?? 0))}`).join(', ')}`}.`,
    )
    .join(' ');
}

function awayText(modes: readonly ModeResult[]): string {
  return modes
    .map((mode) => {
      const { length } = mode.reconnects;
      if (length === 0) return `${mode.name}: no agent lost its session.`;
      const unfinished = mode.reconnects.filter(({ totalUs }) => totalUs === null).length;
      return `${mode.name}: ${formatCount(length)} outages in all runs, ${unfinished === 0 ? 'all of them over' : `${formatShare(unfinished / length)} not over`} when the run ends.`;
    })
    .join(' ');
}

function skewTexts(modes: readonly ModeResult[]): string {
  return modes
    .map((mode) => {
      const values = ['before', 'during', 'after'].map((when) => {
        const mean = metricOf(mode, `skew.agents.${when}`)?.estimate.mean ?? null;
        return mean === null ? 'not said' : formatRatio(mean);
      });
      return `${mode.name}: ${values.join(', ')}.`;
    })
    .join(' ');
}

function loadText({ name, nodes }: ModeResult): string {
  return `${name}: ${nodes.map(({ node, agents }) => `${node} ${formatCount(Math.round(agents.before))}, ${formatCount(Math.round(agents.during))}, ${formatCount(Math.round(agents.after))}`).join('; ')}.`;
}

function stormText(modes: readonly ModeResult[]): string {
  return modes
    .map(
      ({ name, nodes }) =>
        `${name}: ${nodes.map(({ node, connectsPeakPerSecond }) => `${node} ${formatCount(Math.round(connectsPeakPerSecond))}`).join(', ')}.`,
    )
    .join(' ');
}
