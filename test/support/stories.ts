// What the agents of a small world live through, as rows a test can compare with the measured tables.
import type { Books } from '../../src/models/ledger.ts';
import { runWorld } from '../../src/models/world.ts';
import type { WorldFixed } from '../../src/models/world/state.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';

export interface Moment {
  readonly agent: number;
  readonly what: 'noticed' | 'try' | 'handshake' | 'gave up';
  readonly seconds: number;
  /** Entry of the agent's list as written; why for `noticed`. */
  readonly text: string;
  /** Node of a handshake, -1 otherwise. */
  readonly node: number;
}

export interface Story {
  readonly books: Books;
  /** In the order in which they happened, from instant `from` on. */
  readonly moments: readonly Moment[];
}

export interface Circumstances extends WorldFixed {
  readonly seed?: string;
  readonly replication?: number;
  /** Moments before this second are left out; 0 by default. */
  readonly fromSeconds?: number;
}

export function play(options: WorldOptions, circumstances: Circumstances = {}): Story {
  const moments: Moment[] = [];
  const groups = options.groups.flatMap((group) => Array.from({ length: group.count }, () => group));
  const from = circumstances.fromSeconds ?? 0;
  const add = (agent: number, what: Moment['what'], atUs: number, text: string, node = -1): void => {
    if (atUs >= from * 1e6) moments.push({ agent, what, seconds: atUs / 1e6, text, node });
  };
  // Entries are told by their place in the agent's own list: only lists as written can be named here.
  const nameOf = (agent: number, server: number): string =>
    groups[agent]!.order === 'listed' ? groups[agent]!.servers[server]!.text : `entry ${server}`;
  const luck = { seed: circumstances.seed ?? 'story', replication: circumstances.replication ?? 0 };
  const books = runWorld(
    options,
    luck,
    {
      noticed: (agent, atUs, why) => add(agent, 'noticed', atUs, why),
      tried: (agent, atUs, server) => add(agent, 'try', atUs, nameOf(agent, server)),
      connected: (agent, atUs, server, node) => add(agent, 'handshake', atUs, nameOf(agent, server), node),
      gaveUp: (agent, atUs, server) => add(agent, 'gave up', atUs, nameOf(agent, server)),
    },
    circumstances,
  );
  return { books, moments };
}

/** Rows such as `50.0 try worker02`, of one agent, with the seconds of `what` counted from `zero`. */
export function rows(story: Story, { agent = 0, zero = 0, digits = 1 } = {}): string[] {
  return story.moments
    .filter((moment) => moment.agent === agent)
    .map(({ what, seconds, text }) => `${(seconds - zero).toFixed(digits)} ${what} ${text}`);
}

/** The first moment of a kind; a test that asks for one that never came fails here. */
export function first(story: Story, what: Moment['what'], text?: string, agent = 0): Moment {
  const found = story.moments.find(
    (moment) => moment.agent === agent && moment.what === what && (text === undefined || moment.text === text),
  );
  if (!found)
    throw new Error(`agent ${agent} never came to "${what} ${text ?? ''}": ${rows(story, { agent }).join(', ')}`);
  return found;
}

/** Seconds from noticing to the handshake with `text`. */
export function reached(story: Story, text: string, agent = 0): number {
  return first(story, 'handshake', text, agent).seconds - first(story, 'noticed', undefined, agent).seconds;
}
