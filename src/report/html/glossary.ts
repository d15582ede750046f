// Every metric with what it is and what it came to: where the numbers of the page lead.
import { metricMeaning } from '../../scenario/metricMeanings.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import { metricNames } from '../../scenario/metricNames.ts';
import { estimateText } from '../format.ts';
import { metricOf } from '../words.ts';
import { markup, type Markup, type Part } from './markup.ts';

/** A number, or what stands for one, with the way to what it means. */
export function metricLink(metric: string, text: Part): Markup {
  return markup`<a class="metric" href="#${anchorOf(metric)}">${text}</a>`;
}

export function glossary({ modes }: Comparison): Markup {
  const found = metricNames.map((metric) => ({
    metric,
    of: modes.flatMap((mode) => {
      const result = metricOf(mode, metric);
      return result === undefined || result.estimate.mean === null ? [] : [{ name: mode.name, result }];
    }),
  }));
  const silent = found.filter(({ of }) => of.length === 0);
  return markup`<section id="metrics" aria-labelledby="metrics-title">
    <h2 id="metrics-title">What the numbers mean</h2>
    <p class="note">
      Every metric an expectation may name, with its mean over the replications and half of its 95 % interval.
      Percentiles are exact, of one replication each; an outage that has not ended counts as infinite.
    </p>
    <dl class="glossary">
      ${found
        .filter(({ of }) => of.length > 0)
        .map(({ metric, of }) =>
          entry(
            metric,
            markup`<ul>
              ${of.map(
                ({ name, result }) =>
                  markup`<li><span>${name}</span> <b>${estimateText(result.estimate, result.unit)}</b></li>`,
              )}
            </ul>`,
          ),
        )}
    </dl>
    ${
      silent.length > 0 &&
      markup`<h3>About these this run says nothing</h3>
        <dl class="glossary">${silent.map(({ metric }) => entry(metric, null))}</dl>`
    }
  </section>`;
}

function entry(metric: string, values: Part): Markup {
  return markup`<div id="${anchorOf(metric)}" tabindex="-1">
    <dt><code>${metric}</code></dt>
    <dd>${metricMeaning(metric)} ${values}</dd>
  </div> `;
}

function anchorOf(metric: string): string {
  return `metric-${metric}`;
}
