import { expect, test } from 'vitest';
import { rootKey } from '../../src/kernel/random.ts';
import { dnsDefaults } from '../../src/models/balancer/dns/options.ts';
import type { BalancerProduct } from '../../src/models/balancer/options.ts';
import type { FaultOptions } from '../../src/models/fault.ts';
import { planFaults, type FaultPlan } from '../../src/models/faultPlan.ts';
import { aWorld, fault, minute, second, timing } from '../support/worlds.ts';

function plan(faults: readonly FaultOptions[], { balanced = false, replication = 0 } = {}): FaultPlan {
  const group = balanced ? { count: 1 } : { count: 1, list: [1, 2] };
  return planFaults(aWorld({ groups: [group], faults, durationUs: 10 * minute }), rootKey('1', replication));
}

const spans = ({ faults }: FaultPlan): (readonly [number, number])[] =>
  faults.map(({ startUs, endUs }) => [startUs / second, endUs / second]);

test('a fault without an end lasts beyond the run', () => {
  expect(spans(plan([fault('kill', 'worker01', 60, null)]))).toEqual([[60, Infinity]]);
});

test('what is down from the start is down from the start of the warm-up; its length counts from the end of it', () => {
  expect(spans(plan([fault('powerOff', 'worker01', null, 30)]))).toEqual([[-120, 30]]);
});

test('a fault that repeats keeps its distance; what would begin after the end is left out', () => {
  const repeated = { ...fault('hang', 'worker02', 60, 20), everyUs: 4 * minute, times: 5 };

  expect(spans(plan([repeated]))).toEqual([
    [60, 80],
    [300, 320],
    [540, 560],
  ]);
});

test('a drawn instant lies in its range, differs between replications and from one repetition to the next', () => {
  const drawn = {
    ...fault('kill', 'worker01', 0, 5),
    atUs: { fromUs: 10 * second, toUs: 20 * second },
    everyUs: minute,
    times: 3,
  };
  const starts = (replication: number): number[] => spans(plan([drawn], { replication })).map(([start]) => start);

  for (let replication = 0; replication < 20; replication++) {
    starts(replication).forEach((start, time) => {
      expect(start - 60 * time).toBeGreaterThanOrEqual(10);
      expect(start - 60 * time).toBeLessThanOrEqual(20);
    });
  }
  expect(starts(0)).not.toEqual(starts(1));
  expect(starts(0)[1]! - starts(0)[0]!).not.toBe(60);
});

test('a fault before another in the list changes nothing about when the other happens', () => {
  const drawn = { ...fault('kill', 'worker01', 0, 5), atUs: { fromUs: 0, toUs: 100 * second } };
  const other = { ...drawn, places: ['worker02'] };

  expect(spans(plan([drawn, other]))[0]).toEqual(spans(plan([drawn]))[0]);
});

test('a list of places is hit together', () => {
  const [both] = plan([fault('kill', ['worker01', 'master'], 60, 10)]).faults;

  expect(both).toMatchObject({ placeIndexes: [0, 1], places: ['worker01', 'master'], kind: 'kill' });
});

test('a balancer that needs no process is not hurt by the end of one, and a note says so', () => {
  const nlb = {
    kind: 'nlb' as const,
    nlb: { zones: ['a'], listeners: [], crossZone: false, keepsClientAddress: true },
  };
  const notes = (product: BalancerProduct, kind: 'kill' | 'hang' | 'powerOff'): readonly string[] => {
    const world = aWorld({
      groups: [{ count: 1 }],
      faults: [fault(kind, 'balancer', 60, 10)],
      durationUs: 10 * minute,
    });
    const balancers = world.balancers.map((each) => ({ ...each, product }));
    return planFaults({ ...world, balancers }, rootKey('1', 0)).notes;
  };
  const dns = { kind: 'dns' as const, dns: { ...dnsDefaults, name: 'wazuh.corp', listeners: [] } };

  expect(notes(nlb, 'kill')).toEqual([
    'balancer (nlb): no process of it is needed for its connections, so kill balancer does nothing here.',
  ]);
  expect(notes(nlb, 'powerOff')).toEqual([]);
  expect(notes(dns, 'powerOff')).toEqual([
    'balancer (dns): it is neither a process nor a host, so powerOff balancer does nothing here.',
  ]);
});

test('a fault at a place the mode does not have does nothing there, and a note says so', () => {
  const kill = fault('kill', ['balancer', 'worker01'], 60, 10);
  const atBalancer = [kill, fault('hang', 'balancer', 60, 10)];

  const without = plan(atBalancer);
  expect(without.faults.map(({ places }) => places)).toEqual([['worker01']]);
  expect(without.notes).toEqual([
    'This mode has no balancer: kill balancer does nothing here.',
    'This mode has no balancer: hang balancer does nothing here.',
  ]);
  expect(plan([kill, kill]).notes).toHaveLength(1);
  const behind = plan(atBalancer, { balanced: true });
  expect(behind.faults.map(({ placeIndexes }) => placeIndexes)).toEqual([[1, 3], [3]]);
  expect(behind.notes).toEqual([]);
});

test('a rolling restart waits, stops a place, waits, and goes on to the next; it may be repeated', () => {
  const rolling: FaultOptions = {
    kind: 'rolling',
    places: ['worker02', 'master'],
    ...timing(60, 0),
    everyUs: 5 * minute,
    times: 2,
    downUs: 20 * second,
    pauseUs: 30 * second,
    drainUs: 10 * second,
  };
  const { faults, notes } = plan([rolling]);

  expect(spans({ faults, notes })).toEqual([
    [70, 90],
    [130, 150],
    [370, 390],
    [430, 450],
  ]);
  expect(faults.map(({ places }) => places[0])).toEqual(['worker02', 'master', 'worker02', 'master']);
  expect(notes).toEqual(['Nothing can be drained in this mode: agents stay on a node until it stops.']);
});

test('random faults work and break for exponential times, by where they are and in every mode alike', () => {
  const random = (place: string): FaultOptions => ({
    ...fault('kill', place, 0, 0),
    random: { mtbfUs: 20 * second, mttrUs: 5 * second },
  });
  const of = (place: string, replication = 0, balanced = false): (readonly [number, number])[] =>
    spans(plan([random(place)], { replication, balanced }));

  expect(of('worker01')).toEqual(of('worker01', 0, true));
  expect(of('worker01')).not.toEqual(of('worker01', 1));
  expect(of('worker01')).not.toEqual(of('worker02'));
  // 200 runs of ten minutes: 24 each in the mean, broken for a fifth of the time.
  let count = 0;
  let broken = 0;
  for (let replication = 0; replication < 200; replication++) {
    const all = of('worker01', replication);
    count += all.length / 200;
    for (const [index, [start, end]] of all.entries()) {
      expect(start).toBeGreaterThanOrEqual(index === 0 ? 0 : all[index - 1]![1]);
      broken += (Math.min(end, 600) - start) / 200 / 600;
    }
  }
  expect(count).toBeGreaterThan(23);
  expect(count).toBeLessThan(25.5);
  expect(broken).toBeCloseTo(0.2, 1);
});

test('two random faults at one place have their own times', () => {
  const random = { mtbfUs: 20 * second, mttrUs: 5 * second };
  const both = plan([
    { ...fault('kill', 'worker01', 0, 0), random },
    { ...fault('hang', 'worker01', 0, 0), random },
  ]).faults;
  const starts = (index: number): number[] =>
    both.filter(({ faultIndex }) => faultIndex === index).map(({ startUs }) => startUs);

  expect(starts(0)).not.toEqual(starts(1));
});

test('both ends of a path are resolved; one that the mode does not have is no path here', () => {
  const partition = (from: string, to: string): FaultOptions => ({
    kind: 'partition',
    from,
    to,
    oneWay: false,
    ...timing(60, 10),
  });

  expect(plan([partition('group0', 'worker01'), partition('agents', 'master')]).faults).toMatchObject([
    { link: { from: { kind: 'groups', groupIndexes: [0] }, to: { kind: 'place', placeIndex: 1 } }, placeIndexes: [] },
    { link: { from: { kind: 'agents' }, to: { kind: 'place', placeIndex: 0 } }, outOfService: false },
  ]);
  expect(plan([partition('group0', 'balancer')])).toEqual({
    faults: [],
    notes: ['This mode has no balancer: partition balancer does nothing here.'],
  });
});

test('an end of a path may be an inventory, which makes several groups under its name', () => {
  const world = aWorld({
    groups: [{ count: 1 }, { count: 1 }, { count: 1 }],
    faults: [{ kind: 'partition', from: 'all', to: 'worker01', oneWay: false, ...timing(60, 10) }],
  });
  const labelled = world.groups.map((group, index) => (index === 1 ? group : { ...group, labels: ['all'] }));
  const { faults, notes } = planFaults({ ...world, groups: labelled }, rootKey('1', 0));

  expect(faults).toMatchObject([
    { link: { from: { kind: 'groups', groupIndexes: [0, 2] }, to: { kind: 'place', placeIndex: 1 } } },
  ]);
  expect(notes).toEqual([]);
});

test('a node carries no load while it is out of service, which a hang of authd alone is not', () => {
  const out = (only: 'remoted' | 'authd' | undefined): boolean =>
    plan([{ ...fault('hang', 'worker01', 60, 10), only }]).faults[0]!.outOfService;

  expect([out(undefined), out('remoted'), out('authd')]).toEqual([true, true, false]);
});
