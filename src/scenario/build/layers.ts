// Which layer of an agent's settings a value is of, and which of them say what does not matter.
import { unknownSettings } from '../../models/agentVersions.ts';
import type { AgentSettings as AgentData } from '../schema.ts';
import { listNames, pathText, type Path } from '../wording.ts';
import { isMapping } from '../yamlSource.ts';
import type { Build } from './context.ts';
import { settingsOf } from './settings.ts';

export function nameIdle(build: Build, settings: AgentData | undefined, path: Path): void {
  if (build.enrols || settings?.enrollment?.delayAfterEnrollment === undefined) return;
  const text = `delayAfterEnrollment of ${pathText(path)} decides nothing where no agent enrols (enroll).`;
  build.warn({ position: null, text });
}

/** Settings of options that came later, or are gone: such an agent passes over them. */
export function nameUnknown(build: Build, version: string, settings: AgentData | undefined, path: Path): void {
  if (settings === undefined) return;
  const unknown = unknownSettings(version, settingsOf(settings)!);
  if (unknown.length === 0) return;
  const text = `agents of ${version} have no ${listNames(unknown)}: what ${pathText(path)} says of it is passed over.`;
  build.warn({ position: null, text });
}

/** The part of settings that the command line has set. */
export function fromCommandLine<T extends object>(build: Build, settings: T | undefined, path: Path): T | undefined {
  if (settings === undefined || build.context.isSet(path)) return settings;
  const kept = Object.entries(settings).flatMap(([key, value]: [string, unknown]) => {
    const at = [...path, key];
    if (isMapping(value)) return [[key, fromCommandLine(build, value, at)]];
    return build.context.isSet(at) ? [[key, value]] : [];
  });
  return Object.fromEntries(kept) as T; // entries of `settings`, every one of which may be absent
}
