import fc from 'fast-check';
import { stringify } from 'csv-stringify/sync';
import { expect, test } from 'vitest';
import { CsvRows, readHeader } from '../../../src/scenario/import/csv.ts';
import type { ScenarioError } from '../../../src/scenario/problem.ts';

function rowsOf(text: string): string[][] {
  const rows = new CsvRows('a.csv', text);
  const found: string[][] = [];
  while (rows.next()) found.push(Array.from({ length: rows.fields }, (_, index) => rows.field(index)));
  return found;
}

test.each([
  [
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a,b\r\n1,2',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    '\uFEFFa, b \n\n\n 1 ,\n',
    [
      ['a', 'b'],
      ['1', ''],
    ],
  ],
  [
    '"a","b, c"\n"say ""no""","two\nlines"\n',
    [
      ['a', 'b, c'],
      ['say "no"', 'two\nlines'],
    ],
  ],
  ['a"b,c\n', [['a"b', 'c']]],
  ['""\n', [['']]],
  ['', []],
])('%j', (text, rows) => {
  expect(rowsOf(text)).toEqual(rows);
});

test('what csv-stringify writes is read again', () => {
  const field = fc
    .string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r\n', 'é', '😀', '=') })
    .map((text) => text.trim());
  // A row of nothing at all is an empty line, which is passed over.
  const row = fc.array(field, { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
      expect(rowsOf(stringify(rows, { quoted: true }))).toEqual(rows);
    }),
    { seed: 7 },
  );
});

test('every field knows its place, behind fields of several lines too', () => {
  const rows = new CsvRows('a.csv', 'id,ip\n"1\n1",10.0.0.1\n2,\n');
  const places: string[] = [];
  while (rows.next())
    for (const index of [0, 1, 2]) places.push(Object.values(rows.position(index)).slice(1).join(':'));

  expect(places).toEqual(['1:1', '1:4', '1:6', '2:1', '3:4', '3:12', '4:1', '4:3', '4:3']);
});

test.each([
  ['id\n"1', '2:1 a quote begins here and ends nowhere.'],
  ['id,ip\n"1"x,2', '2:4 expected a comma or the end of the line after a closing quote.'],
])('%j is no CSV', (text, problem) => {
  try {
    rowsOf(text);
    expect.unreachable();
  } catch (error) {
    const [{ position, text: said }] = (error as ScenarioError).problems as [ScenarioError['problems'][number]];
    expect(`${position!.line}:${position!.column} ${said}`).toContain(problem);
  }
});

test('a header names columns in any order; what is missing, twice or more than is known is told', () => {
  const rows = new CsvRows('a.csv', 'IP,os,Id,ip,"last seen"\n');
  rows.next();

  expect(readHeader(rows, ['id', 'ip', 'version'], ['name'])).toEqual({
    at: { id: 2, ip: 0, version: -1, name: -1 },
    missing: ['version'],
    twice: [{ name: 'ip', index: 3 }],
    others: ['os', 'last seen'],
  });
});
