// `load-balancer.loss.share{group=servers} < 0.1%`: what must come out, from its text.
import { parseDuration, parseRate, parseShare } from '../kernel/units.ts';
import { metricDefinition, metricNames } from './metricNames.ts';
import type { MetricUnit } from './metricNames.ts';
import { nearest } from './problem.ts';
import type { Expectation, ExpectationOp, MetricReference } from './scenario.ts';
import { listNames, quote } from './wording.ts';

/** Names a selector may use. */
export interface SelectorNames {
  readonly groups: readonly string[];
  readonly nodes: readonly string[];
  readonly faultCount: number;
}

/** Names an expectation may use. */
export interface KnownNames extends SelectorNames {
  readonly modes: readonly string[];
  /** Of modes that change cluster or faults for themselves. */
  readonly ownNames?: ReadonlyMap<string, SelectorNames>;
}

/** What is wrong, and at which character of the text. */
export interface ExpectationProblem {
  readonly offset: number;
  readonly text: string;
}

export type ParsedExpectation = Omit<Expectation, 'position'>;

const referencePattern = /([A-Za-z0-9][A-Za-z0-9_-]*)\.([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*)(\{[^}]*\})?/y;
const form = 'Write it like failover.loss.share < 0.1% or failover.events.lost <= 2 × load-balancer.events.lost.';

/** @returns all that is wrong with it as a list otherwise. */
export function parseExpectation(text: string, known: KnownNames): ParsedExpectation | readonly ExpectationProblem[] {
  const problems: ExpectationProblem[] = [];
  const leftAt = text.length - text.trimStart().length;
  const left = readReference(text, leftAt);
  if (left === null)
    return [{ offset: leftAt, text: `expected a metric of a mode such as failover.loss.share. ${form}` }];
  problems.push(...checkReference(left, known));

  const opMatch = /\s*(<=|>=|==|<|>|≤|≥|=|!=)?\s*/y;
  opMatch.lastIndex = left.end;
  const opText = opMatch.exec(text)?.[1];
  const op = opText === '≤' ? '<=' : opText === '≥' ? '>=' : opText === '=' ? '==' : opText;
  if (op === undefined || op === '!=') {
    const at = left.end + (/^\s*/.exec(text.slice(left.end))?.[0].length ?? 0);
    return [
      ...problems,
      { offset: at, text: `expected <, <=, >, >= or == after ${quote(text.slice(leftAt, left.end))}. ${form}` },
    ];
  }
  const rightAt = opMatch.lastIndex;
  const rest = text.slice(rightAt).trimEnd();
  if (rest === '')
    return [...problems, { offset: rightAt, text: `expected a value or a metric after ${opText!}. ${form}` }];
  if (/^baseline\b/.test(rest)) {
    return [
      ...problems,
      {
        offset: rightAt,
        text: 'a comparison with a baseline is not possible yet; it comes with "fleetfall baseline".',
      },
    ];
  }

  const definition = metricDefinition(left.reference.metric);
  const factorMatch = /^(?:(\d+(?:\.\d+)?)\s*(?:×|x|\*)\s*)?(?=[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z])/.exec(rest);
  if (factorMatch !== null) {
    const right = readReference(text, rightAt + factorMatch[0].length);
    if (right === null || right.end !== rightAt + rest.length) {
      const at = right?.end ?? rightAt + factorMatch[0].length;
      return [...problems, { offset: at, text: `${quote(text.slice(at).trim())} does not belong here. ${form}` }];
    }
    problems.push(...checkReference(right, known));
    const rightUnit = metricDefinition(right.reference.metric)?.unit;
    if (definition !== undefined && rightUnit !== undefined && rightUnit !== definition.unit) {
      problems.push({
        offset: right.at,
        text: `${left.reference.metric} (${unitText[definition.unit]}) cannot be compared with ${right.reference.metric} (${unitText[rightUnit]}).`,
      });
    }
    if (problems.length > 0) return problems;
    return {
      text,
      left: left.reference,
      op: op as ExpectationOp, // one of the alternatives of the pattern, all but "!=" and the ones replaced above
      right: { kind: 'metric', factor: Number(factorMatch[1] ?? 1), reference: right.reference },
    };
  }

  if (definition === undefined) return problems; // its unit is unknown, so the value cannot be read
  const value = readValue(rest, definition.unit);
  if (typeof value === 'string')
    problems.push({ offset: rightAt, text: `${left.reference.metric} is ${value}, got ${quote(rest)}.` });
  if (problems.length > 0 || typeof value === 'string') return problems;
  return { text, left: left.reference, op: op as ExpectationOp, right: { kind: 'value', value } };
}

const unitText: Readonly<Record<MetricUnit, string>> = {
  share: 'a share',
  events: 'a number of events',
  agents: 'a number of agents',
  us: 'a time',
  ratio: 'a ratio',
  perSecond: 'a rate',
  count: 'a number',
};

/** A number in the metric's own unit, or what was expected. */
function readValue(text: string, unit: MetricUnit): number | string {
  const plain = /^\d+(\.\d+)?$/.test(text);
  const attempt = (parse: (text: string) => number, expected: string): number | string => {
    if (plain) return expected;
    try {
      return parse(text);
    } catch {
      return expected;
    }
  };
  switch (unit) {
    case 'share':
      return attempt(parseShare, 'a share: expected a percentage such as 0.1%');
    case 'us':
      return attempt(parseDuration, 'a time: expected a duration such as 15s');
    case 'perSecond':
      return attempt(parseRate, 'a rate: expected one such as 200/s');
    case 'events':
    case 'agents':
    case 'count':
    case 'ratio':
      return plain
        ? Number(text)
        : `${unitText[unit]}: expected a plain number such as ${unit === 'ratio' ? '1.5' : '100'}`;
    default:
      return unit satisfies never;
  }
}

interface Located {
  readonly reference: MetricReference;
  readonly at: number;
  readonly metricAt: number;
  readonly selectorAt: number;
  readonly end: number;
  /** Parts of the selector that are not `key=value`. */
  readonly malformed: readonly string[];
}

function readReference(text: string, at: number): Located | null {
  referencePattern.lastIndex = at;
  const match = referencePattern.exec(text);
  if (match === null) return null;
  const [whole, mode, metric, selectorText] = match;
  const selector: Record<string, string> = {};
  const malformed: string[] = [];
  if (selectorText !== undefined) {
    for (const part of selectorText.slice(1, -1).split(',')) {
      const pair = /^\s*([A-Za-z]+)\s*=\s*([A-Za-z0-9._-]+)\s*$/.exec(part);
      if (pair === null) malformed.push(part.trim());
      else if (Object.hasOwn(selector, pair[1]!)) malformed.push(`a second ${pair[1]!}`);
      else selector[pair[1]!] = pair[2]!;
    }
  }
  const metricAt = at + mode!.length + 1;
  return {
    reference: { mode: mode!, metric: metric!, selector },
    at,
    metricAt,
    selectorAt: metricAt + metric!.length,
    end: at + whole.length,
    malformed,
  };
}

function checkReference(
  { reference, at, metricAt, selectorAt, malformed }: Located,
  known: KnownNames,
): ExpectationProblem[] {
  const problems: ExpectationProblem[] = [];
  const unknown = (
    offset: number,
    what: string,
    name: string,
    names: readonly string[],
    list = listNames(names),
  ): void => {
    const meant = nearest(name, names);
    problems.push({
      offset,
      text: `no ${what} is called ${quote(name)}. ${meant === undefined ? '' : `Did you mean ${meant}? `}Known: ${list}.`,
    });
  };
  const modeless = `${reference.mode}.${reference.metric}`;
  if (!known.modes.includes(reference.mode) && metricDefinition(modeless) !== undefined) {
    const [mode = 'failover'] = known.modes;
    return [{ offset: at, text: `${modeless} of which mode? Write ${mode}.${modeless}.` }];
  }
  if (!known.modes.includes(reference.mode)) unknown(at, 'mode', reference.mode, known.modes);
  const { groups, nodes, faultCount } = known.ownNames?.get(reference.mode) ?? known;
  const definition = metricDefinition(reference.metric);
  if (definition === undefined) {
    const family = reference.metric.split('.')[0]!;
    const relatives = metricNames.filter((name) => name.startsWith(`${family}.`));
    const list =
      relatives.length > 0
        ? relatives.join(', ')
        : [...new Set(metricNames.map((name) => `${name.split('.')[0]!}.…`))].join(', ');
    unknown(metricAt, 'metric', reference.metric, metricNames, list);
  }
  for (const part of malformed) {
    problems.push({ offset: selectorAt, text: `expected a selector such as {group=servers}, got ${quote(part)}.` });
  }
  for (const [key, value] of Object.entries(reference.selector)) {
    if (definition !== undefined && !(definition.selectors as readonly string[]).includes(key)) {
      const may = definition.selectors.length === 0 ? 'It takes none.' : `It takes ${definition.selectors.join(', ')}.`;
      problems.push({ offset: selectorAt, text: `${reference.metric} has no selector ${quote(key)}. ${may}` });
      continue;
    }
    if (key === 'group' && !groups.includes(value)) unknown(selectorAt, 'group', value, groups);
    if (key === 'node' && !nodes.includes(value)) unknown(selectorAt, 'node', value, nodes);
    if (key === 'below' && !(Number(value) > 1)) {
      problems.push({ offset: selectorAt, text: `below: expected a ratio above 1 such as 1.2, got ${quote(value)}.` });
    }
    if (key === 'fault' && !(/^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= faultCount)) {
      const faults =
        faultCount === 0
          ? 'The scenario has none.'
          : faultCount === 1
            ? 'The scenario has one, number 1.'
            : `They are numbered from 1 to ${faultCount}.`;
      problems.push({ offset: selectorAt, text: `there is no fault ${quote(value)}. ${faults}` });
    }
  }
  return problems;
}
