// The first screen: the verdict in a sentence, what was expected, the modes side by side.
import { formatCount, formatDuration } from '../../kernel/units.ts';
import type { Comparison, ExpectationResult, Verdict } from '../../metrics/comparison.ts';
import { modeSentence, shortVerdictOf } from '../../metrics/verdict.ts';
import { differenceTexts } from '../format.ts';
import { meanNote, runsText } from '../summaryMarkdown.ts';
import { outcomeOf } from '../summaryJson.ts';
import { differenceLines, durationText, headlinesOf, verdictWords } from '../words.ts';
import { metricLink } from './glossary.ts';
import { markup, type Markup } from './markup.ts';
import { scrollable } from './parts.ts';

const verdictsInOrder: readonly Verdict[] = ['pass', 'breached', 'inconclusive', 'vacuous'];
const verdictMarks = { pass: '✓', breached: '✗', inconclusive: '?', vacuous: '–' } satisfies Record<Verdict, string>;

export function verdictSection(comparison: Comparison): Markup {
  const { faults, modes, expectations } = comparison;
  const several = modes.length > 1;
  const short = shortVerdictOf(faults, modes);
  return markup`<section id="verdict" class="verdict ${outcomeOf(comparison)}" aria-labelledby="verdict-title">
      <h2 id="verdict-title" class="visually-hidden">Verdict</h2>
      <p class="sentence">${short}</p>
      <p class="scope">
        ${formatCount(comparison.agents)} agents, ${durationText(comparison)} after a warm-up of
        ${formatDuration(comparison.warmupUs)}, ${runsText(comparison)}, seed ${comparison.scenario.seed}
      </p>
      ${expectations.length > 0 ? expectationList(expectations) : markup`<p class="note">The scenario expects nothing, so nothing can fail.</p>`}
    </section>
    <section id="modes" aria-labelledby="modes-title">
      <h2 id="modes-title">${several ? 'The modes side by side' : 'What came out'}</h2>
      ${sideBySide(comparison)}
      <p class="note">${meanNote(comparison)} Each line leads to what it means.</p>
      <ul class="stories">
        ${modes.map(
          (mode, index) =>
            markup`<li class="mode-${index}">
              <h3><span class="swatch"></span>${mode.name}</h3>
              ${short.includes(modeSentence(mode)) ? null : markup`<p>${withoutName(modeSentence(mode), mode.name)}.</p>`}
              <p class="note">${mode.description}</p>
            </li> `,
        )}
      </ul>
      ${several && differences(comparison)}
    </section>`;
}

function withoutName(sentence: string, name: string): string {
  const rest = sentence.slice(name.length + 2);
  return `${rest.slice(0, 1).toUpperCase()}${rest.slice(1)}`;
}

function expectationList(expectations: readonly ExpectationResult[]): Markup {
  const counts = verdictsInOrder.flatMap((verdict) => {
    const count = expectations.filter((result) => result.verdict === verdict).length;
    return count === 0 ? [] : [{ verdict, count }];
  });
  return markup`<h3 class="counts">
      Expectations:
      ${counts.map(({ verdict, count }) => markup`<span class="badge ${verdict}">${verdictMarks[verdict]} ${count} ${verdictWords[verdict]}</span> `)}
    </h3>
    <ul class="expectations">
      ${expectations.map(
        ({ expectation, verdict, detail }) =>
          markup`<li>
            <span class="badge ${verdict}">${verdictMarks[verdict]} ${verdictWords[verdict]}</span
            ><span class="what"
              >${metricLink(expectation.left.metric, markup`<code>${expectation.text}</code>`)}<span class="detail"
                >${detail}</span
              ></span
            >
          </li> `,
      )}
    </ul>`;
}

function sideBySide({ modes }: Comparison): Markup {
  return scrollable(
    'The modes side by side',
    markup`<table class="numbers">
      <thead>
        <tr>
          <td></td>
          ${modes.map(({ name }, index) => markup`<th scope="col" class="mode-${index}"><span class="swatch"></span>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${headlinesOf(modes).map(
          ({ label, metric, value }) =>
            markup`<tr>
              <th scope="row">${metricLink(metric, label)}</th>
              ${modes.map((mode) => markup`<td>${value(mode)}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>`,
  );
}

function differences(comparison: Comparison): Markup | null {
  const lines = differenceLines(comparison);
  if (lines.length === 0) return null;
  const baseline = comparison.modes[0]!.name;
  return markup`<details class="block">
    <summary>Against ${baseline}, replication by replication</summary>
    <p class="note">The same agents, events and instants in both, so each replication gives one difference.</p>
    ${scrollable(
      `Differences to ${baseline}`,
      markup`<table class="numbers">
        <thead>
          <tr>
            <th scope="col">mode</th>
            <th scope="col">what</th>
            <th scope="col">difference</th>
            <th scope="col">95 % interval</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map(({ mode, label, result }) => {
            const { mean, certainty } = differenceTexts(result.estimate, result.unit);
            return markup`<tr>
              <th scope="row">${mode}</th>
              <td class="text">${metricLink(result.metric, label)}</td>
              <td>${mean}</td>
              <td>${certainty}</td>
            </tr> `;
          })}
        </tbody>
      </table>`,
    )}
  </details>`;
}
