// Random faults: every verb of the format.
import type { Balancing, RandomBalancer } from './balancers.ts';
import type { Dice } from './dice.ts';

export interface Surroundings {
  readonly nodeNames: readonly string[];
  readonly groupNames: readonly string[];
  /** Of the modes that have one. */
  readonly balancings: readonly Balancing[];
  /** Length of the run. */
  readonly seconds: number;
  /** Agents of the groups that may come without a key. */
  readonly newcomers: Readonly<Record<string, number>>;
  readonly has: (feature: string) => boolean;
}

const all = ({ balancings }: Surroundings): readonly RandomBalancer[] =>
  balancings.flatMap(({ balancers }) => balancers);

/** Balancers to which something can happen: an address that moves is none. */
const balancersIn = (around: Surroundings): string[] => {
  const moving = new Set(all(around).flatMap(({ name, product }) => (product === 'vip' ? [name] : [])));
  return [...new Set(all(around).map(({ name }) => name))].filter((name) => !moving.has(name));
};

/** Those with processes of their own. */
const endable = (around: Surroundings): string[] => {
  const alive = all(around).flatMap(({ name, product }) =>
    product === 'nginx' || product === 'haproxy' || product === 'envoy' || product === 'f5' ? [name] : [],
  );
  return balancersIn(around).filter((name) => alive.includes(name));
};

/** Those that read a file wherever they are. */
const reloading = (around: Surroundings): string[] =>
  balancersIn(around).filter((name) => all(around).every((each) => each.name !== name || each.reread !== null));

/** Every balancer of every mode has an order of the kind. */
const drains = (around: Surroundings): boolean =>
  all(around).every(({ product }) => product !== 'nginx' && product !== 'dns' && product !== 'vip');

type Fault = Record<string, unknown>;
type Recipe = (dice: Dice, around: Surroundings) => Fault;

const lengths = ['1us', '50ms', '1s', '10s', '70s', '200s'];
const maybe = (dice: Dice, share: number, fault: Fault): Fault => (dice.chance(share) ? fault : {});
const place: Recipe = (dice, around) => {
  const places = [...around.nodeNames, ...endable(around)];
  const one = dice.one(places);
  return { value: around.has('together') && dice.once(2) ? dice.some(places) : one };
};
const nodes: Recipe = (dice, { nodeNames, has }) => ({
  value: has('together') && dice.once(2) ? dice.some(nodeNames) : dice.one(nodeNames),
});
const groups: Recipe = (dice, { groupNames }) => ({
  value: dice.once(4) ? 'agents' : dice.once(3) ? dice.some(groupNames) : dice.one(groupNames),
});
const lasts = (dice: Dice, share = 0.8): Fault => maybe(dice, share, { for: dice.one(lengths) });
/** The two ends of a path: agents do not talk to each other. */
const path = (dice: Dice, around: Surroundings): Fault => {
  const { nodeNames, groupNames } = around;
  const places = [...nodeNames, ...balancersIn(around).flatMap((name) => [name, name])];
  const agents = [...groupNames, 'agents'];
  const to = dice.one(places);
  const others = places.filter((place) => place !== to);
  const master = to === 'master' || !nodeNames.includes('master') ? [] : ['master'];
  const from = dice.once(3) && others.length > 0 ? dice.one([...others, ...master]) : dice.one(agents);
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
    ...(drains(around) && maybe(dice, 0.3, { drain: dice.one(['0s', '15s']) })),
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
  removeNode: (dice, { nodeNames, has }) => ({
    removeNode: dice.one(has('spareNode') ? nodeNames.slice(0, -1) : nodeNames),
  }),
  drain: (dice, around) => ({ drain: nodes(dice, around).value, ...lasts(dice, 0.5) }),
  reload: (dice, around) => {
    const name = dice.one(reloading(around));
    if (!dice.once(3)) return { reload: name };
    const texts = all(around).flatMap((each) => (each.name === name ? [each.reread!()] : []));
    return { reload: { ...Object.assign({}, ...texts), ...(name !== 'balancer' && { balancer: name }) } };
  },
  restartAgents: (dice, around) => ({
    restartAgents: groups(dice, around).value,
    ...maybe(dice, 0.4, { over: dice.one(['0s', '1us', '45s']) }),
  }),
  pushConfig: (dice, around) => {
    const told = groups(dice, around).value;
    return { pushConfig: dice.once(2) ? told : { groups: told, restarts: dice.once(2) } };
  },
  reconnectAgents: (dice, around) => ({
    reconnectAgents: groups(dice, around).value,
    ...(dice.once(3) && { chunk: dice.between(1, 3), ...maybe(dice, 0.5, { pause: dice.one(['0s', '7s']) }) }),
  }),
  enroll: (dice, { newcomers }) => {
    const group = dice.one(Object.keys(newcomers));
    return { enroll: { group, count: dice.between(1, newcomers[group]!), over: dice.one(['0s', '30s', '3m']) } };
  },
} satisfies Record<string, Recipe>;

export type FaultName = keyof typeof recipes;
export const faultNames = Object.keys(recipes) as FaultName[];

const instantaneous: ReadonlySet<FaultName> = new Set([
  ...(['dropFlows', 'reload', 'restartAgents', 'pushConfig', 'reconnectAgents', 'enroll'] as const),
  ...(['addNode', 'removeNode', 'rolling', 'restart'] as const),
]);

/** @param verbs to choose from. */
export function randomFaults(dice: Dice, around: Surroundings, verbs: readonly FaultName[]): Fault[] {
  const isPossible = (verb: FaultName): boolean => {
    if (verb === 'enroll') return false; // a group enrols once: below
    if (verb === 'drain') return drains(around);
    if (verb === 'reload') return reloading(around).length > 0;
    if (verb !== 'addNode' && verb !== 'removeNode') return true;
    // Nobody adds what is there, removes the last one, or changes the records of a name.
    const isName = all(around).some(({ product }) => product === 'dns');
    const enough = around.nodeNames.length > (around.has('spareNode') ? 2 : 1);
    return around.balancings.length > 0 && !isName && enough && (verb === 'removeNode' || around.has('spareNode'));
  };
  const possible = verbs.filter(isPossible);
  let { newcomers } = around;
  return Array.from({ length: dice.below(6) }, () => {
    const enrols = verbs.includes('enroll') && Object.keys(newcomers).length > 0;
    const choices = enrols ? [...possible, 'enroll' as const, 'enroll' as const] : possible;
    if (choices.length === 0) return [];
    const fault = randomFault(dice, { ...around, newcomers }, dice.one(choices));
    if (fault.enroll !== undefined) {
      const { group } = fault.enroll as { group: string };
      newcomers = Object.fromEntries(Object.entries(newcomers).filter(([name]) => name !== group));
    }
    return fault;
  }).flat();
}

function randomFault(dice: Dice, around: Surroundings, name: FaultName): Fault {
  const { has, seconds } = around;
  const fault: Fault = recipes[name](dice, around);
  const lastsOn = !instantaneous.has(name);
  if (has('randomFaults') && lastsOn && name !== 'drain' && dice.once(3)) {
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
      name !== 'enroll' &&
      dice.once(2) && { every: dice.one(['30s', '130s']), ...maybe(dice, 0.6, { times: dice.between(1, 4) }) }),
  };
}
