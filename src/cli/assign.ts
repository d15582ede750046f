// fleetfall assign: which server does each client address land on? Lines in, CSV out.
import { stringify } from 'csv-stringify/sync';
import { assignNginx } from '../scenario/assign.ts';
import { diskFiles, includeFrom, readTextFile } from '../scenario/files.ts';
import { ScenarioError } from '../scenario/problem.ts';
import { ExitCode, UsageError, type Io } from './io.ts';

export interface AssignFlags {
  readonly nginx?: string;
  readonly upstream?: string;
  readonly port?: number;
  readonly down: readonly string[];
  readonly resolve: readonly string[];
}

export async function assign(clientsFile: string | undefined, flags: AssignFlags, io: Io): Promise<number> {
  if (flags.nginx === undefined) throw new UsageError('give it the configuration: --nginx nginx.conf.');
  const read = (path: string): string => {
    try {
      return readTextFile(path);
    } catch (error) {
      throw new ScenarioError(path, [
        { position: null, text: `cannot be read: ${error instanceof Error ? error.message : String(error)}` },
      ]);
    }
  };
  const names = new Map<string, readonly string[]>();
  for (const pair of flags.resolve) {
    const match = /^([^=]+)=(.+)$/.exec(pair);
    if (!match) throw new UsageError(`--resolve takes NAME=ADDR[,ADDR], got ${JSON.stringify(pair)}.`);
    const [, name = '', addresses = ''] = match;
    names.set(name, [...(names.get(name) ?? []), ...addresses.split(',')]);
  }
  const text = read(flags.nginx);
  const input = clientsFile === undefined || clientsFile === '-' ? await io.readInput() : read(clientsFile);
  const lines = input.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const clients = lines.map((line) => line.trim());
  const { servers, warnings } = assignNginx({
    file: flags.nginx,
    text,
    readInclude: includeFrom(diskFiles('.'), flags.nginx),
    clients,
    clientsFile: clientsFile ?? 'standard input',
    upstream: flags.upstream,
    port: flags.port,
    down: flags.down,
    resolve: names,
  });
  for (const { position, text: warning } of warnings) {
    io.err(`warning: ${position ? `${position.file}:${position.line}:${position.column}: ` : ''}${warning}\n`);
  }
  io.out(
    stringify(
      clients.map((client, index) => [client, servers[index]!]),
      { header: true, columns: ['client', 'server'], escape_formulas: true },
    ),
  );
  return ExitCode.Ok;
}
