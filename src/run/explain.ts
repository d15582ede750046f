// The story of one agent, or of one address: what it tried and when, how each balancer chose for it, and what it noticed.
import type { ChoiceBasis, ChoiceStory, Hash, RingView, SessionTrace } from '../models/balancer/trace.ts';
import { newTrace } from '../models/balancer/trace.ts';
import { OutageEnd, type Books } from '../models/ledger.ts';
import { PlaceState } from '../models/place.ts';
import { runWorld } from '../models/world.ts';
import type { WorldProbe } from '../models/world/state.ts';
import type { Luck, WorldOptions } from '../models/worldOptions.ts';
import { addressText } from '../models/balancer/proxy.ts';
import { agentName, fleetAddresses, type AgentPlace } from '../scenario/agentNames.ts';
import { listenerChooser } from '../scenario/assignScenario.ts';
import { askedAtUs, clientAt, type Chooser } from '../scenario/chooser.ts';

/** How one choice came about, with the names of the peers it was made among. */
export interface ToldChoice {
  readonly balancer: string;
  readonly peers: readonly string[];
  readonly key: Uint8Array | null;
  readonly hash: Hash | null;
  readonly home: SessionTrace['home'];
  readonly hasTable: boolean;
  readonly basis: ChoiceBasis | null;
  readonly story: ChoiceStory;
  /** What is to be taken from the balancer's clock, in µs, to have the instants of the story. */
  readonly clockOffsetUs: number;
}

export type StoryEvent = { readonly atUs: number } & (
  | { readonly kind: 'place'; readonly place: string; readonly state: 'up' | 'refusing' | 'dying' | 'hung' | 'silent' }
  | { readonly kind: 'peerDown' | 'peerUp'; readonly balancer: string; readonly peer: string }
  | { readonly kind: 'tried'; readonly server: string }
  | { readonly kind: 'choice'; readonly choice: ToldChoice }
  | { readonly kind: 'peerTried'; readonly balancer: string; readonly peer: string }
  | { readonly kind: 'peerFailed'; readonly balancer: string; readonly peer: string; readonly isMute: boolean }
  | { readonly kind: 'turnedAway'; readonly balancer: string; readonly why: 'noSlot' | 'noPeer' }
  | { readonly kind: 'failed'; readonly isEnrolment: boolean }
  | { readonly kind: 'enrols' }
  | { readonly kind: 'connected'; readonly node: string }
  | { readonly kind: 'gaveUp'; readonly server: string }
  | { readonly kind: 'broke'; readonly node: string | null; readonly fault: number }
  | { readonly kind: 'healed' }
  | { readonly kind: 'noticed'; readonly why: 'closed' | 'silence' | 'forced' }
  | { readonly kind: 'left'; readonly node: string }
  | { readonly kind: 'oldEnded'; readonly place: string }
  | { readonly kind: 'stopped' }
);

export interface Story {
  /** `servers/7`, or the address that was asked. */
  readonly who: string;
  readonly address: string | null;
  /** Place in the fleet, from 0; `null`: an address outside of any fleet. */
  readonly agent: number | null;
  readonly mode: string | null;
  readonly description: string;
  /** Its servers, in its own order. */
  readonly servers: readonly string[];
  readonly events: readonly StoryEvent[];
  /** Node at the end of the run; `null`: none. */
  readonly endsOn: string | null;
  readonly ring: ToldRing | null;
}

/** A ring with the owners of its points, for a picture. */
export interface ToldRing extends RingView {
  readonly balancer: string;
  readonly peers: readonly string[];
  /** The last choice on it. */
  readonly choice: ToldChoice | null;
}

const stateNames = {
  [PlaceState.Up]: 'up',
  [PlaceState.Refusing]: 'refusing',
  [PlaceState.Dying]: 'dying',
  [PlaceState.Hung]: 'hung',
  [PlaceState.Silent]: 'silent',
} as const;

/** Plays the replication, and listens to what one agent does in it. */
export function agentStory(
  mode: { readonly name: string; readonly description: string; readonly world: WorldOptions },
  luck: Luck,
  { agent, groupIndex, local }: AgentPlace,
): Story {
  const { world } = mode;
  const { groups, nodes, balancers } = world;
  const group = groups[groupIndex]!;
  const placeNames = [...nodes, ...balancers].map(({ name }) => name);
  const choosers = new Map<string, Chooser>();
  const chooserAt = (place: number, listener: number): Chooser => {
    const key = `${place}/${listener}`;
    const options = balancers[place - nodes.length]!;
    const known = choosers.get(key) ?? listenerChooser(world, options, options.product, listener);
    choosers.set(key, known);
    return known;
  };
  const listenerTo = (place: number): number => {
    const found = group.servers.find(
      ({ endpoint }) => endpoint.kind === 'balancer' && endpoint.balancerIndex === place - nodes.length,
    )?.endpoint;
    return found?.kind === 'balancer' ? found.listenerIndex : 0;
  };
  const labels = (place: number): readonly string[] =>
    chooserAt(place, listenerTo(place)).servers.map(({ label }) => label);

  const events: StoryEvent[] = [];
  const server = (index: number): string => group.servers[index]?.text ?? '';
  let open: { readonly place: number; readonly trace: SessionTrace; readonly atUs: number; told: number } | null = null;
  let lastPeer = '';
  const tellChoices = (): void => {
    if (open === null) return;
    const { place, trace, atUs } = open;
    const offsetUs = (trace.choices[0]?.atUs ?? atUs) - atUs;
    for (; open.told < trace.choices.length; open.told++) {
      const story = trace.choices[open.told]!;
      const { key, hash, home, hasTable, basis } = trace;
      const choice = {
        balancer: placeNames[place]!,
        peers: labels(place),
        key,
        hash,
        home,
        hasTable,
        basis,
        story,
        clockOffsetUs: offsetUs,
      };
      events.push({ atUs: story.atUs - offsetUs, kind: 'choice', choice });
    }
  };
  const tell = (who: number, event: StoryEvent): void => {
    if (who !== agent) return;
    tellChoices();
    events.push(event);
  };
  const probe: WorldProbe = {
    changed: (place, atUs, state) =>
      void events.push({ atUs, kind: 'place', place: placeNames[place]!, state: stateNames[state] }),
    peerTurned: (place, peer, atUs, isUp) =>
      void events.push({
        atUs,
        kind: isUp ? 'peerUp' : 'peerDown',
        balancer: placeNames[place]!,
        peer: labels(place)[peer] ?? String(peer),
      }),
    tried: (who, atUs, index) => tell(who, { atUs, kind: 'tried', server: server(index) }),
    looksOn(who, atUs, place) {
      if (who !== agent) return undefined;
      tellChoices();
      open = { place, trace: newTrace(), atUs, told: 0 };
      return open.trace;
    },
    peerTried(who, atUs, place, peer) {
      if (who !== agent) return;
      lastPeer = labels(place)[peer] ?? String(peer);
      tell(who, { atUs, kind: 'peerTried', balancer: placeNames[place]!, peer: lastPeer });
    },
    peerFailed: (who, atUs, place, isMute) =>
      tell(who, { atUs, kind: 'peerFailed', balancer: placeNames[place]!, peer: lastPeer, isMute }),
    turnedAway: (who, atUs, place, why) => tell(who, { atUs, kind: 'turnedAway', balancer: placeNames[place]!, why }),
    failed: (who, atUs, isEnrolment) => tell(who, { atUs, kind: 'failed', isEnrolment }),
    enrols: (who, atUs) => tell(who, { atUs, kind: 'enrols' }),
    connected: (who, atUs, _, node) => tell(who, { atUs, kind: 'connected', node: placeNames[node]! }),
    gaveUp: (who, atUs, index) => tell(who, { atUs, kind: 'gaveUp', server: server(index) }),
    noticed: (who, atUs, why) => tell(who, { atUs, kind: 'noticed', why }),
    left: (who, atUs, node) => tell(who, { atUs, kind: 'left', node: placeNames[node] ?? '' }),
    oldEnded: (who, atUs, place) => tell(who, { atUs, kind: 'oldEnded', place: placeNames[place]! }),
    stopped: (who, atUs) => tell(who, { atUs, kind: 'stopped' }),
  };
  const books = runWorld(world, luck, probe);
  tellChoices();
  events.push(...outageEvents(books, agent, placeNames));
  // Of one instant what breaks a session comes before what follows from it.
  const first = ({ kind }: StoryEvent): number => (kind === 'place' ? 0 : kind === 'broke' ? 1 : 2);
  events.sort((a, b) => a.atUs - b.atUs || first(a) - first(b));
  const addresses = balancers.length > 0 ? fleetAddresses(groups, luck) : null;
  const address = addresses === null ? null : addressText(addresses[groupIndex]![local]!);
  const endNode = books.nodeAtEnd[agent]!;
  const last = lastChoiceOn(events);
  const place = last === null ? -1 : placeNames.indexOf(last.balancer);
  return {
    who: agentName(group, local),
    address,
    agent,
    mode: mode.name,
    description: mode.description,
    servers: group.servers.map(({ text }) => text),
    events,
    endsOn: endNode < 0 ? null : placeNames[endNode]!,
    ring:
      last === null || address === null
        ? null
        : ringOf(chooserAt(place, listenerTo(place)), address, last, last.balancer),
  };
}

function outageEvents({ outages, faults }: Books, agent: number, names: readonly string[]): StoryEvent[] {
  const events: StoryEvent[] = [];
  for (let row = 0; row < outages.count; row++) {
    if (outages.agent[row] !== agent) continue;
    const from = outages.fromNode[row]!;
    const brokenAtUs = outages.brokenAtUs[row]!;
    const fault = faults[outages.fault[row]!]!.faultIndex + 1;
    events.push({ atUs: brokenAtUs, kind: 'broke', node: from < 0 ? null : names[from]!, fault });
    if (outages.end[row] !== OutageEnd.Healed) continue;
    const totalUs = outages.detectUs[row]!;
    if (totalUs >= 0) events.push({ atUs: brokenAtUs + totalUs, kind: 'healed' });
  }
  return events;
}

function lastChoiceOn(events: readonly StoryEvent[]): ToldChoice | null {
  const last = events.findLast((event) => event.kind === 'choice');
  return last?.kind === 'choice' ? last.choice : null;
}

/** The ring an address is placed on while everything works; `null`: the method has none. */
function ringOf(
  { balancer, servers }: Chooser,
  address: string,
  choice: ToldChoice | null,
  name: string,
): ToldRing | null {
  const session = balancer.open(clientAt(address, 0), 0);
  const ring = balancer.ring?.(session) ?? null;
  balancer.closed(session, askedAtUs);
  return ring && { ...ring, balancer: name, peers: servers.map(({ label }) => label), choice };
}

/** What a balancer would make of one address now, with those servers down that are said to be. */
export function addressStory(chooser: Chooser, address: string): Story {
  const { balancer, servers, description } = chooser;
  const [name = ''] = description.split(' ');
  const names = servers.map(({ label }) => label);
  const trace = newTrace();
  const events: StoryEvent[] = [];
  const whole = ringOf(chooser, address, null, name);
  const session = balancer.open(clientAt(address, 0), 0, trace);
  let peer = balancer.next(session, askedAtUs);
  const tellChoice = (): ToldChoice => {
    const { key, hash, home, hasTable, basis } = trace;
    const story = trace.choices.at(-1)!;
    const choice = { balancer: name, peers: names, key, hash, home, hasTable, basis, story, clockOffsetUs: askedAtUs };
    events.push({ atUs: 0, kind: 'choice', choice });
    return choice;
  };
  let choice = trace.choices.length > 0 ? tellChoice() : null;
  while (peer >= 0) {
    events.push({ atUs: 0, kind: 'peerTried', balancer: name, peer: names[peer]! });
    if (!servers[peer]!.refuses) break;
    events.push({ atUs: 0, kind: 'peerFailed', balancer: name, peer: names[peer]!, isMute: false });
    const goesOn = balancer.failed(session, askedAtUs, 0, false) < Infinity;
    peer = goesOn ? balancer.next(session, askedAtUs) : -1;
    if (goesOn) choice = tellChoice();
  }
  if (peer < 0) events.push({ atUs: 0, kind: 'turnedAway', balancer: name, why: 'noPeer' });
  return {
    who: address,
    address,
    agent: null,
    mode: null,
    description: `${description}: ${chooser.place}`,
    servers: [],
    events,
    endsOn: peer < 0 ? null : names[peer]!,
    ring: whole && { ...whole, choice },
  };
}
