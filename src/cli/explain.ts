// fleetfall explain: the story of one agent of a scenario, or of one address at a configuration.
import { writeFileSync } from 'node:fs';
import { anonymiser, type Anonymiser } from '../report/anonymise.ts';
import { storyJson } from '../report/explainJson.ts';
import { storyText } from '../report/explainText.ts';
import { ringSvg } from '../report/ringSvg.ts';
import { printable } from '../report/escape.ts';
import { addressStory, agentStory, type Story } from '../run/explain.ts';
import { agentName, agentsAt, findAgent, type AgentPlace } from '../scenario/agentNames.ts';
import { isAddress } from '../scenario/chooser.ts';
import { readScenarioFile, type Overrides } from '../scenario/load.ts';
import { ScenarioError, type Problem } from '../scenario/problem.ts';
import { listNames } from '../scenario/wording.ts';
import { modeOf } from './assign.ts';
import {
  chooserFromFlags,
  learnConfiguration,
  refuseConfiguration,
  tellWarnings,
  type ConfigurationFlags,
} from './balancerFlags.ts';
import { ExitCode, UsageError, type Io } from './io.ts';

export interface ExplainFlags extends ConfigurationFlags {
  readonly mode?: string;
  readonly agent?: string;
  readonly address?: string;
  readonly replication?: number;
  readonly set: NonNullable<Overrides['set']>;
  readonly json?: boolean;
  readonly svg?: string;
}

export function explain(file: string | undefined, flags: ExplainFlags, io: Io): number {
  const isOfFile = flags.nginx !== undefined || flags.haproxy !== undefined;
  if (isOfFile && file !== undefined) throw new UsageError('give it a scenario, or --nginx or --haproxy, not both.');
  const names = io.nameless ? anonymiser() : null;
  const told = isOfFile ? ofConfiguration(flags, io) : ofScenario(file, flags, names, io);
  const { story, run, heading } = names === null ? told : nameless(told, flags, names);
  if (flags.svg !== undefined) drawRing(story, flags.svg);
  io.out(flags.json === true ? storyJson(story, run) : storyText(story, heading));
  if (flags.svg !== undefined) io.err(`Picture: ${printable(flags.svg)}\n`);
  return ExitCode.Ok;
}

interface Told {
  readonly story: Story;
  readonly run: { readonly scenario: string; readonly seed: string; readonly replication: number } | null;
  readonly heading: string;
}

function nameless({ story, run }: Told, flags: ExplainFlags, names: Anonymiser): Told {
  const peers = story.events.flatMap((event) => (event.kind === 'choice' ? event.choice.peers : []));
  learnConfiguration(
    flags,
    peers.map((label) => ({ label })),
    story.description,
    names,
  );
  const seed = run === null || /^-?\d+$/.test(run.seed) ? (run?.seed ?? '') : 'seed';
  return {
    story: names.story(story),
    run: run && { ...run, seed, scenario: names.scenario(run.scenario) },
    heading: run === null ? '' : `replication ${run.replication} of seed ${seed}`,
  };
}

function ofConfiguration(flags: ExplainFlags, io: Io): Told {
  const wrong =
    flags.agent !== undefined
      ? '--agent'
      : flags.mode !== undefined
        ? '--mode'
        : flags.replication !== undefined
          ? '--replication'
          : flags.set.length > 0
            ? '--set'
            : null;
  if (wrong !== null) throw new UsageError(`${wrong} belongs to a scenario, not to --nginx or --haproxy.`);
  const { address } = flags;
  if (address === undefined) throw new UsageError('say who connects: --address 10.1.0.7.');
  const problems: Problem[] = [];
  const chooser = chooserFromFlags(flags, problems)();
  if (!isAddress(address))
    problems.push({
      position: null,
      text: `--address: expected an address such as 10.1.0.7, got ${JSON.stringify(address)}.`,
    });
  if (problems.length > 0 || chooser === null) throw new ScenarioError((flags.nginx ?? flags.haproxy)!, problems);
  tellWarnings(chooser.warnings, io);
  return { story: addressStory(chooser, address), run: null, heading: '' };
}

function ofScenario(file: string | undefined, flags: ExplainFlags, names: Anonymiser | null, io: Io): Told {
  if (file === undefined) throw new UsageError('give it a scenario, or --nginx nginx.conf, or --haproxy haproxy.cfg.');
  refuseConfiguration(flags);
  if ((flags.agent === undefined) === (flags.address === undefined)) {
    throw new UsageError('say who it is about: --agent GROUP/NUMBER, or --address 10.1.0.7.');
  }
  const scenario = readScenarioFile(file, { set: flags.set, includesOutside: flags.allowIncludesOutside });
  names?.learnScenario(scenario);
  const mode = modeOf(scenario.modes, flags.mode);
  const replication = flags.replication ?? 1;
  const luck = { seed: scenario.seed, replication: replication - 1 };
  const place = whoIsMeant(file, mode.world.groups, luck, flags, io);
  const story = agentStory(mode, luck, place);
  return {
    story,
    run: { scenario: scenario.name, seed: scenario.seed, replication },
    heading: `replication ${replication} of seed ${scenario.seed}`,
  };
}

function whoIsMeant(
  file: string,
  groups: Parameters<typeof findAgent>[0],
  luck: Parameters<typeof agentsAt>[1],
  { agent, address }: ExplainFlags,
  io: Io,
): AgentPlace {
  const refuse = (flag: string, text: string): never => {
    throw new ScenarioError(file, [{ position: null, text: `${flag}: ${text}` }]);
  };
  if (agent !== undefined) {
    const found = findAgent(groups, agent);
    return typeof found === 'string' ? refuse('--agent', found) : found;
  }
  const found = agentsAt(groups, luck, address!);
  if (typeof found === 'string') return refuse('--address', found);
  if (found.length > 1 && !io.nameless) {
    const names = found.map(({ groupIndex, local }) => agentName(groups[groupIndex]!, local));
    io.err(
      printable(`note: ${found.length} agents have this address: ${listNames(names)}. This is the first of them.`) +
        '\n',
    );
  }
  return found[0]!;
}

function drawRing({ ring, who }: Story, file: string): void {
  if (ring === null) throw new UsageError('--svg draws the ring of a consistent hash, and there is none here.');
  try {
    writeFileSync(file, ringSvg(ring, who));
  } catch (error) {
    throw new UsageError(`--svg: cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
