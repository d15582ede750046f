// `haproxy.backend[b].server[w1].weight`: lines changed by their path, before they are read.
import type { Problem } from '../problem.ts';
import { quote } from '../wording.ts';
import { missing, stepsText, type ConfSetting, type ConfStep } from './confSetting.ts';
import { isGlobalKeyword } from './haproxyKeywords.ts';
import { serverKeywordValues } from './haproxyServerKeywords.ts';
import type { HaproxyLine, HaproxySection, HaproxyWord } from './haproxySyntax.ts';
import { parseAddress } from './haproxyValues.ts';
import { readWords } from './haproxyWords.ts';
import { table } from './table.ts';

const proxies = ['frontend', 'backend', 'listen'];
/** A `listen` is a frontend and a backend. */
const standsFor: Readonly<Record<string, readonly string[]>> = table({
  frontend: ['frontend', 'listen'],
  backend: ['backend', 'listen'],
  listen: ['listen'],
  defaults: ['defaults'],
  global: ['global'],
});

/** @param settings what finds no place here is noted in them. */
export function changeSections(
  sections: readonly HaproxySection[],
  settings: readonly ConfSetting[],
  problems: Problem[],
): readonly HaproxySection[] {
  let changed = sections;
  for (const setting of settings) {
    const result = change(changed, setting);
    if (typeof result === 'string') {
      setting.outcome.missing = result;
      continue;
    }
    setting.outcome.found = true;
    if ('problem' in result) problems.push({ position: setting.position, text: result.problem });
    else changed = result.sections;
  }
  return changed;
}

type Failed = { readonly problem: string } | string;

function change(
  sections: readonly HaproxySection[],
  setting: ConfSetting,
): Failed | { readonly sections: readonly HaproxySection[] } {
  const [first, ...rest] = setting.steps;
  const nameOf = ({ args }: HaproxySection): string => args[0]?.text ?? '';
  const there = (): string[] => [
    ...new Set(
      sections.map((each) =>
        nameOf(each) === '' || each.keyword === 'global' ? each.keyword : `${each.keyword}[${nameOf(each)}]`,
      ),
    ),
  ];
  const kinds = standsFor[first?.name ?? ''];
  if (first === undefined || kinds === undefined) return missing(`section ${first ? stepsText([first]) : ''}`, there());
  let known = sections;
  if (first.name === 'global' && !sections.some(({ keyword }) => keyword === 'global')) {
    known = [{ keyword: 'global', args: [], position: setting.position, lines: [] }, ...sections];
  }
  const candidates = known.filter(({ keyword }) => kinds.includes(keyword));
  const alone = first.selector === null && (!proxies.includes(first.name) || candidates.length === 1);
  const meant = candidates.filter((each) => alone || first.selector === '*' || nameOf(each) === first.selector);
  if (meant.length === 0) {
    if (first.selector === null && candidates.length > 1) {
      return `it is not said which ${first.name} is meant. There are: ${there().join(', ')}.`;
    }
    return missing(stepsText([first]), there());
  }
  const failures: Failed[] = [];
  let count = 0;
  const result = known.map((section) => {
    if (!meant.includes(section)) return section;
    const lines = inSection(section, rest, setting);
    if (Array.isArray(lines)) {
      count += 1;
      return { ...section, lines };
    }
    failures.push(lines);
    return section;
  });
  // `backend[*].server[w1]`: it need not be in all of them.
  const failed = failures.find((each) => typeof each !== 'string') ?? (count === 0 ? failures[0] : undefined);
  if (failed !== undefined) return failed;
  return { sections: result };
}

function inSection(section: HaproxySection, steps: readonly ConfStep[], setting: ConfSetting): HaproxyLine[] | Failed {
  const [head, ...rest] = steps;
  const there = (): string[] => [...new Set(section.lines.map(({ keyword }) => keyword))];
  if (head === undefined) return missing('keyword named', there());
  switch (head.name) {
    case 'server':
    case 'server-template':
      return inLines(
        section,
        head,
        rest,
        setting,
        ({ args }) => (args[0] ? [args[0].text] : []),
        head.name === 'server' ? 2 : 3,
      );
    case 'bind':
      return inLines(section, head, rest, setting, ({ args }) => portsOf(args[0]?.text ?? ''), 1);
    case 'default-server': {
      const lines = section.lines.some(({ keyword }) => keyword === 'default-server')
        ? section.lines
        : [{ modifier: null, keyword: 'default-server', args: [], position: setting.position }, ...section.lines];
      return inLines({ ...section, lines }, { ...head, selector: '*' }, rest, setting, () => [''], 0);
    }
    default:
      break;
  }
  if (steps.some(({ selector }) => selector !== null)) return missing(stepsText(steps), there());
  const names = steps.map(({ name }) => name);
  const dotted = names.join('.');
  const [keyword = '', ...prefix] = section.keyword === 'global' && isGlobalKeyword(dotted) ? [dotted] : names;
  return setLine(section, keyword, prefix, setting);
}

/** A line in place of those that begin with the same words, or behind the others. */
function setLine(
  section: HaproxySection,
  keyword: string,
  prefix: readonly string[],
  setting: ConfSetting,
): HaproxyLine[] | Failed {
  const { value, position } = setting;
  const words = wordsOf(value, setting);
  if ('problem' in words) return words;
  const same = (line: HaproxyLine): boolean =>
    line.keyword === keyword && prefix.every((word, index) => line.args[index]?.text === word);
  const at = section.lines.findIndex(same);
  const rest = section.lines.filter((line) => !same(line));
  if (value === null || (value === false && keyword !== 'option')) return rest;
  const fixed = prefix.map((text): HaproxyWord => ({ text, position, unknown: [] }));
  const line: HaproxyLine = {
    modifier: value === false ? 'no' : null,
    keyword,
    args: [...fixed, ...words.words],
    position,
  };
  return rest.toSpliced(at < 0 ? rest.length : at, 0, line);
}

function wordsOf(
  value: ConfSetting['value'],
  { position }: ConfSetting,
): { words: HaproxyWord[] } | { problem: string } {
  if (typeof value !== 'string') return { words: [] };
  const wrong: string[] = [];
  const words = readWords(value, {
    at: () => position,
    env: new Map(),
    pseudo: {},
    problem: (_, text) => void wrong.push(text),
  });
  if (words === null || value.includes('\n')) {
    return { problem: `${quote(value)} is no value: ${wrong[0] ?? 'it has several lines'}` };
  }
  return { words: words.filter(({ text, unknown }) => text !== '' || unknown.length > 0) };
}

function portsOf(text: string): string[] {
  return text.split(',').flatMap((each) => {
    const address = parseAddress(each, 'bind');
    if (typeof address === 'string' || address.ports === null) return [];
    const [first, last] = address.ports;
    return Array.from({ length: Math.min(last - first + 1, 100) }, (_, index) => String(first + index));
  });
}

/** A keyword of `server`, `bind` or `default-server` lines. @param fixed words in front of the keywords. */
function inLines(
  section: HaproxySection,
  { name, selector }: ConfStep,
  [parameter, ...more]: readonly ConfStep[],
  setting: ConfSetting,
  namesOf: (line: HaproxyLine) => readonly string[],
  fixed: number,
): HaproxyLine[] | Failed {
  const lines = section.lines.filter(({ keyword }) => keyword === name);
  const there = [...new Set(lines.flatMap(namesOf))].map((each) => `${name}[${each}]`);
  const alone = selector === null && lines.length === 1;
  const meant = lines.filter((line) => selector === '*' || alone || namesOf(line).includes(selector ?? ''));
  if (meant.length === 0) {
    if (selector === null && lines.length > 1)
      return `it is not said which ${name} is meant. There are: ${there.join(', ')}.`;
    return missing(
      `${stepsText([{ name, selector }])} in ${section.keyword} ${section.args[0]?.text ?? ''}`.trim(),
      there,
    );
  }
  if (parameter === undefined || parameter.selector !== null || more.length > 0) {
    return missing(`${stepsText([...(parameter ? [parameter] : []), ...more])} of a ${name}`, [
      'weight',
      'check',
      'inter',
      'maxconn',
      'and the other keywords',
    ]);
  }
  const words = wordsOf(setting.value, setting);
  if ('problem' in words) return words;
  return section.lines.map((line) =>
    meant.includes(line)
      ? { ...line, args: withKeyword(line.args, parameter.name, words.words, fixed, setting) }
      : line,
  );
}

function withKeyword(
  args: readonly HaproxyWord[],
  name: string,
  words: readonly HaproxyWord[],
  fixed: number,
  { value, position }: ConfSetting,
): HaproxyWord[] {
  const word = (text: string): HaproxyWord => ({ text, position, unknown: [] });
  const opposite = oppositeOf(name);
  const kept: HaproxyWord[] = [...args.slice(0, fixed)];
  let at = fixed;
  while (at < args.length) {
    const { text } = args[at]!;
    const length = 1 + (serverKeywordValues(text) ?? 0);
    if (text !== name && text !== opposite) kept.push(...args.slice(at, at + length));
    at += length;
  }
  if (value === null) return kept;
  if (value === false) return opposite === null ? kept : [...kept, word(opposite)];
  return [...kept, word(name), ...words];
}

function oppositeOf(name: string): string | null {
  if (name === 'disabled') return 'enabled';
  if (name === 'enabled') return 'disabled';
  return serverKeywordValues(`no-${name}`) === null ? null : `no-${name}`;
}
