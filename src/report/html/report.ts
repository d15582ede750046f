// report.html: the whole report as one page that needs nothing but itself.
import { formatCount, formatDuration } from '../../kernel/units.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import { printable } from '../escape.ts';
import { remarkLines, warningLines } from '../summaryJson.ts';
import { durationText } from '../words.ts';
import { pageData, type Ink, type PageData } from './data.ts';
import { decidingSection } from './deciding.ts';
import { chartSections } from './figures.ts';
import { glossary } from './glossary.ts';
import { clientScript, hashSource, libraries, styleSheet } from './libraries.ts';
import { markup, jsonForHtml, Markup } from './markup.ts';
import { scrollable, told } from './parts.ts';
import { verdictSection } from './verdict.ts';

/** The same bytes for the same comparison. */
export function reportHtml(comparison: Comparison): string {
  const data = pageData(comparison);
  const style = `\n${styleSheet()}${colourRules(data)}`;
  const scripts = libraries();
  const client = `\n${clientScript()}`;
  const policy = [
    "default-src 'none'",
    `script-src ${[...scripts.map(({ text }) => text), client].map(hashSource).join(' ')}`,
    `style-src ${hashSource(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const title = `${comparison.scenario.title} – fleetfall`;
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="fleetfall ${comparison.engine}" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${inline('style', style)}
      </head>
      <body>
        <a class="skip" href="#verdict">To the verdict</a>
        <header class="top">
          <p class="brand">fleetfall</p>
          <h1>${comparison.scenario.title}</h1>
          <div class="theme" role="group" aria-label="Colours">
            <button type="button" data-theme-choice="auto" aria-pressed="true">as the system</button
            ><button type="button" data-theme-choice="light" aria-pressed="false">light</button
            ><button type="button" data-theme-choice="dark" aria-pressed="false">dark</button>
          </div>
        </header>
        <main>
          ${verdictSection(comparison)} ${decidingSection(comparison)}
          <nav aria-label="Sections">
            <ul>
              ${sections(comparison).map(([id, text]) => markup`<li><a href="#${id}">${text}</a></li>`)}
            </ul>
          </nav>
          <noscript
            ><p class="warning">
              The charts and the replay are drawn by a script, and scripts are switched off here. The same data is in
              the CSV files beside this page.
            </p></noscript
          >
          ${replaySection(comparison)} ${chartSections(comparison)}
          <section id="nodes" aria-labelledby="nodes-title">
            <h2 id="nodes-title">Node by node</h2>
            ${scrollable('Node by node', markup`<div data-nodes=""></div>`)}
          </section>
          ${whySection(comparison)} ${remarksSection(comparison)} ${aboutSection(comparison)} ${glossary(comparison)}
        </main>
        <footer>
          <p>
            Made by fleetfall ${comparison.engine}. Drawn with
            ${scripts.map(({ name, version }) => `${name} ${version}`).join(', ')} (University of Washington Interactive
            Data Lab and contributors, BSD-3-Clause), which this page carries with it. It loads nothing.
          </p>
        </footer>
        ${inline('script', jsonForHtml(data), ' type="application/json" id="data"')}
        ${scripts.map(({ text }) => inline('script', text))} ${inline('script', client, ' type="module"')}
      </body>
    </html>
`.text;
}

/** An element whose text is hashed: not a blank more than that. */
function inline(tag: 'style' | 'script', text: string, attributes = ''): Markup {
  return new Markup(`<${tag}${attributes}>${text}</${tag}>\n`);
}

/** The colours of modes and nodes, for light and for dark paper; charts name them as well. */
function colourRules({ modes, nodes }: PageData): string {
  const both = ({ light, dark }: Ink): string => `light-dark(${light}, ${dark})`;
  const variables = [
    ...modes.map(({ fill }, index) => `--mode-${index}: ${both(fill)};`),
    ...nodes.map(({ fill }, index) => `--node-${index}: ${both(fill)};`),
  ];
  const rules = [
    ...modes.flatMap(({ ink }, index) => [
      `.mode-${index} { --mode-ink: ${both(ink)}; --mode-fill: var(--mode-${index}); }`,
      `.swatch-mode-${index} { background: var(--mode-${index}); }`,
    ]),
    ...nodes.flatMap((_, index) => [
      `.swatch-node-${index} { background: var(--node-${index}); }`,
      `.cell.on-${index} { fill: var(--node-${index}); }`,
    ]),
  ];
  return `:root { ${variables.join(' ')} }\n${rules.join('\n')}\n`;
}

function sections({ scenario, modes }: Comparison): (readonly [id: string, text: string])[] {
  return [
    ['replay', 'Replay'],
    ['fleet', 'Fleet over time'],
    ['flow', 'Events'],
    ['losses', 'Losses'],
    ['away', 'Time away'],
    ['skew', 'Skew'],
    ['storm', 'Storm'],
    ['nodes', 'Nodes'],
    ...(modes.some(({ explanations }) => explanations.length > 0) ? [['why', 'Why'] as const] : []),
    ...(scenario.remarks.length + scenario.warnings.length > 0 ? [['remarks', 'Remarks'] as const] : []),
    ['about', 'What was simulated'],
    ['metrics', 'What the numbers mean'],
  ];
}

function replaySection({ replications, faults }: Comparison): Markup {
  return markup`<section id="replay" aria-labelledby="replay-title">
    <h2 id="replay-title">The fault, instant by instant</h2>
    <p class="note">
      ${replications === 1 ? 'The run' : 'The first replication'} as it was: where the agents are, and what each side
      knows of it. All modes stand at the same instant.
    </p>
    <div class="controls" role="group" aria-label="Replay">
      <button type="button" data-replay="play" aria-pressed="false">Play</button>
      <button type="button" data-replay="back" aria-label="One instant back">‹</button>
      <button type="button" data-replay="forward" aria-label="One instant forward">›</button>
      <label for="replay-time" class="visually-hidden">Instant of the replay</label>
      <input type="range" id="replay-time" min="0" value="0" step="1" />
      <output for="replay-time" id="replay-clock"></output>
      <div class="jumps">
        ${faults.map(({ index, text }) => markup`<button type="button" data-jump="${index}">${printable(text)}</button>`)}
      </div>
    </div>
    <div class="replay-panels" id="replay-panels"></div>
    <p class="note" id="replay-key"></p>
  </section>`;
}

function whySection(comparison: Comparison): Markup | null {
  const sentences = told(comparison, (mode) => mode.explanations);
  if (sentences.length === 0) return null;
  return markup`<section id="why" aria-labelledby="why-title">
    <h2 id="why-title">Why it came out so</h2>
    ${sentences}
  </section>`;
}

function remarksSection(comparison: Comparison): Markup | null {
  const remarks = remarkLines(comparison);
  const warnings = warningLines(comparison);
  if (remarks.length + warnings.length === 0) return null;
  return markup`<section id="remarks" aria-labelledby="remarks-title">
    <h2 id="remarks-title">About the configurations</h2>
    ${
      remarks.length > 0 &&
      markup`<ul>
        ${remarks.map((remark) => markup`<li>${remark}</li>`)}
      </ul>`
    }
    ${
      warnings.length > 0 &&
      markup`<h3>Warnings</h3>
        <ul>
          ${warnings.map((warning) => markup`<li>${warning}</li>`)}
        </ul>`
    }
  </section>`;
}

function aboutSection(comparison: Comparison): Markup {
  const { scenario, faults, nodeNames } = comparison;
  return markup`<section id="about" aria-labelledby="about-title">
    <h2 id="about-title">What was simulated</h2>
    <dl class="about">
      <div>
        <dt>Agents</dt>
        <dd>${formatCount(comparison.agents)}</dd>
      </div>
      <div>
        <dt>Nodes</dt>
        <dd>${nodeNames.join(', ')}</dd>
      </div>
      <div>
        <dt>Faults</dt>
        <dd>
          ${
            faults.length === 0
              ? 'none'
              : markup`<ol>
                  ${faults.map(({ text }) => markup`<li>${text}</li>`)}
                </ol>`
          }
        </dd>
      </div>
      <div>
        <dt>Time</dt>
        <dd>${durationText(comparison)} after a warm-up of ${formatDuration(comparison.warmupUs)}</dd>
      </div>
      <div>
        <dt>Replications</dt>
        <dd>${formatCount(comparison.replications)}, seed ${scenario.seed}</dd>
      </div>
      <div>
        <dt>Input</dt>
        <dd><code>${scenario.inputHash}</code></dd>
      </div>
      <div>
        <dt>fleetfall</dt>
        <dd>${comparison.engine}</dd>
      </div>
    </dl>
  </section>`;
}
