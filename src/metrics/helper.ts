// What Wazuh's HAProxy helper did to bring the agents into balance, and what that cost.
import type { RunView } from './selection.ts';

const amounts = ['told', 'reconnects', 'moved', 'cut', 'passedOver', 'reloads', 'delayed'] as const;

/** @param name behind `helper.`. @returns `null` where none is at work. */
export function helper({ books }: RunView, name: string): number | null {
  const amount = amounts.find((one) => one === name);
  if (amount === undefined) throw new Error(`unknown metric helper.${name}`);
  return books.helper?.[amount] ?? null;
}
