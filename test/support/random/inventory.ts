// Random inventories: a CSV of ours or the answer to GET /agents.
import type { Dice } from './dice.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly ip: string;
  readonly group: string;
  readonly version: string;
  readonly eps: string;
  readonly node: string;
  readonly status: string;
}

/** @param versions of the agents in it. @returns the path a group names, and its text. */
export function randomInventory(
  dice: Dice,
  index: number,
  versions: readonly string[],
  nodeNames: readonly string[],
): readonly [path: string, text: string] {
  const withAny = dice.once(3);
  const labelled = dice.once(2);
  const rows = Array.from({ length: dice.between(1, 9) }, (_, row): Row => {
    const id = String(1 + index * 100 + row * dice.between(1, 9) + row * 9).padStart(3, '0');
    return {
      id,
      name: `host${id}`,
      ip: withAny && dice.once(3) ? 'any' : `10.${index + 1}.${dice.below(3)}.${row + 1}`,
      group: labelled ? dice.one(['web', 'db', 'default']) : 'default',
      version: `${dice.once(2) ? 'Wazuh v' : 'v'}${dice.one(versions)}`,
      eps: dice.one(['0', '0.3', '2', '45']),
      node: dice.one([...nodeNames, 'elsewhere']),
      status: dice.once(12) ? 'disconnected' : 'active',
    };
  });
  if (dice.once(2)) {
    const items = rows.map(({ id, name, ip, group, version, eps, node, status }) => ({
      ...{ id, name, ip, group: [group], version, node_name: node, status },
      ...(dice.once(2) && { eps: Number(eps) }),
    }));
    return [
      `fleet${index}.json`,
      JSON.stringify({ data: { affected_items: items, total_affected_items: rows.length }, error: 0 }, null, 1),
    ];
  }
  const columns = (['id', 'name', 'ip', 'group', 'version', 'eps', 'node', 'status'] as const).filter(
    (column) => ['id', 'ip', 'version'].includes(column) || dice.chance(0.7),
  );
  const lines = rows.map((row) => columns.map((column) => row[column].replace('Wazuh v', 'v')).join(','));
  return [`fleet${index}.csv`, [columns.join(','), ...lines, ''].join('\n')];
}

/** What a balancer sees instead of an inventory's own addresses. */
export function randomNatRules(dice: Dice, index: number): Record<string, unknown>[] {
  return [
    { from: 'any', to: ['203.0.113.9'] },
    {
      from: `10.${index + 1}.0.0/24`,
      to: dice.one<unknown>(['same', ['203.0.113.7', '203.0.113.8'], '198.51.100.0/29']),
    },
    { from: `10.${index + 1}.0.0/16`, to: ['198.51.100.3'] },
  ].filter((_, rule) => rule === 0 || dice.once(2));
}
