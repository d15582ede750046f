#!/usr/bin/env node
// The command line: arguments and exit codes, nothing else.
import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Help, Option, type Argument } from 'commander';
import { nodeDefaults } from '../models/node.ts';
import { printableLines } from '../report/escape.ts';
import { engineVersion } from '../run/version.ts';
import { assign, type AssignFlags } from './assign.ts';
import { explain, type ExplainFlags } from './explain.ts';
import { tell } from './failure.ts';
import { ExitCode, UsageError, type Io } from './io.ts';
import {
  agentCount,
  anonymiseFlag,
  anonymiseOption,
  helpText,
  includesOption,
  nothing,
  repeatable,
  setOption,
  wholeNumber,
  playOptions,
} from './options.ts';
import { init, type InitFlags } from './init.ts';
import { terminalQuestions } from './questions.ts';
import { reports } from './reports.ts';
import { run, type RunFlags } from './run.ts';
import { schema } from './schema.ts';
import { addStoredCommands } from './storedCommands.ts';
import { watch } from './watch.ts';
import { validate, type ValidateFlags } from './validate.ts';

// Commands of the design that are still to come: named as such, never taken for a typing error.
const later = ['sweep', 'tune', 'size', 'shrink', 'swarm', 'worker', 'merge', 'verify'];

const exitCodes = `
Exit codes:
  0    all is well
  99   an expectation was breached
  3    inconclusive: an interval straddles its limit
  4    a baseline differs
  2    the command or a file needs mending; it is said what and where
  1    our fault
  130  interrupted; nothing half-written is left behind
`;

function program(io: Io, done: (code: number) => void): Command {
  const command = new Command('fleetfall')
    .usage('<command> [options]')
    .description('What happens to your Wazuh agents, and to their events, when a manager node falls?')
    .version(engineVersion, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(fleetfall --help lists the commands, fleetfall run --help the options of run)')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureHelp({
      subcommandTerm: (subcommand) =>
        [subcommand.name(), ...subcommand.registeredArguments.map((argument) => argumentText(argument))].join(' '),
      optionDescription: (option) => new Help().optionDescription(option).replace(` (default: ${nothing})`, ''),
    })
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .addHelpText(
      'after',
      `
Examples:
  fleetfall run scenario.yaml
  fleetfall run scenario.yaml --set fleet.servers.count=5000 --mode failover
  fleetfall run --nginx nginx.conf --agents 9000 --kill 172.0.0.4
  fleetfall validate scenarios/*.yaml
  fleetfall assign --nginx nginx.conf addresses.txt
  fleetfall assign --haproxy haproxy.cfg --down worker2 addresses.txt
  fleetfall explain scenario.yaml --mode failover --agent servers/7
  fleetfall compare scenario.yaml --set faults[0].for=1m
  fleetfall baseline check scenarios/*.yaml
${exitCodes}`,
    );
  playOptions(
    command
      .command('run')
      .usage('<scenario...> [options]\n       fleetfall run --nginx <file> --agents <n> [options]')
      .description('Simulate, compare the modes, check the expectations, write the report.')
      .summary('simulate, compare the modes, check the expectations, write the report')
      .argument('[scenario...]', 'scenario files (YAML)')
      .optionsGroup('What is simulated:')
      .addOption(setOption())
      .addOption(includesOption()),
  )
    .optionsGroup('What comes out:')
    .option('--out <directory>', 'where the report goes (default: out/<name of the scenario file>)')
    .addOption(
      new Option('--format <format>', 'what is printed (default: text)').choices(['text', 'json', 'md', 'junit']),
    )
    .option('--json', 'the same as --format json')
    .option('--details', 'print the whole summary: all differences, why they are so, every expectation and remark')
    .option('--junit <file>', 'write JUnit XML as well, one test case an expectation')
    .addOption(anonymiseOption())
    .option('--quiet', 'print nothing but the JSON document, if one is asked for')
    .optionsGroup('What counts as a pass:')
    .option('--strict', 'an expectation about which the run says nothing is a breach')
    .addOption(
      new Option(
        '--inconclusive <what>',
        'an interval straddles its limit: pass, fail, or run more (default: exit code 3)',
      ).choices(['pass', 'fail', 'more']),
    )
    .option('--bail', 'end with the first scenario that does not pass')
    .optionsGroup('Again and again:')
    .option('--watch', 'run again when a scenario or a configuration changes, and say what moved; Ctrl-C ends')
    .optionsGroup('Instead of a scenario file:')
    .option('--nginx <file>', 'nginx.conf of the load balancer')
    .option('--haproxy <file>', 'haproxy.cfg of the load balancer')
    .option('--release <release>', 'release of HAProxy (default: 2.8)')
    .option('--ossec <file>', 'ossec.conf of the agents: a list of nodes, or how they reach the balancer')
    .option('--cpus <n>', 'processors of the balancer, for worker_processes auto', wholeNumber(1, 1024))
    .option('--agents <n>', 'number of agents', wholeNumber(1, 5_000_000))
    .option('--rate <rate>', 'events each of them writes (default: 1/s)')
    .option('--agent-version <release>', `Wazuh release of the agents (default: ${nodeDefaults.version})`)
    .addOption(repeatable('--node <name=address>', 'a name for a server of the configurations'))
    .addOption(repeatable('--kill <place>', 'the processes of a node, or of "balancer", die'))
    .addOption(repeatable('--power-off <place>', 'its host is gone without a word'))
    .addOption(repeatable('--hang <place>', 'its processes stand still'))
    .addOption(repeatable('--stop <place>', 'its processes are stopped in order'))
    .addOption(repeatable('--zombie <node>', 'it takes events and throws them away'))
    .option('--at <instant>', 'when (default: 10m)')
    .option('--for <duration>', 'for how long (default: 10m)')
    .option('--duration <duration>', 'counted time (default: 30m)')
    .optionsGroup('Other:')
    .helpOption('-h, --help', helpText)
    .addHelpText('after', exitCodes)
    .action(async (files: string[], flags: RunFlags) =>
      done(await (flags.watch === true ? watch : run)(files, flags, io)),
    );

  command
    .command('validate')
    .usage('<scenario...> [options]')
    .description(
      'Read and check scenarios and all the configurations they name, and say what of these will hurt: room for fewer\n' +
        'agents than there are, time-outs that cut them off, whole sites on one node. Simulate nothing.',
    )
    .summary('read and check everything, simulate nothing')
    .argument('<scenario...>', 'scenario files (YAML)')
    .addOption(setOption())
    .addOption(includesOption())
    .option('--strict', 'a remark about a configuration is a problem')
    .option('--json', 'print one JSON document: problems, warnings and remarks of each file')
    .addOption(anonymiseOption())
    .option('--quiet', 'print nothing but problems, warnings and remarks')
    .helpOption('-h, --help', helpText)
    .addHelpText(
      'after',
      '\nExit code 0 when every file can be simulated, 2 when one needs mending\n(with --strict: or when there are remarks).\n',
    )
    .action((files: string[], flags: ValidateFlags) => done(validate(files, flags, io)));

  command
    .command('init')
    .usage('[options]\n       fleetfall init --nginx <file> --ossec <file> --agents <n>')
    .description(
      'Write a first scenario from the configurations that are there (nginx.conf, haproxy.cfg, ossec.conf, or those named), with\n' +
        'comments, ready to run. On a terminal what is not said is asked for.',
    )
    .summary('write a scenario from nginx.conf / haproxy.cfg / ossec.conf')
    .optionsGroup('What is there:')
    .option('--nginx <file>', 'nginx.conf of the load balancer')
    .option('--haproxy <file>', 'haproxy.cfg of the load balancer')
    .option('--release <release>', 'release of HAProxy (default: 2.8)')
    .option('--cpus <n>', 'processors of the balancer, for worker_processes auto', wholeNumber(1, 1024))
    .addOption(repeatable('--ossec <file>', 'ossec.conf of agents; several files are several groups'))
    .addOption(
      new Option('--agents <[group=]n>', 'number of agents (of a group); repeatable')
        .argParser(agentCount)
        .default([], nothing),
    )
    .option('--inventory <file>', 'CSV or JSON of the agents, instead of numbers')
    .option('--rate <rate>', 'events each agent writes (default: 1/s)')
    .option('--agent-version <release>', `Wazuh release of the agents (default: ${nodeDefaults.version})`)
    .option('--manager-version <release>', `Wazuh release of the managers (default: ${nodeDefaults.version})`)
    .option('--master <host>', 'the master, as a configuration names it (default: the first)')
    .optionsGroup('What happens:')
    .addOption(
      new Option('--fault <what>', 'what happens to the node (default: kill)').choices([
        'kill',
        'powerOff',
        'hang',
        'stop',
        'zombie',
      ]),
    )
    .option('--fall <node>', 'the node (default: the first worker)')
    .optionsGroup('What comes out:')
    .option('--out <file>', 'the scenario (default: fleetfall.yaml)')
    .option('--force', 'replace a file that is there')
    .helpOption('-h, --help', helpText)
    .action(async (flags: InitFlags) => done(await init(flags, io)));

  const aboutConfiguration = (sub: Command): Command =>
    sub
      .optionsGroup('Of a configuration:')
      .option('--nginx <file>', 'nginx.conf of the load balancer')
      .option('--haproxy <file>', 'haproxy.cfg of the load balancer')
      .option('--upstream <name>', 'nginx: the server block that passes to this upstream')
      .option('--backend <name>', 'HAProxy: the backend')
      .option('--port <port>', 'the server block or frontend that listens here (default: 1514)', wholeNumber(1, 65_535))
      .addOption(
        repeatable(
          '--down <server>',
          'nginx: a server, as written, that refuses connections; HAProxy: one found down by its check',
        ),
      )
      .option('--release <release>', 'release of nginx (default: 1.22.1) or HAProxy (default: 2.8)')
      .addOption(includesOption())
      .addOption(repeatable('--env <name=value>', 'an environment variable of HAProxy'))
      .addOption(repeatable('--resolve <name=address,…>', 'addresses of a host name'));

  aboutConfiguration(
    command
      .command('assign')
      .usage(
        '--nginx <file> [options] [clients]\n       fleetfall assign --haproxy <file> [options] [clients]\n' +
          '       fleetfall assign <scenario> --mode <name> [options] [clients]',
      )
      .description(
        'Which server does each client address land on? One address a line in, CSV client,server out.\n' +
          'The connections are made one after the other through one worker process, each closed before the next.\n' +
          'Of nginx the server is the address connected to, of HAProxy its name.\n' +
          'Of a scenario without a list: CSV agent,address,server, the first connection of each agent of its fleet.',
      )
      .summary('which server does each client address land on? (lines in, CSV out)')
      .argument(
        '[files...]',
        'the scenario, if there is one; a file with one address a line (default: standard input)',
      ),
  )
    .optionsGroup('Of a scenario:')
    .option('--mode <name>', 'the mode; needed where there are several')
    .option('--balancer <name>', 'one of several balancers (default: the one agents connect to)')
    .option('--replication <n>', 'whose luck is drawn, from 1 (default: 1)', wholeNumber(1, 1000))
    .addOption(setOption())
    .optionsGroup('What if:')
    .addOption(repeatable('--add <server>', 'with a server more: what stands behind "server"; of a scenario a node'))
    .addOption(
      repeatable('--remove <server>', 'with a server less: as written, of HAProxy its name; of a scenario a node'),
    )
    .addOption(repeatable('--weight <server=n>', 'with another weight'))
    .optionsGroup('What comes out:')
    .option('--json', 'totals: clients of each server, skew, and what the change moves from where to where')
    .addOption(anonymiseOption())
    .helpOption('-h, --help', helpText)
    .action(async (files: string[], flags: AssignFlags) => done(await assign(files, flags, io)));

  aboutConfiguration(
    command
      .command('explain')
      .usage(
        '<scenario> --mode <name> --agent <group/number> [options]\n' +
          '       fleetfall explain --nginx <file> --address <address> [options]\n' +
          '       fleetfall explain --haproxy <file> --address <address> [options]',
      )
      .description(
        'The story of one agent of a scenario: every attempt and its instant, and how each choice of a balancer came\n' +
          'about: key, hash, place on the ring, servers passed over, why and until when, and what the agent noticed.\n' +
          'Of a configuration: what it makes of one address.',
      )
      .summary('the story of one agent: hash, point, servers passed over and why, attempt by attempt')
      .argument('[scenario]', 'scenario file (YAML)')
      .optionsGroup('Who:')
      .option('--agent <name>', 'GROUP/NUMBER, from 1; of an inventory its id')
      .option('--address <address>', 'who has this address, as a balancer sees it'),
  )
    .optionsGroup('Of a scenario:')
    .option('--mode <name>', 'the mode; needed where there are several')
    .option('--replication <n>', 'whose luck is drawn, from 1 (default: 1)', wholeNumber(1, 1000))
    .addOption(setOption())
    .optionsGroup('What comes out:')
    .option('--json', 'the same for machines; instants in µs')
    .addOption(anonymiseOption())
    .option('--svg <file>', 'a picture of the ring of a consistent hash')
    .helpOption('-h, --help', helpText)
    .action((file: string | undefined, flags: ExplainFlags) => done(explain(file, flags, io)));

  addStoredCommands(command, io, done);

  command
    .command('schema')
    .usage('')
    .description('Print the JSON Schema (draft-07) of a scenario file, for editors that complete and check it.')
    .summary('print the JSON Schema of a scenario file')
    .helpOption('-h, --help', helpText)
    .action(() => done(schema(io)));

  command
    .command('reports', { hidden: true })
    .description('rebuild reports/ from scenarios/ (in a checkout)')
    .argument('[name...]')
    .option('--check', 'compare instead of writing')
    .action(async (names: string[], { check }: { check?: boolean }) => done(await reports(names, check ?? false, io)));

  for (const name of later) {
    command
      .command(name, { hidden: true })
      .allowUnknownOption()
      .argument('[anything...]')
      .helpOption(false)
      .action(() => {
        throw new UsageError(
          `"${name}" is not there yet. This version has run, report, compare, baseline, validate, init, assign, explain and schema.`,
        );
      });
  }
  return command;
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Runs one command. @param argv arguments behind the program's name. @returns the exit code. */
export async function main(argv: readonly string[], given: Io): Promise<number> {
  // Nothing said beside the result has colours: whatever a terminal would act on is out of somebody's names.
  const err = (text: string): void => given.err(printableLines(text));
  const io = { ...given, err, ...(argv.includes(anonymiseFlag) ? { nameless: true } : {}) };
  let code: number = ExitCode.Ok;
  const command = program(io, (result) => {
    code = result;
  });
  try {
    if (argv.length === 0) {
      io.err(command.helpInformation());
      return ExitCode.Input;
    }
    await command.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Input;
    return tell(error, io);
  }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer); // no encoding is set, so chunks are bytes
  return Buffer.concat(chunks).toString('utf8');
}

const called = process.argv[1];
if (called !== undefined && realpathSync(called) === fileURLToPath(import.meta.url)) {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(ExitCode.Interrupted);
    controller.abort(new Error('interrupted'));
    // Whatever has not ended by itself until then: a report that is being written is undone when the process exits.
    setTimeout(() => process.exit(ExitCode.Interrupted), 300);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever read has enough, as in `fleetfall run … | head -1`: report and exit code are none the less due.
      if (error.code === 'EPIPE') return;
      if (stream === process.stdout)
        process.stderr.write(`fleetfall: cannot write to standard output: ${error.message}\n`);
      process.exit(ExitCode.Input);
    });
  }
  const plain = process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== '';
  const code = await main(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colour: process.stdout.isTTY && !plain,
    live: process.stderr.isTTY,
    columns: process.stdout.columns || 80,
    processors: Math.max(1, availableParallelism()),
    env: process.env,
    questions: process.stdin.isTTY && process.stderr.isTTY ? terminalQuestions : null,
    readInput: readStandardInput,
    signal: controller.signal,
  });
  if (code === ExitCode.Interrupted) process.exit(code);
  process.exitCode = code;
}
