// What a run reports beside its events and outages: time lines, what nodes met, delays, and when it was over.
import { atLeast } from '../../../src/models/agentVersions.ts';
import type { Books } from '../../../src/models/ledger.ts';
import { capacityOf } from '../../../src/models/node.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import type { Tolerance } from './compare.ts';
import type { OracleBooks } from './oracle.ts';

/** @returns one line for each book in which they part; the first place of a time line only. */
export function bookDifferences(
  options: WorldOptions,
  engine: Books,
  oracle: OracleBooks,
  endUs: number,
  tolerance: Tolerance,
): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, ours: number, theirs: number, apart = 0): boolean => {
    if (Math.abs(ours - theirs) <= apart) return true;
    found.push(`${what}: engine ${ours}, oracle ${theirs}`);
    return false;
  };
  const { timeline } = engine;
  // The engine books events between two looks at an agent as if they had come evenly.
  const isSteady = options.groups.every(({ events }) => events.arrival === 'regular' && events.source !== 'socket');
  // Who is where at a step's instant; an agent that moves within the tolerance around it may be on either side.
  for (const [step, { atUs, node, absent, unaware, produced }] of oracle.looks.entries()) {
    if (step >= timeline.steps) break;
    if (tolerance.us > 0 && step > 0) break;
    const at = `at ${atUs / 1e6} s`;
    const same = options.nodes.every(({ name }, index) => {
      const on = node.map((own, agent) => (own === index ? engine.agentRate[agent]! : 0));
      const agents = node.filter((own) => own === index).length;
      const rate = on.reduce((a, b) => a + b, 0);
      return (
        compare(`connected to ${name} ${at}`, timeline.connected[index]![step]!, agents) &&
        compare(`events/s offered to ${name} ${at}`, timeline.nodeRate[index]![step]!, rate, 1e-6)
      );
    });
    if (
      !same ||
      !compare(`disconnected ${at}`, timeline.disconnected[step]!, node.filter((own) => own < 0).length - absent) ||
      !compare(`unaware ${at}`, timeline.unaware[step]!, unaware) ||
      (isSteady && !compare(`produced ${at}`, timeline.produced[step]!, produced, 1 + node.length))
    ) {
      break;
    }
  }
  // Which of the datagrams that wait in front of a hung node counts as a connect is nobody's truth.
  const asksAgain = options.groups.some(
    ({ agent, servers }) => agent.search === 'listWalk' && servers.some(({ protocol }) => protocol === 'udp'),
  );
  options.nodes.forEach(({ name }, index) => {
    const ours = engine.nodes[index]!;
    const theirs = oracle.nodes[index]!;
    if (!asksAgain && tolerance.us < 100_000)
      compare(`connects per second at ${name}`, ours.connectsPeakPerSecond, theirs.connectsPeakPerSecond);
    compare(`refused by ${name}`, ours.refused, theirs.refused);
    compare(`accept queue overflows at ${name}`, ours.acceptQueueOverflow, theirs.overflowed);
    if (theirs.control) compareControl(name, options, index, ours.controlWaitPeakUs, theirs.control.peakUs);
    if (capacityOf(options.nodes[index]!) === null) return;
    const lost = theirs.losses!; // every node has a manager
    compare(`delivered by ${name}`, ours.delivered, lost.delivered, tolerance.events);
    compare(`lost in remoted's queue at ${name}`, ours.lostQueue, lost.nodeQueue, tolerance.events);
    compare(`lost in analysisd's ring at ${name}`, ours.lostAnalysis, lost.analysis, tolerance.events);
    compare(`most that waited at ${name}`, ours.queuePeak, lost.peak, tolerance.events);
  });
  /** The engine has keepalives come evenly, and the first of a session with its ACK. */
  function compareControl(
    name: string,
    { nodes, groups }: WorldOptions,
    index: number,
    ours: number,
    theirs: number,
  ): void {
    const { controlCostUs, version, workerPool } = nodes[index]!;
    const costUs = controlCostUs! / (atLeast(version, '4.13.0') ? 1 : workerPool); // it is judged
    const agents = groups.reduce((sum, { count }) => sum + count, 0);
    const wayUs = Math.max(...groups.map(({ latencyUs }) => latencyUs ?? options.network.latencyUs));
    const most = theirs + 2 * wayUs + 2 * costUs;
    // Agents that came together keep in step, and what a node finds behind a hang is there at once.
    const least = theirs - 8 * agents * costUs;
    if (ours > most || ours < least)
      found.push(`work of control messages at ${name}: engine ${ours}, oracle ${theirs}`);
  }
  // Which of those that were held together were lost, the engine does not follow; and it takes them to be as old as if they had come evenly.
  const isKnown = engine.groups.every(({ lost }, group) => {
    const { source, arrival } = options.groups[group]!.events;
    return lost.ring + lost.logcollector + lost.keyInUse === 0 && source !== 'socket' && arrival === 'regular';
  });
  // Lines of one look into a file lie evenly between its ages.
  const filesUs = Math.max(
    0,
    ...options.groups.map(({ events, agent }) =>
      events.files === null ? 0 : agent.internal.logcollectorLoopTimeoutSeconds * 1e6,
    ),
  );
  if (isKnown && tolerance.events === 0) compareDelays(compare, engine, oracle, filesUs);
  if (options.untilSettled && endUs < options.durationUs) {
    // It is seen at whole seconds, and the engine waits another one.
    if (oracle.settledUs === null) found.push(`engine is over at ${endUs / 1e6} s, oracle is not`);
    else compare('over since (s)', endUs / 1e6, oracle.settledUs / 1e6, 3);
  }
  return found;
}

/** The engine spreads what was held up evenly between the youngest and the oldest of it. */
function compareDelays(
  compare: (what: string, ours: number, theirs: number, apart?: number) => boolean,
  { delays, agentRate }: Books,
  { delaysUs }: OracleBooks,
  filesUs: number,
): void {
  let events = 0;
  let sumUs = 0;
  let longestUs = 0;
  let slackUs = 0;
  let widestUs = 0;
  delaysUs.forEach((own, agent) => {
    const held = own.filter((delayUs) => delayUs > 100_000).length;
    const apartUs = 1e6 / agentRate[agent]!;
    if (held > 0) {
      slackUs += held * apartUs;
      widestUs = Math.max(widestUs, apartUs);
    }
    events += own.length;
    for (const delayUs of own) {
      sumUs += delayUs;
      longestUs = Math.max(longestUs, delayUs);
    }
  });
  // That the dispatcher sends the lines of a look one by one is left out where it takes less than a tenth of the time.
  const share = filesUs > 0 ? 0.1 : 0.02;
  const told = delays.events.reduce((a, b) => a + b, 0);
  compare('delays', told, events, 1e-6 * told);
  // The engine takes what a node had not yet flushed when it hung for as old as a second.
  compare('longest delay (s)', delays.maxUs / 1e6, longestUs / 1e6, (widestUs + filesUs) / 1e6 + 1);
  compare('sum of delays (s)', delays.sumUs / 1e6, sumUs / 1e6, slackUs / 1e6 + share * (sumUs / 1e6) + 10);
}
