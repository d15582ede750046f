// Small parts that several sections are made of.
import type { Comparison, ModeResult } from '../../metrics/comparison.ts';
import { sharedSentences } from '../words.ts';
import { markup, type Markup, type Part } from './markup.ts';

/** What may be wider than a narrow screen: it scrolls by itself, also with the keyboard. */
export function scrollable(label: string, content: Part): Markup {
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${content}</div>`;
}

/** Sentences of the modes, each said once. */
export function told({ modes }: Comparison, sentences: (mode: ModeResult) => readonly string[]): Markup[] {
  return sharedSentences(modes, sentences).map(
    ({ modes: names, sentences: texts }) =>
      markup`${names.length > 0 && markup`<h4>${names.join(', ')}</h4>`}
        <ul>
          ${texts.map((text) => markup`<li>${text}</li>`)}
        </ul>`,
  );
}
