// Random stories of a balancer, and what an onlooker knows about each answer, whatever the balancer chooses by.
import fc from 'fast-check';
import { expect } from 'vitest';
import { Choice, type Balancer, type BalancerSession } from '../../src/models/balancer/contract.ts';
import { newTrace, type SessionTrace } from '../../src/models/balancer/trace.ts';
import { aClient } from '../support/clients.ts';

export interface PeerGiven {
  readonly weight: number;
  /** Failures that ban it; 0: it is never banned. */
  readonly maxFails: number;
  readonly failTimeoutSeconds: number;
  /** 0: no limit. */
  readonly maxConns: number;
  readonly down: boolean;
  readonly backup: boolean;
}

/** What a product, or one of its methods, may lack. The suite shows that it does, where that can be seen. */
export type Ability =
  /** Peers that stand in when the others do not work. */
  | 'backups'
  /** Failures of sessions keep a peer out for a while. */
  | 'bans'
  /** Several worker processes, each with a memory of its own. */
  | 'workers'
  /** A session that could not be connected tries another peer, and none twice. */
  | 'others'
  /** Sessions that find their peer full go to another one. */
  | 'overflow'
  /** A peer takes only so many sessions. */
  | 'limits'
  /** Sessions that find everything full wait for a place; without it they are closed. */
  | 'waiting'
  /** Active checks. */
  | 'checks'
  /** Orders at run time. */
  | 'orders'
  /** Tells how its choices come about. */
  | 'stories';

/** Why not. */
export type Lacks = Partial<Record<Ability, string>>;

export interface BalancerGiven {
  readonly peers: readonly PeerGiven[];
  readonly workers: number;
  /** The worker processes share what they remember. */
  readonly shared: boolean;
  /** Attempts of one session; 0: no limit. */
  readonly tries: number;
  /** Every peer is checked, where the product has checks. */
  readonly checked?: boolean;
}

export type Step =
  | {
      readonly kind: 'open';
      readonly client: number;
      readonly worker: number;
      readonly outcomes: readonly boolean[];
      /** What its random choices are keyed by. */
      readonly connect: number;
    }
  | { readonly kind: 'close'; readonly which: number }
  | { readonly kind: 'wait'; readonly seconds: number };

export const plain: PeerGiven = {
  weight: 1,
  maxFails: 1,
  failTimeoutSeconds: 10,
  maxConns: 0,
  down: false,
  backup: false,
};

const peer = fc.record({
  weight: fc.integer({ min: 1, max: 9 }),
  maxFails: fc.integer({ min: 0, max: 3 }),
  failTimeoutSeconds: fc.integer({ min: 0, max: 4 }),
  maxConns: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3 })),
  down: fc.integer({ min: 0, max: 5 }).map((dice) => dice === 0),
  backup: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
});

export const given: fc.Arbitrary<BalancerGiven> = fc.record({
  // The first one is no backup: products want one that is none.
  peers: fc
    .array(peer, { minLength: 1, maxLength: 6 })
    .map(([first, ...rest]) => [{ ...first!, backup: false }, ...rest]),
  workers: fc.integer({ min: 1, max: 3 }),
  shared: fc.boolean(),
  tries: fc.integer({ min: 0, max: 3 }),
});

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('open' as const),
        client: fc.integer({ min: 0, max: 5 }),
        worker: fc.integer({ min: 0, max: 2 }),
        outcomes: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        connect: fc.nat({ max: 1e6 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('close' as const), which: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 4 }) }),
    },
  ),
  { maxLength: 60 },
);

/** What an onlooker knows for certain about a peer, whatever the product counts. */
interface Known {
  conns: number;
  /** Failures since anything last went well with it: what counts for it at least. */
  streak: number;
  /** Failures ever: what counts for it at most. */
  failures: number;
  failedAtSeconds: number;
}

/** Plays the steps, checks every answer against what an onlooker knows, and returns the answers. */
export function play<S extends BalancerSession>(
  create: (options: BalancerGiven) => Balancer<S>,
  options: BalancerGiven,
  list: readonly Step[],
  lacks: Lacks,
  looksOn = false,
): readonly string[] {
  const { peers, shared, tries } = options;
  const balancer = create(options);
  expect(balancer.peers.length).toBe(peers.length);
  expect(balancer.workers).toBe(options.workers);
  const fresh = (): Known[] => peers.map(() => ({ conns: 0, streak: 0, failures: 0, failedAtSeconds: -1e9 }));
  const memories = Array.from({ length: options.workers }, fresh);
  const memoryOf = (worker: number): Known[] => memories[shared ? 0 : worker]!;
  const open: S[] = [];
  const waiting = new Set<BalancerSession>();
  const answers: string[] = [];
  let now = 1000;

  const wellUsable = (index: number, memory: readonly Known[], tried: readonly number[]): boolean => {
    const { down, maxConns, maxFails } = peers[index]!;
    const { conns, failures } = memory[index]!;
    const mayBeBanned = maxFails > 0 && failures >= maxFails && !('bans' in lacks);
    const wasTried = tried.includes(index) && !('others' in lacks);
    return !down && !mayBeBanned && !wasTried && !(maxConns > 0 && conns >= maxConns);
  };
  /** Sessions that need not wait any longer go on. */
  const goOn = (): void => {
    for (const news of balancer.takeNews?.() ?? []) {
      if (news.kind !== 'freed') continue;
      const session = news.session as S;
      expect(waiting.delete(session), 'only one that waits is let go').toBe(true);
      const index = balancer.next(session, now * 1e6);
      expect(index, 'who is let go has a place').toBeGreaterThanOrEqual(0);
      const { maxConns, down } = peers[index]!;
      const known = memoryOf(session.worker)[index]!;
      expect(down).toBe(false);
      expect(known.conns, 'the place is free').toBeLessThan(maxConns > 0 ? maxConns : Infinity);
      balancer.connected(session, now * 1e6);
      known.conns += 1;
      open.push(session);
      answers.push(`${index} at last`);
    }
  };

  for (const step of list) {
    if (step.kind === 'wait') {
      now += step.seconds;
      continue;
    }
    if (step.kind === 'close') {
      const [session] = open.splice(step.which % Math.max(1, open.length), 1);
      if (!session) continue;
      const known = memoryOf(session.worker)[session.peerIndex]!;
      // Of an established session its worker and its peer are enough.
      balancer.closed({ worker: session.worker, peerIndex: session.peerIndex }, now * 1e6);
      known.conns -= 1;
      known.streak = 0;
      goOn();
      continue;
    }
    const worker = step.worker % options.workers;
    const memory = memoryOf(worker);
    const trace = looksOn ? newTrace() : undefined;
    const session = balancer.open(aClient(`10.0.0.${step.client}`, step.connect), worker, trace);
    expect(session.worker).toBe(worker);
    const tried: number[] = [];
    for (let more = true; more;) {
      const index = balancer.next(session, now * 1e6);
      expect(session.peerIndex).toBe(Math.max(-1, index));
      if (trace) checkStory(trace, index, options, now, tried.length + 1);
      const certain = peers.findIndex(({ backup }, at) => !backup && wellUsable(at, memory, tried));
      const certainBackup = peers.findIndex((_, at) => wellUsable(at, memory, tried));
      if (index === Choice.None) {
        expect(certainBackup, 'nothing was usable').toBe(-1);
        answers.push('none');
        break;
      }
      if (index === Choice.Queued) {
        expect('waiting' in lacks).toBe(false);
        // Backups stand in for peers that do not work, not for peers that are full.
        const works = peers.some(({ backup, down }) => !backup && !down);
        if (!('overflow' in lacks)) expect(works ? certain : certainBackup, 'every peer was full').toBe(-1);
        waiting.add(session);
        answers.push('waits');
        break;
      }
      const { down, maxConns, maxFails, failTimeoutSeconds, backup } = peers[index]!;
      const known = memory[index]!;
      expect(down, 'a peer that is down is never chosen').toBe(false);
      if (!('others' in lacks)) expect(tried, 'no session tries a peer twice').not.toContain(index);
      if (backup) expect(certain, 'a backup stands in only when nothing else is usable').toBe(-1);
      if (maxConns > 0) expect(known.conns, 'a full peer is never chosen').toBeLessThan(maxConns);
      if (!('bans' in lacks) && peers.length > 1 && maxFails > 0 && known.streak >= maxFails) {
        expect(now - known.failedAtSeconds, 'a banned peer is never chosen').toBeGreaterThan(failTimeoutSeconds);
      }
      tried.push(index);
      answers.push(String(index));
      known.conns += 1;
      if (step.outcomes[tried.length - 1] ?? true) {
        balancer.connected(session, now * 1e6);
        known.streak = 0;
        open.push(session);
        break;
      }
      more = balancer.failed(session, now * 1e6, 0, false) < Infinity;
      expect(session.peerIndex).toBe(-1);
      known.conns -= 1;
      known.streak += 1;
      known.failures += 1;
      known.failedAtSeconds = now;
      if (peers.length === 1 && !('others' in lacks)) expect(more, 'a lone peer is not tried again').toBe(false);
      if (tries > 0 && tried.length >= tries) expect(more, 'no more attempts than allowed').toBe(false);
      goOn();
    }
  }
  return answers;
}

/** What an onlooker is told of a choice agrees with it. */
function checkStory(
  { choices }: SessionTrace,
  answer: number,
  { peers }: BalancerGiven,
  nowSeconds: number,
  count: number,
): void {
  expect(choices, 'one story a choice').toHaveLength(count);
  const story = choices.at(-1)!;
  expect(story.answer).toBe(answer);
  expect(story.atUs).toBe(nowSeconds * 1e6);
  expect(story.peers.map(({ peerIndex }) => peerIndex)).toEqual(peers.map((_, index) => index));
  const last = story.steps.at(-1);
  if (answer >= 0) {
    expect(last?.kind === 'took' || last?.kind === 'stayed', 'a story ends with its peer').toBe(true);
    expect(last).toMatchObject({ peerIndex: answer });
  } else if (answer === Choice.Queued) expect(last?.kind).toBe('queued');
  else expect(story.steps.some(({ kind }) => kind === 'took')).toBe(false);
  for (const step of story.steps) {
    if (step.kind !== 'looked') continue;
    if (step.why.kind === 'down') expect(peers[step.peerIndex]!.down).toBe(true);
    if (step.why.kind === 'banned') expect(step.why.untilUs, 'a ban has an end').toBeGreaterThan(nowSeconds * 1e6);
    if (step.why.kind === 'full') expect(step.why.sessions).toBeGreaterThanOrEqual(step.why.limit);
  }
}
