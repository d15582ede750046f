// The command line in this process, with everything it prints kept.
import type { Questions } from '../../src/cli/questions.ts';
import { main } from '../../src/cli/main.ts';

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function cli(
  argv: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
  questions: Questions | null = null,
  columns = 100,
): Promise<CliResult> {
  let out = '';
  let err = '';
  const code = await main(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colour: false,
    live: false,
    columns,
    processors: 0,
    readInput: () => Promise.resolve(input),
    env,
    questions,
    signal: new AbortController().signal,
  });
  return { code, out, err };
}
