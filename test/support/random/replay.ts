// Plays random scenarios by their numbers. Run by itself it replays what a test has found:
// node test/support/random/replay.ts 177
import { pathToFileURL } from 'node:url';
import { load, play } from './play.ts';
import { randomScenario } from './scenario.ts';

/** @returns why the scenario was refused, nothing when it was played. @throws Error with the command that replays the failure. */
export function playNumber(number: number): readonly string[] {
  try {
    const loaded = load(randomScenario(number));
    if ('refusedFor' in loaded) return loaded.refusedFor;
    play(loaded.scenario);
    return [];
  } catch (error) {
    throw new Error(failureOf(number, error), { cause: error });
  }
}

export function replayCommand(number: number): string {
  return `node test/support/random/replay.ts ${number}`;
}

/** What a test says of a failure: the reason, the command that shows it again, and the scenario. */
export function failureOf(number: number, error: unknown): string {
  const { text, files } = randomScenario(number);
  const reason = error instanceof Error ? error.message : String(error);
  const parts = Object.entries(files).map(([path, content]) => `--- ${path}\n${content}`);
  return [`${reason}\n${replayCommand(number)}\n--- random.yaml\n${text}`, ...parts].join('');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const number of process.argv.slice(2).map(Number)) {
    const reasons = playNumber(number);
    const told = reasons.length > 0 ? `refused: ${reasons.join(' ')}` : 'played, and everything holds';
    console.log(failureOf(number, told));
  }
}
