// Changing any place of a scenario by its path: a mode's `set` and `--set` of the command line.
import { parseConfPath } from './confPath.ts';
import { nearest } from './problem.ts';
import { isMapping, ownValue } from './yamlSource.ts';
import { listNames, pathText, quote, show } from './wording.ts';
import type { Path, Step } from './wording.ts';

/** Reads `a.b.c`, `faults[0].at`, `cluster.nodes["172.0.0.4"].startup`. @returns a text saying what is wrong otherwise. */
export function parsePath(text: string): Path | string {
  const steps: Step[] = [];
  const pattern =
    /(?:^|(?<=.)\.)([A-Za-z0-9_-]+)|\[(\d+)\]|\[("(?:[^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")\]/uy;
  let at = 0;
  while (at < text.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) {
      return `${quote(text)} is no path. Write it like cluster.nodes.worker01.startup or faults[0].at.`;
    }
    if (match[1] !== undefined) steps.push(match[1]);
    else if (match[2] !== undefined) steps.push(Number(match[2]));
    else steps.push(JSON.parse(match[3]!) as string); // a JSON string: the pattern has seen to that
    if (steps.at(-1) === '__proto__') return 'nothing can be called "__proto__".';
    at = pattern.lastIndex;
  }
  return steps.length === 0 ? 'a path is empty. Write it like cluster.nodes.worker01.startup.' : steps;
}

/**
 * `modes.<mode>.set.<path>` of a command line: what stands behind `set` is a path of its own, and a key there. A setting of a
 * configuration needs no `set`. @returns the path that is meant.
 */
export function outOfSet(text: string): string {
  const match = /^(modes(?:\.[A-Za-z0-9_-]+|\["[^"\\]+"\]))\.set\.(.+)$/s.exec(text);
  if (match === null) return text;
  const [, mode = '', inner = ''] = match;
  const isConf = parseConfPath(inner) !== null;
  return isConf ? `${mode}.${inner}` : `${mode}.set[${JSON.stringify(inner)}]`;
}

/** Mappings whose keys are names the user chose, and what a name there stands for. `*` is any name. */
const namedMappings: readonly (readonly [path: readonly string[], what: string])[] = [
  [['cluster', 'nodes'], 'node'],
  [['fleet'], 'group'],
  [['modes'], 'mode'],
  [['modes', '*', 'groups'], 'group'],
];

/** A place that may be written short: its long form keeps the short one under this key. */
const shortForms: Readonly<Record<string, string>> = {
  nginx: 'file',
  haproxy: 'file',
  ossec: 'file',
  addresses: 'range',
  inventory: 'inventory',
};

/**
 * A copy of the tree with the value at the path replaced. Mappings on the way that are left to their defaults are made;
 * names and list entries must be there. Whether the result is a scenario is for the schema to say.
 * @returns a text saying what is wrong instead when the path leads nowhere.
 */
export function setPath(tree: unknown, path: Path, value: unknown): { readonly tree: unknown } | string {
  const copy = structuredClone(tree);
  let here = copy;
  for (const [depth, step] of path.entries()) {
    const isLast = depth === path.length - 1;
    const walked = path.slice(0, depth);
    const where = depth === 0 ? 'the scenario' : pathText(walked);
    if (typeof step === 'number') {
      if (!Array.isArray(here)) return `${where} is no list, so it has no entry ${step}.`;
      if (step >= here.length) {
        return `${where} has no entry ${step}. ${here.length === 0 ? 'It is empty.' : `Its entries are 0 to ${here.length - 1}.`}`;
      }
      if (isLast) here[step] = value;
      else here = here[step] as unknown;
      continue;
    }
    if (!isMapping(here)) {
      const kind = Array.isArray(here) ? 'a list; name an entry like [0]' : `${show(here)}; set it as a whole`;
      return `${where} is ${kind}.`;
    }
    const named = namedMappings.find(
      ([at]) => at.length === depth && at.every((part, i) => part === '*' || part === walked[i]),
    );
    if (named !== undefined && !Object.hasOwn(here, step) && !(isLast && isMapping(value))) {
      const known = Object.keys(here);
      const meant = nearest(step, known);
      return (
        `no ${named[1]} is called ${quote(step)} in ${where}. ` +
        `${meant === undefined ? '' : `Did you mean ${meant}? `}Known: ${listNames(known)}.`
      );
    }
    if (isLast) {
      here[step] = value;
      continue;
    }
    const short = shortForms[step];
    const next = ownValue(here, step);
    if (next === undefined || next === null) here[step] = {};
    else if (short !== undefined && typeof next === 'string') here[step] = { [short]: next };
    here = here[step];
  }
  return { tree: copy };
}
