// What stands in front of remoted: the accept queue, the handlers, and who gives up before they come to him.
import { expect, test } from 'vitest';
import type { Books } from '../../../src/models/ledger.ts';
import type { NodeOptions } from '../../../src/models/node.ts';
import { runWorld } from '../../../src/models/world.ts';
import { aWorld, fault, minute, second, type GroupRecipe, type WorldRecipe } from '../../support/worlds.ts';

const seldom = { notifyTimeSeconds: 3_000, timeReconnectSeconds: 4_000 };
const impatient = { maxRetries: 1, retryIntervalSeconds: 1, enrollment: { enabled: false } };

/** Quiet agents on worker01, which dies at 100 s; they come to worker02 at once. */
function storm(
  count: number,
  node: Partial<NodeOptions>,
  group: Partial<GroupRecipe> = {},
  recipe: Partial<WorldRecipe> = {},
): { readonly books: Books; readonly connected: Float64Array } {
  const connected = new Float64Array(count).fill(NaN);
  const world = aWorld({
    groups: [
      {
        count,
        version: '4.9.2',
        list: [1, 2],
        events: { ratePerSecond: 0 },
        agent: impatient,
        ...group,
      },
    ],
    faults: [fault('kill', 'worker01', 100, null)],
    durationUs: 10 * minute,
    ...recipe,
  });
  const nodes = world.nodes.map((own) => (own.name === 'worker01' ? own : { ...own, ...node }));
  const books = runWorld(
    { ...world, nodes },
    { seed: 'storm', replication: 0 },
    { connected: (agent, atUs) => (connected[agent] = atUs) },
  );
  return { books, connected };
}

const seconds = (us: Float64Array): number[] => [...us].map((at) => at / second - 100).sort((a, b) => a - b);

test('a node that takes a connection a pass lets the others wait their turn', () => {
  const free = seconds(storm(100, {}).connected);
  const judged = seconds(storm(100, { acceptsPerSecond: 10 }).connected);

  expect(free.at(-1)! - free[0]!).toBe(0);
  // The first is taken at once, each further one a tenth of a second later.
  judged.forEach((at, turn) => expect(at - free[0]!).toBeCloseTo(turn / 10, 6));
});

test('a full accept queue drops what comes on top, and the clients come again', () => {
  const { books, connected } = storm(500, { acceptsPerSecond: 100 });
  const back = seconds(connected);

  // One is taken, 129 wait; of the other 370 those find room whose message is sent again.
  expect(books.nodes[2]!.acceptQueueOverflow).toBeGreaterThanOrEqual(370);
  expect(back.filter((at) => at < back[0]! + 1.2).length).toBeLessThanOrEqual(130);
  expect(books.nodes[2]!.connectsPeakPerSecond).toBeLessThanOrEqual(101);
  expect(back.every(Number.isFinite)).toBe(true);
  // Nobody is served earlier than 500 passes take, and repeats leave gaps.
  expect(back.at(-1)! - back[0]!).toBeGreaterThan(4.98);
});

test('a storm ends when those who wait are let in before they give up', () => {
  const play = (acceptsPerSecond: number): { back: number; notes: string } => {
    const { books, connected } = storm(3_000, { acceptsPerSecond }, {}, { durationUs: 60 * minute });
    return { back: seconds(connected).filter((at) => at > 0).length, notes: books.notes.join(' ') };
  };
  const slow = play(2);
  const fast = play(3);

  // 129 connections in front of a node, 60 s of patience: 2.15 a second. At 2 those of the first minute get through, then few.
  expect(slow.back).toBeLessThan(800);
  expect(fast.back).toBe(3_000);
  expect(slow.notes).toContain(
    'At 2 accepts a second the 129 connections that wait in front of a node are let in after 64.5 s, when their agents have given up ' +
      '(agent.recv_timeout, 60 s): while the queue is full nobody gets through. A storm that keeps it full ends above 2.15 a second only.',
  );
  expect(fast.notes).toContain('are let in after 43.0 s, before their agents give up');
});

test('up to 4.12 the ACK of a startup waits for the startups and first keepalives before it', () => {
  const cost = { controlCostUs: 40_000, workerPool: 4 };
  const inline = seconds(storm(50, { version: '4.12.0', ...cost }).connected);
  const asynchronous = seconds(storm(50, { version: '4.13.0', ...cost }).connected);

  // 40 ms by four handlers: 10 ms each. The keepalives that leave with the handshakes come behind all startups.
  inline.forEach((at, turn) => expect(at - inline[0]!).toBeCloseTo(turn / 100, 3));
  expect(asynchronous.at(-1)).toBe(asynchronous[0]);
});

test('an agent whose ACK takes longer than recv_timeout comes again, and its old message is thrown away', () => {
  // 4 s each: in a minute 16 are served. The others leave, and what they had sent costs nothing when it is come to.
  const agent = { ...seldom, ...impatient };
  const { books, connected } = storm(40, { version: '4.12.0', controlCostUs: 4 * second, workerPool: 1 }, { agent });
  const back = seconds(connected);

  expect(back.filter((at) => at < 62).length).toBe(16);
  // The first of the second round finds the handlers as the last of the first round has left them.
  expect(back[16]! - 1).toBeGreaterThan(62);
  expect(back[16]! - 1).toBeLessThan(66);
  expect(back.at(-1)! - back[16]!).toBeCloseTo(4 * 15 + 4 * 7 + 2, -1);
  expect(books.attemptsFailed).toBe(40 + 2 * 24 + 2 * 9);
});

test('where keepalives alone are more than the handlers can do, nobody comes back any more', () => {
  const { books } = storm(1_000, { version: '4.12.0', controlCostUs: 100_000, workerPool: 1 });

  expect(books.outages.end.filter((end) => end === 2).length).toBeGreaterThan(300);
  expect(storm(1_000, { version: '4.13.0', controlCostUs: 100_000, workerPool: 1 }).books.outages.end.includes(2)).toBe(
    false,
  );
});

test('a node that stands still keeps its accept queue and goes on where it was', () => {
  const count = 20;
  const { connected } = storm(
    count,
    { acceptsPerSecond: 10 },
    {},
    { faults: [fault('kill', 'worker01', 100, null), fault('hang', 'worker02', 102, 10)] },
  );
  const back = seconds(connected);
  // Of those that came at 101.0 s ten were taken before the hang, the others from its end on.
  expect(back.filter((at) => at < 2).length).toBe(10);
  const rest = back.filter((at) => at > 2);
  rest.forEach((at, turn) => expect(at).toBeCloseTo(12 + turn / 10, 1));
});

test('behind a balancer the node takes one connection a pass as well', () => {
  const { books } = storm(300, { acceptsPerSecond: 20 }, { list: undefined }, { method: { kind: 'roundRobin' } });

  for (const node of [books.nodes[0]!, books.nodes[2]!]) expect(node.connectsPeakPerSecond).toBeLessThanOrEqual(21);
  expect(books.outages.count).toBe(100);
  expect(books.outages.end.every((end) => end === 0)).toBe(true);
});

test('datagrams need no accept, but their startups wait for the handlers too', () => {
  const { connected } = storm(
    10,
    { version: '4.12.0', controlCostUs: 400_000, acceptsPerSecond: 1 },
    { protocol: 'udp' },
  );
  const back = seconds(connected);

  expect(back.at(-1)! - back[0]!).toBeLessThan(9);
  expect(back.every(Number.isFinite)).toBe(true);
});

test('up to 4.12 events wait behind the startups of a storm, and are lost when the queue is full', () => {
  const group = { events: { ratePerSecond: 5, arrival: 'regular' } } as const;
  const lost = (version: string, queueSize: number) => {
    const node = { version, controlCostUs: 100_000, workerPool: 1, queueSize };
    const { books } = storm(100, node, { ...group, agent: { ...seldom, ...impatient } });
    return { queue: books.groups[0]!.lost.nodeQueue, waitUs: books.delays.maxUs, peak: books.nodes[2]!.queuePeak };
  };
  const inline = lost('4.12.0', 131_072);
  const tight = lost('4.12.0', 600);

  // 10 s of work, while agents that are back write 5/s each.
  expect(inline.queue).toBe(0);
  expect(inline.waitUs).toBeGreaterThan(5 * second);
  expect(inline.peak).toBeGreaterThan(500);
  expect(tight.queue).toBeGreaterThan(100);
  expect(lost('4.13.0', 600).queue).toBe(0);
});

test('a storm behind which connected agents would miss their ACKs says how many, and that it does not play it', () => {
  const { books } = storm(1_000, { version: '4.12.0', controlCostUs: 100_000, workerPool: 1 });

  const said = books.notes.find((note) => note.includes('no ACK for longer than time-reconnect'));
  // 1,000 startups of 0.1 s at once: who is answered while more than 60 s wait is one of the first 400. Its first keepalive works too.
  const agents = Number(/^\d+/.exec(said ?? '')?.[0]);
  expect(agents).toBeGreaterThanOrEqual(390);
  expect(agents).toBeLessThanOrEqual(1_000);
  expect(books.nodes[2]!.controlWaitPeakUs).toBeGreaterThan(60 * second);
  expect(storm(100, { version: '4.12.0', controlCostUs: 1_000 }).books.notes).toEqual([]);
});

test('a SYN that is sent again into a host that has lost its power meanwhile fails with its own ARP request', () => {
  const { books, connected } = storm(
    400,
    { acceptsPerSecond: 10 },
    {},
    {
      faults: [fault('kill', 'worker01', 100, 60), fault('powerOff', 'worker02', 115, 60)],
      unreachable: { agents: 'sameSegment', balancer: 'sameSegment' },
    },
  );

  expect(books.nodes[2]!.acceptQueueOverflow).toBeGreaterThan(300);
  expect([...connected].every(Number.isFinite)).toBe(true);
  expect(books.outages.end.includes(2)).toBe(false);
});
