// The verdict in a sentence, and why it came out so.
import { formatCount, formatDuration, formatShare } from '../kernel/units.ts';
import { lossCauses, type LossCause } from '../models/ledger.ts';
import type { FaultOptions } from '../models/fault.ts';
import type { Estimate, FaultText, ModeResult } from './comparison.ts';
import type { ReplicationNumbers } from './numbers.ts';
import { estimate, pairedDifference, percentile } from './statistics.ts';

const done: Readonly<Record<FaultOptions['kind'], string>> = {
  kill: 'is killed',
  powerOff: 'loses its power',
  hang: 'hangs',
};
const donePlural: Readonly<Record<FaultOptions['kind'], string>> = {
  kill: 'are killed',
  powerOff: 'lose their power',
  hang: 'hang',
};

/** `worker01 is killed at 10 min for 10 min`. */
export function faultSentence({ kind, places, atUs, forUs, everyUs, times }: FaultOptions): string {
  const who = places.length > 1 ? `${places.slice(0, -1).join(', ')} and ${places.at(-1)!}` : places[0]!;
  const what = places.length > 1 ? donePlural[kind] : done[kind];
  const when =
    atUs === null
      ? 'from the start'
      : atUs.fromUs === atUs.toUs
        ? `at ${minutes(atUs.fromUs)}`
        : `between ${minutes(atUs.fromUs)} and ${minutes(atUs.toUs)}`;
  const long = forUs === null ? ' to the end' : ` for ${minutes(forUs)}`;
  const again = everyUs !== null && times > 1 ? `, ${times} times, every ${minutes(everyUs)}` : '';
  return `${who} ${what} ${when}${long}${again}`;
}

function minutes(us: number): string {
  return us % 60_000_000 === 0 ? `${us / 60_000_000} min` : formatDuration(us);
}

function estimateOf(mode: ModeResult, metric: string): Estimate | undefined {
  return mode.metrics.find((result) => result.metric === metric)?.estimate;
}

function meanOf(mode: ModeResult, metric: string): number {
  return estimateOf(mode, metric)?.mean ?? 0;
}

/** `1 agent is`, `2,000 agents are`. */
function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function modeSentence(mode: ModeResult): string {
  const lost = meanOf(mode, 'events.lost');
  const losses = lost === 0 ? 'no event is lost' : `${formatShare(meanOf(mode, 'loss.share'))} of all events are lost`;
  const outages = Math.round(meanOf(mode, 'reconnect.count'));
  if (meanOf(mode, 'reconnect.count') === 0) return `${mode.name}: no agent is cut off, ${losses}`;
  const agents = Math.round(meanOf(mode, 'reconnect.agents'));
  const times = outages > agents ? `, ${formatCount(outages)} times in all` : '';
  return `${mode.name}: ${counted(agents, 'agent is', 'agents are')} cut off${times}, ${returnText(mode)}, ${losses}`;
}

/** When those who were cut off are back. */
function returnText(mode: ModeResult): string {
  const medians = (estimateOf(mode, 'reconnect.p50')?.values ?? []).filter((value) => value !== null);
  const never = medians.filter((value) => value === Infinity).length;
  const unfinished = meanOf(mode, 'reconnect.unfinished');
  if (unfinished > 0 && unfinished === meanOf(mode, 'reconnect.count')) return 'nobody is back when the run ends';
  if (never > 0) {
    const where = never === medians.length ? '' : `in ${never} of ${medians.length} runs `;
    return `${where}fewer than half of them are back when the run ends`;
  }
  const half = `half of them report again within ${formatDuration(meanOf(mode, 'reconnect.p50'))}`;
  const p95 = meanOf(mode, 'reconnect.p95');
  if (p95 < Infinity) return `${half} (95 %: ${formatDuration(p95)})`;
  return `${half}, ${counted(unfinished, 'is', 'are')} not back when the run ends`;
}

/** The sentence an operator can act on. */
export function verdictOf(faults: readonly FaultText[], modes: readonly ModeResult[]): string {
  const what = faults.length === 0 ? 'Nothing happens' : faults.map(({ text }) => text).join('; ');
  return [what, ...modes.map(modeSentence), ...choiceOf(modes)].map((sentence) => `${sentence}.`).join(' ');
}

/** Which mode loses the fewest events, as far as the replications tell; nothing where all lose the same. */
function choiceOf(modes: readonly ModeResult[]): string[] {
  const [best, second] = [...modes].sort((a, b) => meanOf(a, 'events.lost') - meanOf(b, 'events.lost'));
  if (!best || !second) return [];
  const bestLost = meanOf(best, 'events.lost');
  const secondLost = meanOf(second, 'events.lost');
  if (bestLost === secondLost) return [];
  const { mean, halfWidth } = pairedDifference(
    estimateOf(second, 'events.lost')!.values,
    estimateOf(best, 'events.lost')!.values,
  );
  if (halfWidth !== null && mean !== null && halfWidth >= mean) {
    const runs = estimateOf(best, 'events.lost')!.values.length;
    return [`Which of ${best.name} and ${second.name} loses fewer events cannot be told from ${runs} replications`];
  }
  const times =
    bestLost > 0 ? `: ${second.name}, the next, loses ${formatCount(secondLost / bestLost)} times as many` : '';
  return [`${best.name} loses the fewest events${times}`];
}

const causeText: Readonly<Record<LossCause, string>> = {
  path: 'were written into a dead connection before the agent noticed',
  sendError: 'were in the hand of a sender whose send failed',
  ring: 'found the client buffer full',
  logcollector: "found logcollector's queue full (1,023 lines by default) while the agent looked for a node",
  agentRestart: 'were in an agent that was restarted',
  nodeQueue: "found remoted's queue full",
  analysis: 'came faster than the node can analyse',
  nodeMemory: 'had reached the node and died with it before its next flush',
  zombie: 'were thrown away by a node that only seemed to work',
  keyInUse: 'were refused: the agent had come back over a new connection first',
};

/** Why a mode's numbers are what they are. */
export function explain(runs: readonly ReplicationNumbers[]): string[] {
  const sentences: string[] = [];
  const mean = (of: (run: ReplicationNumbers) => number): number =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const groupNames = runs[0]!.groups.map(({ group }) => group);
  groupNames.forEach((name, index) => {
    const outages = mean((run) => run.groups[index]!.outages);
    if (outages === 0) return;
    const prefix = groupNames.length > 1 ? `${name}: ` : '';
    const detects = runs.flatMap((run) => run.groups[index]!.awakeDetectUs ?? []).filter(Number.isFinite);
    if (detects.length > 0) {
      const detect = estimate(detects).mean!;
      sentences.push(
        detect < 1e6
          ? `${prefix}agents notice at once (${formatDuration(detect)}): the connection is closed in front of them.`
          : `${prefix}half of the agents that notice need ${formatDuration(detect)}: nothing is closed, only the ACKs of the keepalives stay away.`,
      );
    }
    const froze = mean((run) => run.groups[index]!.froze);
    if (froze > 0) {
      sentences.push(
        `${prefix}${formatCount(froze)} of ${counted(outages, 'agent freezes', 'agents freeze')}: their send buffer is full before they notice, the next keepalive waits behind it, and from then on they notice nothing.`,
      );
    }
    const healed = mean((run) => run.groups[index]!.healed);
    if (healed > 0) {
      sentences.push(
        `${prefix}${counted(healed, 'agent goes', 'agents go')} on over the old connection when the place works again.`,
      );
    }
    const unfinished = mean((run) => run.groups[index]!.unfinished);
    if (unfinished > 0) {
      sentences.push(`${prefix}${counted(unfinished, 'agent is', 'agents are')} not back when the run ends.`);
    }
  });
  const lost = mean((run) => run.metrics['events.lost'] ?? 0);
  for (const cause of lossCauses) {
    const own = mean((run) => run.lossByCause[cause]);
    // Below a hundredth of all losses a cause explains nothing.
    if (own > 0 && own >= lost / 100) sentences.push(`${formatCount(own)} events ${causeText[cause]}.`);
  }
  const retries = runs.flatMap((run) => run.metrics['reconnect.retry.p50'] ?? []).filter(Number.isFinite);
  const retry = percentile(
    retries.sort((a, b) => a - b),
    0.5,
  );
  if (retry !== null && retry >= 1e6) {
    sentences.push(`Half of the agents search for ${formatDuration(retry)} from noticing to the attempt that works.`);
  }
  for (const note of new Set(runs.flatMap(({ notes }) => notes.map(withoutNumber)))) {
    const counts = runs.flatMap(({ notes }) => notes.filter((text) => withoutNumber(text) === note).map(leadingNumber));
    const first = runs.flatMap(({ notes }) => notes).find((text) => withoutNumber(text) === note)!;
    const total = counts.reduce((a, b) => a + b, 0);
    sentences.push(total === 0 ? first : `${formatCount(total / runs.length)} ${note}`);
  }
  return sentences;
}

function leadingNumber(note: string): number {
  return Number(/^\d+/.exec(note)?.[0] ?? 0);
}

function withoutNumber(note: string): string {
  return note.replace(/^\d+ /, '');
}
