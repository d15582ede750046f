// What was set otherwise, as lines: what many groups have in common once, what is on one side only by its beginning.
import { formatDuration } from '../kernel/units.ts';
import type { ModeSettings } from '../metrics/change.ts';
import type { SettingValue } from '../metrics/settings.ts';

export interface SettingLine {
  readonly path: string;
  /** As people write it; `–`: not there. */
  readonly before: string;
  readonly after: string;
}

const missing = '–';
/** Members of the world's lists: `groups.servers`, `faults[0]`, `nodes["172.0.0.4"]`. */
const member = /^(groups|nodes|faults|balancers)(\.[\w-]+|\[\d+\]|\["(?:[^"\\]|\\.)*"\])/;

export function settingLines({ changes }: ModeSettings): readonly SettingLine[] {
  const lines = new Map<string, SettingLine & { readonly members: Set<string>; count: number }>();
  for (const { path, before, after } of changes) {
    const [start, list] = member.exec(path) ?? [undefined, undefined];
    const oneSided = before === undefined || after === undefined;
    if (start !== undefined && oneSided && list !== undefined) {
      const key = JSON.stringify([start, before === undefined]);
      const known = lines.get(key);
      if (known !== undefined) known.count += 1;
      else {
        const [one, two] = before === undefined ? [missing, 'added'] : ['removed', missing];
        lines.set(key, { path: start, before: one, after: two, members: new Set(), count: 1 });
      }
      continue;
    }
    // Groups that share a setting change it together.
    const rest = start !== undefined && list === 'groups' ? path.slice(start.length) : null;
    const [one, two] = [valueText(path, before), valueText(path, after)];
    const key = JSON.stringify([rest === null ? path : ['groups', rest], one, two]);
    const known = lines.get(key);
    if (known !== undefined) known.members.add(start ?? '');
    else lines.set(key, { path, before: one, after: two, members: new Set([start ?? '']), count: 1 });
  }
  return Array.from(lines.values(), ({ path, before, after, members, count }) => {
    if (members.size > 1) {
      const rest = path.slice(member.exec(path)![0].length);
      return { path: `groups.*${rest} (${members.size} groups)`, before, after };
    }
    return { path: count > 1 ? `${path} (${count} settings)` : path, before, after };
  });
}

function valueText(path: string, value: SettingValue | undefined): string {
  if (value === undefined) return missing;
  if (value === null) return 'none';
  if (typeof value === 'number' && path.endsWith('Us')) return formatDuration(value);
  return value === '' ? '""' : String(value);
}
