import { expect, test } from 'vitest';
import { readWords } from '../../../src/scenario/import/haproxyWords.ts';

const env = new Map<string, string | null>([
  ['A', 'one'],
  ['LIST', 'two three'],
  ['UNSET', null],
]);

function words(line: string): readonly string[] | string {
  const problems: string[] = [];
  const read = readWords(line, {
    at: (column) => ({ file: 'haproxy.cfg', line: 1, column }),
    env,
    pseudo: { '.LINE': '7' },
    problem: ({ column }, text) => void problems.push(`${column} ${text}`),
  });
  return read === null ? problems.join('\n') : read.map(({ text }) => text);
}

// HAProxy 2.6.12, configuration.txt 2.2 and 2.3.
test.each<readonly [line: string, read: readonly string[]]>([
  ['server w1 10.0.0.4:1514', ['server', 'w1', '10.0.0.4:1514']],
  ['  a\tb  c', ['a', 'b', 'c']],
  ['a b # c', ['a', 'b', '']],
  ['a#b', ['a']],
  ['a\\#b', ['a#b']],
  ['a\\ b', ['a b']],
  ['"a b" \'c d\'', ['a b', 'c d']],
  ['a"b c"d', ['ab cd']],
  ['"it\'s" \'"\'', ["it's", '"']],
  ["'a\\b'", ['a\\b']],
  ['"a\\"b"', ['a"b']],
  ['\\x41\\t\\1', ['A\t\\1']],
  ['a\r', ['a']],
  ['$A ${A}', ['$A', '${A}']],
  ['"$A" "x${A}y" \'$A\'', ['one', 'xoney', '$A']],
  ['"\\$A"', ['$A']],
  ['"${LIST}"', ['two three']],
  ['"${LIST[*]}" z', ['two', 'three', 'z']],
  ['"${NONE-b c}"', ['b c']],
  ['"${A-b}"', ['one']],
  ['"${UNSET-b}"', ['b']],
  ['"x${UNSET}"', ['x']],
  ['"${.LINE}"', ['7']],
])('%j', (line, read) => {
  expect(words(line)).toEqual(read);
});

test.each([
  ['a "b', '3 this " is never closed. Add the missing ", or write \\".'],
  ['\\x4', '1 \\x takes two hexadecimal digits, such as \\x20. Correct it, or double the \\.'],
  ['"${A"', '3 this { is never closed. Add the missing }.'],
  ['"$1"', '3 "1" is no name of a variable. Write "${NAME}", or \\$ for a dollar sign.'],
  ['"${.FOO}"', '4 ".FOO" is no name of a variable. Write "${NAME}", or \\$ for a dollar sign.'],
  ['"${A[1]}"', '5 only [*] may follow the name of a variable. Write "${A[*]}".'],
])('%j is refused', (line, said) => {
  expect(words(line)).toBe(said);
});

test('a variable that nobody knows is named, and stands for nothing', () => {
  const read = readWords('"a${NONE}b"', {
    at: (column) => ({ file: '', line: 1, column }),
    env,
    pseudo: {},
    problem: () => undefined,
  });

  expect(read).toEqual([{ text: 'ab', position: { file: '', line: 1, column: 1 }, unknown: ['NONE'] }]);
});
