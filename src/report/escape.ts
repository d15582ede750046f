// Names are chosen by users, and reports are opened in terminals, spreadsheets and browsers: every way out has its escape.
import { styleText } from 'node:util';

// Controls (C0, DEL, C1), line and paragraph separators, invisible and direction-changing characters, lone surrogates.
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]|[\ud800-\udfff]/gu;

/** One line that a terminal, an XML reader and an editor show as it is: ESC becomes `␛`, a line feed `␊`, U+202E `<U+202E>`. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** What goes to a terminal in lines: as `printable`, line feeds stay. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** A JSON document that says the same and holds nothing a terminal acts on: what is not printable is written as its number. */
export function printableJson(json: string): string {
  return json.replace(unprintable, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text for a paragraph, list item or table cell of Markdown, shown as written: no markup, HTML, link or formula. */
export function markdownText(text: string): string {
  return (
    printable(text)
      .trim()
      .replace(/&/g, '&amp;')
      .replace(/[\\`*[\]|~$]/g, (character) => `\\${character}`)
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
      // What begins a heading, a list or a rule.
      .replace(/^(#{1,6}|[+-]|\d+(?=[.)]))(?=[.)]?(\s|$))|^[=-]+$/, (mark) =>
        /^\d/.test(mark) ? `${mark}\\` : `\\${mark}`,
      )
      .replace(/:\/\//g, ':&#47;&#47;')
      .replace(/@/g, '&#64;')
  );
}

/** A name cut to `length` characters, the end replaced by an ellipsis. */
export function shorten(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/** Printable labels for names, at most `length` characters each and never two alike. */
export function uniqueLabels(names: readonly string[], length: number): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const base = shorten(printable(name), length);
    let label = base;
    for (let copy = 2; taken.has(label); copy++) label = `${shorten(base, length - String(copy).length - 1)}·${copy}`;
    taken.add(label);
    return label;
  });
}

export type Style = Parameters<typeof styleText>[0];

/** @returns a painter that leaves text alone when `colour` is false; the caller has looked at the terminal and NO_COLOR. */
export function painter(colour: boolean): (style: Style, text: string) => string {
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}
