// A row of a recording as a sentence: who did what, with the names of the scenario.
import { formatCount } from '../kernel/units.ts';
import { PlaceState } from '../models/place.ts';
import type { WorldOptions } from '../models/worldOptions.ts';
import type { EventRow } from '../run/divergence.ts';
import { RowKind } from '../run/recording.ts';
import { agentName } from '../scenario/agentNames.ts';
import { listenerChooser } from '../scenario/assignScenario.ts';

/** `10 min 0.012 s`; before the end of the warm-up with a minus. Whole µs, so that two instants that differ look different. */
export function instantText(us: number): string {
  if (us < 0) return `−${instantText(-us)}`;
  const minutes = Math.floor(us / 60_000_000);
  const seconds = ((us % 60_000_000) / 1e6).toFixed(6).replace(/0{1,3}$/, '');
  return `${minutes > 0 ? `${minutes} min ` : ''}${seconds} s`;
}

const states: Readonly<Record<number, string>> = {
  [PlaceState.Up]: 'works',
  [PlaceState.Refusing]: 'refuses connections',
  [PlaceState.Dying]: 'is dying',
  [PlaceState.Hung]: 'stands still',
  [PlaceState.Silent]: 'is silent',
};

/** @returns what a row says, without its instant. */
export function rowWords(world: WorldOptions): (row: EventRow) => string {
  const { nodes, balancers, groups } = world;
  const place = (index: number | undefined): string => [...nodes, ...balancers][index ?? -1]?.name ?? 'no node';
  const who = (agent: number): { readonly name: string; readonly group: number } => {
    let first = 0;
    for (const [group, options] of groups.entries()) {
      if (agent < first + options.count) return { name: agentName(options, agent - first), group };
      first += options.count;
    }
    return { name: `agent ${agent}`, group: 0 };
  };
  const labels = new Map<string, readonly string[]>();
  const peer = (at: number, index: number, group: number): string => {
    const options = balancers[at - nodes.length];
    if (options === undefined) return `peer ${index}`;
    const entry = groups[group]?.servers.find(
      ({ endpoint }) => endpoint.kind === 'balancer' && endpoint.balancerIndex === at - nodes.length,
    )?.endpoint;
    const listener = entry?.kind === 'balancer' ? entry.listenerIndex : 0;
    const key = `${at}/${listener}`;
    const known =
      labels.get(key) ?? listenerChooser(world, options, options.product, listener).servers.map(({ label }) => label);
    labels.set(key, known);
    return known[index] ?? `peer ${index}`;
  };
  return ({ kind, agent, values }) => {
    const { name, group } = agent < 0 ? { name: '', group: 0 } : who(agent);
    const [a = -1, b = -1, c = -1, d = -1] = values;
    const server = (): string => groups[group]?.servers[a]?.text ?? `entry ${a + 1}`;
    switch (kind) {
      case RowKind.Tried:
        return `${name} tries ${server()}`;
      case RowKind.Noticed:
        return `${name} notices that its session is over (${['closed', 'silence', 'told to reconnect'][a] ?? a})`;
      case RowKind.Stopped:
        return `${name} stops`;
      case RowKind.Connected:
        return `${name} has a session with ${place(a)}`;
      case RowKind.PeerTried:
        return `${name}: ${place(a)} connects to ${peer(a, b, group)}`;
      case RowKind.PeerFailed:
        return `${name}: ${place(a)} fails to connect${b === 1 ? ', unheard' : ''}`;
      case RowKind.TurnedAway:
        return `${name}: ${place(a)} turns it away (${b === 0 ? 'no room' : 'no server'})`;
      case RowKind.Failed:
        return a === 1 ? `${name}: its enrolment fails` : `${name}: its attempt fails`;
      case RowKind.Enrols:
        return `${name} asks for a key`;
      case RowKind.Left:
        return `${name} closes its session with ${place(a)}`;
      case RowKind.OldEnded:
        return `${name}: ${place(a)} closes its old connection`;
      case RowKind.GaveUp:
        return `${name} goes on behind ${server()}`;
      case RowKind.PeerTurned:
        return `${place(a)} ${c === 1 ? 'takes back' : 'takes out'} ${peer(a, b, group)}`;
      case RowKind.Changed:
        return `${place(a)} ${states[b] ?? `is in state ${b}`}`;
      case RowKind.Counted:
        return `events: ${formatCount(a)} produced, ${count(b)} delivered, ${count(c)} lost, ${count(d)} waiting`;
      default:
        return `something of kind ${kind}`;
    }
  };
}

/** Queues hold parts of events; thousandths are enough to see which side has more. */
function count(value: number): string {
  const [, fraction] = value.toFixed(3).split('.');
  const isWhole = fraction === '000';
  return isWhole ? formatCount(Math.round(value)) : `${formatCount(Math.trunc(value))}.${fraction ?? ''}`;
}
