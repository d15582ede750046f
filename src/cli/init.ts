// fleetfall init: a first scenario from the configurations that are there.
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseRate } from '../kernel/units.ts';
import { knownAgentVersion } from '../models/agentVersions.ts';
import { nodeDefaults } from '../models/node.ts';
import { printable } from '../report/escape.ts';
import { checkFile, writeText } from '../report/write.ts';
import { diskFiles } from '../scenario/files.ts';
import { initialScenario, type InitialInput } from '../scenario/initial.ts';
import { shellWord } from '../scenario/command.ts';
import { ExitCode, UsageError, type Io } from './io.ts';
import { remarkText, warningText } from './run.ts';

export interface InitFlags {
  readonly nginx?: string;
  readonly haproxy?: string;
  readonly release?: string;
  readonly ossec: readonly string[];
  readonly inventory?: string;
  readonly agents: readonly { readonly group: string | null; readonly count: number }[];
  readonly rate?: string;
  readonly agentVersion?: string;
  readonly managerVersion?: string;
  readonly cpus?: number;
  readonly master?: string;
  readonly fault?: InitialInput['fault'];
  readonly fall?: string;
  readonly out?: string;
  readonly force?: boolean;
}

const usualNames = { nginx: 'nginx.conf', haproxy: 'haproxy.cfg', ossec: 'ossec.conf' } as const;

export async function init(flags: InitFlags, io: Io): Promise<number> {
  const out = flags.out ?? 'fleetfall.yaml';
  // Said before anything is asked: answers should not be for nothing.
  if (existsSync(out) && flags.force !== true) {
    throw new UsageError(`${out} is there already. Name another file with --out, or replace it with --force.`);
  }
  checkFile(out);
  const asked = await withAnswers(withUsualFiles(flags), io);
  if (asked === null) return ExitCode.Interrupted;
  const folder = dirname(resolve(out));
  const fromScenario = (path: string): string => {
    const seen = relative(folder, resolve(path)).split(sep).join('/');
    return isAbsolute(path) && seen.startsWith('../') ? path : seen;
  };
  const maybe = (path: string | undefined): string | undefined => (path === undefined ? undefined : fromScenario(path));
  const { text, scenario } = initialScenario(
    out,
    {
      nginx: maybe(asked.nginx),
      haproxy: maybe(asked.haproxy),
      release: asked.release,
      ossec: asked.ossec.map(fromScenario),
      inventory: maybe(asked.inventory),
      agents: asked.agents,
      rate: asked.rate,
      agentVersion: asked.agentVersion,
      version: asked.managerVersion,
      cpus: asked.cpus,
      master: asked.master,
      fault: asked.fault ?? 'kill',
      place: asked.fall,
      schema: schemaFrom(folder),
    },
    diskFiles(folder),
  );
  writeText(out, text);
  for (const each of scenario.warnings) io.err(`${warningText(each)}\n`);
  for (const each of scenario.remarks) io.err(`${remarkText(each)}\n`);
  io.out(
    `${printable(out)} is written. Read it, and answer its question marks; then\n\n  fleetfall run ${printable(shellWord(out))}\n`,
  );
  return ExitCode.Ok;
}

/** Without any configuration named: those that lie here under their usual names. */
function withUsualFiles(flags: InitFlags): InitFlags {
  if (flags.nginx !== undefined || flags.haproxy !== undefined || flags.ossec.length > 0) return flags;
  const { nginx, haproxy, ossec } = usualNames;
  const found = {
    ...(existsSync(nginx) && { nginx }),
    ...(existsSync(haproxy) && { haproxy }),
    ...(existsSync(ossec) && { ossec: [ossec] }),
  };
  if (Object.keys(found).length === 0) {
    throw new UsageError(
      `no ${nginx}, ${haproxy} or ${ossec} lies here. Name one: fleetfall init --nginx FILE --agents 9000 (or --haproxy, --ossec).`,
    );
  }
  return { ...flags, ...found };
}

/** Asks on a terminal for what is not said. @returns `null` when the user has had enough. */
async function withAnswers(flags: InitFlags, io: Io): Promise<InitFlags | null> {
  const { questions } = io;
  if (questions === null || flags.inventory !== undefined || flags.agents.length > 0) return flags;
  const counts: { group: string | null; count: number }[] = [];
  const several = flags.ossec.length > 1;
  if (several) return flags; // named by group: the message says how
  const count = await questions.text('How many agents?', '1000', (said) =>
    /^[1-9]\d{0,6}$/.test(said) ? undefined : 'A whole number, such as 9000.',
  );
  if (count === null) return null;
  counts.push({ group: null, count: Number(count) });
  const rate = flags.rate ?? (await questions.text('Events that an agent writes?', '1/s', rateProblem));
  if (rate === null) return null;
  const agentVersion =
    flags.agentVersion ??
    (await questions.text(
      'Wazuh release of the agents?',
      nodeDefaults.version,
      (said) => knownAgentVersion(said) ?? undefined,
    ));
  if (agentVersion === null) return null;
  const fault =
    flags.fault ??
    (await questions.choose('What happens to a worker?', [
      { value: 'kill', label: 'its processes die' },
      { value: 'powerOff', label: 'its power goes, or its cable' },
      { value: 'hang', label: 'it hangs: the port is open, nobody answers' },
      { value: 'stop', label: 'it is stopped in order' },
      { value: 'zombie', label: 'it accepts events and throws them away' },
    ]));
  if (fault === null) return null;
  return { ...flags, agents: counts, rate, agentVersion, fault: fault as InitialInput['fault'] };
}

function rateProblem(said: string): string | undefined {
  try {
    return parseRate(said) >= 0 ? undefined : 'A rate such as 2/s.';
  } catch {
    return 'A rate such as 2/s.';
  }
}

/** Where the package's schema lies, seen from the scenario; `null` where that would be a path of one machine only. */
function schemaFrom(folder: string): string | null {
  const schema = fileURLToPath(new URL('../../schema/scenario.schema.json', import.meta.url));
  const path = relative(folder, schema).split(sep).join('/');
  const inCheckout = !relative(dirname(dirname(schema)), folder).startsWith('..');
  return existsSync(schema) && (inCheckout || /^(\.\.\/)*node_modules\//.test(path)) ? path : null;
}
