// The backends of haproxy.cfg as options: their servers, and what is checked at the end. HAProxy 2.6.12, src/cfgparse.c,
// check_config_validity(); check.c, init_srv_check().
import {
  checkDefaults,
  randomDraws,
  serverIds,
  type HaproxyBackendOptions,
  type HaproxyBalance,
  type HaproxyCheckOptions,
  type HaproxyFrontendOptions,
  type HaproxyServerOptions,
} from '../../models/balancer/haproxy/options.ts';
import { isSince, type HaproxyVersion } from '../../models/balancer/haproxy/versions.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import { listNames, quote } from '../wording.ts';
import type { Proxy, ProxySettings } from './haproxyProxy.ts';
import type { HaproxyReport } from './haproxyReport.ts';
import { unmodelledOf, type ServerLine } from './haproxyServer.ts';

export class HaproxyBackends {
  /** By `backend index/name`. */
  readonly serverPositions = new Map<string, SourcePosition>();
  /** Names of `resolvers` sections; HAProxy has one of its own from 2.8 on. */
  readonly resolvers = new Set<string>();
  /** `ssl-server-verify`. */
  verifiesServers = true;
  readonly #input: {
    readonly version: HaproxyVersion;
    readonly resolve: (host: string) => readonly string[] | null;
  };
  readonly #report: HaproxyReport;
  readonly #problems: Problem[][] = [];

  constructor(
    input: { readonly version: HaproxyVersion; readonly resolve: (host: string) => readonly string[] | null },
    report: HaproxyReport,
  ) {
    this.#input = input;
    this.#report = report;
  }

  /** What is not modelled of one of them. */
  problemsOf(backendIndex: number): readonly Problem[] {
    return this.#problems[backendIndex] ?? [];
  }

  read(
    proxy: Proxy,
    backendIndex: number,
    frontends: readonly HaproxyFrontendOptions[],
    globalMaxConn: number,
  ): HaproxyBackendOptions {
    const { settings, name, kind, position } = proxy;
    const problems: Problem[] = sideOf(settings, 'back');
    this.#problems[backendIndex] = problems;
    const using = frontends.filter((frontend) => frontend.backendIndex === backendIndex);
    const ports = new Set(using.flatMap(({ binds }) => binds.map(({ port }) => port)));
    const checked = proxy.servers.some((line) => line.settings.checked);
    if (checked) problems.push(...this.#checkRules(settings));
    if (settings.mode !== 'tcp') {
      const problem = this.#report.unmodelled(
        'mode',
        position,
        `${kind} ${name} is in mode ${settings.mode}, and agents speak no HTTP`,
      );
      if (problem) problems.push(problem);
    }
    const lines = proxy.servers.flatMap((line) => line.names.map((each, index) => ({ line, name: each, index })));
    const names = new Map<string, SourcePosition>();
    for (const { line, name: server } of lines) {
      const twin = names.get(server);
      if (twin) {
        this.#report.problem(
          line.position,
          `a second server ${quote(server)} in ${name} (line ${twin.line}). Rename one of them.`,
        );
      }
      names.set(server, line.position);
      this.serverPositions.set(`${backendIndex}/${server}`, line.position);
    }
    if (lines.length === 0 && using.length > 0 && proxy.complete) {
      problems.push({ position, text: `${kind} ${name} has no server: its clients are closed. Add one.` });
    }
    const written = lines.map(({ line }) => line.settings.id);
    const twice = lines.find(
      ({ line }, index) => line.settings.id !== null && written.indexOf(line.settings.id) !== index,
    );
    if (twice) {
      this.#report.problem(
        twice.line.position,
        `id ${twice.line.settings.id!} is another server’s of ${name} already. Change it.`,
      );
    }
    const ids = serverIds(written);
    const servers = lines.map(({ line, name: server, index }, at) =>
      this.#server(line, server, index, ids[at]!, settings, [...ports], problems),
    );
    const usingMaxConn = using.reduce((sum, { maxConn }) => sum + maxConn, 0);
    return {
      name,
      mode: settings.mode === 'http' ? 'http' : 'tcp',
      balance: settings.balance ?? defaultBalance(this.#input.version),
      hashType: settings.hashType,
      hashBalanceFactor: settings.hashBalanceFactor,
      hashPreserveAffinity: settings.hashPreserveAffinity,
      retries: settings.retries,
      redispatchAfter: settings.redispatchAfter,
      allBackups: settings.allBackups,
      connectTimeoutUs: settings.connectUs ?? Infinity,
      queueTimeoutUs: settings.queueUs,
      checkTimeoutUs: settings.checkUs,
      serverTimeoutUs: settings.serverUs ?? Infinity,
      serverFinTimeoutUs: settings.serverFinUs,
      tunnelTimeoutUs: settings.tunnelUs,
      independentStreams: settings.independentStreams,
      keepAlive: settings.serverKeepAlive,
      // configuration.txt, fullconn: a tenth of what the frontends take that may come here.
      fullConn: settings.fullConn || Math.floor((usingMaxConn || globalMaxConn) / 10),
      servers,
    };
  }

  /** What checks ask beside an open port is nothing a manager answers. */
  #checkRules({ check, tcpChecks }: ProxySettings): Problem[] {
    if (check === null || check.name === 'ssl-hello-chk') return [];
    if (check.name !== 'tcp-check') {
      const why =
        check.name === 'external-check'
          ? 'programs are not run'
          : 'a manager does not answer it, so every check fails and no server stays up';
      const problem = this.#report.unmodelled(`option ${check.name}`, check.position, why, true);
      return problem === null ? [] : [problem];
    }
    return tcpChecks.flatMap(({ args, position }) => {
      const [action, ...rest] = args.map(({ text }) => text);
      if (action === 'comment' || /^(un)?set-var/.test(action ?? '')) return [];
      const parameters =
        action === 'connect'
          ? rest.filter(
              (text, index) =>
                text !== 'default' && text !== 'linger' && text !== 'comment' && rest[index - 1] !== 'comment',
            )
          : rest;
      if (action === 'connect' && parameters.length === 0) return [];
      const why =
        action === 'expect'
          ? 'a manager says nothing before its agents do'
          : 'checks open the port of the server, and no more';
      return this.#report.unmodelled('tcp-check', position, why, true) ?? [];
    });
  }

  /** What HAProxy does not start with, whoever uses the server. */
  #checkServer({ settings, position }: ServerLine, name: string, { mode }: ProxySettings): void {
    const { resolvers, redirected, verified, unmodelled, checkSsl } = settings;
    const report = this.#report;
    if (resolvers && !this.resolvers.has(resolvers.text)) {
      const known = listNames([...this.resolvers]);
      report.problem(resolvers.position, `there is no resolvers section ${quote(resolvers.text)}. Known: ${known}.`);
    }
    if (redirected && mode !== 'http') report.problem(redirected, 'redir needs mode http. Remove it.');
    if ((checkSsl || unmodelled.has('ssl')) && !verified && this.verifiesServers) {
      report.problem(
        position,
        `server ${name} speaks TLS and does not say whom to trust. Add verify none, or ca-file FILE.`,
      );
    }
  }

  #server(
    line: ServerLine,
    name: string,
    index: number,
    id: number,
    proxy: ProxySettings,
    ports: readonly number[],
    problems: Problem[],
  ): HaproxyServerOptions {
    const { settings, address: target, position } = line;
    const template = line.names.length > 1 || line.names[0] !== name;
    for (const problem of index === 0 ? unmodelledOf(settings, this.#report) : []) problems.push(problem);
    if (index === 0) this.#checkServer(line, name, proxy);
    const addresses = target.family !== null ? [target.host] : (this.#input.resolve(target.host) ?? [target.host]);
    // Of several addresses libc's first one is taken; with `resolvers` each server of a template gets one of its own.
    const given = settings.resolvers !== null && template ? addresses[index] : addresses[0];
    if (target.host.startsWith('_') && index === 0) {
      problems.push({
        position,
        text: `${quote(target.host)} is a name of a service (SRV). Write the addresses of the servers.`,
      });
    }
    const [port = 0, ...morePorts] = target.ports ?? ports.map((each) => each + target.offset);
    if (target.ports === null) {
      const said = `server ${name} has no port`;
      if (settings.checked && settings.checkPort === null) {
        this.#report.problem(position, `${said}, so its check does not know where to connect to. Write address:1514.`);
      } else if (morePorts.length > 0 || port < 1) {
        problems.push({
          position,
          text: `${said}, and its clients come to ${ports.length === 0 ? 'no' : 'several'} ports. Write address:1514.`,
        });
      }
    }
    const checkSsl = settings.checkSsl || proxy.check?.name === 'ssl-hello-chk';
    const checkPort = settings.checkPort ?? port;
    if (settings.checked && checkSsl && checkPort !== 1515) {
      const said = settings.checkSsl ? 'check-ssl' : 'option ssl-hello-chk';
      const problem = this.#report.unmodelled(
        said,
        position,
        'only the registration port of a manager (1515) answers it',
        true,
      );
      if (problem) problems.push(problem);
    }
    const fromCheckAddress =
      settings.checkAddress !== null
        ? (this.#input.resolve(settings.checkAddress)?.[0] ?? settings.checkAddress)
        : null;
    const check: HaproxyCheckOptions | null = !settings.checked
      ? null
      : {
          address: fromCheckAddress ?? given ?? target.host,
          port: checkPort,
          asks: checkSsl ? 'process' : checkDefaults.asks,
          interUs: settings.interUs ?? checkDefaults.interUs,
          fastInterUs: settings.fastInterUs,
          downInterUs: settings.downInterUs,
          fall: settings.fall ?? checkDefaults.fall,
          rise: settings.rise ?? checkDefaults.rise,
        };
    return {
      serverText: name,
      address: given ?? target.host,
      port: target.ports?.[0] ?? Math.max(0, port),
      id,
      weight: settings.weight,
      backup: settings.backup,
      // A server of a template for which DNS has no address stays in maintenance.
      disabled: settings.disabled || given === undefined,
      check,
      initState: settings.initState,
      observe: settings.observe,
      errorLimit: settings.errorLimit,
      onError: settings.onError,
      shutdownSessionsOnDown: settings.shutdownSessionsOnDown,
      shutdownBackupSessionsOnUp: settings.shutdownBackupSessionsOnUp,
      // src/cfgparse.c, check_config_validity(): a higher minconn is the limit.
      maxConn: Math.max(settings.maxConn, settings.minConn),
      minConn: settings.minConn,
      maxQueue: settings.maxQueue,
      slowStartUs: settings.slowStartUs,
      hashKey: settings.hashKey,
      guid: settings.guid,
    };
  }
}

export function sideOf({ unmodelled }: ProxySettings, wanted: 'front' | 'back'): Problem[] {
  return [...unmodelled.values()].flatMap(({ side, problem }) => (side === wanted ? [problem] : []));
}

/** src/proxy.c, proxy_preset_defaults(); random from 3.3 on (commit 93cc18ac4). */
function defaultBalance(version: HaproxyVersion): HaproxyBalance {
  return isSince(version, '3.3') ? { kind: 'random', draws: randomDraws } : { kind: 'roundrobin' };
}
