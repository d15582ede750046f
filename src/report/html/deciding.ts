// What decides the verdict, and how near it is to another one, as far as the runs at hand can tell.
import { formatShare } from '../../kernel/units.ts';
import type { Comparison, ExpectationResult } from '../../metrics/comparison.ts';
import { pairedDifference } from '../../metrics/statistics.ts';
import { difference, estimateText, quantity, unfinishedOf } from '../format.ts';
import { metricOf } from '../words.ts';
import { metricLink } from './glossary.ts';
import { markup, type Markup } from './markup.ts';
import { told } from './parts.ts';

export function decidingSection(comparison: Comparison): Markup {
  const margins = comparison.expectations.map((result) => ({ result, text: marginText(result) }));
  const order = orderText(comparison);
  const assumptions = told(comparison, (mode) => mode.assumptions);
  return markup`<section id="deciding" class="deciding" aria-labelledby="deciding-title">
    <h2 id="deciding-title">What decides this verdict, and when it would flip</h2>
    ${
      margins.length > 0 &&
      markup`<h3>How near the limits are</h3>
        <ul>
          ${margins.map(
            ({ result, text }) =>
              markup`<li>
                ${metricLink(result.expectation.left.metric, markup`<code>${result.expectation.text}</code>`)}: ${text}
              </li> `,
          )}
        </ul>`
    }
    ${
      order !== null &&
      markup`<h3>Which mode comes first</h3>
        <p>${order}</p>`
    }
    ${
      assumptions.length > 0 &&
      markup`<h3>Assumptions</h3>
        ${assumptions}`
    }
    <p class="note">
      These runs differ in luck alone:
      ${comparison.replications === 1 ? 'one replication' : `${comparison.replications} replications`} of the same
      scenario. How the result moves with another latency, another configuration or another fleet is not known from
      them: change it in the scenario, or with --set, and run again.
    </p>
  </section>`;
}

/** By how much an expectation is met or missed, and where its limit would have to lie for another verdict. */
export function marginText({ expectation, verdict, unit, found, margins }: ExpectationResult): string {
  const { op, right } = expectation;
  if (margins.mean === null)
    return verdict === 'vacuous'
      ? 'this run says nothing about it.'
      : 'never ends on either side in some replications.';
  if (!Number.isFinite(margins.mean)) {
    const { unfinished, said } = unfinishedOf(margins);
    return `${verdict === 'pass' ? 'met' : 'missed'} without measure: in ${unfinished} of ${said} replications one side never ends within the run.`;
  }
  if (op === '==') {
    const other = margins.values.filter((value) => value !== null && value !== 0).length;
    return other === 0
      ? 'equal in every replication; one that differs would break it.'
      : `not equal in ${other} replications.`;
  }
  const isUpper = op === '<' || op === '<=';
  const half = margins.halfWidth ?? 0;
  const worst = isUpper ? margins.max! : margins.min!;
  const worstHolds = isUpper ? worst <= 0 : worst >= 0;
  const room = quantity(Math.abs(margins.mean), unit);
  const isBelow = isUpper ? margins.mean <= 0 : margins.mean >= 0;
  const met = verdict === 'pass' || (verdict === 'inconclusive' && isBelow);
  const ofLimit =
    right.kind === 'value' && right.value !== 0
      ? ` (${formatShare(Math.abs(margins.mean / right.value))} of the limit)`
      : '';
  const parts = [`${met ? 'met' : 'missed'} by ${room}${ofLimit}`];
  if (right.kind === 'value') {
    const sure = right.value + (isUpper ? margins.mean + half : margins.mean - half);
    const lost = right.value + (isUpper ? margins.mean - half : margins.mean + half);
    const side = (value: number): string => quantity(Math.max(0, value), unit);
    const [passes, breaks] = [side(sure), side(lost)];
    parts.push(
      half === 0 || passes === breaks
        ? `it flips at a limit of ${passes}`
        : `it passes with a limit ${isUpper ? 'from' : 'up to'} ${passes}, is breached ${isUpper ? 'below' : 'above'} ${breaks}, and is undecided between them`,
    );
    const extreme = isUpper ? found.max : found.min;
    if (found.values.length > 1 && extreme !== null) {
      parts.push(
        `the worst replication has ${quantity(extreme, unit)}${worstHolds === met ? '' : ', on the other side of it'}`,
      );
    }
  } else {
    parts.push(
      half > 0
        ? `the difference is ${(Math.abs(margins.mean) / half).toFixed(1)} times as large as half of its interval (below 1 it is undecided)`
        : 'by the same amount in every replication',
      `in the worst replication the difference is ${difference(worst, unit)}`,
    );
  }
  return `${parts.join('; ')}.`;
}

/** How sure it is which mode loses the fewest events. */
function orderText({ modes, replications }: Comparison): string | null {
  const lost = modes.flatMap((mode) => {
    const result = metricOf(mode, 'events.lost');
    return result?.estimate.mean == null ? [] : [{ mode, estimate: result.estimate, mean: result.estimate.mean }];
  });
  const [best, next] = lost.sort((a, b) => a.mean - b.mean);
  if (!best || !next) return null;
  const names = `${best.mode.name} (${estimateText(best.estimate, 'events')} lost) and ${next.mode.name} (${estimateText(next.estimate, 'events')})`;
  const gap = pairedDifference(next.estimate.values, best.estimate.values);
  if (gap.mean === null || gap.mean === 0) return `${names} lose the same.`;
  if (replications === 1 || gap.halfWidth === null)
    return `${names} were compared in one replication: there is no interval.`;
  const other = gap.values.filter((value) => value !== null && value < 0).length;
  const flips =
    other === 0
      ? 'in no replication is it the other way round'
      : `in ${other} of ${gap.values.length} replications it is the other way round`;
  return `Between ${names} lie ${quantity(gap.mean, 'events')} ± ${quantity(Number(gap.halfWidth.toPrecision(2)), 'events')} events; ${flips}${Math.abs(gap.mean) <= gap.halfWidth ? ', and which of them loses fewer cannot be told' : ''}.`;
}
