// Lines in files that logcollector looks into every few seconds. What it reads at a poll goes into its queue at once; what the queue
// does not take is lost, connected or not, and what exceeds the lines of a poll waits in the file for the next one. Wazuh 4.14.7,
// src/logcollector/logcollector.c, w_input_thread(); read_syslog.c: logcollector.max_lines; queue_op.c, queue_full().
import { uniform, type Key } from '../../kernel/random.ts';
import { drawIndex, groupKey, Purpose, type Arrivals } from '../workload.ts';
import type { GroupOptions } from '../worldOptions.ts';

/** When lines are written, by an agent of a group. */
interface Lines {
  count(agent: number, atUs: number): number;
  timeOf(agent: number, ordinal: number): number;
}

export interface PollOptions {
  /** logcollector.loop_timeout. */
  readonly periodUs: number;
  /** Lines of all the files that are read at one poll; Infinity: no limit. */
  readonly mostLines: number;
  /** Lines that logcollector can hold: its queue, and the one in its output thread's hand. */
  readonly room: number;
}

/** Of each group; `null`: its lines are read as they are written. */
export function polledGroups(
  groups: readonly GroupOptions[],
  arrivals: readonly Arrivals[],
  root: Key,
): readonly (PolledFiles | null)[] {
  return groups.map((group, index) => {
    const { files, source } = group.events;
    if (files === null || source !== 'logcollector') return null;
    const { logcollectorLoopTimeoutSeconds, logcollectorMaxLines, logcollectorQueueSize } = group.agent.internal;
    const periodUs = logcollectorLoopTimeoutSeconds * 1_000_000;
    const key = groupKey(root, Purpose.PollPhase, group);
    const phaseUs = Float64Array.from({ length: group.count }, (_, local) =>
      Math.floor(uniform(key, drawIndex(group, local), 0) * periodUs),
    );
    return new PolledFiles(
      arrivals[index]!,
      {
        periodUs,
        mostLines: logcollectorMaxLines === 0 ? Infinity : files * logcollectorMaxLines,
        room: logcollectorQueueSize, // one slot stays free, one line is in the output thread's hand
      },
      phaseUs,
    );
  });
}

/** The polls at which lines were dropped or left in the files, and what had become of all lines with each. */
interface Polls {
  readonly poll: number[];
  readonly read: number[];
  readonly taken: number[];
  /** 1: lines were left in the files. */
  readonly left: number[];
  /** At all polls behind the last of these, up to this one, everything is read and taken. */
  freeUpTo: number;
  /** logcollector does not run: its last poll; Infinity: it runs. */
  lastPoll: number;
}

/**
 * What a group's agents take out of their files: a function of time, like the lines themselves. Numbers are those of lines that were
 * taken; polls at which everything is are not kept.
 */
export class PolledFiles {
  readonly #lines: Lines;
  readonly #options: PollOptions;
  /** A line waits up to this long in its file. */
  readonly periodUs: number;
  readonly #phaseUs: Float64Array;
  readonly #polls: Polls[];

  /** @param phaseUs first poll of each agent, in [0, period). */
  constructor(lines: Lines, options: PollOptions, phaseUs: Float64Array) {
    this.#lines = lines;
    this.#options = options;
    this.periodUs = options.periodUs;
    this.#phaseUs = phaseUs;
    this.#polls = Array.from(phaseUs, () => ({
      poll: [-1],
      read: [0],
      taken: [0],
      left: [0],
      freeUpTo: -1,
      lastPoll: Infinity,
    }));
  }

  /** logcollector ends, and will go on where it was: until then lines wait in the files. */
  close(agent: number, atUs: number): void {
    const polls = this.#polls[agent]!;
    const last = this.#lastPoll(agent, atUs);
    if (polls.lastPoll !== Infinity) return;
    this.#extend(agent, last);
    while (polls.poll.at(-1)! > last) {
      for (const column of [polls.poll, polls.read, polls.taken, polls.left]) column.pop();
    }
    polls.freeUpTo = Math.min(polls.freeUpTo, last);
    polls.lastPoll = last;
  }

  /** … and runs again: its next poll finds what was written since. */
  open(agent: number, atUs: number): void {
    const polls = this.#polls[agent]!;
    const { lastPoll } = polls;
    polls.lastPoll = Infinity;
    const missed = this.#lastPoll(agent, atUs);
    if (missed <= lastPoll) return;
    const at = polls.poll.length - 1;
    const readSince = polls.left[at] === 0 && lastPoll > polls.poll[at]!;
    const read = readSince ? this.#lines.count(agent, this.#pollUs(agent, lastPoll)) : polls.read[at]!;
    polls.taken.push(read - (polls.read[at]! - polls.taken[at]!));
    polls.read.push(read);
    polls.poll.push(missed);
    polls.left.push(1);
  }

  /** logcollector runs for the first time: what would have been written before was never written. @returns lines that are left out so. */
  begin(agent: number, atUs: number): number {
    const poll = this.#lastPoll(agent, atUs);
    const { polls, at } = this.#upTo(agent, poll);
    const taken = this.count(agent, atUs);
    const read = this.#lines.count(agent, atUs);
    const isNew = polls.poll[at]! < poll;
    for (const [column, value] of [
      [polls.poll, poll],
      [polls.read, read],
      [polls.taken, taken],
      [polls.left, 0],
    ] as const) {
      if (isNew) column.push(value);
      else column[at] = value;
    }
    return read - taken;
  }

  /** Lines taken before `atUs`. */
  count(agent: number, atUs: number): number {
    const poll = this.#lastPoll(agent, atUs);
    if (poll < 0) return 0;
    const { polls, at } = this.#upTo(agent, poll);
    if (polls.poll[at] === poll) return polls.taken[at]!;
    return this.#lines.count(agent, this.#pollUs(agent, poll)) - (polls.read[at]! - polls.taken[at]!);
  }

  /** Lines that found no room in the queue at polls before `atUs`, and those left out at the beginning. */
  dropped(agent: number, atUs: number): number {
    const { polls, at } = this.#upTo(agent, this.#lastPoll(agent, atUs));
    return polls.read[at]! - polls.taken[at]!;
  }

  /** Instant of the poll at which the `ordinal`-th line that is taken is read; Infinity: never. */
  timeOf(agent: number, ordinal: number): number {
    const polls = this.#polls[agent]!;
    if (polls.lastPoll !== Infinity && ordinal > this.count(agent, Infinity)) return Infinity;
    for (;;) {
      const at = lastBelow(polls.taken, ordinal);
      const next = polls.poll[at + 1];
      if (next === undefined && polls.left[at] === 1) {
        this.#extend(agent, polls.poll[at]! + 1);
        continue;
      }
      const lineUs = this.#lines.timeOf(agent, ordinal + polls.read[at]! - polls.taken[at]!);
      if (next === undefined && lineUs === Infinity) return Infinity;
      const poll = lineUs === Infinity ? Infinity : this.#pollAfter(agent, lineUs);
      if (next !== undefined) return this.#pollUs(agent, Math.max(polls.poll[at]! + 1, Math.min(poll, next)));
      const known = polls.poll.length;
      this.#extend(agent, poll);
      if (polls.poll.length === known) return this.#pollUs(agent, poll);
    }
  }

  /** When the `ordinal`-th line that is taken was written. */
  bornOf(agent: number, ordinal: number): number {
    this.timeOf(agent, ordinal);
    const polls = this.#polls[agent]!;
    // Of a poll's lines the first ones are taken.
    const at = lastBelow(polls.taken, ordinal);
    return this.#lines.timeOf(agent, ordinal + polls.read[at]! - polls.taken[at]!);
  }

  #pollUs(agent: number, poll: number): number {
    return this.#phaseUs[agent]! + poll * this.#options.periodUs;
  }

  /** The last poll before `atUs`, -1: there was none. */
  #lastPoll(agent: number, atUs: number): number {
    const last = Math.max(-1, Math.ceil((atUs - this.#phaseUs[agent]!) / this.#options.periodUs) - 1);
    return Math.min(last, this.#polls[agent]!.lastPoll);
  }

  /** The first poll after a line was written. */
  #pollAfter(agent: number, lineUs: number): number {
    return Math.max(0, Math.floor((lineUs - this.#phaseUs[agent]!) / this.#options.periodUs) + 1);
  }

  #upTo(agent: number, poll: number): { readonly polls: Polls; readonly at: number } {
    this.#extend(agent, poll);
    const polls = this.#polls[agent]!;
    return { polls, at: lastBelow(polls.poll, poll + 1) };
  }

  /** Looks at all polls up to this one; leaps over those at which too few lines can have come to matter. */
  #extend(agent: number, poll: number): void {
    const polls = this.#polls[agent]!;
    const { mostLines, room } = this.#options;
    const limit = Math.min(mostLines, room);
    while (Math.max(polls.freeUpTo, polls.poll.at(-1)!) < poll) {
      const last = polls.poll.length - 1;
      const from = Math.max(polls.freeUpTo, polls.poll[last]!);
      let read = polls.read[last]!;
      let next = from + 1;
      if (polls.left[last] === 0) {
        if (from >= 0) read = Math.max(read, this.#lines.count(agent, this.#pollUs(agent, from)));
        const lineUs = this.#lines.timeOf(agent, read + limit + 1);
        const reached = lineUs === Infinity ? Infinity : this.#pollAfter(agent, lineUs);
        if (reached > poll) {
          polls.freeUpTo = poll;
          return;
        }
        if (reached > next) {
          polls.freeUpTo = reached - 1;
          read = this.#lines.count(agent, this.#pollUs(agent, reached - 1));
          next = reached;
        }
      }
      const written = this.#lines.count(agent, this.#pollUs(agent, next));
      const lines = Math.min(written - read, mostLines);
      const taken = Math.min(lines, room);
      const isLeft = read + lines < written;
      if (taken === written - read) {
        polls.freeUpTo = next;
        if (polls.left[last] === 0) continue; // too few after all
      }
      const before = read - (polls.read[last]! - polls.taken[last]!);
      polls.poll.push(next);
      polls.read.push(read + lines);
      polls.taken.push(before + taken);
      polls.left.push(isLeft ? 1 : 0);
    }
  }
}

/** Index of the last of ascending values that is below `limit`; the first one is. */
function lastBelow(values: readonly number[], limit: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (values[middle]! < limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
