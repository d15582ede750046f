// The story of one agent, or of one address, as text for 80 columns.
import { formatDuration, formatShare } from '../kernel/units.ts';
import { Choice } from '../models/balancer/contract.ts';
import type { Hash, LookStep, PassedOver } from '../models/balancer/trace.ts';
import type { Story, StoryEvent, ToldChoice } from '../run/explain.ts';
import { printable } from './escape.ts';
import { basisText } from './basisWords.ts';
import { sharesOf } from './ringShares.ts';

const width = 80;

export function storyText(story: Story, heading: string): string {
  const lines: string[] = [];
  const { who, address, mode, description, servers, events, endsOn, agent } = story;
  const seen = address === null || address === who ? '' : ` (${address})`;
  lines.push(...wrap(`${who}${seen}${mode === null ? '' : ` in ${mode}, ${heading}`}`, ''));
  lines.push(...wrap(description, ''));
  if (servers.length > 0) lines.push(...wrap(`Its servers: ${servers.join(', ')}`, ''));
  lines.push('');
  const isTimed = agent !== null;
  let lastUs = NaN;
  for (const event of events) {
    const instant = isTimed && event.atUs !== lastUs ? clock(event.atUs) : '';
    lastUs = event.atUs;
    const column = isTimed ? 14 : 0;
    const [first, ...rest] = sentences(event);
    lines.push(...wrap(first!, `${instant.padStart(Math.max(0, column - 2))}${column > 0 ? '  ' : ''}`, column));
    for (const text of rest) lines.push(...wrap(text, ' '.repeat(column + 2), column + 4));
  }
  lines.push('');
  const end = agent === null ? 'The connection goes to' : 'At the end it is on';
  lines.push(
    endsOn === null
      ? agent === null
        ? 'The client is closed.'
        : 'At the end it has no session.'
      : `${end} ${printable(endsOn)}.`,
  );
  if (story.ring !== null) {
    const shares = sharesOf(story.ring).map(({ peer, share }) => `${peer} ${formatShare(share)}`);
    lines.push(...wrap(`Shares of the ring of ${story.ring.balancer}: ${shares.join(', ')}.`, ''));
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** `10:00.002`, `-0:42.100`: minutes, seconds and thousandths since the end of the warm-up. */
export function clock(us: number): string {
  const ms = Math.round(Math.abs(us) / 1000);
  const rest = `${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}.${String(ms % 1000).padStart(3, '0')}`;
  const minutes = Math.floor(ms / 60_000);
  const hours = Math.floor(minutes / 60);
  const front = hours > 0 ? `${hours}:${String(minutes % 60).padStart(2, '0')}` : String(minutes);
  return `${us < 0 ? '-' : ''}${front}:${rest}`;
}

const stateWords = {
  up: 'works again',
  refusing: 'is down: connections are refused',
  dying: 'is dying: it takes connections and resets them',
  hung: 'hangs: its kernel takes connections, nobody answers',
  silent: 'is gone: nothing comes back',
};
const whyWords = {
  closed: 'the end of its connection reaches it',
  silence: 'nothing has come back for too long',
  forced: 'it is told to reconnect',
};

function sentences(event: StoryEvent): string[] {
  switch (event.kind) {
    case 'place':
      return [`${event.place} ${stateWords[event.state]}`];
    case 'peerDown':
      return [`${event.balancer} takes ${event.peer} out of its choice`];
    case 'peerUp':
      return [`${event.balancer} has ${event.peer} back in its choice`];
    case 'tried':
      return [`it tries ${event.server}`];
    case 'choice':
      return choiceTexts(event.choice);
    case 'peerTried':
      return [`${event.balancer} connects to ${event.peer}`];
    case 'peerFailed':
      return [`${event.peer} ${event.isMute ? 'has not answered in time' : 'could not be connected'}`];
    case 'turnedAway':
      return [
        `${event.balancer} closes the connection: ${event.why === 'noSlot' ? 'no room for another one' : 'no server is usable'}`,
      ];
    case 'failed':
      return [event.isEnrolment ? 'the enrollment attempt is over' : 'the attempt has failed'];
    case 'enrols':
      return ['it asks the registration service for a key'];
    case 'connected':
      return [`it has its session with ${event.node}`];
    case 'gaveUp':
      return [`it gives ${event.server} up and goes on to the next of its list`];
    case 'broke':
      return [`its session${event.node === null ? '' : ` with ${event.node}`} breaks (fault ${event.fault})`];
    case 'healed':
      return ['the session works again: it has noticed nothing'];
    case 'noticed':
      return [`it notices: ${whyWords[event.why]}`];
    case 'left':
      return [`it closes its end of the session${event.node === '' ? '' : ` with ${event.node}`}`];
    case 'oldEnded':
      return [`${event.place} closes what it still had of an old connection`];
    case 'stopped':
      return ['its service stops'];
    default:
      return event satisfies never;
  }
}

/** A uint32, or as a bigint a uint64. */
export function hex(hash: Hash): string {
  return `0x${hash.toString(16).padStart(typeof hash === 'bigint' ? 16 : 8, '0')}`;
}

/** Bytes as hex, and as text where they are some. */
export function keyText(key: Uint8Array): string {
  const bytes = Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const isText = key.length > 0 && key.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? `${bytes} (${JSON.stringify(Buffer.from(key).toString('latin1'))})` : bytes;
}

/** The head line, then what it looked at. */
function choiceTexts(choice: ToldChoice): string[] {
  const { balancer, peers, key, hash, home, hasTable, basis, story, clockOffsetUs } = choice;
  const isRing =
    !hasTable &&
    home !== null &&
    hash !== null &&
    story.steps.some((step) => 'at' in step && step.at !== null && step.at > 65_536);
  const place = (at: Hash | null): string =>
    at === null ? '' : isRing || (!hasTable && at > 65_536) ? `point ${hex(at)}: ` : `slot ${at}: `;
  const name = (index: number): string => peers[index] ?? String(index);
  const lines = [
    `${balancer} chooses ${story.answer >= 0 ? name(story.answer) : story.answer === Choice.Queued ? 'nobody yet' : 'nobody'}`,
  ];
  if (key !== null) {
    const hashed = hash === null ? '' : `, hash ${hex(hash)}`;
    const owner = home === null ? '' : `; it belongs to ${place(home.at)}${name(home.peerIndex)}`;
    lines.push(`key ${keyText(key)}${hashed}${owner}`);
  }
  if (basis !== null) lines.push(basisText(basis));
  if (key === null && hash !== null) lines.push(`the number drawn is ${hex(hash)}`);
  for (const text of folded(story.steps, place, name, clockOffsetUs)) lines.push(text);
  const out = story.peers.filter(
    ({ passedOver, peerIndex }) =>
      passedOver !== null && !story.steps.some((step) => 'peerIndex' in step && step.peerIndex === peerIndex),
  );
  for (const { peerIndex, passedOver } of out) {
    lines.push(`${name(peerIndex)} is not among the choices: ${reason(passedOver!, clockOffsetUs)}`);
  }
  const counters = story.peers.map(({ peerIndex, sessions, counters: counted }) => {
    const rest = Object.entries(counted).map(([what, value]) => `${what} ${value}`);
    return `${name(peerIndex)}: ${[`${sessions} ${sessions === 1 ? 'session' : 'sessions'}`, ...rest].join(', ')}`;
  });
  if (key === null) lines.push(...counters);
  return lines;
}

/** Points of one server that are passed over one after the other stand in one line. */
function folded(
  steps: readonly LookStep[],
  place: (at: Hash | null) => string,
  name: (index: number) => string,
  offsetUs: number,
): string[] {
  const lines: string[] = [];
  let again = 0;
  let last: LookStep | null = null;
  const flush = (): void => {
    if (again > 0)
      lines[lines.length - 1] = `${lines.at(-1)!} (and at ${again} ${again === 1 ? 'place' : 'places'} behind it)`;
    again = 0;
  };
  for (const step of steps) {
    if (last?.kind === 'looked' && step.kind === 'looked' && step.peerIndex === last.peerIndex) {
      again += 1;
      continue;
    }
    flush();
    last = step;
    lines.push(stepText(step, place, name, offsetUs));
  }
  flush();
  return lines;
}

function stepText(
  step: LookStep,
  place: (at: Hash | null) => string,
  name: (index: number) => string,
  offsetUs: number,
): string {
  switch (step.kind) {
    case 'looked':
      return `${place(step.at)}${name(step.peerIndex)} is passed over: ${reason(step.why, offsetUs)}`;
    case 'took':
      return `${place(step.at)}${name(step.peerIndex)} is taken`;
    case 'drew':
      return `draws ${place(step.at)}${name(step.peerIndex)}`;
    case 'turnedTo':
      return {
        roundRobin: 'too many places in vain: it goes on by round robin',
        backups: 'no server is usable: it goes on to the backups',
        lonePeer: 'there is one server only, which is asked in any case',
        firstBackup: 'no server is usable: the first backup stands in',
      }[step.rule];
    case 'stayed':
      return `${name(step.peerIndex)} again: the choice before stands`;
    case 'queued':
      return step.peerIndex < 0
        ? 'every server is full: it waits for one'
        : `${name(step.peerIndex)} is full: it waits there`;
    default:
      return step satisfies never;
  }
}

export function reason(why: PassedOver, offsetUs: number): string {
  switch (why.kind) {
    case 'tried':
      return 'this session has tried it';
    case 'justFailed':
      return 'this session has just failed there';
    case 'down':
      return 'down in the configuration';
    case 'banned': {
      const until = why.untilUs - offsetUs;
      // The clock of a balancer that is asked outside of a run stands at 0.
      const when = offsetUs >= 1e11 ? `for another ${formatDuration(until)}` : `until ${clock(until)}`;
      return `${why.fails} ${why.fails === 1 ? 'failure' : 'failures'}, not before its ban ends ${when}`;
    }
    case 'full':
      return `full: ${why.sessions} of ${why.limit} sessions`;
    case 'overBound':
      return `${why.sessions} sessions, and the bound on its load is ${why.limit}`;
    case 'unhealthy':
      return `its checks have found it down, until ${why.passes} in a row ${why.passes === 1 ? 'passes' : 'pass'}`;
    case 'drained':
      return 'drained: no new sessions';
    case 'maintenance':
      return 'in maintenance';
    case 'noWeight':
      return 'its weight is 0';
    case 'backup':
      return 'a backup, and others are usable';
    case 'busier':
      return 'of two draws the other one is less busy';
    case 'drawnAgain':
      return 'drawn a second time';
    default:
      return why satisfies never;
  }
}

/** One paragraph; lines behind the first are indented by `indent`. */
function wrap(text: string, front: string, indent = 0): string[] {
  const lines: string[] = [];
  let line = front;
  let isFirst = true;
  for (const word of printable(text).split(' ')) {
    if (!isFirst && line.length + 1 + word.length > width && line.trim() !== '') {
      lines.push(line);
      line = ' '.repeat(Math.max(indent, 2)) + word;
    } else line += isFirst ? word : ` ${word}`;
    isFirst = false;
  }
  return [...lines, line];
}
