// haproxy.cfg → the options of the balancer. Sections and what they inherit: HAProxy 2.6.12, src/cfgparse-listen.c,
// cfg_parse_listen(); what is checked at the end: src/cfgparse.c, check_config_validity().
import {
  hashTypeDefault,
  randomDraws,
  type HaproxyBackendOptions,
  type HaproxyBindOptions,
  type HaproxyFrontendOptions,
  type HaproxyOptions,
} from '../../models/balancer/haproxy/options.ts';
import { isSince, type HaproxyVersion } from '../../models/balancer/haproxy/versions.ts';
import { nearest, ScenarioError, type Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { listNames, quote } from '../wording.ts';
import type { ConfSetting } from './confSetting.ts';
import { HaproxyBackends, sideOf } from './haproxyBackends.ts';
import { readGlobal, usualOpenFiles, type GlobalSettings } from './haproxyGlobal.ts';
import { otherSections, sectionsSince } from './haproxyKeywords.ts';
import { haproxyPlace } from './haproxyPlaces.ts';
import { plainSettings, readProxy, type Proxy, type ProxyKind, type ProxySettings } from './haproxyProxy.ts';
import { HaproxyReport, type Assumption } from './haproxyReport.ts';
import { changeSections } from './haproxySettings.ts';
import { readSections, type HaproxySection, type HaproxyWord } from './haproxySyntax.ts';
import { invalidCharacter } from './haproxyValues.ts';

export interface HaproxyConfInput {
  /** As the user named it; appears in messages. */
  readonly file: string;
  readonly text: string;
  readonly version: HaproxyVersion;
  /** Processors, for the number of threads; `null`: not known. */
  readonly cpus: number | null;
  /** Environment variables; `null`: not set. What is not in here is not known. */
  readonly env: ReadonlyMap<string, string | null>;
  /** Addresses of a host name; `null`: not known, the name stays. */
  readonly resolve: (host: string) => readonly string[] | null;
  /** Directives that matter, are not modelled, and may be passed over. */
  readonly assume: readonly Assumption[];
  /** What the scenario changes in it. */
  readonly settings?: readonly ConfSetting[];
  /** What else is changed in it, behind the settings. */
  readonly edit?: ((sections: readonly HaproxySection[], problems: Problem[]) => readonly HaproxySection[]) | undefined;
  /** `agents`: those that simulated agents can use, over TCP and IPv4; `choice`: only who lands where is asked. */
  readonly purpose: 'agents' | 'choice';
}

export interface HaproxyConf {
  readonly options: HaproxyOptions;
  readonly warnings: readonly Warning[];
  /** Directives passed over because the user said so, with the reason. */
  readonly assumed: readonly string[];
  /** What the file leaves open. */
  readonly assumptions: readonly string[];
  /** Where each server stands, by `backend index/name`. */
  readonly serverPositions: ReadonlyMap<string, SourcePosition>;
  /** Of each `bind` of each frontend, in the order of the options. */
  readonly bindPositions: readonly (readonly SourcePosition[])[];
  /**
   * What is not modelled of a frontend, or of the backend its connections go to. A mistake only for who uses it: the balancer of the
   * agents may serve a dashboard as well.
   * @param backendIndex another backend than the frontend's.
   */
  readonly problemsOf: (frontendIndex: number, backendIndex?: number) => readonly Problem[];
  /** `haproxy leastconn`. */
  readonly description: (frontendIndex: number) => string;
  /** Where something stands that decides for a frontend and its backend; `null`: it is not written. */
  readonly placeOf: (frontendIndex: number, name: string) => SourcePosition | null;
}

/** @throws ScenarioError with every mistake of the file. */
export function readHaproxyConf(input: HaproxyConfInput): HaproxyConf {
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  const { file, text, version, env } = input;
  const written = readSections({ file, text, version, env }, problems, warnings);
  const set = changeSections(written, input.settings ?? [], problems);
  const sections = input.edit?.(set, problems) ?? set;
  const report = new HaproxyReport(problems, warnings, version, input.assume, input.purpose);
  const conf = new ConfReader(input, report).read(sections);
  if (problems.length === 0) return conf;
  // Who uses which frontend cannot be asked any more; on the ports of agents it will be they.
  const agents = conf.options.frontends.flatMap(({ binds }, index) =>
    binds.some(({ port }) => port === 1514 || port === 1515) ? conf.problemsOf(index) : [],
  );
  throw new ScenarioError(file, sorted([...new Set([...problems, ...agents])]));
}

function sorted(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      (a.position?.line ?? 0) - (b.position?.line ?? 0) || (a.position?.column ?? 0) - (b.position?.column ?? 0),
  );
}

const proxyKinds: ReadonlySet<string> = new Set(['defaults', 'frontend', 'listen', 'backend']);
/** Ours: nobody listens on more. */
const mostBinds = 2000;

interface Defaults {
  readonly name: string;
  readonly position: SourcePosition;
  readonly settings: ProxySettings;
}

class ConfReader {
  readonly #input: HaproxyConfInput;
  readonly #report: HaproxyReport;
  readonly #proxies: Proxy[] = [];
  readonly #defaults: Defaults[] = [];
  readonly #backends: HaproxyBackends;

  constructor(input: HaproxyConfInput, report: HaproxyReport) {
    this.#input = input;
    this.#report = report;
    this.#backends = new HaproxyBackends(input, report);
  }

  read(sections: readonly HaproxySection[]): HaproxyConf {
    const report = this.#report;
    const brokenBefore = report.problems.length > 0;
    const global = readGlobal(
      sections.filter(({ keyword }) => keyword === 'global'),
      report,
    );
    this.#backends.verifiesServers = global.verifiesServers;
    if (isSince(this.#input.version, '2.8')) this.#backends.resolvers.add('default');
    for (const section of sections) {
      if (proxyKinds.has(section.keyword))
        this.#proxy(section, section.keyword as ProxyKind); // just asked
      else if (section.keyword !== 'global') this.#otherSection(section);
    }
    this.#checkNames();
    for (const position of global.allowsPrograms ? [] : report.externalChecks) {
      report.problem(position, 'option external-check needs external-check in global. Add it there.');
    }
    const active = this.#proxies.filter(({ settings }) => !settings.disabled);
    const backends = active.filter(({ kind }) => kind === 'backend' || kind === 'listen');
    const fronts = active.filter(({ kind, binds }) => (kind === 'frontend' || kind === 'listen') && binds.length > 0);
    const maxConn = global.maxConn > 0 ? global.maxConn : openFilesFor(global);
    const frontends: HaproxyFrontendOptions[] = [];
    const bindPositions: SourcePosition[][] = [];
    const frontProblems: Problem[][] = [];
    for (const proxy of fronts) {
      const found = this.#frontend(proxy, backends, maxConn, global);
      if (found === null) continue;
      frontends.push(found.options);
      bindPositions.push(found.positions);
      frontProblems.push(found.problems);
    }
    const options: HaproxyOptions = {
      version: this.#input.version,
      maxConn,
      threads: global.threads ?? this.#input.cpus ?? 1,
      hardStopAfterUs: global.hardStopAfterUs,
      spreadChecksPercent: global.spreadChecksPercent,
      maxSpreadChecksUs: global.maxSpreadChecksUs,
      frontends,
      backends: backends.map((proxy, index) => this.#backends.read(proxy, index, frontends, maxConn)),
    };
    if (fronts.length === 0 && !brokenBefore && report.problems.length === 0) {
      report.problem(
        sections[0]?.position ?? { file: this.#input.file, line: 1, column: 1 },
        'nothing listens for connections: there is no frontend or listen section with a bind. Add one, such as bind :1514.',
      );
    }
    return {
      options,
      warnings: report.warnings,
      assumed: report.assumed,
      assumptions:
        global.maxConn > 0
          ? []
          : [`HAProxy takes ${maxConn} connections at most: no maxconn in global, ${this.#openFilesText(global)}.`],
      serverPositions: this.#backends.serverPositions,
      bindPositions,
      problemsOf: (index, backendIndex = options.frontends[index]!.backendIndex) =>
        sorted([...new Set([...frontProblems[index]!, ...this.#backends.problemsOf(backendIndex)])]),
      description: (index) => `haproxy ${balanceText(options.backends[options.frontends[index]!.backendIndex]!)}`,
      placeOf: (index, name) => {
        const { name: frontend, backendIndex } = options.frontends[index]!;
        return haproxyPlace(sections, frontend, options.backends[backendIndex]?.name ?? null, name);
      },
    };
  }

  #openFilesText({ openFiles }: GlobalSettings): string {
    return openFiles === null ? `and ${usualOpenFiles} open files as systemd allows` : `and ${openFiles} open files`;
  }

  // -------------------------------------------------------------------------------------------------------------- sections

  #proxy(section: HaproxySection, kind: ProxyKind): void {
    const { args, position } = section;
    const report = this.#report;
    if (!report.known(args)) return;
    const isDefaults = kind === 'defaults';
    const fromFirst = isDefaults && args[0]?.text === 'from' && args.length === 2;
    const name = fromFirst ? '' : (args[0]?.text ?? '');
    const from = args.slice(fromFirst ? 0 : 1);
    if (!isDefaults && name === '') {
      report.problem(position, `${kind} takes a name.`);
      return;
    }
    const wrong = isDefaults ? null : invalidCharacter(name);
    if (wrong !== null) {
      report.problem(
        args[0]!.position,
        `${quote(wrong)} is not allowed in the name of a ${kind}. Use letters, digits and - _ . :`,
      );
    }
    if (from.length > 0 && (from[0]!.text !== 'from' || from.length !== 2)) {
      const hint = kind === 'frontend' || kind === 'listen' ? ' Addresses go into bind.' : '';
      report.problem(
        from[0]!.position,
        `behind the name goes "from" and the name of a defaults section, if anything.${hint}`,
      );
    }
    const base =
      from.length === 2 && from[0]!.text === 'from'
        ? this.#defaultsCalled(from[1]!)
        : isDefaults
          ? null
          : this.#defaults.at(-1);
    const inherited = base ? copyOf(base.settings) : plainSettings();
    const proxy = readProxy(section, kind, name, inherited, report);
    if (isDefaults) this.#defaults.push({ name, position, settings: proxy.settings });
    else this.#proxies.push(proxy);
  }

  #defaultsCalled({ text, position }: HaproxyWord): Defaults | null {
    const found = this.#defaults.filter(({ name }) => name === text && name !== '');
    if (found.length === 0) {
      const known = this.#defaults.flatMap(({ name }) => (name === '' ? [] : [name]));
      const guess = nearest(text, known);
      this.#report.problem(
        position,
        `no defaults section above is called ${quote(text)}. ${guess ? `Did you mean ${guess}?` : `Known: ${listNames(known)}.`}`,
      );
    }
    if (found.length > 1) {
      const lines = found.map((each) => each.position.line).join(' and ');
      this.#report.problem(
        position,
        `several defaults sections are called ${quote(text)} (lines ${lines}). Rename one.`,
      );
    }
    if (found.length > 0 && invalidCharacter(text) !== null) {
      this.#report.problem(
        position,
        `a defaults section that is referred to has letters, digits and - _ . : in its name only.`,
      );
    }
    return found[0] ?? null;
  }

  #otherSection({ keyword, args, lines, position }: HaproxySection): void {
    if (keyword === 'resolvers' && args[0]) this.#backends.resolvers.add(args[0].text);
    if (!this.#report.since(sectionsSince[keyword], `the section ${keyword}`, position)) return;
    this.#report.harmless(`the section ${keyword}`, position);
    const known = otherSections[keyword];
    if (known === null || known === undefined) return;
    for (const line of lines) {
      if (known.has(line.keyword)) continue;
      const guess = nearest(line.keyword, [...known]);
      const mend = guess === undefined ? `Known: ${listNames([...known])}.` : `Did you mean ${guess}?`;
      this.#report.problem(line.position, `HAProxy knows no ${quote(line.keyword)} in a ${keyword} section. ${mend}`);
    }
  }

  /** Names of frontends must differ, and so must those of backends; a `listen` is both. */
  #checkNames(): void {
    const sides = (kind: ProxyKind): string[] =>
      kind === 'listen' ? ['front', 'back'] : kind === 'frontend' ? ['front'] : ['back'];
    this.#proxies.forEach(({ name, kind, position }, index) => {
      const twin = this.#proxies
        .slice(0, index)
        .find((other) => other.name === name && sides(other.kind).some((side) => sides(kind).includes(side)));
      if (twin) {
        const where = `${twin.kind} in line ${twin.position.line}`;
        this.#report.problem(position, `the ${where} is called ${quote(name)} already. Rename one of them.`);
      }
    });
    const backends = this.#proxies.filter(({ kind }) => kind !== 'frontend').map(({ name }) => name);
    const said = new Set<HaproxyWord>();
    for (const { namedBackends, kind } of this.#proxies) {
      for (const word of kind === 'backend' ? [] : namedBackends) {
        if (backends.includes(word.text) || said.has(word)) continue;
        said.add(word);
        const guess = nearest(word.text, backends);
        const mend = guess === undefined ? `Known: ${listNames(backends)}.` : `Did you mean ${guess}?`;
        this.#report.problem(word.position, `there is no backend ${quote(word.text)}. ${mend}`);
      }
    }
  }

  // ------------------------------------------------------------------------------------------------------------- frontends

  #frontend(
    proxy: Proxy,
    backends: readonly Proxy[],
    globalMaxConn: number,
    global: GlobalSettings,
  ): { options: HaproxyFrontendOptions; positions: SourcePosition[]; problems: Problem[] } | null {
    const { settings, kind, name, position } = proxy;
    const report = this.#report;
    const binds: HaproxyBindOptions[] = [];
    const positions: SourcePosition[] = [];
    const problems: Problem[] = [...global.unmodelled, ...sideOf(settings, 'front')];
    for (const bind of proxy.binds) {
      if (bind.family === 'other') {
        report.warn(bind.position, `agents cannot connect to ${quote(bind.address)}; this address is passed over.`);
        continue;
      }
      if (bind.family === 'ipv6' && this.#input.purpose === 'agents') {
        report.warn(bind.position, 'agents have IPv4 addresses and do not reach this IPv6 socket; it is passed over.');
        continue;
      }
      problems.push(...bind.unmodelled);
      const [first, last] = bind.ports;
      if (binds.length + last - first >= mostBinds) {
        report.problem(bind.position, `more than ${mostBinds} sockets in one section. Listen on fewer ports.`);
        continue;
      }
      for (let port = first; port <= last; port++) {
        binds.push({ address: bind.address, port, mappedAddresses: bind.family !== 'ipv4', maxConn: bind.maxConn });
        positions.push(bind.position);
      }
    }
    if (binds.length === 0) return null;
    const target = proxy.usedBackend ?? settings.defaultBackend;
    const own = kind === 'listen' ? backends.indexOf(proxy) : -1;
    const backendIndex = target === null ? own : backends.findIndex((each) => each.name === target.text);
    const backend = backends[backendIndex];
    if (target !== null && kind === 'listen') {
      report.warn(target.position, `connections go to ${target.text}, so the servers of ${name} are never used.`);
    }
    if (target === null && kind === 'frontend') {
      problems.push({ position, text: `frontend ${name} has no default_backend: its clients are closed. Add one.` });
    } else if (backend === undefined && target !== null) {
      const disabled = this.#proxies.some((each) => each.name === target.text && each.settings.disabled);
      if (disabled)
        problems.push({ position: target.position, text: `backend ${target.text} is disabled. Enable it.` });
    }
    if (settings.mode !== 'tcp') {
      const problem = report.unmodelled(
        'mode',
        position,
        `${kind} ${name} is in mode ${settings.mode}, and agents speak no HTTP`,
      );
      if (problem) problems.push(problem);
      if (backend !== undefined && settings.mode === 'http' && backend.settings.mode === 'tcp') {
        report.problem(
          position,
          `${kind} ${name} is in mode http and backend ${backend.name} in mode tcp. Write mode tcp in both.`,
        );
      }
    }
    const backlogs = new Set(proxy.binds.filter(({ family }) => family !== 'other').map(({ backlog }) => backlog));
    if (backlogs.size > 1) {
      const problem = report.unmodelled('backlog', position, 'a queue of its own for each address', true);
      if (problem) problems.push(problem);
    }
    const maxConn = settings.maxConn > 0 ? settings.maxConn : globalMaxConn;
    const [backlog = 0] = backlogs;
    return {
      positions,
      problems,
      options: {
        name,
        mode: settings.mode === 'http' ? 'http' : 'tcp',
        binds,
        maxConn,
        // src/listener.c, listener_backlog().
        backlog: backlog || settings.backlog || maxConn,
        clientTimeoutUs: settings.clientUs ?? Infinity,
        clientFinTimeoutUs: settings.clientFinUs,
        independentStreams: settings.independentStreams,
        keepAlive: settings.clientKeepAlive,
        backendIndex: Math.max(0, backendIndex),
      },
    };
  }
}

/** src/haproxy.c, compute_ideal_maxconn(): two open files a session. */
function openFilesFor({ openFiles }: GlobalSettings): number {
  return Math.floor(Math.min(openFiles ?? usualOpenFiles, usualOpenFiles) / 2);
}

function copyOf(settings: ProxySettings): ProxySettings {
  return {
    ...settings,
    server: { ...settings.server, unmodelled: new Map(settings.server.unmodelled) },
    unmodelled: new Map(settings.unmodelled),
  };
}

function balanceText({ balance, hashType }: HaproxyBackendOptions): string {
  const hashes = balance.kind === 'source' || balance.kind === 'hash';
  const type =
    hashes && hashType !== hashTypeDefault
      ? `, ${hashType.table}${hashType.avalanche ? '' : ` ${hashType.function}`}`
      : '';
  const { kind } = balance;
  if (kind === 'hash') return `balance hash ${balance.sample.fetch}${type}`;
  return `balance ${kind}${kind === 'random' && balance.draws !== randomDraws ? `(${balance.draws})` : ''}${type}`;
}
