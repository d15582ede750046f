import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDirectives, type Directive, type ReadInclude } from '../../../src/scenario/import/nginxSyntax.ts';
import type { Problem } from '../../../src/scenario/problem.ts';
import type { Warning } from '../../../src/scenario/scenario.ts';

interface Reading {
  readonly directives: readonly Directive[];
  /** `file:line:column text`. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads the first of some files; the others can be included by name. */
function read(files: Readonly<Record<string, string>>): Reading {
  const include: ReadInclude = (pattern) => {
    const names = pattern.endsWith('*')
      ? Object.keys(files).filter((name) => name.startsWith(pattern.slice(0, -1)))
      : [pattern];
    return names.map((file) => {
      const text = files[file];
      if (text === undefined) throw new Error('no such file.');
      return { file, text };
    });
  };
  const [[file, text]] = Object.entries(files) as [[string, string]];
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  const directives = readDirectives(file, text, include, problems, warnings);
  const line = ({ position, text: said }: Problem | Warning): string =>
    position ? `${position.file}:${position.line}:${position.column} ${said}` : said;
  return { directives, problems: problems.map(line), warnings: warnings.map(line) };
}

/** `name arg arg { inner; }`, with `|` around each word. */
function shape(directives: readonly Directive[]): string {
  return directives
    .map(({ name, args, block }) => {
      const words = [name, ...args.map(({ text }) => text)].map((word) => `|${word}|`).join(' ');
      return block ? `${words} { ${shape(block)} }` : words;
    })
    .join(' ; ');
}

// nginx 1.22.1, src/core/ngx_conf_file.c, ngx_conf_read_token(): what a word is.
test.each([
  ['a b;', '|a| |b|'],
  ['a\tb\r\nc\n;', '|a| |b| |c|'],
  ['a "b c" d;', '|a| |b c| |d|'],
  ['a \'b "c"\';', '|a| |b "c"|'],
  ['a "b\nc";', '|a| |b\nc|'],
  ['a "say \\"x\\" and \\\\";', '|a| |say "x" and \\|'],
  ['a "\\t\\n\\r\\x";', '|a| |\t\n\r\\x|'],
  ['a b\\;c;', '|a| |b\\;c|'],
  ['a b\\ c;', '|a| |b\\ c|'],
  ['a b"c"d;', '|a| |b"c"d|'],
  ['a \'\' "";', '|a| || ||'],
  ['a ${b}c;', '|a| |${b}c|'],
  ['a $b{c;}', '|a| |$b| { |c| }'],
  ['a b}c;', '|a| |b}c|'],
  ['a b#c;', '|a| |b#c|'],
  ['a b;# c;\nd e;', '|a| |b| ; |d| |e|'],
  ['# only a comment', ''],
  ['a { b c; d { } }', '|a| { |b| |c| ; |d| {  } }'],
  ['a{b c;}', '|a| { |b| |c| }'],
  ['"a" b;', '|a| |b|'],
  ['if ($x = "y") { z; }', '|if| |($x| |=| |y| |)| { |z| }'],
])('%j is read as %s', (text, expected) => {
  const { directives, problems } = read({ 'nginx.conf': text });

  expect(problems).toEqual([]);
  expect(shape(directives)).toBe(expected);
});

test('every directive and every word knows its place', () => {
  const { directives } = read({ 'nginx.conf': 'a;\n  stream {\r\n\tserver "x\ny"   z;\n}\n' });
  const [, stream] = directives;
  const [server] = stream!.block!;
  const places = [stream!, server!, ...server!.args].map(({ position }) => `${position.line}:${position.column}`);

  expect(places).toEqual(['2:3', '3:2', '3:9', '4:6']);
});

test.each([
  ['a b', 'nginx.conf:1:1 directive "a" is not ended. Add a ";" (or a block in braces).'],
  ['a {\n b;', 'nginx.conf:1:3 this "{" is never closed. Add the missing "}".'],
  ['a { b c }', 'nginx.conf:1:5 directive "b" is not ended. Add a ";" (or a block in braces).'],
  ['a { b c} d;', 'nginx.conf:1:5 directive "b" is not ended. Add a ";" (or a block in braces).'],
  ['a;\n}', 'nginx.conf:2:1 unexpected "}". Remove it, or add the "{" it belongs to.'],
  ['; a;', 'nginx.conf:1:1 unexpected ";": a directive must come before it.'],
  ['{ a; }', 'nginx.conf:1:1 unexpected "{": a directive must come before it.'],
  ['a { b "c; }', 'nginx.conf:1:7 this " is never closed. Add the missing ".'],
  ['a "b"c;', 'nginx.conf:1:6 unexpected "c" behind a closing ". Put a space between them.'],
  ['a\u00a0b;', 'nginx.conf:1:1 the blank U+00A0 in "a\u00a0b" is part of a word for nginx. Write a plain space.'],
  ['include;', 'nginx.conf:1:1 include takes one file name or pattern.'],
  [
    'x { include y.conf; }',
    'nginx.conf:1:13 cannot include "y.conf": no such file. Put the file there, or correct the path (relative to the main configuration file).',
  ],
  ['content_by_lua_block { x }', 'content_by_lua_block holds program text, which is not run here. Leave it out.'],
])('%j is one mistake, said once and at its place', (text, expected) => {
  const { problems } = read({ 'nginx.conf': text });

  expect(problems.filter((problem) => problem.includes(expected))).toHaveLength(1);
  expect(problems.length).toBe(1);
});

test('a byte order mark is told as such, as nginx refuses it, and the columns behind it are those of an editor', () => {
  const { directives, problems } = read({ 'nginx.conf': '\uFEFFa b; ;\n' });

  expect(directives.map(({ name }) => name)).toEqual(['a']);
  expect(problems).toEqual([
    'nginx.conf:1:1 the file begins with a byte order mark, which nginx takes for a part of its first directive. Save it as UTF-8 without BOM.',
    'nginx.conf:1:6 unexpected ";": a directive must come before it.',
  ]);
});

test('several mistakes are told at once, and what can be read is read', () => {
  const { directives, problems } = read({ 'nginx.conf': 'a { b }\n;\nc { d;\n e "x"y; }\n' });

  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'nginx.conf:1:5',
    'nginx.conf:2:1',
    'nginx.conf:4:7',
  ]);
  expect(shape(directives)).toBe('|a| {  } ; |c| { |d| ; |e| |x| |y| }');
});

test('an include stands for the directives of its files, in order', () => {
  const { directives, problems } = read({
    'nginx.conf': 'a { include conf.d/*; include none/*; include last.conf; }',
    'conf.d/1.conf': 'b 1;',
    'conf.d/2.conf': 'b 2; include deep.conf;',
    'deep.conf': 'c;',
    'last.conf': '',
  });

  expect(problems).toEqual([]);
  expect(shape(directives)).toBe('|a| { |b| |1| ; |b| |2| ; |c| }');
  expect(directives[0]!.block!.map(({ position }) => position.file)).toEqual([
    'conf.d/1.conf',
    'conf.d/2.conf',
    'deep.conf',
  ]);
});

test('a mistake in an included file is told at its place there', () => {
  const { problems } = read({ 'nginx.conf': 'include a.conf;\nx;', 'a.conf': 'ok;\n b' });

  expect(problems).toEqual(['a.conf:2:2 directive "b" is not ended. Add a ";" (or a block in braces).']);
});

test('includes that go round in a circle are told, and end', () => {
  const { problems } = read({
    'nginx.conf': 'include a.conf;',
    'a.conf': '\ninclude b.conf;',
    'b.conf': 'include a.conf;',
  });

  expect(problems).toEqual(['b.conf:1:9 include goes round in a circle: a.conf → b.conf → a.conf.']);
});

test('includes that multiply are told, and end', () => {
  const names = Array.from({ length: 12 }, (_, level) => `${level}.conf`);
  const files = Object.fromEntries(names.map((name, level) => [name, `include ${level + 1}.conf;`.repeat(3)]));
  const { problems } = read({ 'nginx.conf': 'include 0.conf;', ...files, '12.conf': 'a;' });

  expect(problems.length).toBe(1);
  expect(problems[0]).toContain('more than 1000 files are included.');
});

test('an include in http that cannot be read is a warning: it serves web pages', () => {
  const { directives, problems, warnings } = read({
    'nginx.conf': 'http { include mime.types; server { include snippets/x.conf; } }\nstream { a; }',
  });

  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    'nginx.conf:1:16 cannot include "mime.types": no such file.',
    'nginx.conf:1:45 cannot include "snippets/x.conf": no such file.',
  ]);
  expect(shape(directives)).toContain('|stream| { |a| }');
});

test('blocks without end are told, and end', () => {
  const { problems } = read({ 'nginx.conf': 'a {'.repeat(100_000) });

  expect(problems.length).toBeLessThan(70);
  expect(problems.join('\n')).toContain('blocks are nested more than 64 deep');
});

test('no text sends the reader round for ever or makes it fail', () => {
  const piece = fc.constantFrom(
    ...[
      'a',
      '$',
      '{',
      '}',
      ';',
      '"',
      "'",
      '\\',
      '#',
      '\n',
      ' ',
      '\r',
      '\t',
      '\u00a0',
      '\f',
      '${',
      'include x.conf;',
      ')',
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const { directives, problems } = read({ 'nginx.conf': text, 'x.conf': 'y;' });
      const depth = (list: readonly Directive[]): number =>
        list.reduce((most, { block }) => Math.max(most, block ? 1 + depth(block) : 0), 0);

      expect(depth(directives)).toBeLessThanOrEqual(text.split('{').length - 1);
      for (const problem of problems) expect(problem).toMatch(/^(nginx|x)\.conf:\d+:\d+ /);
    }),
    { numRuns: 500 },
  );
});

test('words that are quoted come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { minLength: 1, maxLength: 4 }), (words) => {
      const escaped = (word: string, mark: string): string =>
        mark + word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll("'", "\\'") + mark;
      const text = `a ${words.map((word, index) => escaped(word, index % 2 === 0 ? '"' : "'")).join(' ')};`;
      const { directives, problems } = read({ 'nginx.conf': text });

      expect(problems).toEqual([]);
      expect(directives[0]!.args.map((word) => word.text)).toEqual(words);
    }),
  );
});
