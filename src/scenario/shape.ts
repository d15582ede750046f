// From what zod finds wrong with a tree to problems in a user's words.
import type { z } from 'zod';
import { nearest } from './problem.ts';
import { scenarioJsonSchema } from './schema.ts';
import { productKeys } from './schema/balancers.ts';
import { isMapping } from './yamlSource.ts';
import { listNames, pathText, quote, show } from './wording.ts';
import type { Path, Step } from './wording.ts';

/** A problem at a path; the loader knows where in which file that is. */
export interface PathProblem {
  readonly path: Path;
  /** Point at the key rather than at its value. */
  readonly atKey: boolean;
  readonly text: string;
}

type Issue = z.core.$ZodIssue;

/** @param tree the whole scenario. @param error what the whole scenario's schema said about it. */
export function describeIssues(tree: unknown, error: z.ZodError): PathProblem[] {
  return error.issues.flatMap((issue) => describe(tree, issue, []));
}

function describe(tree: unknown, issue: Issue, prefix: Path): PathProblem[] {
  const path = [...prefix, ...(issue.path as Step[])];
  const value = valueAt(tree, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], atKey: true, text: unknownKeyText(path, key) }));
    case 'invalid_key':
      return [
        { path, atKey: true, text: `${pathText(path.slice(0, -1))}: ${issue.issues[0]?.message ?? 'no usable name.'}` },
      ];
    case 'invalid_union': {
      const fits = issue.errors.find(
        (option) => !option.some(({ path: at, code }) => at.length === 0 && isOfKind(code)),
      );
      if (fits !== undefined) return fits.flatMap((inner) => describe(tree, inner, path));
      return [sentence(path, value, issue.message)];
    }
    default:
      return [sentence(path, value, issue.message)];
  }
}

/** Codes that say a union's option was not the one meant, rather than meant and got wrong. */
function isOfKind(code: string): boolean {
  return code === 'invalid_type' || code === 'invalid_value';
}

function sentence(path: Path, value: unknown, message: string): PathProblem {
  // Messages of the schema's own are whole sentences; zod's begin with "Invalid input: ".
  const own = message.startsWith('Invalid input: ')
    ? `${message.slice(15).replace(/, received .*/, '')}, got ${show(value)}.`
    : message;
  const where = pathText(path);
  if (where === '') return { path, atKey: false, text: own };
  const missing = own.startsWith('is missing');
  return { path, atKey: false, text: `${where}${missing ? ' ' : ': '}${own}` };
}

export function valueAt(tree: unknown, path: Path): unknown {
  let here = tree;
  for (const step of path) {
    if (typeof step === 'number') here = Array.isArray(here) ? (here[step] as unknown) : undefined;
    else here = isMapping(here) && Object.hasOwn(here, step) ? here[step] : undefined;
  }
  return here;
}

/** What is to come, by the kind of place where it would stand: named as such, never taken for a typing error. */
const later: readonly {
  readonly place: RegExp;
  readonly keys: readonly string[];
  readonly text: (key: string) => string;
}[] = [
  {
    place: /^modes\.[^.]+$/,
    keys: ['traefik', 'keepalived', 'ipvs', 'alb'],
    text: (key) => `the balancer ${quote(key)} is not modelled. Modelled: ${productKeys.join(', ')}.`,
  },
  {
    place: /^modes\.[^.]+$/,
    keys: ['observed', 'unreachable'],
    text: (key) => `${quote(key)} is not modelled yet for a mode. Use set for what the network does.`,
  },
  {
    place: /^modes\.[^.]+$/,
    keys: ['helper', 'haproxyHelper'],
    text: () => 'the HAProxy helper stands with its balancer: haproxy: { file: haproxy.cfg, helper: yes }.',
  },
  {
    place: /^cluster\.nodes\.[^.]+$/,
    keys: ['internalOptions'],
    text: () => 'the manager’s internal options stand with its ossec.conf: ossec: { file, internalOptions }.',
  },
  {
    place: /^fleet\.[^.]+\.events$/,
    keys: ['startsAt'],
    text: () => '"startsAt" is the time of day of the whole scenario: write it at the top level.',
  },
  {
    place: /^$/,
    keys: ['random', 'baseline'],
    text: (key) => `${quote(key)} is not modelled yet.`,
  },
];

function unknownKeyText(path: Path, key: string): string {
  const place = pathText(path);
  const prefix = place === '' ? '' : `${place}: `;
  for (const entry of later) {
    if (entry.place.test(place) && entry.keys.includes(key)) return `${prefix}${entry.text(key)}`;
  }
  const known = knownKeys(path);
  const meant = nearest(key, known);
  return `${prefix}there is no ${quote(key)} here. ${meant === undefined ? '' : `Did you mean ${meant}? `}Known: ${listNames(known)}.`;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

let root: JsonSchema | null = null;

/** Keys the schema has at a path. */
export function knownKeys(path: Path): string[] {
  root ??= scenarioJsonSchema() as JsonSchema;
  let here: JsonSchema[] = [root];
  for (const step of path) {
    here = here.flatMap(options).flatMap((schema) => {
      if (typeof step === 'number') return schema.items === undefined ? [] : [schema.items];
      const child = schema.properties?.[step] ?? schema.additionalProperties;
      return typeof child === 'object' ? [child] : [];
    });
  }
  return here.flatMap(options).flatMap((schema) => Object.keys(schema.properties ?? {}));
}

function options(schema: JsonSchema): JsonSchema[] {
  return [schema, ...(schema.anyOf ?? []).flatMap(options)];
}
