// The commands about results that are there: report, compare, baseline.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { baselineCheck, baselineSave, type BaselineCheckFlags, type BaselineFlags } from './baseline.ts';
import { parseShare } from '../kernel/units.ts';
import { compare, type CompareFlags } from './compare.ts';
import type { Io } from './io.ts';
import { anonymiseOption, helpText, includesOption, playOptions, setOption } from './options.ts';
import { report, reportFormats, type ReportFlags } from './report.ts';

export function addStoredCommands(command: Command, io: Io, done: (code: number) => void): void {
  command
    .command('report')
    .usage('<result...> [options]')
    .description(
      'Tell stored results again, without a simulation: what `fleetfall run` has printed and written, byte by byte.\n' +
        'A result is the folder of a report, or the result.json in it.',
    )
    .summary('tell stored results again')
    .argument('<result...>', 'folders of reports, or their result.json')
    .optionsGroup('What comes out:')
    .addOption(
      new Option('--format <format>', 'what is told (default: text; with --out: all files)').choices(reportFormats),
    )
    .option('--json', 'the same as --format json: summary.json')
    .option('--details', 'text: all of it, instead of what fits a screen')
    .addOption(anonymiseOption())
    .option('--out <directory>', 'where the files go (default: standard output)')
    .option('--quiet', 'say nothing but what is told')
    .helpOption('-h, --help', helpText)
    .action(async (paths: string[], flags: ReportFlags) => done(await report(paths, flags, io)));

  playOptions(
    command
      .command('compare')
      .usage('<a> <b> [options]\n       fleetfall compare <scenario> --set <path=value> [options]')
      .description(
        'What moved from a to b: two stored results, two scenarios, one of each, or one scenario without and with --set.\n' +
          'Of the same seed the same agents meet the same events and faults, so replications are compared one by one.',
      )
      .summary('two results or scenarios: what moved')
      .argument('<results...>', 'scenario files, folders of reports, or their result.json')
      .optionsGroup('What is compared:')
      .addOption(setOption('--set <path=value>', 'one scenario: what the second side changes; repeatable'))
      .addOption(setOption('--set-a <path=value>', 'what the first side changes; repeatable'))
      .addOption(setOption('--set-b <path=value>', 'what the second side changes; repeatable'))
      .addOption(includesOption()),
    'the scenarios’',
  )
    .optionsGroup('What comes out:')
    .addOption(
      new Option('--format <format>', 'text (default), md: a card for a pull request, or json').choices([
        'text',
        'md',
        'json',
      ]),
    )
    .option('--json', 'the same as --format json')
    .option('--all', 'text: everything that moved, instead of the largest')
    .addOption(anonymiseOption())
    .option('--quiet', 'no progress')
    .helpOption('-h, --help', helpText)
    .addHelpText(
      'after',
      '\nExit code 0 whatever moved, 2 when the two cannot be compared. `fleetfall baseline check` fails on a move.\n',
    )
    .action(async (paths: string[], flags: CompareFlags) => done(await compare(paths, flags, io)));

  const baseline = command
    .command('baseline')
    .description(
      'Remember what scenarios come to, and fail when they come to something else: a guard for whoever changes a\n' +
        'configuration, a scenario or the simulator. A baseline belongs into the repository, beside the scenario.',
    )
    .summary('remember results, fail when they move')
    .helpOption('-h, --help', helpText)
    .helpCommand(false);
  const shared = (sub: Command): Command =>
    playOptions(
      sub
        .argument('<scenario...>', 'scenario files (YAML)')
        .option('--dir <directory>', 'where baselines are, a file a scenario', '.fleetfall')
        .addOption(setOption())
        .addOption(includesOption()),
    )
      .option('--quiet', 'no progress, and nothing that is as it should be')
      .helpOption('-h, --help', helpText);

  shared(
    baseline
      .command('save')
      .usage('<scenario...> [options]')
      .description('Simulate, and remember every value and what happened, event by event.'),
  ).action(async (paths: string[], flags: BaselineFlags) => done(await baselineSave(paths, flags, io)));

  shared(
    baseline
      .command('check')
      .usage('<scenario...> [options]')
      .description(
        'Simulate again. Exact: every event and every value of every replication is as remembered, or the first event\n' +
          'that differs is named, with what both sides did before it.',
      ),
  )
    .option(
      '--tolerance <share>',
      'means over the replications may move by this, such as 2%; events may differ then',
      toleranceOf,
    )
    .option('--json', 'print one JSON document')
    .addOption(anonymiseOption())
    .addHelpText(
      'after',
      '\nExit code 0 when all is as remembered, 4 when it is not, 2 when the scenario or a configuration changed\nor there is no baseline.\n',
    )
    .action(async (paths: string[], flags: BaselineCheckFlags) => done(await baselineCheck(paths, flags, io)));
}

function toleranceOf(text: string): number {
  let share: number;
  try {
    share = parseShare(text);
  } catch {
    share = NaN;
  }
  if (share >= 0 && share < 1) return share;
  throw new InvalidArgumentError('Expected a share below 100%, such as 2%.');
}
