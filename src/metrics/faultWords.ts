// A fault of a scenario in a sentence.
import { formatCount, formatDuration, formatShare } from '../kernel/units.ts';
import { agentsPlace, balancerPlace, touched, type FaultOptions } from '../models/fault.ts';
import { listed } from './wording.ts';

/** `worker01 is killed at 10 min for 10 min`. */
export function faultSentence(fault: FaultOptions): string {
  const { atUs, forUs, everyUs, times, random } = fault;
  const what = happening(fault);
  if (random) {
    return `${what} now and then, every ${minutes(random.mtbfUs)} for ${minutes(random.mttrUs)} in the mean`;
  }
  const when =
    atUs === null
      ? 'from the start'
      : atUs.fromUs === atUs.toUs
        ? `at ${minutes(atUs.fromUs)}`
        : `between ${minutes(atUs.fromUs)} and ${minutes(atUs.toUs)}`;
  const long = forUs === null ? ' to the end' : forUs === 0 ? '' : ` for ${minutes(forUs)}`;
  const again = everyUs !== null && times > 1 ? `, ${times} times, every ${minutes(everyUs)}` : '';
  return `${what} ${when}${fault.kind === 'enroll' ? '' : long}${again}`;
}

/** One sentence for what the modes make of a fault: where they differ it says whose is which. @param faults by mode. */
export function faultSentenceOf(faults: readonly { readonly mode: string; readonly fault: FaultOptions }[]): string {
  const speakers = new Map<string, string[]>();
  for (const { mode, fault } of faults) {
    const text = faultSentence(fault);
    speakers.set(text, [...(speakers.get(text) ?? []), mode]);
  }
  const [[first] = ['']] = speakers;
  if (speakers.size < 2) return first;
  const texts = [...speakers.keys()];
  let shared = 0;
  const words = texts.map((text) => text.split(' '));
  while (words.every((own) => own.length > shared + 1 && own[shared] === words[0]![shared])) shared += 1;
  const said = words.map((own, index) => `${own.slice(shared).join(' ')} (${listed(speakers.get(texts[index]!)!)})`);
  return [...words[0]!.slice(0, shared), listed(said)].join(' ');
}

function happening(fault: FaultOptions): string {
  const names = touched(fault);
  const who = listed(names);
  const one = names.length === 1;
  const does = (singular: string, plural: string): string => `${who} ${one ? singular : plural}`;
  switch (fault.kind) {
    case 'kill':
      return does('is killed', 'are killed');
    case 'powerOff':
      return does('loses its power', 'lose their power');
    case 'hang':
      if (fault.only !== undefined) return `${fault.only} of ${who} hangs`;
      return does('hangs', 'hang');
    case 'stop':
      return does('is stopped', 'are stopped');
    case 'restart':
      return does('is restarted', 'are restarted');
    case 'rolling': {
      const where = fault.balancers === undefined ? '' : ` at ${balancerWords(fault.balancers)}`;
      const drain = fault.drainUs > 0 ? `, drained${where} for ${minutes(fault.drainUs)} before` : '';
      const pause = names.length > 1 ? `, with ${minutes(fault.pauseUs)} between them` : '';
      return `${who} ${one ? 'is restarted' : 'are restarted one after the other'} (down for ${minutes(fault.downUs)} each${drain}${pause})`;
    }
    case 'zombie':
      return does('accepts events and throws them away', 'accept events and throw them away');
    case 'slow':
      return `${does('analyses', 'analyse')} only ${formatShare(fault.toShare)} of ${one ? 'its' : 'their'} capacity`;
    case 'partition':
      return `no packet passes ${fault.oneWay ? `from ${end(fault.from)} to ${end(fault.to)}` : `between ${end(fault.from)} and ${end(fault.to)}`}`;
    case 'dropFlows':
      return `the connections from ${end(fault.from)} to ${end(fault.to)} are forgotten on the way (${fault.answer === 'rst' ? 'answered with RST' : 'answered by silence'})`;
    case 'restartAgents':
      return `the agents of ${who} restart${fault.overUs > 0 ? `, spread over ${minutes(fault.overUs)},` : ''}`;
    case 'pushConfig':
      return `the agents of ${who} get a new shared configuration`;
    case 'reconnectAgents':
      return `the agents of ${who} are told to reconnect${fault.chunk === null ? '' : `, ${formatCount(fault.chunk)} every ${minutes(fault.pauseUs)},`}`;
    case 'enroll':
      return `${formatCount(fault.count)} agents of ${fault.group} enroll over ${minutes(fault.overUs)}`;
    case 'reload':
      if (fault.balancers.length > 1) return `${balancerWords(fault.balancers)} reload their configurations`;
      return `${balancerWords(fault.balancers)} reloads ${fault.product === null ? 'its' : 'a new'} configuration`;
    case 'drain':
      return `${balancerWords(fault.balancers)} ${(fault.balancers?.length ?? 1) > 1 ? 'drain' : 'drains'} ${who}`;
    case 'addNode':
      return does(`is added to ${balancerWords(fault.balancers)}`, `are added to ${balancerWords(fault.balancers)}`);
    case 'removeNode':
      return does(
        `is taken out of ${balancerWords(fault.balancers)}`,
        `are taken out of ${balancerWords(fault.balancers)}`,
      );
    default:
      return fault satisfies never;
  }
}

function end(name: string): string {
  return name === agentsPlace ? 'the agents' : name;
}

function minutes(us: number): string {
  return us % 60_000_000 === 0 ? `${us / 60_000_000} min` : formatDuration(us);
}

function balancerWords(names: readonly string[] = [balancerPlace]): string {
  return names.length === 1 && names[0] === balancerPlace ? 'the balancer' : listed(names);
}
