// Results without anybody's names: every name a user has chosen becomes `node-1`, every address one that is set aside for tests and
// documents. One anonymiser gives the same name the same replacement wherever it stands. Numbers stay as they are.
import { isIPv6 } from 'node:net';
import type { Comparison, ReconnectRow, ReconnectRows } from '../metrics/comparison.ts';
import { settingsOf, type Setting } from '../metrics/settings.ts';
import type { Story, ToldChoice } from '../run/explain.ts';
import type { ChosenName, NameKind } from '../scenario/chosenNames.ts';
import type { MetricReference, Scenario } from '../scenario/scenario.ts';

/** What is said in place of a text that may hold anything. */
export const leftOut = 'left out: it repeats what a file says (--anonymise)';

// Ours: words that tell nothing of whoever has chosen them.
const harmless: ReadonlySet<string> = new Set(
  (
    'agent agents server servers client clients host hosts site sites group groups branch branches collector collectors ' +
    'node nodes worker workers master manager managers wazuh cluster balancer balancers load lb vip proxy proxies nginx haproxy ' +
    'envoy nlb f5 dns kubernetes ipvs iptables aws docker failover fallback list lists listed shuffled rotated spread pinned order ' +
    'hash plain consistent source round robin least leastconn conn connections random sticky first second third even uneven ' +
    'upstream backend backends frontend frontends listen pool peer peers events event registration register enrolment enrollment ' +
    'tcp udp ssl tls stream default defaults main all any none global local internal with without and or to of in on at by for the a b c d ' +
    'old new now before after fast slow short long large small big normal usual careful tuned untuned checked unchecked docs example ' +
    'production prod test staging linux windows run scenario direct through behind two one three up down api primary secondary backup conf cfg ossec'
  ).split(' '),
);

/** A name all of whose words are ordinary ones, with small numbers, stays: `load-balancer`, `worker01`, `nginx.conf`. */
function isHarmless(name: string): boolean {
  return name
    .split(/[-_. ]+/)
    .every(
      (word) =>
        harmless.has(word.toLowerCase()) ||
        (/^(?:[a-z]{2,}?)?\d{0,3}$/i.test(word) && harmless.has(word.replace(/\d+$/, '').toLowerCase())),
    );
}

// RFC 2544 and RFC 6890: for benchmarks, never anybody's; RFC 3849: for documents.
const benchmarkFirst = 198 * 2 ** 24 + 18 * 2 ** 16;
const benchmarkCount = 2 ** 17;
const octets = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

/** Tells nobody's place: the host itself, and any address. */
const nowhere = /^(?:127\.|0\.0\.0\.0$|255\.255\.255\.255$)/;

const addressPattern = String.raw`(?<![\w.:])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4})?(?![\w:])|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)`;

/** Texts that our code compares with, or that are words of ours. `metric` and `path` have names inside and are looked at apart. */
const codes: ReadonlySet<string> = new Set([
  'unit',
  'cause',
  'kind',
  'end',
  'rule',
  'op',
  'engine',
  'inputHash',
  'format',
  '$number',
  'state',
  'why',
  'product',
]);

/** Settings whose values are words of ours, by the end of their paths. */
const codedSetting =
  /\.(?:kind|role|version|protocol|arrival|source|platform|search|firstKeepalive|configPush|order|start|check|mode|rule|agents|balancer)$|sha256/;

export interface Anonymiser {
  readonly learn: (names: Iterable<ChosenName>) => void;
  /** Every name in a scenario that was read, so that texts about it can be given to `text`. */
  readonly learnScenario: (scenario: Scenario) => void;
  /** A text of any length, with every name and address in it replaced. */
  readonly text: (text: string) => string;
  /** All of a result. The nth one it is given is called `scenario-n`, the first `scenario`. */
  readonly comparison: (comparison: Comparison) => Comparison;
  /** Plain data, with texts replaced wherever they are no codes of ours. */
  readonly deep: <T>(value: T) => T;
  /** What one agent did, without the key of a hash and without the hash. */
  readonly story: (story: Story) => Story;
  readonly file: (path: string) => string;
  readonly scenario: (name: string) => string;
  readonly mode: (name: string) => string;
}

export function anonymiser(): Anonymiser {
  const replaced = new Map<string, string>();
  const folded = new Map<string, string>();
  const counts = new Map<string, number>();
  const given = new Set<string>();
  const addresses = new Map<string, string>();
  const scenarios = new Map<string, string>();
  let pattern: RegExp | null = null;

  function learn(names: Iterable<ChosenName>): void {
    // Names that stay are taken before any is made up.
    const all = [...names].filter(({ text }) => text !== '' && !replaced.has(text));
    for (const { text } of all) if (isHarmless(text)) given.add(text);
    for (const { kind, text } of all) {
      if (replaced.has(text) || given.has(text) || isAddressText(text)) continue;
      // A word alone is all that is looked for in a sentence; without a letter it would be a number there.
      if (!/\p{L}/u.test(text)) continue;
      set(text, fresh(kind, text));
      pattern = null;
    }
  }

  function set(text: string, label: string): void {
    replaced.set(text, label);
    const low = text.toLowerCase();
    if (!folded.has(low)) folded.set(low, label);
    // As messages quote it: escaped, and cut when it is long (scenario/wording.ts, quote()).
    const quoted = JSON.stringify(text).slice(1, -1);
    if (!folded.has(quoted.toLowerCase())) folded.set(quoted.toLowerCase(), label);
    if (text.length > 60) folded.set(text.slice(0, 57).toLowerCase(), label);
  }

  function fresh(kind: NameKind | 'scenario' | 'seed', text = ''): string {
    for (;;) {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      const suffix = kind === 'file' ? (/\.(?:conf|cfg|ya?ml|csv|json)$/i.exec(text)?.[0].toLowerCase() ?? '') : '';
      const label = `${kind}-${count}${suffix}`;
      if (given.has(label)) continue;
      given.add(label);
      return label;
    }
  }

  function address(text: string): string {
    const low = text.toLowerCase();
    if (nowhere.test(low)) return text;
    const known = addresses.get(low);
    if (known !== undefined) return known;
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(low)?.[1];
    const index = addresses.size + 1;
    const made =
      mapped !== undefined
        ? `::ffff:${address(mapped)}`
        : !low.includes(':') && index < benchmarkCount
          ? octets(benchmarkFirst + index)
          : `2001:db8::${Math.floor(index / 65_536).toString(16)}:${(index % 65_536).toString(16)}`;
    addresses.set(low, made);
    return made;
  }

  function compiled(): RegExp {
    if (pattern !== null) return pattern;
    const names = [...new Set([...replaced.keys(), ...folded.keys()])].sort(
      (a, b) => b.length - a.length || (a < b ? -1 : 1),
    );
    const word = names.map((name) => {
      const escaped = name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      const [open, close] = [/^[\p{L}\p{N}]/u.test(name), /[\p{L}\p{N}]$/u.test(name)];
      return `${open ? '(?<![\\p{L}\\p{N}])' : ''}${escaped}${close ? '(?![\\p{L}\\p{N}])' : ''}`;
    });
    pattern = new RegExp([...word, addressPattern].join('|'), 'giu');
    return pattern;
  }

  function text(sentence: string): string {
    if (sentence === '') return sentence;
    const whole = replaced.get(sentence);
    if (whole !== undefined) return whole;
    return sentence.replace(compiled(), (found) => {
      const label = replaced.get(found) ?? folded.get(found.toLowerCase());
      if (label !== undefined) return label;
      if (found.includes(':')) return isIPv6(found) ? address(found) : found;
      return isAddressText(found) ? address(found) : found;
    });
  }

  /** `loss.share{group=x}`: a metric is called what it is called; what it selects is somebody's. */
  const metric = (name: string): string => name.replace(/\{.*\}$/su, (selector) => text(selector));

  const reference = (of: MetricReference): MetricReference => ({
    mode: text(of.mode),
    metric: of.metric,
    selector: Object.fromEntries(Object.entries(of.selector).map(([key, value]) => [key, text(value)])),
  });

  function deep<T>(value: T): T {
    return walked(value, '') as T;
  }

  function walked(value: unknown, key: string): unknown {
    if (typeof value === 'string') {
      if (codes.has(key)) return value;
      return key === 'metric' ? metric(value) : text(value);
    }
    if (Array.isArray(value)) {
      // Long rows of numbers are kept as they are.
      return value.every((item) => typeof item === 'number') ? value : value.map((item) => walked(item, key));
    }
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walked(inner, name)]));
  }

  function rows(of: ReconnectRows): ReconnectRows {
    const one = (row: ReconnectRow): ReconnectRow => ({
      ...row,
      group: text(row.group),
      from: row.from === null ? null : text(row.from),
      to: row.to === null ? null : text(row.to),
    });
    return {
      length: of.length,
      *[Symbol.iterator]() {
        for (const row of of) yield one(row);
      },
      map: (make) => of.map((row) => make(one(row))),
      filter: (wanted) => of.map(one).filter(wanted),
    };
  }

  function scenario(name: string): string {
    const known = scenarios.get(name);
    if (known !== undefined) return known;
    const label = scenarios.size === 0 ? 'scenario' : `scenario-${scenarios.size + 1}`;
    scenarios.set(name, label);
    return label;
  }

  const file = (path: string): string => {
    const name = path.split(/[\\/]/).at(-1)!;
    learn([{ kind: 'file', text: name }]);
    return text(name);
  };

  function comparison(of: Comparison): Comparison {
    const { source, name, seed, inputHash, warnings, remarks, chosenNames } = of.scenario;
    learn(namesIn(of));
    learn(chosenNames);
    const called = scenario(name);
    const isOfFile = /\.[a-z]+$/i.test(source);
    if (isOfFile) set(source.split(/[\\/]/).at(-1)!, `${called}.yaml`);
    pattern = null;
    const said = { text: leftOut };
    return {
      ...of,
      scenario: {
        source: isOfFile ? `${called}.yaml` : source,
        name: called,
        title: called,
        seed: /^-?\d+$/.test(seed) ? seed : 'seed',
        inputHash,
        warnings: warnings.map(({ position }) => ({
          position: position && { ...position, file: file(position.file) },
          ...said,
        })),
        remarks: remarks.map(({ position, rule, modes }) => ({
          position: position && { ...position, file: file(position.file) },
          rule,
          modes: modes.map(text),
          ...said,
        })),
        chosenNames: [],
      },
      nodeNames: of.nodeNames.map(text),
      observed: deep(of.observed),
      faults: deep(of.faults),
      verdict: text(of.verdict),
      modes: of.modes.map((mode) => ({
        ...(deep({ ...mode, reconnects: null, settings: null, landing: null }) as unknown as typeof mode),
        landing: mode.landing,
        reconnects: rows(mode.reconnects),
        settings: mode.settings.map(({ path, value }) => ({
          path: text(path),
          value: typeof value === 'string' && !codedSetting.test(path) ? text(value) : value,
        })),
      })),
      differences: deep(of.differences),
      expectations: of.expectations.map((result) => {
        const { expectation } = result;
        const { left, right, position } = expectation;
        return {
          ...result,
          detail: text(result.detail),
          expectation: {
            ...expectation,
            text: expectationText(expectation.text),
            position: { ...position, file: isOfFile ? `${called}.yaml` : position.file },
            left: reference(left),
            right: right.kind === 'value' ? right : { ...right, reference: reference(right.reference) },
          },
        };
      }),
    };
  }

  /** `mode.metric{selector}`: only modes and what is selected are names. */
  const expectationText = (written: string): string =>
    written.replace(
      /([A-Za-z0-9][A-Za-z0-9_-]*)(\.[A-Za-z][A-Za-z0-9.]*)(\{[^}]*\})?/g,
      (whole, mode: string, name: string, selector: string | undefined) =>
        /^\d+$/.test(mode) ? whole : `${text(mode)}${name}${selector === undefined ? '' : text(selector)}`,
    );

  /** A hash of 32 bits can be tried with all addresses there are: neither it nor its key is told. */
  function story(of: Story): Story {
    const { who, agent, ring, events } = of;
    const choice = (one: ToldChoice): ToldChoice => ({ ...deep(one), key: null, hash: null });
    return {
      ...deep({ ...of, events: [], ring: null }),
      who: agent === null ? text(who) : `agent-${agent + 1}`,
      events: events.map((event) =>
        event.kind === 'choice' ? { ...event, choice: choice(event.choice) } : deep(event),
      ),
      ring: ring && { ...deep(ring), choice: ring.choice && choice(ring.choice) },
    };
  }

  return {
    learn,
    learnScenario: (scenario) => learn(namesOfScenario(scenario)),
    story,
    text,
    comparison,
    deep,
    file,
    scenario,
    mode: text,
  };
}

function isAddressText(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256);
}

function* namesOfScenario({ modes, chosenNames }: Scenario): Generator<ChosenName> {
  for (const { name, world } of modes) {
    for (const node of world.nodes) yield { kind: 'node', text: node.name };
    yield { kind: 'mode', text: name };
    for (const group of world.groups) yield { kind: 'group', text: group.name };
    yield* namesInSettings(settingsOf(world));
  }
  yield* chosenNames;
}

/** Names that a result repeats, by what they are of. */
function* namesIn({ nodeNames, modes }: Comparison): Generator<ChosenName> {
  for (const text of nodeNames) yield { kind: 'node', text };
  for (const { name } of modes) yield { kind: 'mode', text: name };
  for (const { groups } of modes) for (const { group } of groups) yield { kind: 'group', text: group };
  for (const { nodes } of modes) for (const { node } of nodes) yield { kind: 'node', text: node };
  for (const { settings } of modes) yield* namesInSettings(settings);
}

function* namesInSettings(settings: readonly Setting[]): Generator<ChosenName> {
  for (const { path, value } of settings) {
    const [, what] = /\.(name|names|text|serverText|labels|host|places)$/.exec(path) ?? [];
    if (what === undefined || typeof value !== 'string') continue;
    const isBalancer = /^balancers\.[^.]+\.name$/.test(path);
    const kind = isBalancer ? 'balancer' : what === 'labels' ? 'group' : 'server';
    for (const part of value.split(', ')) {
      yield { kind, text: part };
      const host = /^([^:]+):\d+$/.exec(part)?.[1];
      if (host !== undefined) yield { kind, text: host };
    }
  }
}
