// What the cluster makes of a run, in words: how newcomers get in, and what the dashboard says meanwhile.
import { formatCount, formatDuration, formatShare } from '../kernel/units.ts';
import type { ReplicationNumbers } from './numbers.ts';
import { estimate } from './statistics.ts';
import { counted } from './wording.ts';

/** Mean over the replications that say something; 0 where none does. */
function mean(runs: readonly ReplicationNumbers[], metric: string): number {
  return estimate(runs.map(({ metrics }) => metrics[metric] ?? null)).mean ?? 0;
}

export function clusterSentences(runs: readonly ReplicationNumbers[]): string[] {
  return [...newcomers(runs), ...dashboard(runs)];
}

function newcomers(runs: readonly ReplicationNumbers[]): string[] {
  const of = (metric: string): number => mean(runs, `enrolment.${metric}`);
  const agents = Math.round(of('agents'));
  if (agents === 0) return [];
  const unfinished = Math.round(of('unfinished'));
  const when = (us: number): string => (us < Infinity ? formatDuration(us) : 'never within the run');
  const last =
    unfinished > 0
      ? `${counted(unfinished, 'has', 'have')} not when the run ends`
      : `the last after ${formatDuration(of('firstReport.max'))}`;
  const sentences = [
    `${counted(agents, 'agent comes', 'agents come')} without a key: half of them have it after ${when(of('key.p50'))} and report after ${when(of('firstReport.p50'))}, ${last}.`,
  ];
  const unknown = of('keyUnknown');
  if (unknown > 0) {
    sentences.push(
      `${formatShare(of('keyUnknown.share'))} of them come to a node that does not know their key yet (${counted(Math.round(unknown), 'refused connection', 'refused connections')}) and try again.`,
    );
  }
  const failed = Math.round(of('failed'));
  const duplicates = Math.round(of('duplicates'));
  if (failed > 0) sentences.push(`${counted(failed, 'request for a key brings', 'requests for a key bring')} none.`);
  if (duplicates > 0) {
    sentences.push(`${counted(duplicates, 'request comes', 'requests come')} from agents that have a valid key.`);
  }
  return sentences;
}

function dashboard(runs: readonly ReplicationNumbers[]): string[] {
  const of = (metric: string): number => mean(runs, `status.${metric}`);
  const known = estimate(runs.map(({ metrics }) => metrics['status.known.p50'] ?? null)).mean;
  const sentences: string[] = [];
  if (known !== null) {
    const last = of('known.max');
    sentences.push(
      known < Infinity
        ? `The dashboard learns of half of the outages within ${formatDuration(known)}${last < Infinity ? `, of all within ${formatDuration(last)}` : '; of some it does not within the run'}.`
        : 'Of half of the outages the dashboard does not learn within the run.',
    );
  }
  const wrong = Math.round(of('falseDisconnected.peak'));
  if (wrong > 0) {
    sentences.push(
      `${known === null ? 'The dashboard' : 'It'} shows up to ${counted(wrong, 'agent', 'agents')} as disconnected that a node hears, for up to ${formatDuration(of('falseDisconnected.max'))}.`,
    );
  }
  const alerts = Math.round(of('alerts'));
  const falseAlerts = Math.round(of('falseAlerts'));
  if (alerts > 0) {
    sentences.push(
      `${counted(alerts, 'alert says', 'alerts say')} that an agent is gone${falseAlerts > 0 ? `, ${formatCount(falseAlerts)} of them of agents that a node hears` : ''}.`,
    );
  }
  return sentences;
}
