// The tutorial: played from top to bottom in an empty folder. What a page shows between its marks is what came out; after a change that
// moves it, `npx vitest run test/tutorial.test.ts -u` writes it anew.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import type { Outcome, Step } from './support/tutorial.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = text('docs/TUTORIAL.md');

interface Block {
  /** `file: nginx.conf`, `run`, `run: exits 99`, `prints`, `written: fleetfall.yaml`. */
  readonly mark: string;
  readonly text: string;
}

const blockPattern = /<!-- ([^>]+) -->\n```(\w*)\n([^]*?)```/g;
const blocks = [...page.matchAll(blockPattern)].map(([, mark, , body]): Block => ({ mark: mark!, text: body! }));

/** Words of a command line with plain quotes, behind the program's name. */
function argvOf(line: string): string[] {
  const [program, ...argv] = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => (single ?? double ?? plain)!,
  );
  if (program !== 'fleetfall') throw new Error(`a command of another program: ${line}`);
  return argv;
}

const commandOf = (line: string): Step => ({ kind: 'command', argv: argvOf(line) });

/** Commands of a workflow's steps. */
function workflowCommands(yaml: string): string[] {
  const { jobs } = parse(yaml) as { jobs: Record<string, { steps: readonly { run?: string }[] }> };
  return Object.values(jobs)
    .flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []))
    .flatMap((line) => (line.startsWith('npx ') ? line.slice(4) : []));
}

function stepsOf({ mark, text: body }: Block): Step[] {
  const [, kind, rest = ''] = /^(\w+)(?:: (.+))?$/.exec(mark)!;
  switch (kind) {
    case 'file': {
      const commands = rest.includes('workflows/') ? workflowCommands(body) : [];
      return [{ kind: 'file', path: rest, text: body }, ...commands.map(commandOf)];
    }
    case 'run':
      return body
        .split('\n')
        .filter((line) => line !== '')
        .map(commandOf);
    case 'written':
      return [{ kind: 'read', path: rest }];
    case 'prints':
      return [];
    default:
      throw new Error(`a mark that nobody knows: ${mark}`);
  }
}

function play(steps: readonly Step[], folder: string): Promise<Outcome[]> {
  return new Promise((resolve, reject) => {
    const program = execFile(
      process.execPath,
      [join(root, 'test/support/tutorial.ts')],
      { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => {
        if (error) reject(new Error(err, { cause: error }));
        else resolve(JSON.parse(out) as Outcome[]);
      },
    );
    program.stdin!.end(JSON.stringify(steps));
  });
}

test('the tutorial says what happens when one does what it says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-tutorial-'));
  try {
    const steps = blocks.map(stepsOf);
    const outcomes = await play(steps.flat(), folder);

    let at = 0;
    let last: Outcome = { code: 0, out: '', err: '' };
    const shown = blocks.map(({ mark, text: body }, index) => {
      const mine = outcomes.slice(at, (at += steps[index]!.length));
      const code = Number(/exits (\d+)/.exec(mark)?.[1] ?? 0);
      for (const each of mine) expect(each.code, `${mark}\n${body}${each.out}${each.err}`).toBe(code);
      last = mine.at(-1) ?? last;
      if (mark.startsWith('written')) return last.out;
      return mark === 'prints' ? (last.code === 2 ? last.err : last.out) : body;
    });

    expect(at).toBe(outcomes.length);
    let next = 0;
    const played = page.replace(
      blockPattern,
      (_, mark: string, language: string) => `<!-- ${mark} -->\n\`\`\`${language}\n${shown[next++]!}\`\`\``,
    );
    await expect(played).toMatchFileSnapshot(join(root, 'docs/TUTORIAL.md'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the tutorial has a mark at every block, but for the one about the shell', () => {
  const fences = [...page.matchAll(/^```/gm)].length / 2;

  expect(fences).toBe(blocks.length + 1);
  expect(blocks.filter(({ mark }) => mark.startsWith('run')).length).toBeGreaterThanOrEqual(8);
});

test('the tutorial ends with the files of the example project', () => {
  for (const name of ['nginx.conf', 'ossec.conf', 'fleetfall.yaml']) {
    expect(blocks.findLast(({ mark }) => mark === `file: ${name}`)?.text, name).toBe(text(`docs/example/${name}`));
  }
});
