// What agents are told to do, and what they do by themselves: restarts, a new configuration, requests to connect anew.
import { exponential } from '../../../src/kernel/distributions.ts';
import { uniform, type Key } from '../../../src/kernel/random.ts';
import { drawIndex, groupKey, Purpose } from '../../../src/models/workload.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import type { Agent } from './agent.ts';
import { Rank, type Calendar } from './calendar.ts';
import type { OracleCommand } from './plan.ts';

interface Told {
  readonly index: number;
  readonly group: number;
  readonly inGroup: number;
  readonly agent: Agent;
}

export interface CommandBooks {
  /** An agent is about to leave the session it has. @param fault occurrence, -1: it does so by itself. */
  leaves(agent: number, fault: number): void;
  /** From its node to the agent. */
  latencyUs(agent: number): number;
  stopped(agent: number): void;
  /** The master's API can have its node tell it something. */
  passesOn(agent: number): boolean;
}

export class Commands {
  readonly #calendar: Calendar;
  readonly #options: WorldOptions;
  readonly #root: Key;
  readonly #agents: readonly Told[];
  readonly #books: CommandBooks;
  /** Agents that have not got the newest configuration, and the occurrence that made it. */
  readonly #owed = new Map<number, number>();
  /** What is still to be done or to end. */
  #left = 0;

  constructor(calendar: Calendar, options: WorldOptions, root: Key, agents: readonly Told[], books: CommandBooks) {
    this.#calendar = calendar;
    this.#options = options;
    this.#root = root;
    this.#agents = agents;
    this.#books = books;
  }

  get areUnderWay(): boolean {
    return this.#left > 0 || this.#owed.size > 0;
  }

  owes(agent: number): boolean {
    return this.#owed.has(agent);
  }

  begin(command: OracleCommand, fault: number, groups: readonly number[]): void {
    const agents = this.#agents.filter(({ group }) => groups.includes(group));
    switch (command.kind) {
      case 'restartAgents':
        agents.forEach((told, place) => {
          this.#after(Math.floor((command.overUs * place) / agents.length), () => this.#restart(told, fault));
        });
        break;
      case 'pushConfig':
        if (!command.restarts) break;
        for (const { index, group } of agents) {
          if (this.#options.groups[group]!.agent.autoRestart) this.#owed.set(index, fault);
        }
        break;
      case 'reconnectAgents': {
        const connected = agents.filter((told) => this.#hears(told) && this.#books.passesOn(told.index));
        connected.forEach((told, place) => {
          const pauses = Math.floor(place / (command.chunk ?? Infinity));
          this.#after(pauses * command.pauseUs + this.#books.latencyUs(told.index), () => this.#reconnect(told, fault));
        });
        break;
      }
      default:
        command satisfies never;
    }
  }

  /** Groups whose agents restart now and then, from the end of the warm-up. */
  churn(): void {
    for (const told of this.#agents) {
      const group = this.#options.groups[told.group]!;
      const { restartEveryUs } = group;
      if (!restartEveryUs) continue;
      const key = groupKey(this.#root, Purpose.Churn, group);
      const next = (fromUs: number, count: number): void => {
        const waitUs = exponential(uniform(key, drawIndex(group, told.inGroup), count)) * restartEveryUs;
        this.#calendar.at(fromUs + Math.ceil(waitUs), Rank.place, () => {
          this.#restart(told, -1);
          next(this.#calendar.nowUs, count + 1);
        });
      };
      next(0, 0);
    }
  }

  /** The file has come to an agent. */
  configured(agent: number): void {
    const told = this.#agents[agent]!;
    const fault = this.#owed.get(agent);
    if (fault === undefined) return;
    this.#owed.delete(agent);
    const { configPush, life } = this.#options.groups[told.group]!.agent;
    if (configPush === 'restart') {
      this.#restart(told, fault);
    } else {
      told.agent.reload();
      this.#after(life.restartUs, () => undefined);
    }
  }

  #after(us: number, action: () => void): void {
    const atUs = this.#calendar.nowUs + us;
    if (atUs >= this.#options.durationUs) return;
    this.#left += 1;
    this.#calendar.at(atUs, Rank.place, () => {
      this.#left -= 1;
      action();
    });
  }

  #hears({ agent }: Told): boolean {
    return agent.hasSession && agent.reads && agent.channel!.takes();
  }

  #restart({ agent, index }: Told, fault: number): void {
    if (agent.isDown) return;
    this.#books.leaves(index, fault);
    agent.restart();
    this.#books.stopped(index);
  }

  #reconnect(told: Told, fault: number): void {
    const { agent: options } = this.#options.groups[told.group]!;
    if (!this.#hears(told) || !options.obeysReconnect) return;
    this.#books.leaves(told.index, fault);
    told.agent.reconnect();
  }
}
