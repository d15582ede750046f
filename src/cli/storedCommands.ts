// The commands about results that are there: report, compare, baseline.
import { Option, type Command } from 'commander';
import { compare, type CompareFlags } from './compare.ts';
import type { Io } from './io.ts';
import { helpText, includesOption, repeatable, seedText, setOption, wholeNumber } from './options.ts';
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
    .option('--out <directory>', 'where the files go (default: standard output)')
    .option('--quiet', 'say nothing but what is told')
    .helpOption('-h, --help', helpText)
    .action(async (paths: string[], flags: ReportFlags) => done(await report(paths, flags, io)));

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
    .addOption(includesOption())
    .addOption(repeatable('--mode <name>', 'only this mode'))
    .option('--seed <seed>', 'root of all chance of both sides, instead of the scenarios’', seedText)
    .option('--replications <n>', 'runs with luck drawn anew, instead of the scenarios’', wholeNumber(1, 1000))
    .option('--jobs <n>', 'worker threads (default: one a processor)', wholeNumber(1, 256))
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
    .option('--quiet', 'no progress')
    .helpOption('-h, --help', helpText)
    .addHelpText(
      'after',
      '\nExit code 0 whatever moved, 2 when the two cannot be compared. `fleetfall baseline check` fails on a move.\n',
    )
    .action(async (paths: string[], flags: CompareFlags) => done(await compare(paths, flags, io)));
}
