// Every metric with what it is and what it came to: where the numbers of the page lead.
import { metricMeaning } from '../../scenario/metricMeanings.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import { estimateText } from '../format.ts';
import { markup, type Markup, type Part } from './markup.ts';

/** A number, or what stands for one, with the way to what it means. */
export function metricLink(metric: string, text: Part): Markup {
  return markup`<a class="metric" href="#${anchorOf(metric)}">${text}</a>`;
}

export function glossary({ modes }: Comparison): Markup {
  const metrics = modes[0]?.metrics ?? [];
  const said = metrics.filter((_, at) => modes.some((mode) => mode.metrics[at]?.estimate.mean !== null));
  const silent = metrics.filter((metric) => !said.includes(metric));
  return markup`<section id="metrics" aria-labelledby="metrics-title">
    <h2 id="metrics-title">What the numbers mean</h2>
    <p class="note">
      Every metric an expectation may name, with its mean over the replications and half of its 95 % interval.
      Percentiles are exact, of one replication each; an outage that has not ended counts as infinite.
    </p>
    <dl class="glossary">
      ${said.map(({ metric }) => {
        const at = metrics.findIndex((each) => each.metric === metric);
        return markup`<div id="${anchorOf(metric)}" tabindex="-1">
          <dt><code>${metric}</code></dt>
          <dd>
            ${metricMeaning(metric)}
            <ul>
              ${modes.map(({ name, metrics: own }) => {
                const result = own[at]!;
                return markup`<li><span>${name}</span> <b>${estimateText(result.estimate, result.unit)}</b></li>`;
              })}
            </ul>
          </dd>
        </div> `;
      })}
    </dl>
    ${
      silent.length > 0 &&
      markup`<details>
        <summary>${silent.length} metrics about which this run says nothing</summary>
        <dl class="glossary">
          ${silent.map(
            ({ metric }) =>
              markup`<div id="${anchorOf(metric)}" tabindex="-1">
                <dt><code>${metric}</code></dt>
                <dd>${metricMeaning(metric)}</dd>
              </div> `,
          )}
        </dl>
      </details>`
    }
  </section>`;
}

function anchorOf(metric: string): string {
  return `metric-${metric}`;
}
