// A scenario file → a Scenario: read, checked, defaults filled in, units converted once; every mistake of the file at once.
import { createHash } from 'node:crypto';
import { basename, dirname, extname } from 'node:path';
import { buildMode } from './build/mode.ts';
import { parseExpectation, type SelectorNames } from './expectation.ts';
import { chosenNames } from './chosenNames.ts';
import { fileCommand } from './command.ts';
import { confChange, placed, unplaced, type ConfChange } from './confChanges.ts';
import { parseConfPath } from './confPath.ts';
import { diskFiles, readTextFile, type Files, type Onlooker } from './files.ts';
import { readObserved } from './import/observed.ts';
import { Inventories, partLabel } from './inventories.ts';
import { outOfSet, parsePath, setPath } from './overlay.ts';
import { partial } from './partial.ts';
import { nearest, ScenarioError, type Problem } from './problem.ts';
import { merged } from './lint/lint.ts';
import { folded, sorted } from './remarks.ts';
import type { Expectation, Mode, Observed, Remark, Scenario, SourcePosition, Warning } from './scenario.ts';
import { scenarioSchema, type ScenarioData } from './schema.ts';
import { withInventories } from './schema/fleet.ts';
import { describeIssues, valueAt } from './shape.ts';
import { balancerNames, checkWhole, type Report } from './wholeChecks.ts';
import { listNames, pathText, quote, type Path } from './wording.ts';
import { isMapping, ownValue, readYaml, type YamlSource } from './yamlSource.ts';

/** What the command line changes about a scenario. */
export interface Overrides {
  /** `path=value` pairs; values are YAML. Applied in order; their word is the last, behind a mode's own `set` and settings. */
  readonly set?: readonly { readonly path: string; readonly value: string }[];
  readonly seed?: string | undefined;
  readonly replications?: number | undefined;
  /** Configurations may include files that are not below their own folder. */
  readonly includesOutside?: boolean | undefined;
  /** Modes to run; all when absent or empty. */
  readonly modes?: readonly string[];
}

export interface LoadInput {
  /** As the user named it; never made absolute. */
  readonly file: string;
  readonly text: string;
  readonly files: Files;
  readonly overrides?: Overrides;
}

/** Reads a scenario from disk. @throws ScenarioError with every mistake in it and in the files it names. */
export function readScenarioFile(path: string, overrides: Overrides = {}, seen?: Onlooker): Scenario {
  let text: string;
  seen?.(path, 'file');
  try {
    text = readTextFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ScenarioError(path, [{ position: null, text: `cannot be read: ${reason}` }]);
  }
  return loadScenario({ file: path, text, files: diskFiles(dirname(path), seen), overrides });
}

/** @throws ScenarioError with every mistake of the text and of the files it names. */
export function loadScenario(input: LoadInput): Scenario {
  if (input.text.trim() === '') {
    throw new ScenarioError(input.file, [
      {
        position: { file: input.file, line: 1, column: 1 },
        text: 'is empty: expected a scenario that begins with fleetfall: 1.',
      },
    ]);
  }
  return new Loader(input, readYaml(input.file, input.text)).load();
}

interface View {
  readonly data: ScenarioData;
  readonly report: Report;
}

/** What no mode changes for itself. */
const sharedByModes = ['modes', 'expect', 'seed', 'replications', 'fleetfall'];

class Loader {
  readonly #input: LoadInput;
  readonly #yaml: YamlSource;
  readonly #problems: Problem[] = [];
  readonly #warnings: Warning[] = [];
  readonly #remarks: Remark[] = [];
  readonly #texts = new Map<string, string>();
  /** Paths that the command line has set: their mistakes are not in the file. */
  readonly #set = new Map<string, { readonly path: Path; readonly value: unknown }>();

  /** What the command line changes in configurations of balancers. */
  readonly #confChanges: ConfChange[] = [];

  readonly #inventories: Inventories;

  /** The scenario as modes with `set` see it. */
  readonly #changed = new Map<string, unknown>();

  constructor(input: LoadInput, yaml: YamlSource) {
    this.#input = input;
    this.#yaml = yaml;
    this.#problems.push(...yaml.problems);
    this.#inventories = new Inventories({
      files: input.files,
      texts: this.#texts,
      warnings: this.#warnings,
      problems: (problems) => this.#problems.push(...problems),
    });
  }

  load(): Scenario {
    const { file, text, overrides = {} } = this.#input;
    const tree = withInventories(this.#overridden(overrides));
    const data = this.#parse(tree);
    const modeNames = isMapping(tree) && isMapping(tree.modes) ? Object.keys(tree.modes) : [];
    const wanted = overrides.modes ?? [];
    for (const name of wanted) {
      if (modeNames.includes(name)) continue;
      const meant = nearest(name, modeNames);
      this.#problems.push({
        position: null,
        text: `--mode: no mode is called ${quote(name)}. ${meant ? `Did you mean ${meant}? ` : ''}Known: ${listNames(modeNames)}.`,
      });
    }
    const chosen = wanted.length === 0 ? modeNames : modeNames.filter((name) => wanted.includes(name));
    if (data) this.#checkWhole(data, (path, text) => this.#problem(path, text));
    const modes = data ? this.#modes(modeNames, chosen, tree, data) : [];
    const observed = data ? this.#observed(data) : null;
    const expectations = this.#expectations(tree, chosen, modeNames, this.#labels(data));
    data?.assume.forEach(({ directive }, index) => {
      const used = modes.some(({ assumptions }) =>
        assumptions.some((text) => text.startsWith(`${directive} is passed over:`)),
      );
      if (used || modes.length < modeNames.length) return;
      const text = `assume: no configuration has a ${quote(directive)} that needs it.`;
      this.#warnings.push({ position: this.#position(['assume', index]), text });
    });
    if (this.#problems.length > 0) throw new ScenarioError(file, sorted(this.#problems, file));
    if (!data) throw new Error('a scenario without problems has data');
    const seed = overrides.seed ?? data.seed;
    const hash = createHash('sha256');
    const part = (label: string, content: string): void => {
      hash.update(`${label.length}:${label}${content.length}:${content}`);
    };
    part('scenario', text.replaceAll('\r\n', '\n'));
    part('overrides', JSON.stringify({ set: overrides.set ?? [], modes: chosen }));
    for (const [name, content] of [...this.#texts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
      part(name, content.replaceAll('\r\n', '\n'));
    }
    const name = basename(file, extname(file));
    return {
      source: file,
      name: name === '' ? 'scenario' : name,
      title: data.title ?? name,
      seed,
      replications: overrides.replications ?? data.replications,
      modes,
      expectations,
      observed,
      warnings: folded(this.#warnings.map(placed)),
      remarks: merged(this.#remarks).map(placed),
      inputHash: hash.digest('hex'),
      command: fileCommand(file, overrides),
      chosenNames: chosenNames(tree, this.#texts),
    };
  }

  // ------------------------------------------------------------------------------------------------------------- positions

  #position(path: Path): SourcePosition | null {
    return this.#isSet(path) ? null : this.#yaml.positionOfValue(path);
  }

  #isSet(path: Path): boolean {
    const text = pathText(path);
    const made = valueAt(this.#yaml.value, path) === undefined; // a mapping on the way to what was set
    return [...this.#set.keys()].some((set) => startsWith(text, set) || (made && startsWith(set, text)));
  }

  #problem(path: Path, text: string): void {
    this.#problems.push({ position: this.#position(path), text });
  }

  #checkWhole(data: ScenarioData, report: Report): void {
    checkWhole(data, report, (path, text) => this.#warnings.push({ position: this.#position(path), text }));
  }

  // ---------------------------------------------------------------------------------------------------------------- shape

  #overridden({ set = [] }: Overrides): unknown {
    let tree = this.#yaml.value;
    for (const { path: written, value } of set) {
      const path = outOfSet(written);
      const inConf = parseConfPath(path) !== null;
      const parsed = inConf ? [] : parsePath(path);
      if (typeof parsed === 'string') {
        this.#problems.push({ position: null, text: `--set: ${parsed}` });
        continue;
      }
      let content: unknown;
      try {
        const source = readYaml('--set', value === '' ? '""' : value);
        if (source.problems.length > 0) throw new ScenarioError('--set', source.problems);
        content = source.value;
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
        this.#problems.push({ position: null, text: `--set ${path}: ${quote(value)} ${error.problems[0]!.text}` });
        continue;
      }
      if (inConf) {
        const change = confChange(path, content, null);
        if (change !== null && typeof change !== 'string') this.#confChanges.push(change);
        else this.#problems.push({ position: null, text: `--set: ${change ?? ''}` });
        continue;
      }
      const result = setPath(tree, parsed, content);
      if (typeof result === 'string') this.#problems.push({ position: null, text: `--set ${path}: ${result}` });
      else {
        tree = result.tree;
        this.#set.set(pathText(parsed), { path: parsed, value: content });
      }
    }
    return tree;
  }

  /** The whole scenario; when a part has mistakes they are reported and the rest is still looked at. */
  #parse(tree: unknown): ScenarioData | null {
    const parsed = scenarioSchema.safeParse(tree);
    if (parsed.success) return parsed.data;
    for (const { path, atKey, text } of describeIssues(tree, parsed.error)) {
      const fromCommandLine = this.#position(path) === null;
      const position = fromCommandLine
        ? null
        : atKey
          ? this.#yaml.positionOfKey(path)
          : this.#yaml.positionOfValue(path);
      this.#problems.push({ position, text: fromCommandLine ? `--set: ${text}` : text });
    }
    return partial(tree);
  }

  // ---------------------------------------------------------------------------------------------------------------- modes

  #modes(names: readonly string[], chosen: readonly string[], tree: unknown, shared: ScenarioData): Mode[] {
    const views = names.map((name) => ({ name, view: this.#view(name, tree, shared) }));
    const balancers = new Set(views.flatMap(({ view }) => (view ? balancerNames(view.data) : [])));
    const nodes = new Set(views.flatMap(({ view }) => (view ? Object.keys(view.data.cluster.nodes) : [])));
    const modes = views.flatMap(({ name, view }) => {
      const mode = view && ownValue(view.data.modes, name);
      if (!mode || !chosen.includes(name)) return [];
      const own = this.#ownConfChanges(name, mode.set ?? {});
      const said = this.#confChanges.filter(({ path }) => path.mode === null || path.mode === name);
      const changes = [...own, ...said];
      const built = buildMode({
        data: view.data,
        name,
        mode,
        nodesOfAnyMode: [...nodes],
        balancersOfAnyMode: [...balancers],
        files: this.#input.files,
        inventories: this.#inventories,
        texts: this.#texts,
        warnings: this.#warnings,
        isSet: (path) => this.#isSet(path),
        confSettings: changes,
        includesOutside: this.#input.overrides?.includesOutside ?? false,
        problem: view.report,
        problems: (problems) => this.#problems.push(...problems.map(placed)),
      });
      this.#problems.push(...unplaced(own, [name]));
      if (!built) return [];
      const { remarks, ...made } = built;
      this.#remarks.push(...remarks);
      return [{ name, ...made }];
    });
    this.#problems.push(...unplaced(this.#confChanges, chosen));
    for (const { path, text } of this.#confChanges) {
      if (path.mode === null || names.includes(path.mode)) continue;
      const known = listNames(names);
      this.#problems.push({ position: null, text: `${text}: no mode is called ${quote(path.mode)}. Known: ${known}.` });
    }
    return modes;
  }

  /** What a mode changes for itself in the configurations of its balancers. */
  #ownConfChanges(name: string, overlay: Readonly<Record<string, unknown>>): ConfChange[] {
    return Object.entries(overlay).flatMap(([key, value]) => {
      const at = ['modes', name, 'set', key];
      const change = confChange(key, value, this.#position(at) ?? this.#yaml.positionOfValue(at));
      if (change === null) return [];
      if (typeof change === 'string') this.#problem(at, `${pathText(at)}: ${change}`);
      else if (change.path.mode !== null && change.path.mode !== name) {
        this.#problem(at, `${pathText(at)}: a mode cannot change another one.`);
      } else return [change];
      return [];
    });
  }

  /** The scenario as one mode sees it: with its own `set` laid over it. `null` when that cannot be done. */
  #view(name: string, tree: unknown, shared: ScenarioData): View | null {
    const mode = isMapping(tree) && isMapping(tree.modes) ? ownValue(tree.modes, name) : undefined;
    const overlay = isMapping(mode) && isMapping(mode.set) ? mode.set : {};
    if (Object.keys(overlay).length === 0) return { data: shared, report: (path, text) => this.#problem(path, text) };
    const overlaid = this.#overlaid(name, tree, overlay);
    if (overlaid === null) return null;
    const changed = withInventories(overlaid);
    const report = (path: Path, text: string): void => {
      const key = overlayKey(overlay, path);
      if (key === undefined) this.#problem(path, text);
      else this.#problem(['modes', name, 'set', key], `modes.${name}.set: ${text}`);
    };
    const parsed = scenarioSchema.safeParse(changed);
    if (!parsed.success) {
      const fileIsRight = scenarioSchema.safeParse(tree).success;
      for (const { path, text } of describeIssues(changed, parsed.error)) {
        if (fileIsRight || overlayKey(overlay, path) !== undefined) report(path, text);
      }
      return null;
    }
    const { data } = parsed;
    this.#changed.set(name, changed);
    this.#checkWhole(data, report);
    for (const [group, { count, inventory }] of Object.entries(data.fleet)) {
      const usual = ownValue(shared.fleet, group);
      if (usual?.count === count && usual?.inventory === inventory) continue;
      report(
        ['fleet', group, 'count'],
        `the number of agents of ${group} is the same in all modes, or their differences mean nothing.`,
      );
      return null;
    }
    return { data, report };
  }

  /** The tree with a mode's `set` laid over it, and what the command line has set over that. */
  #overlaid(name: string, tree: unknown, overlay: Readonly<Record<string, unknown>>): unknown {
    let changed = tree;
    let usable = true;
    const refuse = (key: string, text: string): void => {
      usable = false;
      const at = ['modes', name, 'set', key];
      this.#problem(at, `${pathText(at)}: ${text}`);
    };
    for (const [key, value] of Object.entries(overlay)) {
      if (parseConfPath(key) !== null) continue; // of a balancer's file: #ownConfChanges()
      const path = parsePath(key);
      if (typeof path === 'string') {
        usable = false; // the schema has said it
        continue;
      }
      const [first] = path;
      if (typeof first === 'string' && sharedByModes.includes(first)) {
        refuse(key, `a mode cannot change ${first}: all modes meet the same luck and the same questions.`);
        continue;
      }
      const result = setPath(changed, path, value);
      if (typeof result === 'string') refuse(key, result);
      else changed = result.tree;
    }
    if (!usable) return null;
    for (const { path, value } of this.#set.values()) {
      const result = setPath(changed, path, value);
      if (typeof result !== 'string') changed = result.tree;
    }
    return changed;
  }

  // --------------------------------------------------------------------------------------------------------- expectations

  /** Groups of inventories, by which expectations may select. */
  #labels(data: ScenarioData | null): string[] {
    return Object.entries(data?.fleet ?? {}).flatMap(([name, { inventory }]) =>
      inventory === undefined ? [] : this.#inventories.groupsIn(inventory).map((group) => partLabel(name, group)),
    );
  }

  /** What was seen in reality. The clusters that modes have for themselves may have the nodes, too. */
  #observed({ observed: path, startsAt, duration, cluster }: ScenarioData): Observed | null {
    if (path === undefined) return null;
    const at = ['observed'];
    let text: string;
    try {
      text = this.#input.files.read(path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#problem(at, `observed: cannot read ${quote(path)}: ${reason} Paths are relative to the scenario file.`);
      return null;
    }
    this.#texts.set(path, text);
    const nodes = Object.entries(cluster.nodes);
    try {
      const { observed, warnings } = readObserved({
        file: path,
        text,
        startsAt: startsAt?.instant ?? null,
        durationUs: typeof duration === 'number' ? duration : duration.atMost,
        nodeNames: nodes.map(([name]) => name),
        nodeCalled: (called) =>
          nodes.find(([name, { address, names }]) => [name, address, ...names].includes(called))?.[0] ?? null,
      });
      this.#warnings.push(...warnings);
      return observed;
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      this.#problems.push(...error.problems);
      return null;
    }
  }

  #expectations(
    tree: unknown,
    chosen: readonly string[],
    modes: readonly string[],
    labels: readonly string[],
  ): Expectation[] {
    if (!isMapping(tree) || !Array.isArray(tree.expect)) return [];
    const ownNames = new Map(
      [...this.#changed].map(([mode, changed]) => {
        const own = selectorNames(changed);
        return [mode, { ...own, groups: [...own.groups, ...labels] }];
      }),
    );
    const names = selectorNames(tree);
    const known = { modes, ownNames, ...names, groups: [...names.groups, ...labels] };
    return tree.expect.flatMap((text: unknown, index): Expectation[] => {
      if (typeof text !== 'string') return [];
      const path = ['expect', index];
      const parsed = parseExpectation(text, known);
      if (!('left' in parsed)) {
        const fromCommandLine = this.#position(path) === null;
        for (const problem of parsed) {
          this.#problems.push({
            position: fromCommandLine ? null : this.#yaml.positionInString(path, problem.offset),
            text: `expect[${index}]: ${problem.text}`,
          });
        }
        return [];
      }
      const used = [parsed.left.mode, ...(parsed.right.kind === 'metric' ? [parsed.right.reference.mode] : [])];
      if (!used.every((mode) => chosen.includes(mode))) return [];
      return [{ ...parsed, position: this.#yaml.positionOfValue(path) }];
    });
  }
}

/** The entry of a mode's `set` that has to do with a path. */
function overlayKey(overlay: Readonly<Record<string, unknown>>, path: Path): string | undefined {
  const text = pathText(path);
  return Object.keys(overlay).find((key) => {
    const target = parsePath(key);
    return typeof target !== 'string' && (startsWith(text, pathText(target)) || startsWith(pathText(target), text));
  });
}

function selectorNames(tree: unknown): SelectorNames {
  const names = (value: unknown): string[] => (isMapping(value) ? Object.keys(value) : []);
  if (!isMapping(tree)) return { groups: [], nodes: [], faultCount: 0 };
  return {
    groups: names(tree.fleet),
    nodes: isMapping(tree.cluster) ? names(tree.cluster.nodes) : [],
    faultCount: Array.isArray(tree.faults) ? tree.faults.length : 0,
  };
}

function startsWith(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`);
}
