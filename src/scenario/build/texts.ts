// The configuration texts a scenario names: read, and kept for the input's hash.
import type { TextKind } from '../files.ts';
import { idleText, type ConfText, type Remarks } from '../import/ossecReader.ts';
import { ScenarioError } from '../problem.ts';
import type { Warning } from '../scenario.ts';
import { pathText, quote, type Path } from '../wording.ts';
import type { Build } from './context.ts';

export interface NamedText {
  /** As the user named it; for a text within the scenario, where it stands. */
  readonly file: string;
  readonly text: string;
  /** Of the file; empty for a text within the scenario. */
  readonly path: string;
}

/** The text a setting stands for. Reports and returns `null` when its file cannot be read. */
export function readText(build: Build, given: string, path: Path, kind: TextKind = 'text'): NamedText | null {
  const source = textOf(given);
  if ('inline' in source) {
    const file = pathText(path);
    build.context.texts.set(file, source.inline);
    return { file, text: source.inline, path: '' };
  }
  try {
    const text = build.context.files.read(source.path, undefined, kind);
    build.context.texts.set(source.path, text);
    if (text.trim() === '') {
      build.fail(path, `${pathText(path)}: ${quote(source.path)} is empty.`);
      return null;
    }
    return { file: source.path, text, path: source.path };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    build.fail(
      path,
      `${pathText(path)}: cannot read ${quote(source.path)}: ${reason} Paths are relative to the scenario file.`,
    );
    return null;
  }
}

/** A path, or the text itself when it has more than one line, or begins with a tag as no path does. */
function textOf(given: string): { inline: string } | { path: string } {
  return given.includes('\n') || given.trimStart().startsWith('<') ? { inline: given } : { path: given };
}

/** Runs a reader and keeps what it complains about. */
export function attempt<T>(build: Build, reader: () => T): T | null {
  try {
    return reader();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    build.refuse(error.problems);
    return null;
  }
}

/** A configuration as its reader understands it, with what it remarks. `null`: none is given, or it has mistakes. */
export function readConf<T extends Remarks>(
  build: Build,
  given: string | undefined,
  path: Path,
  version: string,
  reader: (source: ConfText) => T,
): T | null {
  const source = given === undefined ? null : readText(build, given, path);
  if (!source) return null;
  const { assume } = build.data;
  const conf = attempt(build, () => reader({ ...source, version, assume: assume.map(({ directive }) => directive) }));
  if (!conf) return null;
  build.warn(...stillIdle(build, conf.warnings));
  for (const { directive, because } of assume) {
    if (conf.assumed.includes(directive)) build.assume(`${directive} is passed over: ${because}`);
  }
  return conf;
}

/** Settings that are read and decide nothing: they raise alerts, or wait for what does not happen. */
function stillIdle(build: Build, warnings: readonly Warning[]): Warning[] {
  if (!build.enrols) return [...warnings];
  // Agents without a key come: then these matter.
  return warnings.flatMap((warning) => {
    if (warning.idle === undefined) return [warning];
    const idle = warning.idle.filter((name) => name !== '<delay_after_enrollment>' && name !== '<manager_address>');
    return idle.length === 0 ? [] : [{ ...warning, idle, text: idleText(idle) }];
  });
}
