// A node goes on after a hang and finds two connections of one agent: the old one, full of events and closed by the agent, and a new
// one that waits to be accepted. Wazuh 4.14.7, src/remoted/secure.c, HandleSecure(), HandleSecureMessage().
//
// Each pass of the loop accepts one connection and reads one chunk of every socket that has something. With k connections in front
// of the new one, it is accepted in pass k + 1 and its startup message read in pass k + 2: so many chunks of the old connection
// stand before it in the queue and get through. From then on the key belongs to the new connection and the rest is refused.
// Measured on 4.9.2, 174 bytes an event, chunks of 4,096: 47 of 2,788 with one connection in the queue, 118 of 3,033 with four.
import { wholeSeconds } from '../agent.ts';
import { dropsQueuedOnClose, keyRuleOf, refusesKey } from '../managerVersions.ts';
import { comesIn } from './flush.ts';
import { State, Wait } from './kinds.ts';
import type { WorldState } from './state.ts';
import { fateAt } from './zombie.ts';

/** The node takes what an agent that has left since has written into its old connection, as far as its release takes it. */
export function readOldConnection(world: WorldState, agent: number, slot: number, node: number, nowUs: number): void {
  const { pipelines } = world.books;
  const held = pipelines.takePath(agent, slot);
  if (!held) return;
  const { version, connectionOvertakeSeconds, receiveChunkBytes } = world.options.nodes[node]!;
  const judge = (events: number, fate: 'path' | 'keyInUse' | 'delivered' | 'zombie'): void => {
    if (events === 0) return;
    if (fate === 'delivered') comesIn(world, agent, { ...held, events }, node, nowUs);
    else pipelines.judge(agent, { ...held, events }, fate, nowUs);
  };
  // Before 4.6 what is queued from a connection that is closed by then is thrown away: the loop reads it to its end, FIN included,
  // before the handlers have come far. Measured on 3.13.6: 18 and 39 of 2,788 get through; here none.
  const read = dropsQueuedOnClose(version) ? 'path' : fateAt(world, node);
  const rule = keyRuleOf(version, connectionOvertakeSeconds);
  const inFront = waitsThere(world, agent, node);
  if (rule.kind === 'repoint' || inFront < 0) {
    judge(held.events, read);
    return;
  }
  const { sizeBytes } = world.options.groups[world.groupOf[agent]!]!.events;
  const through = Math.min(held.events, Math.floor(((inFront + 2) * receiveChunkBytes) / sizeBytes));
  if (through === held.events) {
    judge(held.events, read); // the old connection has ended before the new one is looked at
    return;
  }
  const phaseUs = world.nodeClockUs[node]!;
  const silentSeconds = wholeSeconds(nowUs, phaseUs) - wholeSeconds(held.fromUs, phaseUs);
  if (refusesKey(rule, silentSeconds)) {
    world.refused[agent] = 1;
    judge(held.events, read);
    return;
  }
  // What is thrown away is not looked at: that its key is in use, too, nobody sees.
  judge(through, read);
  judge(held.events - through, read === 'path' ? read : 'keyInUse');
}

/** Connections in front of the agent's new one in the accept queue of the node; -1: it has none there. */
function waitsThere(world: WorldState, agent: number, node: number): number {
  if (world.state[agent] !== State.Trying) return -1;
  if (world.wait[agent] !== Wait.Queue && world.wait[agent] !== Wait.Ack) return -1;
  if (world.target[agent] !== node && world.peerNode[agent] !== node) return -1;
  return world.ticket[agent]!;
}
