// The reference pages: every key of a scenario file, and every metric, from what the code itself reads and computes.
import { metricMeaning } from '../scenario/metricMeanings.ts';
import { metricDefinitions, type MetricUnit } from '../scenario/metricNames.ts';
import { scenarioJsonSchema } from '../scenario/schema.ts';
import { markdownText } from './escape.ts';

/** A page of docs/ that nobody writes by hand. */
export interface ReferencePage {
  /** In docs/. */
  readonly path: string;
  /** Markdown, ending in a line feed. */
  readonly text: string;
}

export function referencePages(): readonly ReferencePage[] {
  return [
    { path: 'REFERENCE.md', text: scenarioReference() },
    { path: 'METRICS.md', text: metricReference() },
  ];
}

const made = '<!-- made by `npm run reports`; compared by test/report/reference.test.ts -->';

const unitWords = {
  us: 'time',
  share: 'share',
  events: 'events',
  agents: 'agents',
  ratio: 'ratio',
  perSecond: 'per second',
  count: 'number',
} satisfies Record<MetricUnit, string>;

const familyTitles: Readonly<Record<string, string>> = {
  events: 'Events',
  loss: 'Loss',
  reconnect: 'Reconnect',
  skew: 'Skew',
  moved: 'Movement',
  rebalanced: 'Movement',
  storm: 'Storm',
  delay: 'Delay and blindness',
  blindness: 'Delay and blindness',
  buffer: "Agents' buffers",
  headroom: 'Headroom',
  placement: 'Against reality',
  backtest: 'Against reality',
  status: 'What the dashboard shows',
  enrolment: 'Enrolment',
  helper: "Wazuh's HAProxy helper",
};

function metricReference(): string {
  const sections = new Map<string, string[]>();
  for (const [name, { unit, selectors }] of Object.entries(metricDefinitions)) {
    const family = name.split('.')[0]!;
    const title = familyTitles[family] ?? family;
    const selected = selectors.map((key) => `\`${key}\``).join(', ');
    const rows = sections.get(title) ?? ['| metric | unit | selects | what it says |', '| --- | --- | --- | --- |'];
    rows.push(`| \`${name}\` | ${unitWords[unit]} | ${selected} | ${markdownText(metricMeaning(name))} |`);
    sections.set(title, rows);
  }
  return `${[
    '# Metrics',
    '',
    made,
    '',
    'An expectation names a metric of a mode, perhaps of a part of it: `load-balancer.loss.share < 0.1%`,',
    '`failover.reconnect.p99{fault=1} <= 2m`, `load-balancer.events.lost <= 0.5 x failover.events.lost`. A selector asks for one group, one fault',
    '(by its number in the list, from 1) or one node. Percentiles are exact, nearest rank, of each replication; what has not ended when the run does counts',
    'as infinite. Over the replications a summary gives the mean with half of its 95 % t interval, the smallest and the largest value.',
    '',
    ...[...sections].flatMap(([title, rows]) => [`## ${title}`, '', ...rows, '']),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/** What is read of a JSON Schema here. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

interface Row {
  readonly path: string;
  readonly takes: string;
  readonly text: string;
}

/** What stands for a name that the user chooses, by the path above it. */
const placeholders: Readonly<Record<string, string>> = {
  'cluster.nodes': '<node>',
  fleet: '<group>',
  modes: '<mode>',
  hosts: '<name>',
};

function scenarioReference(): string {
  const schema = scenarioJsonSchema() as Node;
  const lines = [
    '# Reference of the scenario file',
    '',
    made,
    '',
    'Every key, what it takes, and what holds when it is left out. `<…>` is a name you choose, `[]` an element of a list. An overlay',
    '(`modes.<mode>`) may change any of the other keys for itself with `set`. Units are written: `10m`, `250ms`, `2/s`, `300B`, `0.1%`.',
    '',
  ];
  const sections = new Map<string, Row[]>();
  for (const [key, node] of Object.entries(schema.properties ?? {})) {
    const rows: Row[] = [];
    collect(key, node, schema.required?.includes(key) ?? false, rows);
    // Keys with little below them are one table.
    const title = rows.length > 3 ? key : 'The run';
    sections.set(title, [...(sections.get(title) ?? []), ...rows]);
  }
  for (const [title, rows] of sections) {
    lines.push(`## ${title}`, '', '| key | takes | |', '| --- | --- | --- |');
    lines.push(...rows.map(({ path, takes, text }) => `| \`${path}\` | ${takes} | ${text} |`), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function collect(path: string, node: Node, required: boolean, rows: Row[]): void {
  const shapes = alternatives(node);
  const words = [node.description, ...shapes.filter((shape) => shape !== node).map(({ description }) => description)];
  const said = [...new Set(words.filter((text) => text !== undefined))].map((text) => markdownText(text)).join(' ');
  const fallback = defaultOf(node);
  const notes = [
    ...(required ? ['**Required.**'] : []),
    ...(said === '' ? [] : [said]),
    ...(fallback === null ? [] : [`Default: \`${fallback}\`.`]),
  ];
  rows.push({ path, takes: takenBy(shapes), text: notes.join(' ') });
  const seen = new Set<string>();
  for (const shape of shapes) {
    for (const [key, inner] of Object.entries(shape.properties ?? {})) {
      // Alternatives that share a key say the same of it.
      if (seen.has(key)) continue;
      seen.add(key);
      const always = shapes.every((each) => each.type !== 'object' || each.required?.includes(key));
      collect(`${path}.${key}`, inner, always && inner.default === undefined, rows);
    }
    const others = shape.additionalProperties;
    if (typeof others === 'object') collect(`${path}.${placeholders[path] ?? '<name>'}`, others, false, rows);
    const elements = shape.items;
    if (elements && alternatives(elements).some((each) => each.properties)) {
      for (const each of alternatives(elements)) {
        for (const [key, inner] of Object.entries(each.properties ?? {})) {
          if (seen.has(`[]${key}`)) continue;
          seen.add(`[]${key}`);
          collect(`${path}[].${key}`, inner, each.required?.includes(key) ?? false, rows);
        }
      }
    }
  }
}

function alternatives(node: Node): readonly Node[] {
  // Beside a type of its own, anyOf says which keys go together.
  return node.anyOf && node.type === undefined ? node.anyOf.flatMap(alternatives) : [node];
}

function defaultOf({ default: value }: Node): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '{}' || text === '[]' ? null : text;
}

function takenBy(shapes: readonly Node[]): string {
  // A switch may be written as a word or as YAML's own.
  const told = shapes.some(({ type }) => type === 'boolean')
    ? shapes.filter((shape) => shape.const !== 'yes' && shape.const !== 'no')
    : shapes;
  return [...new Set(told.map(takesOf))].join(' or ');
}

function takesOf(shape: Node): string {
  if (shape.const !== undefined) return `\`${JSON.stringify(shape.const).replace(/^"|"$/g, '')}\``;
  if (shape.enum) return shape.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (shape.examples?.length) return `such as ${shape.examples.map((value) => `\`${String(value)}\``).join(', ')}`;
  switch (shape.type) {
    case 'integer':
    case 'number':
      return rangeOf(shape);
    case 'boolean':
      return '`yes`, `no`';
    case 'object':
      return 'a mapping';
    case 'array':
      return 'a list';
    default:
      return 'a text';
  }
}

function rangeOf({ type, minimum, exclusiveMinimum, maximum }: Node): string {
  const what = type === 'integer' ? 'a whole number' : 'a number';
  const least =
    minimum === undefined ? (exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`) : ` from ${minimum}`;
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : ` up to ${maximum}`;
  return `${what}${least}${most}`;
}
