// Where each client or agent lands, as a function over plain data: one question for every balancer, asked of the code that a run uses.
import { parseHaproxyVersion } from '../models/balancer/haproxy/versions.ts';
import { assigned, moved, type Assigned, type AssignedServer, type Moved } from '../metrics/assignment.ts';
import { nginxChooser } from '../scenario/assign.ts';
import { haproxyChooser } from '../scenario/assignHaproxy.ts';
import { askFleet, balancerOf, changedProduct, listenerChoosers, type FleetAsked } from '../scenario/assignScenario.ts';
import { askAll, checkClients, type Chooser } from '../scenario/chooser.ts';
import { diskFiles, includeFrom, type Files } from '../scenario/files.ts';
import { releaseProblem } from '../scenario/import/nginxReleases.ts';
import { ScenarioError, type Problem } from '../scenario/problem.ts';
import type { Mode, Scenario, Warning } from '../scenario/scenario.ts';
import type { ServerChanges } from '../scenario/serverChanges.ts';
import { listNames, quote } from '../scenario/wording.ts';

/** A hypothetical other configuration: what would be with these servers more, these less, and these weights. */
export interface AssignChange {
  /** What stands behind `server` (`10.0.0.9:1514 weight=2`; of HAProxy `worker9 10.0.0.9:1514 check`); of a scenario a node. */
  readonly add?: readonly string[] | undefined;
  /** As written, without parameters; of HAProxy the name; of a scenario a node. */
  readonly remove?: readonly string[] | undefined;
  /** Whole numbers by server, named as in `remove`. Not of a scenario: read it with other settings (`Overrides`). */
  readonly weight?: Readonly<Record<string, number>> | undefined;
}

interface OfConfiguration {
  /** Client addresses as the balancer sees them, IPv4 or IPv6, one a connection. */
  readonly clients: readonly string[];
  /** Port of the `listen` or `bind` that is asked; default 1514. */
  readonly port?: number | undefined;
  /** Servers, as written without parameters (of HAProxy names), that take no connections. */
  readonly down?: readonly string[] | undefined;
  /** Addresses of the host names of the configuration. */
  readonly resolve?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Release of the balancer, such as `1.27.3` or `2.8`; absent: nginx 1.22.1, the HAProxy that Wazuh documents. */
  readonly release?: string | undefined;
  readonly change?: AssignChange | undefined;
}

export interface NginxQuestion extends OfConfiguration {
  /** Path of an nginx.conf. */
  readonly nginx: string;
  /** Only this upstream; absent: the one that the server on `port` passes to. */
  readonly upstream?: string | undefined;
  /** `include` may name files that are not below the folder of the configuration. */
  readonly includesOutside?: boolean | undefined;
}

export interface HaproxyQuestion extends OfConfiguration {
  /** Path of a haproxy.cfg. */
  readonly haproxy: string;
  readonly backend?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Of a scenario any balancer can be asked: nginx, HAProxy, AWS NLB, Kubernetes, Envoy, F5, DNS. */
export interface ScenarioQuestion {
  readonly scenario: Scenario;
  /** Needed where there are several. */
  readonly mode?: string | undefined;
  /** One of several balancers; absent: the one that agents connect to. */
  readonly balancer?: string | undefined;
  /** Absent: the scenario's own agents, each with its first connection. */
  readonly clients?: readonly string[] | undefined;
  /** Whose luck is drawn, from 1, the default. */
  readonly replication?: number | undefined;
  readonly change?: AssignChange | undefined;
}

export type AssignQuestion = NginxQuestion | HaproxyQuestion | ScenarioQuestion;

export interface AssignedClient {
  /** `group/number` or the id of an inventory; `null`: an address that was asked about. */
  readonly agent: string | null;
  /** As the balancer sees it. */
  readonly address: string;
  /** Of nginx the address connected to where it is known, of HAProxy the server's name, of a scenario the node's; `null`: nothing usable. */
  readonly server: string | null;
}

/** Where everybody lands, and how evenly. */
export interface AssignAnswer extends Assigned {
  /** `nginx hash $remote_addr consistent`. */
  readonly balancer: string;
  /** In the order in which they were asked, or of the fleet. */
  readonly clients: readonly AssignedClient[];
  readonly warnings: readonly Warning[];
}

/**
 * Which server does each client address, or each agent of a scenario, land on? The connections are made one after the other within one second,
 * each closed before the next: methods that count connections would see them otherwise in a running cluster.
 * @param files where configurations are read; absent: the disk, from the working directory.
 * @throws ScenarioError with every mistake of the question and of the files it names; settings are called there as on the command line.
 */
export function assign(question: AssignQuestion, files: Files = diskFiles('.')): AssignAnswer {
  return 'scenario' in question ? ofScenario(question) : ofConfiguration(question, files);
}

/**
 * Who is elsewhere in the second answer: clients are compared one by one, servers by name.
 * @throws RangeError for answers about different clients.
 */
export function movedClients(before: AssignAnswer, after: AssignAnswer): Moved {
  const same =
    before.clients.length === after.clients.length &&
    before.clients.every(({ agent, address }, index) => {
      const other = after.clients[index]!;
      return other.agent === agent && other.address === address;
    });
  if (!same) throw new RangeError('the two answers are about different clients: ask about the same list twice.');
  return moved(indexed(before), indexed(after));
}

function indexed({ servers, clients }: AssignAnswer): { servers: readonly AssignedServer[]; peers: Int32Array } {
  const index = new Map(servers.map(({ server }, at) => [server, at]));
  return {
    servers: servers.map(({ server, weight, ideal }) => ({ label: server, weight, takesPart: ideal > 0 })),
    peers: Int32Array.from(clients, ({ server }) => (server === null ? -1 : index.get(server)!)),
  };
}

function ofConfiguration(question: NginxQuestion | HaproxyQuestion, files: Files): AssignAnswer {
  const problems: Problem[] = [];
  const file = 'nginx' in question ? question.nginx : question.haproxy;
  const chooser = chooserOf(question, file, files, problems);
  checkClients(question.clients, 'clients', problems);
  if (problems.length > 0 || chooser === null) throw new ScenarioError(file, problems);
  return ofList(chooser, question.clients);
}

function chooserOf(
  question: NginxQuestion | HaproxyQuestion,
  file: string,
  files: Files,
  problems: Problem[],
): Chooser | null {
  const { port, down = [], resolve = {}, release } = question;
  const common = { file, text: textOf(file, files), port, down, resolve: new Map(Object.entries(resolve)) };
  const changes = changesOf(question.change);
  if ('nginx' in question) {
    const { upstream, includesOutside } = question;
    if (release !== undefined && releaseProblem(release) !== null) {
      problems.push({
        position: null,
        text: `--release: expected 1.22.1 to 1.31 with a patch, got ${quote(release)}.`,
      });
      return null;
    }
    const readInclude = includeFrom(files, file, includesOutside);
    return nginxChooser({ ...common, readInclude, upstream, version: release }, problems, changes);
  }
  const version = release === undefined ? undefined : parseHaproxyVersion(release);
  if (version === null) {
    problems.push({ position: null, text: `--release: expected 2.6 to 3.4, or a patch, got ${quote(release!)}.` });
    return null;
  }
  const { backend, env = {} } = question;
  return haproxyChooser({ ...common, version, backend, env: new Map(Object.entries(env)) }, problems, changes);
}

function ofScenario(question: ScenarioQuestion): AssignAnswer {
  const { scenario, clients, change, replication = 1 } = question;
  const problems: Problem[] = [];
  const mode = modeOf(scenario, question.mode, problems);
  const found = mode && balancerOf(mode, question.balancer ?? null, problems);
  if (clients) checkClients(clients, 'clients', problems);
  const { weight, ...nodes } = changesOf(change);
  if (weight.length > 0) {
    const text =
      'weights of a scenario are changed by reading it with other settings: readScenarioFile(path, { set }).';
    problems.push({ position: null, text });
  }
  if (!Number.isInteger(replication) || replication < 1) {
    problems.push({ position: null, text: `replication: expected a whole number from 1, got ${replication}.` });
  }
  const product = mode && found && changedProduct(mode.world, found.options.product, nodes, problems);
  if (problems.length > 0 || !mode || !found || !product) throw new ScenarioError(scenario.source, problems);
  const choosers = listenerChoosers(mode.world, found, product);
  const [first] = choosers.values();
  const chooser = { ...first!, description: mode.description };
  if (clients) return ofList(chooser, clients);
  const asked = askFleet(mode.world, found, { seed: scenario.seed, replication: replication - 1 }, choosers);
  return answer(chooser, asked);
}

function modeOf({ modes }: Scenario, name: string | undefined, problems: Problem[]): Mode | null {
  const mode =
    name === undefined ? (modes.length === 1 ? modes[0] : undefined) : modes.find((each) => each.name === name);
  if (mode) return mode;
  const known = listNames(modes.map((each) => each.name));
  const text =
    name === undefined
      ? `say which mode: --mode NAME. Modes: ${known}.`
      : `--mode: no mode is called ${quote(name)}. Known: ${known}.`;
  problems.push({ position: null, text });
  return null;
}

function ofList(chooser: Chooser, clients: readonly string[]): AssignAnswer {
  return answer(chooser, {
    count: clients.length,
    name: () => null,
    address: (index) => clients[index]!,
    peers: askAll(chooser, clients),
  });
}

type Asked = Omit<FleetAsked, 'name'> & { readonly name: (index: number) => string | null };

function answer({ servers, warnings, description }: Chooser, { count, name, address, peers }: Asked): AssignAnswer {
  return {
    balancer: description,
    ...assigned(servers, peers),
    clients: Array.from({ length: count }, (_, index) => ({
      agent: name(index),
      address: address(index),
      server: servers[peers[index]!]?.label ?? null,
    })),
    warnings,
  };
}

function changesOf({ add = [], remove = [], weight = {} }: AssignChange = {}): ServerChanges {
  const weights = Object.entries(weight).map(([server, value]) => ({ server, weight: value }));
  return { add, remove, weight: weights };
}

function textOf(file: string, files: Files): string {
  try {
    return files.read(file, undefined, 'configuration');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ScenarioError(file, [{ position: null, text: `cannot be read: ${reason}` }]);
  }
}
