// The command line as a process of its own: signals, closed pipes, exit codes of the operating system.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Spawned {
  readonly child: ChildProcess;
  /** Resolves when stderr has said this. @throws when the process ends before. */
  said(text: string): Promise<void>;
  readonly done: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

/** @param stdout a file to write to instead of a pipe. */
export function spawned(argv: readonly string[], stdout?: string): Spawned {
  const file = stdout === undefined ? undefined : openSync(stdout, 'w');
  const child = spawn(process.execPath, [main, ...argv], { stdio: ['ignore', file ?? 'pipe', 'pipe'] });
  if (file !== undefined) closeSync(file);
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (err += text));
  return {
    child,
    said: (text) =>
      new Promise((resolve, reject) => {
        child.stderr!.on('data', () => {
          if (err.includes(text)) resolve();
        });
        child.on('close', () => reject(new Error(`it ended without saying ${text}:\n${err}`)));
      }),
    done: new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, out, err }));
    }),
  };
}
