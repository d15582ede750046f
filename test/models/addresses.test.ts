import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rootKey } from '../../src/kernel/random.ts';
import { groupAddresses } from '../../src/models/addresses.ts';
import type { AddressPlan, GroupOptions } from '../../src/models/worldOptions.ts';
import { aWorld } from '../support/worlds.ts';

function addressesOf(count: number, addresses: AddressPlan, nat: readonly number[] = [], replication = 0): number[] {
  const group: GroupOptions = { ...aWorld({ groups: [{ count }] }).groups[0]!, addresses, nat };
  return [...groupAddresses(group, rootKey('1', replication))];
}

test('agent i of a range has its i-th host address', () => {
  expect(addressesOf(3, { kind: 'range', firstHost: 0x0a010001, hostCount: 254 })).toEqual([
    0x0a010001, 0x0a010002, 0x0a010003,
  ]);
});

test('behind NAT the outer addresses are used in turn', () => {
  expect(addressesOf(5, { kind: 'range', firstHost: 1, hostCount: 254 }, [700, 800])).toEqual([
    700, 800, 700, 800, 700,
  ]);
});

test('drawn addresses lie in the range, are all different, and another agent changes none of them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 50 }), (count, spare) => {
      const plan: AddressPlan = { kind: 'draw', firstHost: 1_000, hostCount: count + spare };
      const drawn = addressesOf(count, plan);

      expect(new Set(drawn).size).toBe(count);
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(1_000);
      expect(Math.max(...drawn)).toBeLessThan(1_000 + count + spare);
      if (count > 1) expect(addressesOf(count - 1, plan)).toEqual(drawn.slice(0, -1));
    }),
    { seed: 1 },
  );
});

test('every address of a range is drawn equally often, by every agent', () => {
  const hosts = 8;
  const first = new Array<number>(hosts).fill(0);
  const third = new Array<number>(hosts).fill(0);
  for (let replication = 0; replication < 8_000; replication++) {
    const drawn = addressesOf(3, { kind: 'draw', firstHost: 0, hostCount: hosts }, [], replication);
    first[drawn[0]!]! += 1;
    third[drawn[2]!]! += 1;
  }

  // 1,000 expected, standard deviation 30: five of them.
  for (const times of [...first, ...third]) expect(Math.abs(times - 1_000)).toBeLessThan(150);
});

test('a rule of the NAT gives the addresses of a range their outer ones, others stay as they are', () => {
  const [group] = aWorld({ groups: [{ count: 4 }] }).groups;
  const addresses: AddressPlan = { kind: 'list', addresses: Uint32Array.of(10, 25, 11, 12) };
  const natRules = [
    { first: 10, last: 19, to: [700, 800] },
    { first: 0, last: 99, to: [900] },
  ];
  const seen = (more: Partial<GroupOptions>): number[] => [
    ...groupAddresses({ ...group!, addresses, ...more }, rootKey('1', 0)),
  ];

  expect(seen({})).toEqual([10, 25, 11, 12]);
  expect(seen({ natRules })).toEqual([700, 900, 700, 800]);
  // Whoever comes from an inventory keeps his outer address when a line is added before his.
  expect(seen({ natRules, draws: { name: 'all', indexes: Uint32Array.of(7, 8, 9, 11) } })).toEqual([
    800, 900, 800, 800,
  ]);
});
