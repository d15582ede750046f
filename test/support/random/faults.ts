// Random faults: every verb of the format.
import type { Dice } from './dice.ts';

export interface Surroundings {
  readonly nodeNames: readonly string[];
  readonly groupNames: readonly string[];
  /** A mode has a balancer. */
  readonly balanced: boolean;
  /** Length of the run. */
  readonly seconds: number;
  readonly has: (feature: string) => boolean;
}

type Fault = Record<string, unknown>;
type Recipe = (dice: Dice, around: Surroundings) => Fault;

const lengths = [1, 10, 70, 200];
const maybe = (dice: Dice, share: number, fault: Fault): Fault => (dice.chance(share) ? fault : {});
const place: Recipe = (dice, { nodeNames, has, balanced }) => {
  const places = [...nodeNames, ...(balanced ? ['balancer'] : [])];
  const one = dice.one(places);
  return { value: has('together') && dice.once(2) ? dice.some(places) : one };
};
const nodes: Recipe = (dice, { nodeNames, has }) => ({
  value: has('together') && dice.once(2) ? dice.some(nodeNames) : dice.one(nodeNames),
});
const groups: Recipe = (dice, { groupNames }) => ({
  value: dice.once(4) ? 'agents' : dice.once(3) ? dice.some(groupNames) : dice.one(groupNames),
});
const lasts = (dice: Dice, share = 0.8): Fault => maybe(dice, share, { for: `${dice.one(lengths)}s` });
/** The two ends of a path: agents do not talk to each other. */
const path = (dice: Dice, { nodeNames, groupNames, balanced }: Surroundings): Fault => {
  const places = [...nodeNames, ...(balanced ? ['balancer', 'balancer'] : [])];
  const agents = [...groupNames, 'agents'];
  const to = dice.one(places);
  const others = places.filter((place) => place !== to);
  const from = dice.once(3) && others.length > 0 ? dice.one(others) : dice.one(agents);
  return dice.once(2) ? { from, to } : { from: to, to: from };
};

const recipes = {
  kill: (dice, around) => ({
    kill: place(dice, around).value,
    ...lasts(dice),
    ...maybe(dice, 0.2, { acceptsFor: dice.one(['0s', '20ms', '5s']) }),
  }),
  powerOff: (dice, around) => ({ powerOff: place(dice, around).value, ...lasts(dice) }),
  hang: (dice, around) => ({ hang: place(dice, around).value, ...lasts(dice) }),
  hangOnly: (dice, around) => ({
    hang: nodes(dice, around).value,
    only: dice.one(['remoted', 'authd']),
    ...lasts(dice),
  }),
  stop: (dice, around) => ({ stop: nodes(dice, around).value, ...lasts(dice) }),
  restart: (dice, around) => ({
    restart: nodes(dice, around).value,
    ...maybe(dice, 0.7, { down: dice.one(['1s', '20s', '90s']) }),
  }),
  rolling: (dice, around) => ({
    rolling: dice.some(around.nodeNames),
    down: dice.one(['2s', '30s']),
    ...maybe(dice, 0.5, { pause: dice.one(['0s', '40s']) }),
  }),
  zombie: (dice, around) => ({ zombie: nodes(dice, around).value, ...lasts(dice) }),
  slow: (dice, around) => ({ slow: nodes(dice, around).value, to: dice.one(['1%', '30%', '100%']), ...lasts(dice) }),
  partition: (dice, around) => ({
    partition: { ...path(dice, around), ...maybe(dice, 0.4, { oneWay: true }) },
    ...lasts(dice),
  }),
  dropFlows: (dice, around) => ({
    dropFlows: { ...path(dice, around), answer: dice.one(['rst', 'silence']) },
  }),
  addNode: (_, { nodeNames }) => ({ addNode: nodeNames.at(-1) }),
  removeNode: (dice, { nodeNames }) => ({ removeNode: dice.one(nodeNames) }),
  reload: () => ({ reload: 'balancer' }),
  restartAgents: (dice, around) => ({ restartAgents: groups(dice, around).value }),
  pushConfig: (dice, around) => {
    const told = groups(dice, around).value;
    return { pushConfig: dice.once(2) ? told : { groups: told, restarts: dice.once(2) } };
  },
  reconnectAgents: (dice, around) => ({ reconnectAgents: groups(dice, around).value }),
  enroll: (dice, around) => ({
    enroll: { group: dice.one(around.groupNames), count: 1, over: dice.one(['0s', '30s']) },
  }),
} satisfies Record<string, Recipe>;

export type FaultName = keyof typeof recipes;
export const faultNames = Object.keys(recipes) as FaultName[];
const atBalancer: ReadonlySet<FaultName> = new Set(['addNode', 'removeNode', 'reload'] as const);

const instantaneous: ReadonlySet<FaultName> = new Set([
  ...(['dropFlows', 'reload', 'restartAgents', 'pushConfig', 'reconnectAgents', 'enroll'] as const),
  ...(['addNode', 'removeNode', 'rolling', 'restart'] as const),
]);

/** @param verbs to choose from. */
export function randomFaults(dice: Dice, around: Surroundings, verbs: readonly FaultName[]): Fault[] {
  const possible = verbs.filter((verb) => around.balanced || !atBalancer.has(verb));
  if (possible.length === 0) return [];
  return Array.from({ length: dice.below(6) }, () => randomFault(dice, around, dice.one(possible)));
}

function randomFault(dice: Dice, around: Surroundings, name: FaultName): Fault {
  const { has, seconds } = around;
  const fault: Fault = recipes[name](dice, around);
  const lastsOn = !instantaneous.has(name);
  if (has('randomFaults') && lastsOn && dice.once(3)) {
    delete fault.for;
    return { random: { mtbf: dice.one(['20s', '3m']), mttr: dice.one(['2s', '30s']) }, ...fault };
  }
  const at = dice.below(seconds);
  let when = `${at}s`;
  if (has('drawnInstants') && dice.once(2)) when = `${at}s..${dice.between(at, seconds - 1)}s`;
  else if (dice.once(4)) when = `${at * 1_000 + dice.below(1_000)}ms`;
  if (has('startFaults') && lastsOn && dice.once(3)) when = 'start';
  return {
    at: when,
    ...fault,
    ...(has('repeated') &&
      when !== 'start' &&
      dice.once(2) && { every: dice.one(['30s', '130s']), ...maybe(dice, 0.6, { times: dice.between(1, 4) }) }),
  };
}
