// What went wrong, told to the user, as an exit code.
import { NotComparableError } from '../metrics/change.ts';
import { StaleBaselineError } from '../report/baselineCheck.ts';
import { ResultError } from '../report/sealed.ts';
import { OutputError } from '../report/write.ts';
import { ReplicationError } from '../run/replications.ts';
import { ScenarioError } from '../scenario/problem.ts';
import { ExitCode, UsageError, type Io } from './io.ts';

/** Says on stderr what was thrown. @returns the exit code it means. */
export function tell(error: unknown, io: Io): number {
  if (io.signal.aborted) return ExitCode.Interrupted;
  if (io.nameless) return tellNameless(error, io);
  if (
    error instanceof ScenarioError ||
    error instanceof OutputError ||
    error instanceof ResultError ||
    error instanceof StaleBaselineError
  ) {
    io.err(`${error.message}\n`);
    return ExitCode.Input;
  }
  if (error instanceof UsageError || error instanceof NotComparableError) {
    io.err(`fleetfall: ${error.message}\n`);
    return ExitCode.Input;
  }
  const text =
    error instanceof ReplicationError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  io.err(`fleetfall: this is our mistake, please report it.\n${text}\n`);
  return ExitCode.OurFault;
}

/** Messages about mistakes repeat what files say: here only their places are told. */
function tellNameless(error: unknown, io: Io): number {
  const again = 'What it says has names in it: to read it, run the same without --anonymise.';
  if (error instanceof ScenarioError) {
    const { problems } = error;
    const places = problems
      .slice(0, 20)
      .flatMap(({ position }) => (position ? [`${position.line}:${position.column}`] : []));
    const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
    io.err(
      `fleetfall: ${count} in what it was given${places.length > 0 ? `, at ${places.join(', ')}` : ''}. ${again}\n`,
    );
    return ExitCode.Input;
  }
  const isTheirs = [OutputError, ResultError, UsageError, NotComparableError].some((kind) => error instanceof kind);
  io.err(`fleetfall: ${isTheirs ? 'something needs mending' : 'this is our mistake'}. ${again}\n`);
  return isTheirs ? ExitCode.Input : ExitCode.OurFault;
}
