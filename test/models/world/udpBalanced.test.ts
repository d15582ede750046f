// UDP agents behind nginx: who moves without knowing it, who is never moved, and what is lost.
import { describe, expect, test } from 'vitest';
import { lostTotal } from '../../../src/models/ledger.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { play, rows, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, nodeNames, partition, timing, type WorldRecipe } from '../../support/worlds.ts';

const events = { ratePerSecond: 1, arrival: 'regular' as const };

function run(faults: readonly FaultOptions[], recipe: Partial<WorldRecipe> & { version?: string } = {}): Story {
  const { version = '4.14.7', ...more } = recipe;
  const story = play(
    aWorld({
      groups: [{ count: 30, protocol: 'udp', version, events }],
      faults,
      durationUs: 8 * minute,
      method: { kind: 'roundRobin' },
      workers: 1,
      startupUs: 0,
      ...more,
    }),
    { fromSeconds: 50 },
  );
  const [group] = story.books.groups;
  expect(group!.produced).toBe(group!.delivered + lostTotal(group!) + group!.pending);
  return story;
}

const atEnd = ({ books }: Story): number[] =>
  nodeNames.map((_, node) => books.nodeAtEnd.filter((own) => own === node).length);

const lostOnTheWay = ({ books }: Story): number => books.groups[0]!.lost.path;

test('healthy agents have a node each, and cost no events', () => {
  const story = run([]);

  expect(atEnd(story)).toEqual([10, 10, 10]);
  expect(story.books.kernelEvents).toBe(0);
});

describe('a node that is killed', () => {
  const story = run([fault('kill', 'worker01', 100, null)]);

  test('loses its agents within three datagrams, and none of them notices', () => {
    expect(story.moments).toEqual([]);
    expect(atEnd(story)[1]).toBe(0);
    expect(story.books.outages.count).toBe(10);
    // Three datagrams of each, an event a second and a keepalive every ten: one of them may be a keepalive.
    expect(lostOnTheWay(story)).toBeGreaterThanOrEqual(20);
    expect(lostOnTheWay(story)).toBeLessThanOrEqual(30);
  });

  test('gets nobody back when it returns', () => {
    expect(atEnd(run([fault('kill', 'worker01', 100, 30)]))).toEqual(atEnd(story));
  });

  test('costs a few events of the simulation an agent, however many datagrams there are', () => {
    expect(story.books.kernelEvents).toBeLessThan(10 * 6);
  });
});

test('a node that is back before the second datagram gets all of them, but nginx hears no answer: its agents leave for want of an ACK', () => {
  const { books, moments } = run([fault('kill', 'worker01', 100.5, 1.1)]);
  const noticed = moments.filter(({ what }) => what === 'noticed');

  expect(noticed.length).toBeGreaterThan(0);
  for (const { text, seconds } of noticed) {
    expect(text).toBe('silence');
    expect(seconds).toBeGreaterThan(140);
    expect(seconds).toBeLessThan(162);
  }
  expect(books.nodeAtEnd.every((node) => node >= 0)).toBe(true);
});

test('a host that is off is never found out: its agents leave by themselves, and ask anew where the balancer sends them', () => {
  const story = run([fault('powerOff', 'worker01', 100, null)]);
  const away = new Set(story.moments.map(({ agent }) => agent));

  expect(away.size).toBe(10);
  for (const agent of away)
    expect(rows(story, { agent, zero: 100 })[0]).toMatch(/^(4\d|5\d|60|61)\.\d noticed silence$/);
});

test('by hash they are sent to the same host again and again', () => {
  const story = run([fault('powerOff', 'worker01', 100, null)], {
    method: { kind: 'hashConsistent', key: '$remote_addr' },
  });
  const onWorker01 = story.books.nodeAtStart.filter((node) => node === 1).length;

  expect(onWorker01).toBeGreaterThan(3);
  expect(story.books.nodeAtEnd.filter((node) => node < 0)).toHaveLength(onWorker01);
  expect(story.moments.some(({ what }) => what === 'handshake')).toBe(false);
});

describe('agents whose hash leads to a node that is down from the start', () => {
  const dead = (passesErrors: boolean): string[] => {
    const story = play(
      aWorld({
        groups: [{ count: 12, protocol: 'udp', events, agent: { enrollment: { enabled: false } } }],
        faults: [fault('kill', 'worker01', null, null)],
        durationUs: 20 * minute,
        method: { kind: 'hashConsistent', key: '$remote_addr' },
        workers: 1,
        datagrams: { passesErrors },
      }),
      { fromSeconds: -120 },
    );
    const agent = story.moments.find(({ what, seconds }) => what === 'handshake' && seconds > 0)!.agent;
    const own = rows({ ...story, moments: story.moments.filter(({ what }) => what !== 'gave up') }, { agent, zero: 0 });
    const [first] = own.map((row) => parseFloat(row));
    return own.map((row) => row.replace(/^\S+/, (seconds) => (parseFloat(seconds) - first!).toFixed(1)));
  };

  test('try every ten seconds, until the first session has waited for proxy_timeout and marks the node as failed', () => {
    const own = dead(true);

    expect(own.slice(0, 3)).toEqual(['0.0 try balancer', '10.0 try balancer', '20.0 try balancer']);
    expect(own.at(-1)).toMatch(/^6[01]\d\.\d handshake balancer$/);
  });

  test('wait for an answer each time from nginx 1.23.0 on, which passes no error on', () => {
    expect(dead(false).slice(0, 3)).toEqual(['0.0 try balancer', '70.1 try balancer', '140.1 try balancer']);
  });
});

describe('nginx itself', () => {
  test('forgets its sessions when it is killed, and each next datagram begins one', () => {
    const story = run([fault('kill', 'balancer', 100, 5)]);

    expect(story.moments).toEqual([]);
    expect(story.books.outages.count).toBe(30);
    expect(lostOnTheWay(story)).toBeGreaterThanOrEqual(30 * 4);
    expect(lostOnTheWay(story)).toBeLessThanOrEqual(30 * 6);
    expect(atEnd(story)).toEqual([10, 10, 10]);
  });

  test('with new worker processes has all agents on the new ring at their next datagram, and loses nothing', () => {
    const removed: FaultOptions = { kind: 'removeNode', places: ['worker01'], ...timing(100, 0) };
    const story = run([removed]);

    expect(story.moments).toEqual([]);
    expect(story.books.outages.count).toBe(0);
    expect(atEnd(story)).toEqual([15, 0, 15]);
    expect(lostTotal(story.books.groups[0]!)).toBe(0);
    expect(story.books.kernelEvents).toBeLessThan(30 * 3);
  });

  test('reloads, and who is led to a dead node by it is in an outage of the reload, whatever has happened since', () => {
    const reload: FaultOptions = { kind: 'reload', balancers: ['balancer'], product: null, ...timing(200, 0) };
    const { books } = run([fault('kill', 'worker01', 60, null), reload, fault('hang', 'master', 200.1, 1)], {
      method: { kind: 'hashConsistent', key: '$remote_addr' },
    });
    const { count, brokenAtUs, fromNode, fault: of } = books.outages;
    const led = Array.from({ length: count }, (_, row) => row).filter(
      (row) => brokenAtUs[row]! > 200e6 && fromNode[row] === 1,
    );

    expect(led.length).toBeGreaterThan(3);
    expect(new Set(led.map((row) => of[row]))).toEqual(new Set([1]));
  });

  test('cut off from a node hears nothing of it, and its agents neither', () => {
    const story = run([partition('balancer', 'worker01', 100, 30)]);

    expect(story.moments).toEqual([]);
    expect(story.books.outages.count).toBe(10);
    expect(atEnd(story)).toEqual([10, 10, 10]);
    expect(lostOnTheWay(story)).toBe(10 * 30);
  });

  test('that has seen all nodes fail gives each one session in eleven seconds: only the end of a session forgets a failure', () => {
    const story = run([fault('kill', [...nodeNames], 100, 40)]);
    const handshakes = story.moments.filter(({ what }) => what === 'handshake').map(({ seconds }) => seconds);

    expect(story.books.notes.join('\n')).toContain('no live upstream');
    expect(handshakes.length).toBeGreaterThan(6);
    for (const at of handshakes) {
      expect(handshakes.filter((other) => other >= at && other < at + 10).length).toBeLessThanOrEqual(3);
    }
    // Who asks every 70 s, as others do in the same seconds, may never be among them.
    expect(story.books.nodeAtEnd.some((node) => node < 0)).toBe(true);
  });
});

test('agents of 3.12.3 ask again on their old socket: their session at nginx goes on', () => {
  const story = run([fault('powerOff', 'worker01', 100, 70)], { version: '3.12.3' });
  const away = new Set(story.moments.map(({ agent }) => agent));

  expect(away.size).toBe(10);
  const onOldSocket = [...away].filter((agent) => !rows(story, { agent }).some((row) => row.includes(' try ')));
  expect(onOldSocket.length).toBeGreaterThan(0);
  expect(onOldSocket.map((agent) => story.books.nodeAtEnd[agent])).toEqual(onOldSocket.map(() => 1));
});
