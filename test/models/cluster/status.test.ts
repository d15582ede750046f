// What the dashboard shows. Wazuh: src/monitord/monitord.c (T to 2 T), src/remoted/manager.c and secure.c, src/wazuh_db/wdb.c.
import { expect, test } from 'vitest';
import { rootKey } from '../../../src/kernel/random.ts';
import { ConnectionHistory, Heard } from '../../../src/models/cluster/history.ts';
import { ClusterLinks } from '../../../src/models/cluster/links.ts';
import { playStatus } from '../../../src/models/cluster/status.ts';
import { disconnectionDefaults, withThreshold } from '../../../src/models/cluster/timings.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import type { StatusBooks } from '../../../src/models/ledger.ts';
import { nodeDefaults, type NodeOptions } from '../../../src/models/node.ts';
import { OutageBook, newOpenOutages } from '../../../src/models/outages.ts';
import { PlaceState } from '../../../src/models/place.ts';
import { stepsOf } from '../../../src/models/timelines.ts';
import { runWorld } from '../../../src/models/world.ts';
import { aWorld, fault, minute, second, timing, type WorldRecipe } from '../../support/worlds.ts';

const quiet = { ratePerSecond: 0 };

const restartAgents = (atSeconds: number): FaultOptions => ({
  kind: 'restartAgents',
  groups: ['group0'],
  ...timing(atSeconds, 0),
  overUs: 0,
});

function shown(recipe: WorldRecipe, managers = '4.14.7', replication = 0): { books: StatusBooks; known: number[] } {
  const world = aWorld(recipe);
  const nodes = world.nodes.map((node) => ({
    ...node,
    version: managers,
    disconnection: disconnectionDefaults(managers),
  }));
  const { status } = runWorld({ ...world, nodes }, { seed: '1', replication });
  expect(status).not.toBeNull();
  return { books: status!, known: [...status!.knownUs].map((us) => us / second).sort((a, b) => a - b) };
}

test.each([
  ['4.0.4', 1800, 1920],
  ['4.1.1', 20, 40],
  ['4.12.0', 600, 1200],
  ['4.13.0', 900, 1800],
])(
  'a master of %s shows agents of a dead host as disconnected %i to %i s after their last keepalive',
  (managers, least, most) => {
    const known: number[] = [];
    for (let replication = 0; replication < 40; replication++) {
      const { known: own } = shown(
        {
          groups: [{ count: 20, list: [1], version: '4.12.0', events: quiet }],
          faults: [fault('powerOff', 'worker01', 100, null)],
          durationUs: 35 * minute,
        },
        managers,
        replication,
      );
      known.push(...own);
    }
    known.sort((a, b) => a - b);

    // From the break: keepalives of 4.12 are up to 10 s old by then, and of them the master knows what was passed on in time.
    expect(known.length).toBe(800);
    expect(known[0]).toBeGreaterThan(least - 10 - 10);
    expect(known.at(-1)).toBeLessThan(most);
    expect(known[0]).toBeLessThan(least + 0.1 * (most - least));
    expect(known.at(-1)).toBeGreaterThan(most - 0.1 * (most - least) - 20);
  },
);

test('agents that go to another node are known there with their first keepalive, at the next sync of that node', () => {
  const { known, books } = shown({
    groups: [{ count: 300, list: [1, 2], version: '4.12.0', events: quiet }],
    faults: [fault('kill', 'worker01', 100, null)],
  });

  // Five refused attempts take 50 s; the keepalive is overdue and leaves with the handshake; sync_agent_info 10 s.
  expect(known[0]).toBeGreaterThan(50);
  expect(known.at(-1)).toBeLessThan(50.1 + 10);
  const at = (series: Float64Array, seconds: number): number => series[seconds / 2]!;
  expect(at(books.timeline.active[1]!, 90)).toBe(300);
  expect(at(books.timeline.active[1]!, 140)).toBe(300); // the dashboard shows a dead node's agents as active
  expect(at(books.timeline.falseActive, 140)).toBe(300);
  expect(at(books.timeline.active[2]!, 170)).toBe(300);
  expect(at(books.timeline.falseActive, 170)).toBe(0);
});

test('behind a master that comes back the whole fleet is shown as disconnected until its keepalives come', () => {
  const { books } = shown({
    groups: [{ count: 200, list: [1], version: '4.14.7', events: quiet }],
    faults: [fault('kill', 'master', 100, 100)],
    durationUs: 5 * minute,
  });
  const { falseDisconnected } = books.timeline;

  // secure.c, wdb_reset_agents_connection(). A keepalive every 20 s, a sync every 10 s, a link within 10 s.
  expect(Math.max(...falseDisconnected)).toBe(200);
  expect(falseDisconnected.findIndex((agents) => agents > 0)).toBe(201);
  expect(falseDisconnected.at(-1)).toBe(0);
  expect(Math.max(...books.falseDisconnectedUs) / second).toBeLessThan(40);
  expect(books.alerts[0]).toBe(0);
});

test('20 seconds for keepalives that come every 20 make a quarter of a healthy fleet look disconnected', () => {
  const fleet = (managers: string, replication: number): StatusBooks =>
    shown(
      {
        groups: [{ count: 100, list: [1, 2], order: 'rotated', version: '4.14.7', events: quiet }],
        durationUs: 5 * minute,
      },
      managers,
      replication,
    ).books;
  let wrong = 0;
  for (let replication = 0; replication < 30; replication++) {
    const { falseDisconnectedUs, falseAlerts } = fleet('4.1.1', replication);
    wrong += falseDisconnectedUs.filter((us) => us > 0).length;
    // The alert waits until the keepalive is 120 s old.
    expect(falseAlerts[0]).toBe(0);
  }

  // The sweep comes d s after a sync, d up to 10; it then knows of no keepalive in the last 20 s with a chance of d / 20.
  expect(wrong / 3000).toBeGreaterThan(0.15);
  expect(wrong / 3000).toBeLessThan(0.35);
  for (const managers of ['4.0.4', '4.1.2', '4.14.7']) {
    expect(Math.max(...fleet(managers, 0).falseDisconnectedUs), managers).toBe(0);
  }
});

test('in every instant each agent is shown in one way, and a fleet with nothing wrong is shown as it is', () => {
  const groups = [{ count: 150, list: [0, 1, 2], order: 'shuffled' as const, events: quiet }];
  for (const faults of [[], [fault('hang', 'worker01', 100, 200), fault('kill', 'master', 200, 50)]]) {
    const { books } = shown({ groups, faults, durationUs: 10 * minute });
    const { active, pending, disconnected, falseActive } = books.timeline;
    for (let step = 0; step < pending.length; step++) {
      const sum = active.reduce((total, series) => total + series[step]!, pending[step]! + disconnected[step]!);
      expect(sum, `step ${step}`).toBe(150);
    }
    if (faults.length === 0) expect(Math.max(...falseActive, ...pending, ...disconnected)).toBe(0);
  }
});

test.each([
  ['4.2.0', 10],
  ['4.1.5', 0],
])(
  'agents of %s that restart say goodbye to their manager: %i are shown as disconnected meanwhile',
  (version, agents) => {
    const { books } = shown({
      groups: [{ count: 10, list: [0], version, events: quiet }],
      faults: [restartAgents(100)],
      durationUs: 4 * minute,
    });

    expect(Math.max(...books.timeline.disconnected)).toBe(agents);
    expect(books.timeline.disconnected.at(-1)).toBe(0);
    expect(books.timeline.active[0]!.at(-1)).toBe(10);
  },
);

test('a partition between a worker and the master cuts nobody off and has a whole node shown as disconnected', () => {
  const partition = (to: string): FaultOptions => ({
    kind: 'partition',
    ...timing(100, 1500),
    from: 'worker01',
    to,
    oneWay: false,
  });
  const groups = [{ count: 60, list: [1, 2], order: 'rotated' as const, version: '4.12.0', events: quiet }];
  const cut = shown({ groups, faults: [partition('master')], durationUs: 30 * minute }, '4.12.0');
  const other = shown({ groups, faults: [partition('worker02')], durationUs: 30 * minute }, '4.12.0');

  expect(cut.known).toEqual([]); // no agent has an outage
  expect(Math.max(...cut.books.timeline.falseDisconnected)).toBe(30);
  expect(cut.books.falseAlerts[0]).toBe(30);
  expect(cut.books.timeline.disconnected.at(-1)).toBe(0);
  expect(Math.max(...other.books.falseDisconnectedUs)).toBe(0);
});

test('a box that forgets the connection of the worker to the master costs the dashboard nothing but time', () => {
  const groups = [{ count: 20, list: [1], version: '4.12.0', events: quiet }];
  const { books } = shown(
    {
      groups,
      faults: [{ kind: 'dropFlows', ...timing(100, 0), from: 'worker01', to: 'master', answer: 'silence' }],
      durationUs: 5 * minute,
    },
    '4.1.1',
  );

  // T is 20 s here: the worker's rows age until it has a link again, 110 to 170 s later.
  const wrong = books.timeline.falseDisconnected;
  expect(Math.max(...wrong)).toBe(20);
  expect(wrong.at(-1)).toBe(0);
});

test('a startup message is no keepalive: an agent that is back may be swept before its first one', () => {
  // 4.14.7: after a restart the first keepalive comes 20 s after the start; T is 20 s here, so there is a sweep between the two.
  const { books } = shown(
    {
      groups: [{ count: 100, list: [0], version: '4.14.7', events: quiet }],
      faults: [restartAgents(100)],
      durationUs: 5 * minute,
    },
    '4.1.1',
  );
  const { pending, disconnected } = books.timeline;

  expect(Math.max(...pending)).toBe(100); // from the startup message to the sweep
  expect(disconnected[134]).toBe(100);
  expect(disconnected[142]).toBe(0);
});

test('a master that hung from the start knows nobody before it goes on', () => {
  const { books } = shown({
    groups: [{ count: 5, list: [1], events: quiet }],
    faults: [{ ...fault('hang', 'master', null, 1) }],
    durationUs: 2 * minute,
  });

  expect(books.timeline.active[1]![0]).toBe(0);
  expect(books.timeline.active[1]!.at(-1)).toBe(5);
});

test('an agent whose node hangs between its startup message and its first keepalive is active with that keepalive', () => {
  const { books } = shown({
    groups: [{ count: 5, list: [0], version: '4.14.7', events: quiet }],
    faults: [restartAgents(100), fault('hang', 'master', 120, 20)],
    durationUs: 5 * minute,
  });

  // Back at 115 s, due at 135 s; what waited is read at 140 s.
  expect(books.timeline.pending[138]).toBe(5);
  expect(books.timeline.active[0]![140]).toBe(5);
});

test('monitord forgets whom it was to tell of when it starts anew', () => {
  const alerts = (faults: readonly FaultOptions[]): number =>
    shown(
      {
        groups: [{ count: 20, list: [1], version: '4.12.0', events: quiet }],
        faults: [fault('powerOff', 'worker01', 100, null), ...faults],
        durationUs: 10 * minute,
      },
      '4.1.1',
    ).books.alerts[0]!;

  // Disconnected 20 to 40 s after their last keepalives, told of when those are 120 s old.
  expect(alerts([])).toBe(20);
  expect(alerts([fault('kill', 'master', 160, 5)])).toBe(0);
});

// ------------------------------------------------------------------------------------------------- a cluster written by hand

const nodes = (['master', 'worker'] as const).map((role, index): NodeOptions => ({
  ...nodeDefaults,
  name: role,
  address: `172.0.0.${index + 3}`,
  role,
}));

/** One agent, heard by the worker from −60 s on. */
function byHand(
  thresholdSeconds: number,
  happens: (links: ClusterLinks, history: ConnectionHistory) => void,
  alertSeconds = 0,
): StatusBooks {
  const links = new ClusterLinks(nodes, rootKey('1', 0), -2 * minute);
  const history = new ConnectionHistory();
  history.heard(0, Heard.Startup, 1, -60 * second, -60 * second, -40 * second);
  happens(links, history);
  const endUs = 20 * minute;
  return playStatus({
    links,
    history,
    disconnection: withThreshold(thresholdSeconds, alertSeconds),
    groups: [{ count: 1, notifyTimeSeconds: 20 }],
    outages: new OutageBook().finish(newOpenOutages(1)),
    steps: stepsOf(endUs),
    endUs,
  })!;
}

test('a worker cut off from its master has its agents shown as disconnected after T to 2 T, and right again soon after', () => {
  const books = byHand(120, (links) => {
    links.pathChanged(1, 100 * second, true);
    links.pathChanged(1, 700 * second, false);
  });
  const { falseDisconnected } = books.timeline;
  const from = falseDisconnected.findIndex((agents) => agents > 0) * 2;
  const to = falseDisconnected.findLastIndex((agents) => agents > 0) * 2;

  expect(from).toBeGreaterThan(100 + 120 - 30);
  expect(from).toBeLessThan(100 + 240);
  expect(to).toBeGreaterThan(700);
  expect(to).toBeLessThan(700 + 10 + 10 + 20);
  expect(books.falseAlerts[0]).toBe(1);
  expect(books.alerts[0]).toBe(1);
});

test('the alert comes so much later than the status, and not for an agent that is back before', () => {
  const cut = (seconds: number) => (links: ClusterLinks) => {
    links.pathChanged(1, 100 * second, true);
    links.pathChanged(1, (100 + seconds) * second, false);
  };

  // 60 s and 100 s: the alert needs a keepalive that is 160 s old.
  expect(byHand(60, cut(90), 100)).toMatchObject({ alerts: [0] });
  expect(byHand(60, cut(400), 100)).toMatchObject({ alerts: [1], falseAlerts: [1] });
});

test('an agent that says goodbye is disconnected at the next sync, and one that was told so is unknown to nobody', () => {
  const books = byHand(900, (_, history) => history.shutdown(0, 1, 300 * second));
  const first = books.timeline.disconnected.findIndex((agents) => agents > 0) * 2;

  expect(first).toBeGreaterThan(300);
  expect(first).toBeLessThanOrEqual(312);
  expect(books.falseDisconnectedUs[0]).toBe(0);
  expect(books.falseActiveUs[0]! / second).toBeLessThanOrEqual(10);
});

test('what a worker had not passed on when its remoted died is never told', () => {
  // A new session that dies with its node a moment later.
  const books = byHand(900, (links, history) => {
    history.silent(0, 100 * second);
    links.placeChanged(1, 100 * second, PlaceState.Refusing, true);
    links.placeChanged(1, 110 * second, PlaceState.Up, false);
    history.heard(0, Heard.Startup, 1, 111 * second, 111 * second, 131 * second);
    history.silent(0, 111.001 * second);
    links.placeChanged(1, 111.001 * second, PlaceState.Refusing, true);
    links.placeChanged(1, 130 * second, PlaceState.Up, false);
  });

  expect(Math.max(...books.timeline.pending)).toBe(0);
});

test('without a master nothing is shown', () => {
  const world = aWorld({ groups: [{ count: 1, list: [1] }], durationUs: 2 * minute });
  const workers = world.nodes.map((node) => ({ ...node, role: 'worker' as const }));

  expect(runWorld({ ...world, nodes: workers }, { seed: '1', replication: 0 }).status).toBeNull();
});
