// Whatever scenario somebody writes, it is refused with reasons or simulated with books that balance.
import { expect, test } from 'vitest';
import { faultNames, type FaultName } from '../support/random/faults.ts';
import { load, play } from '../support/random/play.ts';
import { randomScenario } from '../support/random/scenario.ts';

const long = process.env.FLEETFALL_LONG === '1';
const only = process.env.FLEETFALL_SEED;
const numbers =
  only === undefined ? Array.from({ length: long ? 10_000 : 200 }, (_, number) => number) : only.split(',').map(Number);

/** Verbs that this version plays. */
const playable: readonly FaultName[] = faultNames.filter((name) => {
  for (let number = 0; number < 60; number++) {
    const { text } = randomScenario(number, [name]);
    if (text.includes('faults:\n  -') && load(text) !== null) return true;
  }
  return false;
});

test('books balance in every random scenario', { timeout: 3_600_000 }, () => {
  let played = 0;
  for (const number of numbers) {
    const { text, replay } = randomScenario(number, playable);
    try {
      const scenario = load(text);
      if (scenario === null) continue;
      played += 1;
      play(scenario);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${replay}`, { cause: error });
    }
  }
  // Most of what is drawn is a scenario, not a mistake.
  if (only === undefined) expect(played).toBeGreaterThan(0.7 * numbers.length);
});
