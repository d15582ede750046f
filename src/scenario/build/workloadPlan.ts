// What a group of the fleet says its agents write, as the options of the models.
import type { WorkloadOptions } from '../../models/workload.ts';
import type { GroupData } from '../schema.ts';

type EventsData = GroupData['events'];

/** Says what is wrong with the value at some steps below the group. */
export type Refuse = (below: readonly (string | number)[], text: string) => void;

/** Most events per second of one agent, as the schema has it for `rate`. */
const mostPerSecond = 100_000;

/**
 * What a group writes.
 * @param rates of the agents of an inventory, NaN: not said.
 * @param startsAtSecond time of the day at the end of the warm-up; `null`: the scenario does not say.
 */
export function workloadOf(
  events: EventsData,
  count: number,
  rates: Float64Array | null,
  startsAtSecond: number | null,
  refuse: Refuse,
): WorkloadOptions | null {
  const { burst, profile } = events;
  const said: string[] = [];
  const fail: Refuse = (below, text) => {
    said.push(text);
    refuse(['events', ...below], text);
  };
  if (profile && startsAtSecond === null) {
    fail(['profile'], 'needs startsAt of the scenario, the time of day at time 0, such as startsAt: 08:30.');
  }
  if (events.files !== undefined && events.source !== 'logcollector') {
    const why = events.source === 'socket' ? 'whose writers write no files' : 'whose records are in no file';
    fail(['files'], `has no meaning for source: ${events.source}, ${why}. Remove one of them.`);
  }
  const who = rates === null ? ratesOfGroup(events, count, fail) : ratesOfInventory(events, rates, fail);
  if (said.length > 0 || who === null) return null;
  return {
    ...who,
    arrival: events.arrival,
    burst: burst ? { everyUs: burst.every, lengthUs: burst.length, share: burst.share } : null,
    profile: profile ? { startsAtUs: startsAtSecond! * 1e6, ...profile } : null,
    sizeBytes: events.size,
    source: events.source,
    files: events.files ?? null,
  };
}

type Who = Pick<WorkloadOptions, 'ratePerSecond' | 'spread' | 'hitters'>;

function ratesOfGroup({ rate, total, spread, hitters }: EventsData, count: number, fail: Refuse): Who | null {
  if ((rate === undefined) === (total === undefined)) {
    fail([], 'give either rate (of one agent) or total (of the group).');
    return null;
  }
  const alpha = /^pareto\s+([\d.]+)$/.exec(spread ?? '')?.[1];
  if (!hitters) {
    return {
      ratePerSecond: rate ?? total! / count,
      spread: alpha === undefined ? { kind: 'equal' } : { kind: 'pareto', alpha: Number(alpha) },
      hitters: null,
    };
  }
  if (alpha !== undefined) fail(['hitters'], 'goes with an equal spread only: pareto has its own heavy hitters.');
  if ((hitters.rate === undefined) === (hitters.share === undefined)) {
    fail(['hitters'], 'give either rate (of each) or share (of all events).');
    return null;
  }
  const others = count - hitters.count;
  if (others < 1) {
    fail(['hitters', 'count'], `the group has ${count} ${count === 1 ? 'agent' : 'agents'}; give fewer.`);
    return null;
  }
  let each = hitters.rate;
  let ordinary = rate;
  if (each === undefined) {
    const share = hitters.share!;
    if (rate !== undefined && share >= 1) {
      fail(['hitters', 'share'], 'leaves nothing for the rate of the others. Make it smaller, or give total.');
      return null;
    }
    const all = total ?? (rate! * others) / (1 - share);
    each = (all * share) / hitters.count;
    ordinary ??= (all * (1 - share)) / others;
  }
  ordinary ??= (total! - each * hitters.count) / others;
  if (ordinary < 0) fail(['hitters', 'rate'], `${hitters.count} of them write more than the total of the group.`);
  if (each > mostPerSecond) fail(['hitters'], `each would write ${Math.round(each)}/s; at most ${mostPerSecond}/s.`);
  return { ratePerSecond: ordinary, spread: { kind: 'equal' }, hitters: { count: hitters.count, ratePerSecond: each } };
}

function ratesOfInventory({ rate, total, spread, hitters }: EventsData, rates: Float64Array, fail: Refuse): Who | null {
  const given = Object.entries({ total, spread, hitters }).flatMap(([key, value]) =>
    value === undefined ? [] : [key],
  );
  for (const key of given)
    fail([key], 'belongs to a group without an inventory: its column eps says who writes how much.');
  const filled = rates.map((own) => (Number.isNaN(own) ? (rate ?? NaN) : own));
  const sum = filled.reduce((a, b) => a + b, 0);
  if (Number.isNaN(sum)) return null; // has been said
  return {
    ratePerSecond: sum / rates.length,
    spread: { kind: 'list', ratesPerSecond: filled },
    hitters: null,
  };
}
