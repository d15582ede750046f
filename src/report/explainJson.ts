// The story of one agent, or of one address, for machines. A change that breaks readers needs a new number in `format`.
import type { Hash, LookStep, PassedOver } from '../models/balancer/trace.ts';
import type { Story, StoryEvent, ToldChoice } from '../run/explain.ts';
import { engineVersion } from '../run/version.ts';
import { printable, printableJson } from './escape.ts';
import { basisText } from './basisWords.ts';
import { hex } from './explainText.ts';
import { sharesOf } from './ringShares.ts';

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value | undefined };

/** @param run what was played; `null`: nothing was. Instants in µs since the end of the warm-up. */
export function storyJson(
  story: Story,
  run: { readonly scenario: string; readonly seed: string; readonly replication: number } | null,
): string {
  const { who, address, agent, mode, description, servers, events, endsOn, ring } = story;
  const document: Value = {
    format: 'fleetfall-explain/1',
    engine: engineVersion,
    run: run && { ...run, scenario: printable(run.scenario) },
    who: printable(who),
    address,
    agent,
    mode: mode === null ? null : printable(mode),
    balancing: printable(description),
    servers: servers.map(printable),
    events: events.map(eventOf),
    endsOn: endsOn === null ? null : printable(endsOn),
    ring:
      ring === null
        ? null
        : {
            balancer: printable(ring.balancer),
            rule: ring.rule,
            points: ring.positions.length,
            shares: sharesOf(ring).map(({ peer, share, points }) => ({ server: printable(peer), points, share })),
          },
  };
  return `${printableJson(JSON.stringify(document, null, 2))}\n`;
}

function eventOf(event: StoryEvent): Value {
  if (event.kind === 'choice') return { atUs: event.atUs, kind: event.kind, ...choiceOf(event.choice) };
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) => [key, typeof value === 'string' ? printable(value) : (value as Value)]),
  );
}

/** Numbers of 64 bits are text: what reads JSON has doubles. */
function numberOf(hash: Hash | null): number | string | null {
  return typeof hash === 'bigint' ? hex(hash) : hash;
}

function choiceOf({
  balancer,
  peers,
  key,
  hash,
  home,
  basis,
  story,
  clockOffsetUs,
}: ToldChoice): Record<string, Value> {
  const name = (index: number): string | null => (index < 0 ? null : printable(peers[index] ?? String(index)));
  const why = (reason: PassedOver): Value =>
    reason.kind === 'banned' ? { ...reason, untilUs: reason.untilUs - clockOffsetUs } : { ...reason };
  const step = (one: LookStep): Value => {
    const rest: Record<string, Value> = { kind: one.kind };
    if ('at' in one) rest.at = numberOf(one.at);
    if ('peerIndex' in one) rest.server = name(one.peerIndex);
    if (one.kind === 'looked') rest.why = why(one.why);
    if (one.kind === 'turnedTo') rest.rule = one.rule;
    return rest;
  };
  return {
    balancer: printable(balancer),
    key: key === null ? null : Buffer.from(key).toString('hex'),
    hash: numberOf(hash),
    basis: basis === null ? null : { ...basis, text: basisText(basis) },
    home: home === null ? null : { at: numberOf(home.at), server: name(home.peerIndex) },
    answer: name(story.answer),
    waits: story.answer === -2,
    servers: story.peers.map(({ peerIndex, sessions, passedOver, counters }) => ({
      server: name(peerIndex),
      sessions,
      passedOver: passedOver === null ? null : why(passedOver),
      counters,
    })),
    steps: story.steps.map(step),
  };
}
