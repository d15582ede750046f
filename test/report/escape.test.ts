import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  markdownText,
  painter,
  printable,
  printableJson,
  printableLines,
  shorten,
  uniqueLabels,
} from '../../src/report/escape.ts';

test('no control character reaches a terminal', () => {
  expect(printable('a\u001b[31mred\n\u0007\u007f\u009b\u202eevil\ud800')).toBe(
    'a␛[31mred␊␇␡<U+009B><U+202E>evil<U+D800>',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = printable(text);
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(printable(shown)).toBe(shown);
    }),
  );
});

test('a document says the same with its controls as numbers', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = printableJson(JSON.stringify({ [text]: text }, null, 2));
      expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(JSON.parse(shown)).toEqual({ [text]: text });
    }),
  );
  expect(printableLines('a\u001b[2J\nb\u009b\n')).toBe('a␛[2J\nb<U+009B>\n');
});

test('names are text in Markdown, whatever they look like', () => {
  const written = [
    '<script>',
    'a|b',
    '[x](http://evil)',
    '*b* _i_ `c`',
    '# no',
    '1. no',
    '- no',
    '---',
    '@team',
    '$a$b',
  ];

  expect(written.map(markdownText)).toEqual([
    '&lt;script&gt;',
    'a\\|b',
    '\\[x\\](http:&#47;&#47;evil)',
    '\\*b\\* \\_i\\_ \\`c\\`',
    '\\# no',
    '1\\. no',
    '\\- no',
    '\\---',
    '&#64;team',
    '\\$a\\$b',
  ]);
});

test('what is harmless stays readable in Markdown', () => {
  for (const text of ['10.5 s ± 15 ms', '+40.5 s', 'worker_01', '−3.1 points']) expect(markdownText(text)).toBe(text);
});

test('long names are cut, and never two alike', () => {
  const long = 'a-very-long-name-of-a-mode-nobody-can-read';

  expect(shorten('worker01', 8)).toBe('worker01');
  expect(uniqueLabels([`${long}-1`, `${long}-2`, 'short'], 16)).toEqual([
    'a-very-long-nam…',
    'a-very-long-n…·2',
    'short',
  ]);
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 20 }), (names) => {
      expect(new Set(uniqueLabels(names, 8)).size).toBe(names.length);
    }),
  );
});

test('colour is ours to add, whatever the stream, and absent when not wanted', () => {
  expect(painter(true)('red', 'x')).toBe('\u001b[31mx\u001b[39m');
  expect(painter(false)('red', 'x')).toBe('x');
});
