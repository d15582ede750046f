// A page for whoever is on call: of each fault what the agents, the balancers and the dashboard show, and when.
import { formatCount, formatDuration, formatShare } from '../kernel/units.ts';
import type { FaultOccurrence } from '../models/ledger.ts';
import type { Comparison, FaultText, ModeResult, ReconnectRow, Replay } from '../metrics/comparison.ts';
import { markdownText } from './escape.ts';
import { agentLog, balancerLog, dashboardWords, messages, type LogLine, type MessageId } from './runbookMessages.ts';

/** Of the first replication, instant by instant; the other replications meet other luck. */
export function runbook(comparison: Comparison): string {
  const { scenario, faults, modes, replications } = comparison;
  const text = markdownText;
  const lines = [
    `# Runbook: ${text(scenario.title)}`,
    '',
    `What shows when, as simulated in the first of ${formatCount(replications)} replications (seed ${text(scenario.seed)}). Instants count from the ` +
      'beginning of the fault. Another day has other luck: the summary has the means and their intervals.',
    '',
    ...(faults.length === 0 ? ['No fault happens in this scenario.', ''] : []),
  ];
  const quoted = new Set<MessageId>();
  for (const fault of faults) {
    lines.push(`## Fault ${fault.index + 1}: ${text(fault.text)}`, '');
    for (const mode of modes) lines.push(`### ${text(mode.name)}`, '', ...ofMode(fault, mode, quoted), '');
  }
  for (const id of Object.keys(messages) as MessageId[]) {
    if (quoted.has(id)) lines.push(`[^${id}]: ${text(messages[id].source)}.`);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** @param quoted takes the messages that are told of: their sources stand at the end of the page. */
function ofMode(fault: FaultText, mode: ModeResult, quoted: Set<MessageId>): string[] {
  const { replay } = mode;
  const happened = replay.faults.filter(({ faultIndex }) => faultIndex === fault.index);
  const [first] = happened;
  if (first === undefined) return ['It touches nothing of this mode.'];
  const rows = mode.reconnects.filter((row) => row.replication === 1 && row.fault === fault.index + 1);
  const untilUs = Math.min(first.endUs, (replay.timeline.produced.length - 1) * replay.timeline.stepUs);
  const again =
    happened.length > 1
      ? [
          `- It happens ${happened.length} times; what follows on the first: ${formatDuration(first.startUs)} into the run.`,
        ]
      : [];
  return [
    ...again,
    `- **Begins** ${formatDuration(first.startUs)} into the run, ${first.endUs === Infinity ? 'and does not end' : `ends after ${formatDuration(first.endUs - first.startUs)}`}.`,
    ...agentLines(rows),
    ...(mode.settings.some(({ path }) => path.startsWith('balancers.'))
      ? balancerLines(replay, first.startUs)
      : ['- **Balancer**: this mode has none.']),
    ...dashboardLines(replay, first.startUs, untilUs),
    ...logLines(first, rows, mode, quoted),
    `- **Check**: ${check(rows, replay)}`,
  ];
}

/** First, half and last of instants after the fault, of those that come at all. */
function spans(us: readonly (number | null)[], of: number): string {
  const known = us.filter((each) => each !== null).sort((a, b) => a - b);
  if (known.length === 0) return 'nobody within the run';
  const at = (share: number): string => {
    const index = Math.ceil(share * of) - 1;
    return index < known.length ? formatDuration(known[Math.max(0, index)]!) : 'not within the run';
  };
  return `the first after ${formatDuration(known[0]!)}, half of them after ${at(0.5)}, all after ${at(1)}`;
}

function agentLines(rows: readonly ReconnectRow[]): string[] {
  if (rows.length === 0) return ['- **Agents**: none loses its session.'];
  const healed = rows.filter(({ end }) => end === 'healed').length;
  const frozen = rows.filter(({ froze }) => froze).length;
  const away = rows.length - healed;
  return [
    `- **Agents**: ${formatCount(rows.length)} lose the session they have. Until an agent notices it believes itself connected, and its own state says so.`,
    ...(away > 0
      ? [
          `  - notice it: ${spans(
            rows.filter(({ end }) => end !== 'healed').map(({ detectUs }) => detectUs),
            away,
          )}`,
        ]
      : []),
    `  - report again: ${spans(
      rows.map(({ totalUs }) => totalUs),
      rows.length,
    )}`,
    ...(healed > 0
      ? [`  - ${formatCount(healed)} of them on the old session, which works again before they notice`]
      : []),
    ...(frozen > 0
      ? [`  - ${formatCount(frozen)} freeze meanwhile: their send buffer is full, and they notice nothing`]
      : []),
  ];
}

function balancerLines({ marks, timeline }: Replay, startUs: number): string[] {
  const startStep = Math.floor(startUs / timeline.stepUs);
  const lines = marks.flatMap(({ balancer, node, changes }) => {
    const since = changes.filter(({ step }) => step >= startStep);
    if (since.length === 0) return [];
    const words = since.slice(0, 6).map(({ step, share }) => {
      const after = formatDuration(Math.max(0, step * timeline.stepUs - startUs));
      if (share === 0) return `takes it again by ${after}`;
      return share === 1
        ? `passes it over by ${after}`
        : `passes it over in ${formatShare(share)} of its worker processes by ${after}`;
    });
    const more = since.length > 6 ? `, and so on, ${since.length} changes` : '';
    return [`  - ${markdownText(balancer)} about ${markdownText(node)}: ${words.join(', ')}${more}`];
  });
  return lines.length === 0
    ? ['- **Balancer**: marks no node as down. Its logs may have failed attempts all the same.']
    : [`- **Balancer** (to within ${formatDuration(timeline.stepUs)}):`, ...lines];
}

function dashboardLines({ timeline }: Replay, startUs: number, untilUs: number): string[] {
  const { shown, stepUs } = timeline;
  if (shown === null) return ['- **Dashboard**: no node is the master, so there is none.'];
  const start = Math.min(shown.disconnected.length - 1, Math.floor(startUs / stepUs));
  const before = shown.disconnected[start]!;
  const rest = shown.disconnected.slice(start);
  const rise = rest.findIndex((agents) => agents > before);
  const peak = rest.reduce((most, agents) => Math.max(most, agents), before);
  const wrong = shown.falseActive.slice(start).reduce((most, agents) => Math.max(most, agents), 0);
  const kept = `- **Dashboard**: ${wrong > 0 ? `up to ${formatCount(wrong)} agents are shown as active while no node hears them` : 'nobody is shown as active whom no node hears'}`;
  if (rise < 0)
    return [
      `${kept}; the number of those shown as disconnected does not rise, neither until ${formatDuration(untilUs - startUs)} nor later in the run.`,
    ];
  const peakAt = rest.indexOf(peak);
  return [
    `${kept}; the first disconnected ones show after ${formatDuration(rise * stepUs)}, most (${formatCount(peak - before)} more than before) after ${formatDuration(peakAt * stepUs)}.`,
  ];
}

/** What to look for in the logs, where it is known what stands there. */
function logLines(
  fault: FaultOccurrence,
  rows: readonly ReconnectRow[],
  mode: ModeResult,
  quoted: Set<MessageId>,
): string[] {
  const quote = (id: MessageId): string => {
    quoted.add(id);
    return `\`${messages[id].text}\`[^${id}]`;
  };
  const agents = agentLog(fault, rows, mode).map(
    ({ id, atUs }: LogLine) =>
      `  - ${formatCount(atUs.length)} ${atUs.length === 1 ? 'agent' : 'agents'}: ${quote(id)}, ${spans(atUs, atUs.length)}`,
  );
  const balancers = balancerLog(fault, mode).flatMap(({ balancer, node, lines }) =>
    lines.map(
      ({ id, atUs }) =>
        `  - ${markdownText(balancer)} about ${markdownText(node)}: ${quote(id)}, by ${formatDuration(atUs[0]!)}`,
    ),
  );
  const words = dashboardWords(fault, mode.replay).map(quote);
  const shown = words.length === 0 ? [] : [`  - dashboard: ${words.join(', ')}`];
  return agents.length + balancers.length === 0 ? [] : ['- **Words to look for**:', ...agents, ...balancers, ...shown];
}

/** What tells an operator that it goes as simulated, or not. */
function check(rows: readonly ReconnectRow[], { timeline }: Replay): string {
  const totals = rows.map(({ totalUs }) => totalUs).filter((us) => us !== null);
  const step = timeline.stepUs;
  if (rows.length === 0) return 'the number of sessions on each node stays as it is.';
  if (totals.length < rows.length) {
    return `${formatCount(rows.length - totals.length)} agents do not report again within the run: look at their own state and at the nodes they have in their list.`;
  }
  const last = totals.reduce((most, us) => Math.max(most, us), 0);
  return (
    `${formatDuration(Math.ceil(last / step) * step)} after the beginning every agent has a session again. ` +
    'Who has none then meets something that is not in this scenario.'
  );
}
