// Plays a tutorial in the working directory: files are written, commands run one after the other, and what they say is told.
// Standard input: a JSON list of steps; standard output: a JSON list of outcomes. A process of its own, because threads share a directory.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cli, type CliResult } from './cli.ts';

export type Step =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] }
  | { readonly kind: 'read'; readonly path: string };

/** A file tells its text as what was printed. */
export type Outcome = CliResult;

const nothing = { code: 0, out: '', err: '' };

async function play(step: Step): Promise<Outcome> {
  switch (step.kind) {
    case 'file':
      mkdirSync(dirname(step.path), { recursive: true });
      writeFileSync(step.path, step.text);
      return nothing;
    case 'command':
      return cli(step.argv, '', {}, null, 80);
    case 'read':
      return { ...nothing, out: readFileSync(step.path, 'utf8') };
    default:
      return step satisfies never;
  }
}

const outcomes: Outcome[] = [];
for (const step of JSON.parse(readFileSync(0, 'utf8')) as readonly Step[]) outcomes.push(await play(step));
process.stdout.write(JSON.stringify(outcomes));
