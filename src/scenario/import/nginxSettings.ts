// `nginx.server[1514].proxy_timeout`: directives changed by their path, before they are read.
import type { Problem } from '../problem.ts';
import { quote } from '../wording.ts';
import { missing, stepsText, type ConfSetting, type ConfStep } from './confSetting.ts';
import { harmless, modelled } from './nginxDirectives.ts';
import { readDirectives, type Directive, type Word } from './nginxSyntax.ts';
import { parseTarget } from './nginxValues.ts';

/** Of these an upstream has one. */
const methods = ['hash', 'least_conn', 'random', 'ip_hash', 'least_time'];

/** @param settings what finds no place here is noted in them. */
export function changeDirectives(
  top: readonly Directive[],
  settings: readonly ConfSetting[],
  problems: Problem[],
): readonly Directive[] {
  let changed = top;
  for (const setting of settings) {
    const result = change(changed, setting);
    if (typeof result === 'string') setting.outcome.missing = result;
    else if ('problem' in result) {
      setting.outcome.found = true;
      problems.push({ position: setting.position, text: result.problem });
    } else {
      setting.outcome.found = true;
      changed = result.block;
    }
  }
  return changed;
}

type Changed = { readonly block: readonly Directive[] } | { readonly problem: string } | string;

function change(top: readonly Directive[], setting: ConfSetting): Changed {
  const [first, ...rest] = setting.steps;
  if (first === undefined) return missing('path', ['server[…]', 'upstream[…]', 'a directive']);
  const isBlock = (first.name === 'stream' || first.name === 'events') && rest.length > 0;
  const steps = isBlock ? rest : setting.steps;
  const [head, ...behind] = steps;
  if (isBlock && first.name === 'events') return within(top, 'events', (block) => direct(block, steps, setting));
  if (head!.name === 'server' || head!.name === 'upstream') {
    return within(top, 'stream', (block) =>
      inBlocks(block, head!, (inner) =>
        head!.name === 'upstream' && behind[0]?.name === 'server'
          ? inServers(inner, behind[0], behind.slice(1), setting)
          : direct(inner, behind, setting),
      ),
    );
  }
  const of = (names: readonly string[]): boolean => names.includes(head!.name);
  if (of([...modelled.events, ...harmless.events]))
    return within(top, 'events', (block) => direct(block, steps, setting));
  if (first.name === 'stream' || of(modelled.stream) || of(harmless.stream)) {
    return within(top, 'stream', (block) => direct(block, steps, setting));
  }
  return direct(top, steps, setting);
}

/** A block of the main level, of which there is one. */
function within(
  top: readonly Directive[],
  name: 'stream' | 'events',
  inner: (block: readonly Directive[]) => Changed,
): Changed {
  const at = top.findIndex((each) => each.name === name && each.block !== null);
  if (at < 0) return missing(`${name} block`, []);
  const result = inner(top[at]!.block!);
  if (typeof result === 'string' || 'problem' in result) return result;
  return { block: top.with(at, { ...top[at]!, block: result.block }) };
}

function inBlocks(
  block: readonly Directive[],
  wanted: ConfStep,
  inner: (block: readonly Directive[]) => Changed,
): Changed {
  const namesOf = (directive: Directive): string[] => {
    if (directive.name !== wanted.name || directive.block === null) return [];
    if (wanted.name === 'upstream') return directive.args.slice(0, 1).map(({ text }) => text);
    const listens = directive.block.filter(({ name }) => name === 'listen');
    return listens.flatMap(({ args }) => portsOf(args[0]?.text ?? ''));
  };
  return some(
    block,
    wanted,
    namesOf,
    (directive) => {
      const result = inner(directive.block!);
      return typeof result === 'string' || 'problem' in result ? result : { ...directive, block: result.block };
    },
    (a, b) => a.toLowerCase() === b.toLowerCase(),
  );
}

function portsOf(text: string): string[] {
  const target = parseTarget(text, 'listen');
  if (typeof target === 'string' || target.ports === null) return [];
  const [first, last] = target.ports;
  return Array.from({ length: Math.min(last - first + 1, 100) }, (_, index) => String(first + index));
}

/** `server` lines of an upstream, by their text, by the host in it, or all. */
function inServers(
  block: readonly Directive[],
  wanted: ConfStep,
  [parameter, ...more]: readonly ConfStep[],
  setting: ConfSetting,
): Changed {
  if (parameter === undefined || more.length > 0 || parameter.selector !== null) {
    return missing(`parameter ${stepsText([...(parameter ? [parameter] : []), ...more])}`, [
      'weight',
      'max_fails',
      'fail_timeout',
      'max_conns',
      'backup',
      'down',
    ]);
  }
  const { name } = parameter;
  return some(
    block,
    wanted,
    (directive) => (directive.name === 'server' ? directive.args.slice(0, 1).map(({ text }) => text) : []),
    (directive) => {
      const { value, position } = setting;
      const args = directive.args.filter(({ text }, at) => at === 0 || (text !== name && !text.startsWith(`${name}=`)));
      const text = value === true ? name : `${name}=${String(value)}`;
      const added: Word[] = value === false || value === null ? [] : [{ text, position }];
      return { ...directive, args: [...args, ...added] };
    },
    (a, b) => a === b || a.replace(/:\d+$/, '') === b,
  );
}

/** Changes those directives that a step names. @param namesOf what each may be called; none: it is not one of them. */
function some(
  block: readonly Directive[],
  { name, selector }: ConfStep,
  namesOf: (directive: Directive) => readonly string[],
  change: (directive: Directive) => Directive | Exclude<Changed, { block: unknown }>,
  same: (name: string, selector: string) => boolean,
): Changed {
  const known = block.flatMap(namesOf);
  let count = 0;
  const failures: Exclude<Changed, { block: unknown }>[] = [];
  const alone = selector === null && block.filter((each) => namesOf(each).length > 0).length === 1;
  const changed = block.map((directive) => {
    const names = namesOf(directive);
    const meant = names.length > 0 && (selector === '*' || alone || names.some((each) => same(each, selector ?? '')));
    if (!meant) return directive;
    count += 1;
    const result = change(directive);
    if (typeof result === 'string' || 'problem' in result) {
      failures.push(result);
      return directive;
    }
    return result;
  });
  const failed =
    failures.find((each) => typeof each !== 'string') ?? (failures.length === count ? failures[0] : undefined);
  if (failed !== undefined) return failed;
  if (count > 0) return { block: changed };
  const there = [...new Set(known)].map((each) => `${name}[${each}]`);
  return selector === null
    ? `it is not said which ${name} is meant. There are: ${there.join(', ')}.`
    : missing(`${name}[${selector}]`, there);
}

/** A directive of a block: in place of those of its name, or behind the others. */
function direct(block: readonly Directive[], steps: readonly ConfStep[], setting: ConfSetting): Changed {
  const [only, ...more] = steps;
  if (only === undefined || more.length > 0 || only.selector !== null) {
    const known = [...new Set(block.filter((each) => each.block === null).map(({ name }) => name))];
    return missing(steps.length === 0 ? 'directive named' : stepsText(steps), known);
  }
  const { name } = only;
  const { value, position } = setting;
  const replaced = methods.includes(name) ? methods : [name];
  const at = block.findIndex((each) => replaced.includes(each.name));
  const rest = block.filter((each) => !replaced.includes(each.name));
  const isMethod = methods.includes(name);
  if (value === null || (isMethod && value === false)) return { block: rest };
  const text = typeof value === 'string' ? value : isMethod ? '' : value ? 'on' : 'off';
  const problems: Problem[] = [];
  const made = readDirectives('', `${name} ${text};`, () => [], problems, []);
  const [directive] = made;
  if (problems.length > 0 || made.length !== 1 || directive!.block !== null) {
    return { problem: `${name} takes words, got ${quote(text)}.` };
  }
  const placed: Directive = { ...directive!, position, args: directive!.args.map((word) => ({ ...word, position })) };
  return { block: rest.toSpliced(at < 0 ? rest.length : Math.min(at, rest.length), 0, placed) };
}
