import { expect, test } from 'vitest';
import { ScenarioError } from '../../src/scenario/problem.ts';
import { readYaml } from '../../src/scenario/yamlSource.ts';

/** `line:column  text`, one a problem. */
function problemsOf(text: string): string[] {
  try {
    return readYaml('s.yaml', text).problems.map(said);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(said);
  }
}

function said({ position, text }: ScenarioError['problems'][number]): string {
  return `${position!.line}:${position!.column}  ${text}`;
}

const nested = (depth: number): string => `a: ${'['.repeat(depth)}${']'.repeat(depth)}\n`;

test.each<readonly [what: string, text: string, problems: readonly string[]]>([
  ['a tab', 'a: 1\n\tb: 2\n', ['2:1  YAML is indented with spaces; this line has a tab. Replace it.']],
  ['a key twice', 'a: 1\nb:\n  c: 1\n  c: 2\n', ['4:3  the key "c" is given twice, first at 3:3. Keep one of them.']],
  ['a key that is a list', '? [a, b]\n: 1\n', ['1:3  a key must be a plain name.']],
  ['an anchor nobody set', 'a: *nowhere\n', ['1:4  no anchor is called "&nowhere" above this line.']],
  ['an anchor that contains itself', 'a: &a\n  b: *a\n', ['2:6  "*a" contains itself.']],
  [
    'a merge of something that has no keys',
    'a: { <<: 5 }\n',
    ['1:6  "<<" takes over the keys of a mapping; this is none.'],
  ],
  [
    'a second document',
    'a: 1\n---\nb: 2\n',
    ['3:1  a second document starts here. Write one scenario per file, without "---" between parts.'],
  ],
  ['only comments', '# later\n', ['1:1  is empty: expected a scenario.']],
  ['a tag', 'a: !secret x\n', ['1:4  has a YAML tag ("!…"); a scenario has none. Remove it.']],
  ['brackets nested a thousand deep', nested(1000), ['1:104  is nested too deeply to be read.']],
  ['brackets nested a hundred thousand deep', nested(100_000), ['1:1  is nested too deeply to be read.']],
  [
    'more values than anybody writes',
    `a: [${'1,'.repeat(100_001)}]\n`,
    ['1:4  has more than 100000 values: no scenario needs that many.'],
  ],
  [
    'more text than anybody writes',
    '# padding\n'.repeat(110_000),
    ['1:1  is larger than 1 MiB: no scenario needs that much. Describe agents as groups.'],
  ],
])('%s is refused with its place', (_, text, problems) => {
  expect(problemsOf(text)).toEqual(problems);
});

test('anchors that explode are counted, not written out', () => {
  const levels = ['a: &x0 [1,1,1,1,1,1,1,1,1,1]'];
  for (let level = 1; level < 40; level++) levels.push(`b${level}: &x${level} [${`*x${level - 1},`.repeat(10)}]`);

  expect(problemsOf(levels.join('\n'))).toEqual([
    '5:9  anchors and aliases make more than 100000 values of this file. Write it without them.',
  ]);
});

test('aliases in a row are counted level by level, too', () => {
  const levels = ['a: &x0 {}'];
  for (let level = 1; level < 120; level++) levels.push(`b${level}: &x${level} { c: *x${level - 1} }`);

  expect(problemsOf(levels.join('\n'))).toEqual(['101:18  is nested too deeply to be read.']);
});

test('an alias stands for the last anchor of its name above it', () => {
  expect(readYaml('s.yaml', 'a: &x 1\nb: *x\nc: &x 2\nd: *x\n').value).toEqual({ a: 1, b: 1, c: 2, d: 2 });
});

test('"<<" takes over what a mapping does not say itself', () => {
  expect(readYaml('s.yaml', 'base: &b { x: 1, y: 1 }\nown: { <<: *b, y: 2 }\n').value).toEqual({
    base: { x: 1, y: 1 },
    own: { x: 1, y: 2 },
  });
});

test('"constructor" is a name like others, "__proto__" is none', () => {
  const { value } = readYaml('s.yaml', 'constructor: 1\ntoString: { hasOwnProperty: 2 }\n');

  expect(value).toEqual({ constructor: 1, toString: { hasOwnProperty: 2 } });
  expect(problemsOf('a:\n  __proto__: { polluted: yes }\n')).toEqual([
    '2:3  nothing can be called "__proto__". Choose another name.',
  ]);
  expect('polluted' in {}).toBe(false);
});

test('places are those of keys, of values and of characters inside a string', () => {
  const source = readYaml('s.yaml', 'a:\n  - b: "hello world"\n');

  expect(source.positionOfKey(['a', 0, 'b'])).toEqual({ file: 's.yaml', line: 2, column: 5 });
  expect(source.positionOfValue(['a', 0, 'b'])).toEqual({ file: 's.yaml', line: 2, column: 8 });
  expect(source.positionInString(['a', 0, 'b'], 6)).toEqual({ file: 's.yaml', line: 2, column: 15 });
  expect(source.positionOfValue(['a', 0, 'missing'])).toEqual({ file: 's.yaml', line: 2, column: 5 });
});

test('a mistake behind an alias stands in the anchor, one at the alias where it is used', () => {
  const source = readYaml('s.yaml', 'one: &e { rate: 5 }\ntwo: *e\n');

  expect(source.positionOfValue(['two', 'rate'])).toEqual({ file: 's.yaml', line: 1, column: 17 });
  expect(source.positionOfValue(['two'])).toEqual({ file: 's.yaml', line: 2, column: 6 });
});
