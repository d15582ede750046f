// What the dashboard (the master's database) shows of each agent, counted from the agents' history when the run is over:
// `pending` with a startup message, `active` with the keepalive after it, `disconnected` by a shutdown message, by the sweep for
// silent agents, or by the start of the master's remoted. Wazuh 4.14.7, src/remoted/manager.c, save_controlmsg();
// src/monitord/monitord.c; src/wazuh_db/wdb.c. To the second: a keepalive leaves up to a turn of its agent's loop later.
import { OutageEnd, type Outages, type StatusBooks } from '../ledger.ts';
import { addChange, runningSum, stepsOf, type Steps } from '../timelines.ts';
import { Heard, type ConnectionHistory } from './history.ts';
import type { ClusterLinks } from './links.ts';
import { AgentMessages, longestSyncUs, Shown } from './messages.ts';
import type { DisconnectionOptions } from './timings.ts';

export interface StatusInput {
  readonly links: ClusterLinks;
  readonly history: ConnectionHistory;
  /** Of the master. */
  readonly disconnection: DisconnectionOptions;
  /** Groups of the fleet, in order. */
  readonly groups: readonly { readonly count: number; readonly notifyTimeSeconds: number }[];
  readonly outages: Outages;
  readonly steps: Steps;
  readonly endUs: number;
}

const noOutages: Outages = {
  count: 0,
  agent: new Int32Array(0),
  fault: new Int32Array(0),
  end: new Uint8Array(0),
  fromNode: new Int16Array(0),
  toNode: new Int16Array(0),
  brokenAtUs: new Float64Array(0),
  detectUs: new Float64Array(0),
  retryUs: new Float64Array(0),
  handshakeUs: new Float64Array(0),
  attempts: new Int32Array(0),
  froze: new Uint8Array(0),
};
const noSteps: Steps = stepsOf(0);

/** @returns `null` when no node is the master. */
export function playStatus(input: StatusInput): StatusBooks | null {
  return input.links.master < 0 ? null : new StatusPlayer(input).play();
}

/** The master's table as it stands at `endUs`, while the run goes on. */
export class AgentTable {
  readonly #player: StatusPlayer;
  readonly #master: number;

  /** @param agents of the fleet. */
  constructor(input: Omit<StatusInput, 'outages' | 'steps'>, agents: number) {
    input.history.sort(agents);
    this.#master = input.links.master;
    this.#player = new StatusPlayer({ ...input, outages: noOutages, steps: noSteps });
  }

  /** Node that the table names for an agent it shows as active; -1: it shows it otherwise. */
  activeOn(agent: number, notifyTimeSeconds: number): number {
    return this.#master < 0 ? -1 : this.#player.activeOn(agent, notifyTimeSeconds);
  }
}

class StatusPlayer {
  readonly #input: StatusInput;
  readonly #master: number;
  readonly #thresholdUs: number;
  readonly #alertAgeUs: number;
  readonly #alertPeriodUs: number;
  readonly #sweeps: readonly number[];
  readonly #isQuiet: readonly boolean[];
  readonly #outagesOf: Int32Array[];

  readonly #active: Float64Array[];
  readonly #pending: Float64Array;
  readonly #disconnected: Float64Array;
  readonly #falselyDisconnected: Float64Array;
  readonly #falselyActive: Float64Array;
  readonly #falseDisconnectedUs: Float64Array;
  readonly #falseActiveUs: Float64Array;
  readonly #knownUs: Float64Array;
  readonly #alerts: number[];
  readonly #falseAlerts: number[];

  // Of the agent that is looked at.
  #notifyUs = 0;
  readonly #messages: AgentMessages;
  #changeUs: number[] = [];
  #changeTo: Shown[] = [];
  #changeNode: number[] = [];

  constructor(input: StatusInput) {
    const { links, groups, steps, disconnection, outages } = input;
    this.#input = input;
    this.#master = links.master;
    this.#messages = new AgentMessages(links, input.history);
    this.#thresholdUs = disconnection.thresholdSeconds * 1e6;
    this.#alertAgeUs = this.#thresholdUs + disconnection.alertSeconds * 1e6;
    this.#alertPeriodUs = Math.max(1, disconnection.alertSeconds) * 1e6;
    this.#sweeps = sweepsOf(input);
    const isSteady = (node: number): boolean =>
      links.linked[node]!.count === 1 &&
      links.linked[node]!.isOpen &&
      links.linked[node]!.fromUs(0) === links.startUs &&
      links.births[node]!.length === 0;
    this.#isQuiet = links.linked.map((_, node) => isSteady(node) && isSteady(this.#master));
    const agents = groups.reduce((sum, { count }) => sum + count, 0);
    this.#outagesOf = rowsByAgent(outages, agents);
    const changes = (): Float64Array => new Float64Array(steps.count);
    this.#active = links.linked.map(changes);
    this.#pending = changes();
    this.#disconnected = changes();
    this.#falselyDisconnected = changes();
    this.#falselyActive = changes();
    this.#falseDisconnectedUs = new Float64Array(agents);
    this.#falseActiveUs = new Float64Array(agents);
    this.#knownUs = new Float64Array(outages.count).fill(NaN);
    this.#alerts = groups.map(() => 0);
    this.#falseAlerts = groups.map(() => 0);
  }

  play(): StatusBooks {
    const { groups, history, steps, endUs } = this.#input;
    history.sort(this.#falseActiveUs.length);
    let agent = 0;
    groups.forEach(({ count, notifyTimeSeconds }, group) => {
      this.#notifyUs = notifyTimeSeconds * 1e6;
      for (let i = 0; i < count; i++, agent++) {
        if (this.#wasQuiet(agent)) continue;
        this.#messages.recall(agent, this.#notifyUs);
        this.#follow(group);
        this.#compare(agent);
        this.#judge(agent);
      }
    });
    const count = Math.floor(endUs / steps.stepUs) + 1;
    const series = (changes: Float64Array): Float64Array => runningSum(changes).slice(0, count);
    return {
      knownUs: this.#knownUs,
      falseDisconnectedUs: this.#falseDisconnectedUs,
      falseActiveUs: this.#falseActiveUs,
      alerts: this.#alerts,
      falseAlerts: this.#falseAlerts,
      timeline: {
        active: this.#active.map(series),
        pending: series(this.#pending),
        disconnected: series(this.#disconnected),
        falseDisconnected: series(this.#falselyDisconnected),
        falseActive: series(this.#falselyActive),
      },
    };
  }

  activeOn(agent: number, notifyTimeSeconds: number): number {
    this.#notifyUs = notifyTimeSeconds * 1e6;
    this.#messages.recall(agent, this.#notifyUs);
    this.#follow(0);
    return this.#changeTo.at(-1) === Shown.Active ? this.#changeNode.at(-1)! : -1;
  }

  /** True for an agent of which nothing is to be told: connected in the warm-up, and nothing has happened since. */
  #wasQuiet(agent: number): boolean {
    const { history, steps } = this.#input;
    const row = history.from(agent);
    if (history.to(agent) !== row + 1 || history.what(row) !== Heard.Startup) return false;
    const node = history.node(row);
    if (!this.#isQuiet[node]! || history.keepaliveUs(row) + longestSyncUs >= 0) return false;
    if (this.#thresholdUs <= this.#notifyUs + longestSyncUs) return false;
    addChange(this.#active[node]!, steps, 0, 1);
    return true;
  }

  /** How the row of the agent changes. */
  #follow(group: number): void {
    const { links, endUs } = this.#input;
    const births = links.births[this.#master]!;
    this.#changeUs = [];
    this.#changeTo = [];
    this.#changeNode = [];
    let shown = Shown.Unknown as Shown; // the closure below assigns it
    let node = -1;
    let arrival = 0;
    let sweep = 0;
    let birth = 0;
    let healsUs = Infinity;
    let isRemembered = false;
    let alertUs = Infinity;
    // monitord remembers whom a sweep has found, and looks at him when it tells: one who is active then is forgotten.
    const awaitAlert = (atUs: number): void => {
      const fromUs = shown === Shown.Active ? atUs : Math.max(atUs, this.#messages.lastKnown(atUs) + this.#alertAgeUs);
      alertUs = isRemembered ? this.#nextAlertUs(fromUs) : Infinity;
    };
    const become = (next: Shown, atUs: number): void => {
      healsUs = next !== Shown.Active ? this.#messages.nextKeepalive(atUs) : Infinity;
      if (next === shown && this.#changeNode.at(-1) === node) return;
      shown = next;
      awaitAlert(atUs);
      this.#changeUs.push(atUs);
      this.#changeTo.push(next);
      this.#changeNode.push(node);
    };
    for (;;) {
      const arrivalUs = this.#messages.arrivals[arrival]?.atUs ?? Infinity;
      const birthUs = births[birth] ?? Infinity;
      const isSwept = shown === Shown.Active || shown === Shown.Pending;
      const sweepUs = isSwept ? (this.#sweeps[sweep] ?? Infinity) : Infinity;
      const nowUs = Math.min(arrivalUs, healsUs, birthUs, sweepUs, alertUs);
      if (nowUs >= endUs) return;
      if (nowUs === arrivalUs) {
        const message = this.#messages.arrivals[arrival++]!;
        // Only the full row of a first keepalive names the node.
        if (message.shows === Shown.Active) node = message.node;
        become(message.shows, nowUs);
      } else if (nowUs === healsUs) {
        // The full row was lost with a node that started anew; what comes first names the node now.
        if (node < 0) node = this.#messages.healsBy;
        become(Shown.Active, nowUs);
      } else if (nowUs === birthUs) {
        birth += 1;
        isRemembered = false; // monitord has forgotten whom it was to tell of
        alertUs = Infinity;
        if (isSwept) become(Shown.Disconnected, nowUs);
      } else if (nowUs === alertUs) {
        const isOld = this.#messages.lastKnown(nowUs) <= nowUs - this.#alertAgeUs;
        isRemembered = shown !== Shown.Active && !isOld;
        awaitAlert(nowUs + 1);
        if (shown !== Shown.Active && isOld && nowUs >= 0) {
          this.#alerts[group]! += 1;
          if (this.#isHeard(nowUs)) this.#falseAlerts[group]! += 1;
        }
      } else {
        const knownUs = this.#messages.lastKnown(nowUs);
        if (knownUs > -Infinity && knownUs < nowUs - this.#thresholdUs) {
          isRemembered = true;
          become(Shown.Disconnected, nowUs);
        }
      }
      while (sweep < this.#sweeps.length && this.#sweeps[sweep]! <= nowUs) sweep += 1;
    }
  }

  /** When the master's monitord next tells of those it remembers. */
  #nextAlertUs(fromUs: number): number {
    const { links } = this.#input;
    const phaseUs = Math.floor(links.phases[this.#master]!.alert * this.#alertPeriodUs);
    return links.running[this.#master]!.nextTick(phaseUs, this.#alertPeriodUs, fromUs);
  }

  #isHeard(atUs: number): boolean {
    return this.#messages.stretches.some(({ fromUs, toUs }) => fromUs <= atUs && atUs < toUs);
  }

  /** What was shown against what was so. */
  #compare(agent: number): void {
    const { steps, endUs } = this.#input;
    const count = (changes: Float64Array, fromUs: number, toUs: number): void => {
      addChange(changes, steps, fromUs, 1);
      addChange(changes, steps, toUs, -1);
    };
    for (let change = 0; change < this.#changeUs.length; change++) {
      const fromUs = Math.max(0, this.#changeUs[change]!);
      const toUs = this.#changeUs[change + 1] ?? Infinity;
      if (toUs <= fromUs) continue;
      const shown = this.#changeTo[change]!;
      if (shown === Shown.Pending) count(this.#pending, fromUs, toUs);
      else if (shown === Shown.Disconnected) count(this.#disconnected, fromUs, toUs);
      else count(this.#active[this.#changeNode[change]!]!, fromUs, toUs);
      if (shown === Shown.Pending) continue;
      const isActive = shown === Shown.Active;
      const wrong = (wrongFromUs: number, wrongToUs: number): void => {
        const upToUs = Math.min(wrongToUs, endUs);
        if (upToUs <= wrongFromUs) return;
        count(isActive ? this.#falselyActive : this.#falselyDisconnected, wrongFromUs, wrongToUs);
        const times = isActive ? this.#falseActiveUs : this.#falseDisconnectedUs;
        times[agent]! += upToUs - wrongFromUs;
      };
      let atUs = fromUs;
      for (const stretch of this.#messages.stretches) {
        const heardFromUs = Math.max(atUs, stretch.fromUs);
        const heardToUs = Math.min(toUs, stretch.toUs);
        if (heardToUs <= heardFromUs) continue;
        if (isActive) wrong(atUs, heardFromUs);
        else wrong(heardFromUs, heardToUs);
        atUs = heardToUs;
      }
      if (isActive) wrong(atUs, toUs);
    }
  }

  /** When the dashboard learnt of each outage: a row that says `disconnected`, or the full row of the next session. */
  #judge(agent: number): void {
    const { outages } = this.#input;
    for (const row of this.#outagesOf[agent]!) {
      const brokenUs = outages.brokenAtUs[row]!;
      let learntUs = Infinity;
      this.#changeUs.forEach((atUs, change) => {
        const untilUs = this.#changeUs[change + 1] ?? Infinity;
        // A row of which a worker passes on what it has become meanwhile never said so.
        if (this.#changeTo[change] === Shown.Disconnected && untilUs > Math.max(atUs, brokenUs))
          learntUs = Math.min(learntUs, Math.max(atUs, brokenUs));
      });
      for (const { atUs, shows, sinceUs } of this.#messages.arrivals) {
        if (shows === Shown.Active && sinceUs >= brokenUs && atUs < this.#input.endUs)
          learntUs = Math.min(learntUs, atUs);
      }
      // A session that has healed before leaves the dashboard nothing to learn.
      if (outages.end[row] === OutageEnd.Healed && learntUs >= brokenUs + outages.handshakeUs[row]!) continue;
      this.#knownUs[row] = learntUs - brokenUs;
    }
  }
}

/** Instants of the sweep: from the start of the master's processes, or as drawn. */
function sweepsOf({ links, disconnection, endUs }: StatusInput): number[] {
  const periodUs = disconnection.sweepSeconds * 1e6;
  const running = links.running[links.master]!;
  const births = new Set(links.births[links.master]);
  const sweeps: number[] = [];
  let phaseUs = Math.floor(links.phases[links.master]!.sweep * periodUs);
  for (let span = 0; span < running.count; span++) {
    const fromUs = running.fromUs(span);
    if (births.has(fromUs)) phaseUs = fromUs;
    const untilUs = Math.min(running.toUs(span), endUs);
    let atUs = running.nextTick(phaseUs, periodUs, births.has(fromUs) ? fromUs + 1 : fromUs);
    for (; atUs < untilUs; atUs += periodUs) sweeps.push(atUs);
  }
  return sweeps;
}

function rowsByAgent(outages: Outages, agents: number): Int32Array[] {
  const none = new Int32Array(0);
  const rows = new Map<number, number[]>();
  for (let row = 0; row < outages.count; row++) {
    const agent = outages.agent[row]!;
    const own = rows.get(agent);
    if (own) own.push(row);
    else rows.set(agent, [row]);
  }
  return Array.from({ length: agents }, (_, agent) => {
    const own = rows.get(agent);
    return own ? Int32Array.from(own) : none;
  });
}
