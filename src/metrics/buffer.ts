// What the agents' client buffers told their managers.
import type { BufferAlerts } from '../models/pipeline/ringStates.ts';
import { groupsOf, type RunView, type Selection } from './selection.ts';

/** @param name behind `buffer.`; the first full one: Infinity where none was full. */
export function buffer({ books }: RunView, selection: Selection, name: string): number {
  const alerts = groupsOf(books.alerts, selection);
  const sum = (of: (alert: BufferAlerts) => number): number => alerts.reduce((total, alert) => total + of(alert), 0);
  switch (name) {
    case 'firstFull':
      return Math.min(...alerts.map(({ firstFullUs }) => firstFullUs));
    case 'full':
      return sum(({ full }) => full);
    case 'floods':
      return sum(({ flood }) => flood);
    case 'alerts':
      return sum(({ warning, full, flood, normal }) => warning + full + flood + normal);
    default:
      throw new Error(`unknown metric buffer.${name}`);
  }
}
