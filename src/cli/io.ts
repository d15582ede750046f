// Where a command reads and writes, so that tests can look on.
import type { Changes } from './changes.ts';
import type { Questions } from './questions.ts';

export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly colour: boolean;
  /** Live progress may be drawn on stderr. */
  readonly live: boolean;
  /** Width of the text on stdout; where it is no terminal always the same. */
  readonly columns: number;
  /** Worker threads where `--jobs` does not say it; 0: the simulation runs in this thread. */
  readonly processors: number;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Variables of the environment: what a pipeline says of itself. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `null`: nobody is there to ask. */
  readonly questions: Questions | null;
  /** `--anonymise`: nothing that is printed or written repeats a name or an address of the user's. */
  readonly nameless?: boolean;
  /** How `run --watch` hears that files change; absent: from the system. */
  readonly changes?: Changes;
  /** Fires when the user interrupts. */
  readonly signal: AbortSignal;
}

/** `Input`: the command or a file needs mending; `BaselineDiffers` is kept for comparisons with stored results. */
export const ExitCode = {
  Ok: 0,
  OurFault: 1,
  Input: 2,
  Inconclusive: 3,
  BaselineDiffers: 4,
  Breached: 99,
  Interrupted: 130,
} as const;

const precedence: readonly number[] = [
  ExitCode.OurFault,
  ExitCode.Input,
  ExitCode.BaselineDiffers,
  ExitCode.Breached,
  ExitCode.Inconclusive,
];

/** The code of several scenarios together. */
export function worstOf(codes: readonly number[]): number {
  return precedence.find((code) => codes.includes(code)) ?? ExitCode.Ok;
}

/** A mistake in how the command was called; exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
