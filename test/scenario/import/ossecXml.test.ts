import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readOssecXml } from '../../../src/scenario/import/ossecXml.ts';
import type { OssecElement } from '../../../src/scenario/import/ossecXml.ts';

type Measured = [name: string, content: string, attributes: [string, string][], children: Measured[]];

const fixture = new URL('../../fixtures/ossec/xml.json', import.meta.url);
const measured = JSON.parse(readFileSync(fixture, 'utf8')) as [text: string, elements: Measured[] | null][];

function asMeasured(elements: readonly OssecElement[]): Measured[] {
  return elements.map(({ name, content, attributes, children }) => [
    name,
    content,
    attributes.map((attribute) => [attribute.name, attribute.value]),
    asMeasured(children),
  ]);
}

test('a text is refused or read exactly as Wazuh’s own reader does', () => {
  expect(measured.filter(([, elements]) => elements !== null).length).toBeGreaterThan(50);
  expect(measured.filter(([, elements]) => elements === null).length).toBeGreaterThan(50);
  for (const [text, elements] of measured) {
    const { roots, problems } = readOssecXml('ossec.conf', text);
    expect(problems.length === 0 ? asMeasured(roots) : null, JSON.stringify(text)).toEqual(elements);
  }
});

test('every element and attribute knows its place', () => {
  const text = '<a>\n  <b c="1"\n     d="2">x</b>\r\n</a>';
  const { roots, position } = readOssecXml('ossec.conf', text);

  const [b] = roots[0]!.children;
  expect(position(b!.offset)).toEqual({ file: 'ossec.conf', line: 2, column: 3 });
  expect(b!.attributes.map(({ offset }) => position(offset))).toEqual([
    { file: 'ossec.conf', line: 2, column: 6 },
    { file: 'ossec.conf', line: 3, column: 6 },
  ]);
  expect(position(b!.contentOffset)).toEqual({ file: 'ossec.conf', line: 3, column: 12 });
  expect(position(text.length)).toEqual({ file: 'ossec.conf', line: 4, column: 5 });
});

test('after one mistake reading goes on, so that the next is found, too', () => {
  const { problems, roots } = readOssecXml('ossec.conf', '<a><b>1</c><d>2</a><e f=g>3</e>');

  expect(problems.map((problem) => `${problem.position!.column}  ${problem.text}`)).toEqual([
    '8  </c> does not close <b> opened at 1:4. Write </b>.',
    '12  <d> is not closed before </a> at 1:16. Close it with </d>.',
    '23  attribute "f" of <e> has a value without quotation marks. Write f="value".',
  ]);
  expect(roots.map(({ name }) => name)).toEqual(['a', 'e']);
});
