import { expect, test } from 'vitest';
import { compare } from '../../src/metrics/compare.ts';
import { shortVerdictOf, verdictOf } from '../../src/metrics/verdict.ts';
import type { FaultOptions } from '../../src/models/fault.ts';
import type { BooksSketch, OutageSketch } from '../support/books.ts';
import { aScenario, replications } from '../support/numbers.ts';
import { fault } from '../support/worlds.ts';

const kill = fault('kill', 'worker01', 600, 600);

/** The verdict over modes, each with the sketches of its replications. */
function verdict(
  modes: Readonly<Record<string, readonly BooksSketch[]>>,
  faults: readonly FaultOptions[] = [kill],
): string {
  const names = Object.keys(modes);
  const count = modes[names[0]!]!.length;
  const scenario = aScenario(names, {}, { replications: count, faults });
  return compare(
    scenario,
    names.map((name) => replications(...modes[name]!)),
    '1',
  ).verdict;
}

/** Agents that were cut off, one an outage unless said otherwise, and what they lost of 1,000 events each. */
function cut(outages: readonly OutageSketch[], lost = 0, agents = 10): BooksSketch {
  const counts = Array.from({ length: agents }, (_, index) => ({
    produced: 1_000,
    lost: { path: index === 0 ? lost : 0 },
  }));
  return { counts, faults: [['kill', ['worker01'], 600, 1_200]], outages };
}

const back = (agent: number, retry: number): OutageSketch => ({ agent, parts: [0, retry, 0] });

test('one mode: who was cut off, how soon they are back, what was lost', () => {
  expect(verdict({ lb: [cut([back(0, 10), back(1, 20), back(2, 30)], 5)] })).toBe(
    'worker01 is killed at 10 min for 10 min. lb: 3 agents are cut off, half of them report again within 20.0 s (95 %: 30.0 s), ' +
      '0.05 % of all events are lost (all of them written into dead connections).',
  );
});

test('several modes: the one that loses the fewest events', () => {
  const modes = { list: [cut([back(0, 50)], 30)], lb: [cut([back(0, 10)], 10)], udp: [cut([back(0, 90)], 400)] };

  expect(verdict(modes)).toMatch(
    /^worker01 is killed at 10 min for 10 min\. In the only replication lb loses the fewest events: list, the next, loses 3 times as many\. list: /,
  );
  expect(verdict({ list: modes.list, lb: [cut([back(0, 10)])] })).toMatch(
    /\. In the only replication lb loses the fewest events\. list: /,
  );
});

test('a hundredth more or less makes no winner', () => {
  const modes = { list: [cut([back(0, 50)], 1_000)], lb: [cut([back(0, 10)], 1_005)] };

  expect(verdict(modes)).toContain('. All modes lose about the same number of events. list: ');
  expect(verdict({ ...modes, udp: [cut([back(0, 90)], 4_000)] })).toContain(
    'list loses the fewest events: lb, the next, loses hardly more. ',
  );
});

test('agents that never find a place are told of, though nothing cuts them off', () => {
  const full = { ...cut([]), connected: [[30], [30]] };

  expect(verdict({ lb: [{ ...full, disconnected: [70, 70] }] })).toContain(
    'lb: 70 agents have no session when the run begins (70 when it ends), no agent is cut off',
  );
});

test('what took most of the lost events is said with its share', () => {
  const mixed = { ...cut([]), counts: [{ produced: 1_000, lost: { logcollector: 30, path: 10 } }] };

  expect(verdict({ lb: [mixed] })).toMatch(
    /4 % of all events are lost \(75 % of them in front of logcollector's full queue\)\.$/,
  );
});

test('several modes may share the first place', () => {
  expect(verdict({ lb: [cut([], 5)], list: [cut([])], udp: [cut([])] })).toContain(
    ' list and udp lose the fewest events. lb: ',
  );
});

test('modes that lose the same, or whose difference may be chance, have no winner', () => {
  const lost = (...amounts: readonly number[]): BooksSketch[] => amounts.map((amount) => cut([back(0, 10)], amount));

  expect(verdict({ lb: lost(10), list: lost(10) })).toMatch(/^worker01 is killed at 10 min for 10 min\. lb: /);
  expect(verdict({ lb: lost(10, 30, 20), list: lost(31, 9, 26) })).toMatch(
    /Which of lb and list loses fewer events cannot be told from 3 replications\. lb: /,
  );
  // Both vary widely, but one always loses a few more.
  expect(verdict({ lb: lost(10, 300, 20), list: lost(12, 303, 22) })).toMatch(
    /lb loses the fewest events: list, the next, loses 1\.02 times as many\. lb: /,
  );
});

test('nobody affected, nothing lost, nothing happens', () => {
  expect(verdict({ lb: [cut([])] })).toMatch(/ lb: no agent is cut off, no event is lost\.$/);
  expect(verdict({ lb: [cut([], 5)] })).toMatch(/ lb: no agent is cut off, 0\.05 % of all events are lost \(/);
  expect(verdict({ lb: [{ counts: [{ produced: 9 }] }] }, [])).toBe(
    'Nothing happens. lb: no agent is cut off, no event is lost.',
  );
});

test('not all of them are back when the run ends', () => {
  const gone = (...agents: number[]): OutageSketch[] => agents.map((agent) => ({ agent }));

  expect(verdict({ lb: [cut(gone(0, 1, 2))] })).toContain('3 agents are cut off, nobody is back when the run ends,');
  expect(verdict({ lb: [cut([back(0, 5), ...gone(1, 2)])] })).toContain(
    'fewer than half of them are back when the run ends,',
  );
  expect(verdict({ lb: [cut([back(0, 5), back(1, 5), ...gone(2)])] })).toContain(
    'half of them report again within 5.0 s, 1 is not back when the run ends,',
  );
  expect(verdict({ lb: [cut([back(0, 5)]), cut(gone(0)), cut([back(0, 5)])] })).toContain(
    'in 1 of 3 runs fewer than half of them are back when the run ends,',
  );
});

test('one agent is one agent, and one that is cut off twice is counted once', () => {
  expect(verdict({ lb: [cut([back(0, 5)])] })).toContain('lb: 1 agent is cut off, half');
  expect(verdict({ lb: [cut([back(0, 5), back(0, 7), back(1, 9)])] })).toContain(
    'lb: 2 agents are cut off, 3 times in all, half',
  );
});

test('without a mode only what happens is said', () => {
  expect(verdictOf([{ index: 0, text: 'worker01 hangs', startUs: 0, endUs: 1 }], [])).toBe('worker01 hangs.');
});

test('in short: where all modes lose the same it is said once, and not mode by mode', () => {
  const scenario = aScenario(['a', 'b'], {}, { replications: 1, faults: [kill] });
  const short = (books: BooksSketch): string => {
    const { faults, modes } = compare(scenario, [replications(books), replications(books)], '1');
    return shortVerdictOf(faults, modes);
  };

  expect(short(cut([]))).toBe(
    'worker01 is killed at 10 min for 10 min. No mode loses an event, and no agent is cut off.',
  );
  expect(short(cut([back(0, 5)]))).toBe('worker01 is killed at 10 min for 10 min. No mode loses an event.');
  expect(short(cut([back(0, 5)], 7))).toBe(
    'worker01 is killed at 10 min for 10 min. All modes lose the same: 7 events.',
  );
});
