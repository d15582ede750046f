// npm run conformance -- [--seed SEED] [--configurations N] [--clients N] [traces.json] [folder of nginx measurements]: the real programs
// against the simulation, instant by instant and client by client. Without arguments the fixtures of this repository are used.
// Where nginx or HAProxy is installed, it is started with random configurations and asked, too.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { assignNginx } from '../../src/scenario/assign.ts';
import { compareRun } from '../support/agentTraceCompare.ts';
import { measuredRules } from '../support/measuredRules.ts';
import type { MeasuredRun } from '../support/agentTrace.ts';
import { knownAgentVersion } from '../../src/models/agentVersions.ts';
import {
  confText,
  heldSessions,
  readRows,
  timeline,
  triedServers,
  type Agreement,
  type MeasuredConfig,
  type MeasuredTimeline,
} from '../support/nginxMeasured.ts';
import { compareWithHaproxy, findHaproxy } from './liveHaproxy.ts';
import { compareLimits } from './liveHaproxyLimits.ts';
import { compareChecks } from './liveHaproxyChecks.ts';
import { haproxyTimelines, type TimelineResult } from './liveHaproxyTimelines.ts';
import { compareWithNginx, findNginx } from './liveNginx.ts';
import { fixture, measuredSteps, replay } from '../support/haproxyMeasured.ts';
import { nginxDatagrams } from './liveNginxDatagrams.ts';
import { nginxTimelines } from './liveNginxTimelines.ts';
import { compareVerdicts } from './nginxVerdicts.ts';

// Debian keeps daemons where the PATH of a user does not lead.
process.env.PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin`;

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    configurations: { type: 'string', default: '44' },
    /** Clients of each random configuration. */
    clients: { type: 'string', default: '2000' },
  },
});
const [traces = join(fixtures, 'wazuh-agent/traces.json'), nginx = join(fixtures, 'nginx')] = positionals;
let failed = 0;

function report(name: string, good: number, all: number, note = ''): void {
  if (good !== all) failed += 1;
  console.log(`${good === all ? 'agrees ' : 'DIFFERS'}  ${name.padEnd(44)} ${good} of ${all}${note}`);
}

function refuse(name: string, why: string): void {
  failed += 1;
  console.log(`REFUSED  ${name.padEnd(44)} ${why}`);
}

/** Random configurations, by what was compared of them. */
function reportChoices(
  program: string,
  results: readonly { readonly note: string; readonly good: number; readonly all: number }[],
): void {
  for (const note of new Set(results.map((result) => result.note))) {
    const some = results.filter((result) => result.note === note);
    const sum = (count: 'good' | 'all'): number => some.reduce((total, result) => total + result[count], 0);
    report(`${program}, ${some.length} times ${note}`, sum('good'), sum('all'));
  }
}

/**
 * A fault and a check, or a client and a mark, can meet in one instant, and then nobody can say which came first: what differs is
 * measured once more, and has to agree then.
 */
async function timelinesOf(measure: (seed: string) => Promise<TimelineResult[]>): Promise<readonly TimelineResult[]> {
  const first = await measure(flags.seed);
  if (first.every(({ wrong }) => wrong.length === 0)) return first;
  const again = new Map((await measure(`${flags.seed}/again`)).map((result) => [result.name, result]));
  return first.map((result) => {
    if (result.wrong.length === 0) return result;
    const second = again.get(result.name)!;
    return {
      ...second,
      wrong: second.wrong.length === 0 ? [] : [...result.wrong, 'and again:', ...second.wrong],
      repeated: true,
    };
  });
}

function reportTimelines(program: string, results: readonly TimelineResult[]): void {
  // Sessions of one client each are one line together.
  const agreeing = (kind: string): TimelineResult[] =>
    results.filter(({ name, wrong }) => name.startsWith(kind) && wrong.length === 0);
  const [single, datagrams] = [agreeing('dead'), agreeing('datagrams')];
  const worst = (some: readonly TimelineResult[]): string =>
    `, worst ${Math.round(Math.max(0, ...some.map(({ worstMs }) => worstMs)))} ms`;
  if (single.length > 0) {
    const [good, all] = sums(single);
    report(`${program}, ${single.length} dead servers that count as up`, good, all, worst(single));
  }
  if (datagrams.length > 0) report(`${program}, ${datagrams.length} clients that send datagrams`, ...sums(datagrams));
  for (const result of results) {
    if (single.includes(result) || datagrams.includes(result)) continue;
    const { name, good, all, wrong, repeated } = result;
    report(`${program}, timeline ${name}`, good, all, `${worst([result])}${repeated ? ', the second time' : ''}`);
    for (const line of wrong.slice(0, 20)) console.log(`         ${line}`);
  }
}

function sums(results: readonly { readonly good: number; readonly all: number }[]): [number, number] {
  return [results.reduce((sum, { good }) => sum + good, 0), results.reduce((sum, { all }) => sum + all, 0)];
}

/** What is not understood ends its own comparison, not the whole run. */
function compare(name: string, agreement: () => Agreement): void {
  try {
    const { good, all, wrong } = agreement();
    report(name, good, all);
    for (const line of wrong.slice(0, 10)) console.log(`         ${line}`);
  } catch (error) {
    refuse(name, error instanceof Error ? error.message : String(error));
  }
}

console.log('Wazuh agent: noticing, tries, give-ups and handshakes within 0.25 s');
const { runs } = JSON.parse(readFileSync(traces, 'utf8')) as { runs: MeasuredRun[] };
for (const run of runs) {
  const unknown = knownAgentVersion(run.agentVersion);
  if (unknown !== null) {
    refuse(run.id, unknown);
    continue;
  }
  const result = compareRun(run);
  if (result.kind === 'compared') {
    report(run.id, result.good, result.instants, `, worst ${result.worst.toFixed(3)} s`);
    for (const problem of result.problems) console.log(`         ${problem}`);
  } else {
    refuse(run.id, result.why);
  }
}

console.log('\nEvents inside the agent: measured, and simulated');
for (const { rule, measured, from, to, simulated } of measuredRules) {
  const value = simulated();
  const good = value >= from && value <= to;
  if (!good) failed += 1;
  const shown = value === Infinity ? 'frozen' : String(Math.round(value * 1000) / 1000);
  console.log(`${good ? 'agrees ' : 'DIFFERS'}  ${rule.padEnd(64)} ${measured.padEnd(24)} ${shown}`);
}

console.log('\nnginx: the server each client lands on');
const configs = JSON.parse(readFileSync(join(nginx, 'configs.json'), 'utf8')) as Record<string, MeasuredConfig>;
for (const [name, config] of Object.entries(configs)) {
  const file = join(nginx, `${name}.csv.gz`);
  if (!existsSync(file)) continue;
  const rows = readRows(file);
  if (rows.some((row) => 'session' in row)) {
    compare(`${name} (held sessions)`, () => heldSessions(config, rows));
    continue;
  }
  compare(name, () => {
    const { servers } = assignNginx({
      file: name,
      text: confText(config.method, config.servers, name.startsWith('u_')),
      readInclude: () => [],
      clients: rows.map((row) => row['client_ip']!),
      down: config.dead,
      resolve: new Map(Object.entries(config.hosts)),
    });
    const wrong = rows.flatMap((row, index) =>
      servers[index] === row['chosen_server']
        ? []
        : [`${row['client_ip']!}: ${servers[index]!}, measured ${row['chosen_server']!}`],
    );
    return { good: rows.length - wrong.length, all: rows.length, wrong };
  });
  if (rows.some((row) => 'servers_tried' in row)) compare(`${name} (servers tried)`, () => triedServers(config, rows));
}
const timelines = JSON.parse(readFileSync(join(nginx, 'timelines.json'), 'utf8')) as Record<string, MeasuredTimeline>;
for (const [name, config] of Object.entries(timelines)) {
  const file = join(nginx, `timeline_${name}.csv.gz`);
  // With several workers its name says whether there was a `zone`: w4_nozone.
  const zone = /(^|_)zone(_|$)/.test(name);
  if (existsSync(file)) compare(`timeline ${name}`, () => timeline(config, readRows(file), zone));
}

const here = findNginx();
console.log(`\nnginx of this machine: random configurations, seed ${flags.seed}`);
if (typeof here === 'string') {
  console.log(`SKIPPED  ${here}. On Debian: apt-get install nginx libnginx-mod-stream`);
} else {
  const results = [
    ...(await compareWithNginx(here, flags.seed, Number(flags.configurations), Number(flags.clients))),
    ...(await compareWithNginx(here, flags.seed, 12, 500, 3)),
  ];
  reportChoices(`nginx ${here.version}`, results);
  const verdicts = compareVerdicts(here, flags.seed, 300);
  const refused = verdicts.filter(({ nginx: said }) => said !== '').length;
  const differing = verdicts.filter(({ agrees }) => !agrees);
  const all = verdicts.length;
  report(`nginx -t, ${all - refused} taken and ${refused} refused`, all - differing.length, all);
  for (const { text, nginx: said, reader } of differing)
    console.log(`${text}         nginx ${said}\n         reader ${reader}`);
  for (const { subject, wrong } of results.filter((result) => result.wrong.length > 0)) {
    console.log(`${subject.text}  refusing: ${[...subject.dead].join(', ')}`);
    for (const line of wrong.slice(0, 10)) console.log(`         ${line}`);
  }
}

console.log('\nHAProxy 2.6.12: the server each session lands on');
const sections = JSON.parse(fixture('configs.json').toString()) as Record<string, readonly string[]>;
const played = measuredSteps();
for (const [name, lines] of Object.entries(sections)) {
  compare(name, () => {
    const steps = played.get(name)!;
    const { all, wrong } = replay(lines, steps, !/[;[]/.test(steps));
    return { good: all - wrong.length, all, wrong };
  });
}

const haproxy = findHaproxy();
console.log(`\nHAProxy of this machine: random configurations, seed ${flags.seed}`);
if (typeof haproxy === 'string') {
  console.log(`SKIPPED  ${haproxy}. On Debian: apt-get install haproxy`);
} else {
  const all = await compareWithHaproxy(haproxy, flags.seed, Number(flags.configurations), Number(flags.clients));
  reportChoices(`HAProxy ${haproxy.branch}.${haproxy.patch}`, all);
  for (const { subject, wrong } of all.filter((result) => result.wrong.length > 0)) {
    const listed = (servers: ReadonlySet<number>): string => [...servers].map((server) => `s${server + 1}`).join(', ');
    console.log(`${subject.text}  refusing: ${listed(subject.dead)}; down: ${listed(subject.down)}`);
    for (const line of wrong.slice(0, 10)) console.log(`         ${line}`);
  }
}
console.log(
  '\nServers of both programs die, hang, fall silent and return: who is tried, marked, heard and closed, and when',
);
// They mostly wait, so all at once.
const [checks, limits, haproxyTold, nginxTold, datagramsTold] = await Promise.all([
  typeof haproxy === 'string' ? null : compareChecks(haproxy, flags.seed, 20),
  typeof haproxy === 'string' ? null : compareLimits(haproxy, flags.seed),
  typeof haproxy === 'string' ? null : timelinesOf((seed) => haproxyTimelines(haproxy, seed)),
  typeof here === 'string' ? null : timelinesOf(() => nginxTimelines(here)),
  typeof here === 'string' ? null : timelinesOf(() => nginxDatagrams(here)),
]);
if (nginxTold && datagramsTold) reportTimelines('nginx', [...nginxTold, ...datagramsTold]);
else console.log('SKIPPED  nginx');
if (haproxyTold) reportTimelines('HAProxy', haproxyTold);
else console.log('SKIPPED  HAProxy');
for (const { name, good, all, wrong } of limits ?? []) {
  report(`HAProxy, ${name}`, good, all);
  for (const line of wrong.slice(0, 10)) console.log(`         ${line}`);
}
if (checks) {
  report('HAProxy, 20 servers die and come back', checks.good, checks.all, `, worst ${Math.round(checks.worstMs)} ms`);
  for (const line of checks.wrong) console.log(`         ${line}`);
}
console.log(failed === 0 ? '\nEverything compared agrees.' : `\n${failed} differ or are not understood.`);
process.exitCode = failed === 0 ? 0 : 1;
