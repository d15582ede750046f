// fleetfall assign: which server does each client address, or each agent of a scenario, land on? CSV, or totals as JSON.
import { anonymiser, type Anonymiser } from '../report/anonymise.ts';
import { assignmentCsv, assignmentJson, type Answers, type AssignmentTable } from '../report/assignment.ts';
import {
  askFleet,
  balancerOf,
  changedProduct,
  listenerChoosers,
  weightSets,
  type FleetAsked,
} from '../scenario/assignScenario.ts';
import { askAll, checkClients, type Chooser } from '../scenario/chooser.ts';
import { printable } from '../report/escape.ts';
import { readScenarioFile, type Overrides } from '../scenario/load.ts';
import { ScenarioError, type Problem } from '../scenario/problem.ts';
import type { Mode } from '../scenario/scenario.ts';
import { isChange, type ServerChanges } from '../scenario/serverChanges.ts';
import { listNames } from '../scenario/wording.ts';
import {
  changesOf,
  changeTexts,
  chooserFromFlags,
  learnConfiguration,
  readInput,
  refuseConfiguration,
  tellWarnings,
  type ChangeFlags,
  type ConfigurationFlags,
} from './balancerFlags.ts';
import { ExitCode, UsageError, type Io } from './io.ts';

export interface AssignFlags extends ConfigurationFlags, ChangeFlags {
  readonly mode?: string;
  readonly balancer?: string;
  readonly replication?: number;
  readonly set: NonNullable<Overrides['set']>;
  readonly json?: boolean;
}

export async function assign(files: readonly string[], flags: AssignFlags, io: Io): Promise<number> {
  const changes = changesOf(flags);
  const isOfFile = flags.nginx !== undefined || flags.haproxy !== undefined;
  if (files.length > (isOfFile ? 1 : 2)) throw new UsageError('give it one file of addresses, one a line.');
  const names = io.nameless ? anonymiser() : null;
  const found = isOfFile
    ? await ofConfiguration(files[0], flags, changes, io)
    : await ofScenario(files, flags, changes, names, io);
  const table = names === null ? found : nameless(found, flags, names);
  const change = changeTexts(flags);
  if (flags.json === true) io.out(assignmentJson(table, names === null ? change : change.map(names.text)));
  else for (const part of assignmentCsv(table)) io.out(part);
  return ExitCode.Ok;
}

/** Agents by their place in the fleet, clients and servers by the addresses and names that stand for theirs. */
function nameless(table: AssignmentTable, flags: AssignFlags, names: Anonymiser): AssignmentTable {
  const { columns, row, before, after } = table;
  learnConfiguration(flags, [...before.servers, ...(after?.servers ?? [])], before.description, names);
  const answers = (of: Answers): Answers => ({
    ...of,
    description: names.text(of.description),
    servers: of.servers.map((server) => ({ ...server, label: names.text(server.label) })),
  });
  return {
    ...table,
    row: (index) => row(index).map((cell, at) => (columns[at] === 'agent' ? `agent-${index + 1}` : names.text(cell))),
    before: answers(before),
    after: after && answers(after),
  };
}

async function ofConfiguration(
  clientsFile: string | undefined,
  flags: AssignFlags,
  changes: ServerChanges,
  io: Io,
): Promise<AssignmentTable> {
  const ofScenario = [
    ...(flags.mode === undefined ? [] : ['--mode']),
    ...(flags.balancer === undefined ? [] : ['--balancer']),
    ...(flags.replication === undefined ? [] : ['--replication']),
    ...(flags.set.length > 0 ? ['--set'] : []),
  ];
  if (ofScenario.length > 0)
    throw new UsageError(`${ofScenario[0]!} belongs to a scenario, not to --nginx or --haproxy.`);
  const problems: Problem[] = [];
  const source = (flags.nginx ?? flags.haproxy)!;
  const choose = chooserFromFlags(flags, problems);
  const clients = await readClients(clientsFile, io);
  const before = choose();
  const after = before !== null && isChange(changes) ? choose(changes) : null;
  tellNone(clients, clientsFile, io);
  checkClients(clients, clientsFile ?? 'standard input', problems);
  if (problems.length > 0 || before === null) throw new ScenarioError(source, problems);
  tellWarnings(before.warnings, io);
  return tableOf(clients, before, after);
}

async function readClients(file: string | undefined, io: Io): Promise<readonly string[]> {
  const input = file === undefined || file === '-' ? await io.readInput() : readInput(file);
  const lines = input.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.trim());
}

/** A list of nobody is answered as it is, and is hardly what was meant. */
function tellNone(clients: readonly string[], file: string | undefined, io: Io): void {
  if (clients.length > 0) return;
  const where = file === undefined || file === '-' ? 'standard input' : io.nameless ? 'the file' : printable(file);
  io.err(`note: no addresses in ${where}. It takes one client address a line.\n`);
}

function tableOf(clients: readonly string[], before: Chooser, after: Chooser | null): AssignmentTable {
  const answers = (chooser: Chooser): Answers => ({ ...chooser, peers: askAll(chooser, clients) });
  return {
    columns: ['client'],
    count: clients.length,
    row: (index) => [clients[index]!],
    before: answers(before),
    after: after && answers(after),
  };
}

/** @param files the scenario, and perhaps addresses; without them its fleet is asked. */
async function ofScenario(
  [file, clientsFile]: readonly string[],
  flags: AssignFlags,
  changes: ServerChanges,
  names: Anonymiser | null,
  io: Io,
): Promise<AssignmentTable> {
  if (file === undefined) {
    throw new UsageError(
      'give it the configuration: --nginx nginx.conf, or --haproxy haproxy.cfg. Or a scenario and --mode.',
    );
  }
  refuseConfiguration(flags);
  const { set, allowIncludesOutside: includesOutside } = flags;
  const scenario = readScenarioFile(file, { set, includesOutside });
  names?.learnScenario(scenario);
  const mode = modeOf(scenario.modes, flags.mode);
  const problems: Problem[] = [];
  const found = balancerOf(mode, flags.balancer ?? null, problems);
  const clients = clientsFile === undefined ? null : await readClients(clientsFile, io);
  if (clients) {
    tellNone(clients, clientsFile, io);
    checkClients(clients, clientsFile!, problems);
  }
  if (found === null) throw new ScenarioError(file, problems);
  const { options } = found;
  let { product } = options;
  let changedMode = mode;
  if (isChange(changes)) {
    const sets = weightSets(mode.name, options, changes.weight);
    if (typeof sets === 'string') problems.push({ position: null, text: sets });
    else if (sets.length > 0) {
      changedMode = readScenarioFile(file, { set: [...set, ...sets], includesOutside }).modes.find(
        ({ name }) => name === mode.name,
      )!;
      product = changedMode.world.balancers[found.balancerIndex]!.product;
    }
    product = changedProduct(changedMode.world, product, changes, problems);
  }
  if (problems.length > 0) throw new ScenarioError(file, problems);
  const before = listenerChoosers(mode.world, found, options.product);
  const after = isChange(changes) ? listenerChoosers(changedMode.world, found, product) : null;
  const description = (chooser: Chooser): Chooser => ({ ...chooser, description: mode.description });
  if (clients !== null) {
    const [listener] = before.keys();
    return tableOf(clients, description(before.get(listener!)!), after && description(after.get(listener!)!));
  }
  const luck = { seed: scenario.seed, replication: (flags.replication ?? 1) - 1 };
  const asked = askFleet(mode.world, found, luck, before);
  const [first] = before.values();
  const answers = (one: Chooser, { peers }: FleetAsked): Answers => ({ ...description(one), peers });
  return {
    columns: ['agent', 'address'],
    count: asked.count,
    row: (index) => [asked.name(index), asked.address(index)],
    before: answers(first!, asked),
    after: after && answers([...after.values()][0]!, askFleet(mode.world, found, luck, after)),
  };
}

/** The mode that is meant: a lone one needs no name. */
export function modeOf(modes: readonly Mode[], name: string | undefined): Mode {
  const names = listNames(modes.map((mode) => mode.name));
  const mode =
    name === undefined ? (modes.length === 1 ? modes[0] : undefined) : modes.find((each) => each.name === name);
  if (mode) return mode;
  throw new UsageError(
    name === undefined
      ? `say which mode: --mode NAME. Modes: ${names}.`
      : `--mode: no mode is called ${JSON.stringify(name)}. Known: ${names}.`,
  );
}
