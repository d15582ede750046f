// The verdict in a few sentences.
import { formatCount, formatDuration, formatShare } from '../kernel/units.ts';
import type { LossCause } from '../models/ledger.ts';
import type { Estimate, FaultText, ModeResult } from './comparison.ts';
import { counted, listed } from './wording.ts';
import { pairedDifference } from './statistics.ts';

function estimateOf(mode: ModeResult, metric: string): Estimate | undefined {
  return mode.metrics.find((result) => result.metric === metric)?.estimate;
}

function meanOf(mode: ModeResult, metric: string): number {
  return estimateOf(mode, metric)?.mean ?? 0;
}

/** What a mode does, without a full stop. */
export function modeSentence(mode: ModeResult): string {
  const lost = meanOf(mode, 'events.lost');
  const losses =
    lost === 0
      ? 'no event is lost'
      : `${formatShare(meanOf(mode, 'loss.share'))} of all events are lost (${mainLoss(mode, lost)})`;
  const outages = Math.round(meanOf(mode, 'reconnect.count'));
  const outside = outsideText(mode);
  const newcomers = newcomersText(mode);
  if (meanOf(mode, 'reconnect.count') === 0)
    return `${mode.name}: ${outside}${newcomers}no agent is cut off, ${losses}`;
  const agents = Math.round(meanOf(mode, 'reconnect.agents'));
  const times = outages > agents ? `, ${formatCount(outages)} times in all` : '';
  return `${mode.name}: ${outside}${newcomers}${counted(agents, 'agent is', 'agents are')} cut off${times}, ${returnText(mode)}, ${losses}`;
}

/** Agents that find no place to connect to are cut off from nothing, and lose what they write all the same. */
function outsideText({ timeline: { disconnected } }: ModeResult): string {
  const first = Math.round(disconnected[0] ?? 0);
  if (first === 0) return '';
  const last = Math.round(disconnected.at(-1) ?? 0);
  return `${counted(first, 'agent has', 'agents have')} no session when the run begins (${formatCount(last)} when it ends), `;
}

/** When those who came without a key report. */
function newcomersText(mode: ModeResult): string {
  const agents = Math.round(meanOf(mode, 'enrolment.agents'));
  if (agents === 0) return '';
  const unfinished = Math.round(meanOf(mode, 'enrolment.unfinished'));
  const never = unfinished === 0 ? '' : `, ${counted(unfinished, 'does not', 'do not')} until the run ends`;
  const half = meanOf(mode, 'enrolment.firstReport.p50');
  const first =
    half < Infinity
      ? `half of ${counted(agents, 'newcomer', 'newcomers')} report within ${formatDuration(half)}`
      : `fewer than half of ${counted(agents, 'newcomer', 'newcomers')} report`;
  const last =
    unfinished > 0 || half === Infinity
      ? ''
      : ` (the last: ${formatDuration(meanOf(mode, 'enrolment.firstReport.max'))})`;
  return `${first}${last}${never}, `;
}

const lostHow: Readonly<Record<LossCause, string>> = {
  path: 'written into dead connections',
  sendError: 'in sends that failed',
  ring: 'in front of full client buffers',
  logcollector: "in front of logcollector's full queue",
  agentRestart: 'with restarted agents',
  nodeQueue: "in front of remoted's full queue",
  analysis: 'for want of analysis capacity',
  nodeMemory: 'with the node that died',
  zombie: 'at a node that only seemed to work',
  keyInUse: 'refused, their key in use',
};

/** What took most of the events that a mode lost. */
function mainLoss({ lossByCause }: ModeResult, lost: number): string {
  const [main] = [...lossByCause].sort((a, b) => (b.estimate.mean ?? 0) - (a.estimate.mean ?? 0));
  if (!main) return '';
  const share = (main.estimate.mean ?? 0) / lost;
  return `${share > 0.9995 ? 'all' : formatShare(share)} of them ${lostHow[main.cause]}`;
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
  return told([happening(faults), ...choiceOf(modes), ...modes.map(modeSentence)]);
}

function happening(faults: readonly FaultText[]): string {
  return faults.length === 0 ? 'Nothing happens' : faults.map(({ text }) => text).join('; ');
}

function told(sentences: readonly string[]): string {
  return sentences.map((sentence) => `${sentence}.`).join(' ');
}

/** The same without what each mode does, where there are several to choose from. */
export function shortVerdictOf(faults: readonly FaultText[], modes: readonly ModeResult[]): string {
  const choice = choiceOf(modes);
  if (modes.length === 1) return verdictOf(faults, modes);
  return told([happening(faults), ...(choice.length === 0 ? alikeText(modes) : choice)]);
}

/** What all modes have in common where they lose the same. */
function alikeText(modes: readonly ModeResult[]): string[] {
  const lost = meanOf(modes[0]!, 'events.lost');
  const losses = lost === 0 ? 'No mode loses an event' : `All modes lose the same: ${formatCount(lost)} events`;
  const cut = modes.some((mode) => meanOf(mode, 'reconnect.count') > 0);
  const newcomers = modes.filter((mode) => meanOf(mode, 'enrolment.agents') > 0);
  if (newcomers.length === 0) return [cut ? losses : `${losses}, and no agent is cut off`];
  const last = newcomers.map((mode) => meanOf(mode, 'enrolment.firstReport.max'));
  const [least, most] = [Math.min(...last), Math.max(...last)].map(formatDuration);
  const when =
    least === most
      ? `the last newcomer reports after ${least}`
      : `the last newcomer reports after ${least} to ${most}, as the mode may be`;
  return [`${losses}, and ${most === 'never' && least === most ? 'some newcomers never report' : when}`];
}

function timesAsMany(ratio: number): string {
  return ratio < 1.01 ? 'hardly more' : `${formatCount(ratio)} times as many`;
}

/** Which mode loses the fewest events, as far as the replications tell; nothing where all lose the same. */
function choiceOf(modes: readonly ModeResult[]): string[] {
  const [best, ...others] = [...modes].sort((a, b) => meanOf(a, 'events.lost') - meanOf(b, 'events.lost'));
  if (!best || others.length === 0) return [];
  const bestLost = meanOf(best, 'events.lost');
  const { values } = estimateOf(best, 'events.lost')!;
  const equal = [best, ...others].filter((mode) => meanOf(mode, 'events.lost') === bestLost);
  const rest = others.filter((mode) => meanOf(mode, 'events.lost') !== bestLost);
  const [next] = rest;
  if (!next) return [];
  // Nobody chooses a mode for a hundredth of what is lost.
  if (meanOf(rest.at(-1)!, 'events.lost') <= 1.01 * bestLost) return ['All modes lose about the same number of events'];
  const unclear = rest.filter((mode) => {
    const { mean, halfWidth } = pairedDifference(estimateOf(mode, 'events.lost')!.values, values);
    return halfWidth !== null && mean !== null && halfWidth >= mean;
  });
  const names = (list: readonly ModeResult[]): string => listed(list.map(({ name }) => name));
  if (unclear.length > 0) {
    const asked = [...equal, ...unclear];
    const what = asked.length === 2 ? 'fewer' : 'the fewest';
    return [`Which of ${names(asked)} loses ${what} events cannot be told from ${values.length} replications`];
  }
  const times =
    bestLost > 0 ? `: ${next.name}, the next, loses ${timesAsMany(meanOf(next, 'events.lost') / bestLost)}` : '';
  const runs = values.length === 1 ? 'In the only replication ' : '';
  return [`${runs}${names(equal)} ${equal.length === 1 ? 'loses' : 'lose'} the fewest events${times}`];
}
