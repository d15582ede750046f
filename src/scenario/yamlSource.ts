// YAML with a position for every key and value. Everything the text says comes out as plain data: mappings without a
// prototype's surprises, lists, strings, numbers, booleans, null.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, Node, Pair, YAMLError, YAMLMap } from 'yaml';
import { ScenarioError } from './problem.ts';
import type { Problem } from './problem.ts';
import type { SourcePosition } from './scenario.ts';
import { quote } from './wording.ts';
import type { Path } from './wording.ts';

export interface YamlSource {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  /** Mistakes that leave the structure readable: a key given twice, or one that cannot be. */
  readonly problems: readonly Problem[];
  /** Where the value at this path starts; where the nearest enclosing thing does when there is none. */
  positionOfValue(path: Path): SourcePosition;
  /** Where the key of this path stands; a list's entry is its own key. */
  positionOfKey(path: Path): SourcePosition;
  /** The `offset`-th character of the string at this path, as near as the text lets one say. */
  positionInString(path: Path, offset: number): SourcePosition;
}

/** Ours: what people write stays far below, and what is above is refused before it costs time. */
const maxLength = 1_048_576;
/** Values a file may come to once its aliases are written out. */
const maxValues = 100_000;
const maxDepth = 100;

interface Place {
  readonly key: number;
  readonly value: number;
  /** Offset of a string's first character when it stands in the text exactly as it reads. */
  readonly verbatim: number | null;
}

/** @throws ScenarioError when the text is no YAML, or holds more or less than one document. */
export function readYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const position = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (offset: number, why: string): never => {
    throw new ScenarioError(file, [{ position: position(offset), text: why }]);
  };

  if (text.length > maxLength)
    return refuse(0, 'is larger than 1 MiB: no scenario needs that much. Describe agents as groups.');
  let parsed;
  try {
    parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  } catch (error) {
    // The parser descends by recursion: brackets nested thousands deep end its stack.
    if (error instanceof RangeError) return refuse(0, tooDeep);
    throw error;
  }
  const documents: Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  const errors = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (errors.some(({ message }) => message.includes('call stack'))) return refuse(0, tooDeep);
  if (errors.length > 0) {
    const said = new Map(errors.map((error) => [`${error.pos[0]} ${error.code}`, error]));
    const problems = [...said.values()].map((error) => ({
      position: position(error.pos[0]),
      text: yamlErrorText(error),
    }));
    throw new ScenarioError(file, problems);
  }
  const [document, second] = documents;
  if (document?.contents == null) return refuse(0, 'is empty: expected a scenario.');
  if (second !== undefined) {
    const at = second.contents?.range[0] ?? second.range[0];
    return refuse(at, 'a second document starts here. Write one scenario per file, without "---" between parts.');
  }

  const targets = resolveAliases(document.contents, refuse);
  const places = new Map<string, Place>();
  const problems: Problem[] = [];

  const convert = (node: Node | null, path: Path, keyOffset: number, inAlias: boolean): unknown => {
    const start = node?.range?.[0] ?? keyOffset;
    if (isAlias(node)) {
      const value = convert(targets.get(node)!, path, keyOffset, true);
      // A mistake inside is shown where the alias is used when it stands on its own, else inside the anchor.
      places.set(pathKey(path), { key: keyOffset, value: start, verbatim: null });
      return value;
    }
    let verbatim: number | null = null;
    if (isScalar(node) && typeof node.value === 'string' && !inAlias) {
      const quoted = text[start] === '"' || text[start] === "'" ? 1 : 0;
      if (text.startsWith(node.value, start + quoted)) verbatim = start + quoted;
    }
    places.set(pathKey(path), { key: keyOffset, value: start, verbatim });
    if (isScalar(node)) return node.value;
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        const child = item as Node;
        return convert(child, [...path, index], child.range?.[0] ?? start, inAlias);
      });
    }
    if (isMap(node)) return convertMap(node, path, inAlias);
    return null;
  };

  const convertMap = (node: YAMLMap, path: Path, inAlias: boolean): unknown => {
    const result = new Map<string, unknown>();
    const firstAt = new Map<string, number>();
    const merged: Pair[] = [];
    for (const pair of node.items) {
      const keyNode = pair.key as Node;
      const at = keyNode.range?.[0] ?? node.range?.[0] ?? 0;
      if (!isScalar(keyNode)) refuse(at, 'a key must be a plain name.');
      const key = String((keyNode as { value: unknown }).value);
      if (key === '__proto__') {
        problems.push({ position: position(at), text: 'nothing can be called "__proto__". Choose another name.' });
        continue;
      }
      if (key === '<<') {
        merged.push(pair);
        continue;
      }
      const first = firstAt.get(key);
      if (first !== undefined) {
        const { line, column } = position(first);
        if (!inAlias) {
          problems.push({
            position: position(at),
            text: `the key ${quote(key)} is given twice, first at ${line}:${column}. Keep one of them.`,
          });
        }
        continue;
      }
      firstAt.set(key, at);
      result.set(key, convert(pair.value as Node | null, [...path, key], at, inAlias));
    }
    for (const pair of merged) {
      const at = (pair.key as Node).range?.[0] ?? 0;
      const value = convert(pair.value as Node | null, [...path, '<<'], at, true);
      for (const source of Array.isArray(value) ? value : [value]) {
        if (!isMapping(source)) return refuse(at, '"<<" takes over the keys of a mapping; this is none.');
        for (const [key, inherited] of Object.entries(source)) if (!result.has(key)) result.set(key, inherited);
      }
    }
    return Object.fromEntries(result);
  };

  const value = convert(document.contents, [], document.contents.range[0], false);

  const placeOf = (path: Path): Place => {
    for (let length = path.length; length >= 0; length--) {
      const place = places.get(pathKey(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return { key: 0, value: 0, verbatim: null };
  };
  return {
    file,
    text,
    value,
    problems,
    positionOfValue: (path) => {
      const exact = places.get(pathKey(path));
      return position(exact === undefined ? placeOf(path).key : exact.value);
    },
    positionOfKey: (path) => position(placeOf(path).key),
    positionInString: (path, offset) => {
      const place = placeOf(path);
      return position(place.verbatim === null ? place.value : place.verbatim + offset);
    },
  };
}

/**
 * What each alias stands for: the anchor of its name last seen above it. Refuses what could not be written out: anchors that
 * contain themselves, and more values or levels than anybody writes. The values are counted here without being made.
 */
function resolveAliases(contents: Node, refuse: (offset: number, why: string) => never): ReadonlyMap<Node, Node> {
  const targets = new Map<Node, Node>();
  const anchors = new Map<string, Node>();
  /** Values and levels of an anchored node once written out; `null` while it is being read. */
  const sizes = new Map<Node, { readonly values: number; readonly depth: number } | null>();
  let aliases = 0;

  const measure = (node: Node | null, depth: number, from: number): { values: number; depth: number } => {
    const at = node?.range?.[0] ?? from;
    if (isAlias(node)) {
      aliases += 1;
      const target = anchors.get(node.source);
      if (target === undefined) return refuse(at, `no anchor is called "&${node.source}" above this line.`);
      const size = sizes.get(target);
      if (!size) return refuse(at, `"*${node.source}" contains itself.`);
      targets.set(node, target);
      return checked(size.values, depth + size.depth, at, size.depth);
    }
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (node !== null && anchor !== undefined) {
      anchors.set(anchor, node);
      sizes.set(node, null);
    }
    const children = isSeq(node)
      ? (node.items as Node[])
      : isMap(node)
        ? node.items.flatMap(({ key, value }) => [key as Node | null, value as Node | null])
        : [];
    let values = 1;
    let deepest = 0;
    if (depth > maxDepth) refuse(at, tooDeep);
    for (const child of children) {
      const size = measure(child, depth + 1, at);
      values += size.values;
      deepest = Math.max(deepest, size.depth + 1);
      checked(values, 0, at, 0);
    }
    if (node !== null && anchor !== undefined) sizes.set(node, { values, depth: deepest });
    return { values, depth: deepest };
  };

  const checked = (values: number, depth: number, at: number, ownDepth: number): { values: number; depth: number } => {
    if (values > maxValues) {
      refuse(
        at,
        aliases > 0
          ? `anchors and aliases make more than ${maxValues} values of this file. Write it without them.`
          : `has more than ${maxValues} values: no scenario needs that many.`,
      );
    }
    if (depth > maxDepth) refuse(at, tooDeep);
    return { values, depth: ownDepth };
  };

  measure(contents, 0, contents.range?.[0] ?? 0);
  return targets;
}

const tooDeep = 'is nested too deeply to be read.';

/** What a mapping itself has under a key; names such as "constructor" are names like others. */
export function ownValue<T>(mapping: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return mapping !== undefined && Object.hasOwn(mapping, key) ? mapping[key] : undefined;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathKey(path: Path): string {
  return JSON.stringify(path);
}

function yamlErrorText(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'YAML is indented with spaces; this line has a tab. Replace it.';
    case 'TAG_RESOLVE_FAILED':
      return 'has a YAML tag ("!…"); a scenario has none. Remove it.';
    default:
      return `is no valid YAML: ${lowerFirst(error.message)}.`;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
