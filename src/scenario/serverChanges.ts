// What a hypothetical change makes of a configuration: a server more, one less, another weight. The lines are changed before anything is
// made of them, so that the reader sees what nginx or HAProxy would.
import type { ConfSetting } from './import/confSetting.ts';
import { readDirectives, type Directive } from './import/nginxSyntax.ts';
import type { HaproxyLine, HaproxySection } from './import/haproxySyntax.ts';
import { readWords } from './import/haproxyWords.ts';
import { ScenarioError, type Problem } from './problem.ts';
import { listNames, quote } from './wording.ts';

/** In the order in which they were given, by kind. */
export interface ServerChanges {
  /** As behind `server` in the configuration. */
  readonly add: readonly string[];
  /** As written, without parameters; of HAProxy the name. */
  readonly remove: readonly string[];
  readonly weight: readonly { readonly server: string; readonly weight: number }[];
}

export const noChanges: ServerChanges = { add: [], remove: [], weight: [] };

export function isChange({ add, remove, weight }: ServerChanges): boolean {
  return add.length + remove.length + weight.length > 0;
}

const nowhere = { line: 1, column: 1 };

/** Weights as settings of the block that has the servers. */
export function weightSettings(
  { weight }: ServerChanges,
  block: { readonly name: 'upstream' | 'backend'; readonly selector: string },
): readonly ConfSetting[] {
  return weight.map(({ server, weight: value }) => ({
    steps: [block, { name: 'server', selector: server }, { name: 'weight', selector: null }],
    value: String(value),
    position: { file: `--weight ${server}=${value}`, ...nowhere },
    outcome: { found: false, missing: null },
  }));
}

/** Settings that have found no server. */
export function unfound(settings: readonly ConfSetting[]): Problem[] {
  return settings.flatMap(({ outcome, position }) =>
    outcome.found
      ? []
      : [{ position: null, text: `${position.file}: ${outcome.missing ?? 'there is no such server.'}` }],
  );
}

/** The changed configuration, as its reader has it; `null` where there were problems. */
export function readChanged<Conf>(problems: Problem[], read: () => Conf): Conf | null {
  const before = problems.length;
  try {
    const changed = read();
    return problems.length > before ? null : changed;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    problems.push(...error.problems.map(withoutPlace));
    return null;
  }
}

/** Mistakes that a changed line has brought stand nowhere in the file. */
function withoutPlace<T extends Problem>(problem: T): T {
  const { position, text } = problem;
  if (position === null || !position.file.startsWith('--')) return problem;
  return { ...problem, position: null, text: `${position.file}: ${text}` };
}

/** @returns the main level of an nginx.conf with the servers of an upstream changed. */
export function changeUpstream(
  top: readonly Directive[],
  upstream: string,
  { add, remove }: ServerChanges,
  problems: Problem[],
): readonly Directive[] {
  const inUpstream = (directive: Directive): Directive => {
    const isMeant = directive.name === 'upstream' && directive.args[0]?.text.toLowerCase() === upstream.toLowerCase();
    if (!isMeant || directive.block === null) return directive;
    const textOf = ({ name, args }: Directive): string | null => (name === 'server' ? (args[0]?.text ?? '') : null);
    const known = directive.block.flatMap((each) => textOf(each) ?? []);
    for (const text of remove) {
      if (!known.includes(text)) {
        problems.push({
          position: null,
          text: `--remove: no server is written ${quote(text)}. Known: ${listNames(known)}.`,
        });
      }
    }
    const kept = directive.block.filter((each) => !remove.includes(textOf(each) ?? ''));
    const added = add.flatMap((text) => {
      const wrong: Problem[] = [];
      const made = readDirectives(`--add ${text}`, `server ${text};`, () => [], wrong, []);
      if (wrong.length === 0 && made.length === 1 && made[0]!.block === null) return made;
      problems.push({
        position: null,
        text: `--add takes what stands behind "server", such as 10.0.0.9:1514, got ${quote(text)}.`,
      });
      return [];
    });
    return { ...directive, block: [...kept, ...added] };
  };
  return top.map((directive) =>
    directive.name === 'stream' && directive.block !== null
      ? { ...directive, block: directive.block.map(inUpstream) }
      : directive,
  );
}

/** @returns the sections of a haproxy.cfg with the servers of a backend changed. */
export function changeBackend(
  sections: readonly HaproxySection[],
  backend: string,
  { add, remove }: ServerChanges,
  problems: Problem[],
): readonly HaproxySection[] {
  return sections.map((section) => {
    const isMeant = ['backend', 'listen'].includes(section.keyword) && section.args[0]?.text === backend;
    if (!isMeant) return section;
    const nameOf = ({ keyword, args }: HaproxyLine): string | null =>
      keyword === 'server' ? (args[0]?.text ?? '') : null;
    const known = section.lines.flatMap((line) => nameOf(line) ?? []);
    for (const name of remove) {
      if (!known.includes(name)) {
        problems.push({
          position: null,
          text: `--remove: no server line is called ${quote(name)}. Known: ${listNames(known)}.`,
        });
      }
    }
    const kept = section.lines.filter((line) => !remove.includes(nameOf(line) ?? ''));
    const added = add.flatMap((text): HaproxyLine[] => {
      const position = { file: `--add ${text}`, ...nowhere };
      const wrong: string[] = [];
      const words = readWords(text, {
        at: () => position,
        env: new Map(),
        pseudo: {},
        problem: (_, message) => void wrong.push(message),
      });
      if (words !== null && wrong.length === 0 && words.length >= 2 && !text.includes('\n')) {
        return [{ modifier: null, keyword: 'server', args: words, position }];
      }
      problems.push({
        position: null,
        text: `--add takes what stands behind "server", such as "worker9 10.0.0.9:1514 check", got ${quote(text)}.`,
      });
      return [];
    });
    return { ...section, lines: [...kept, ...added] };
  });
}
