// Which hosts the configurations name as managers: the cluster, as far as files alone tell.
import { documentedVersion, parseHaproxyVersion } from '../models/balancer/haproxy/versions.ts';
import { includeFrom, type Files } from './files.ts';
import { readHaproxyConf } from './import/haproxyConf.ts';
import { readDirectives, type Directive } from './import/nginxSyntax.ts';
import { readOssecConf } from './import/ossecConf.ts';
import { ScenarioError } from './problem.ts';

/** `listen` for the events and the registration of agents. */
const agentPorts = /(^|:)151[45]$/;

/** Stands for the cluster while a configuration that names nobody is asked what is wrong with it. */
export const nobody = '192.0.2.1';

/** Hosts that the stream block of an nginx.conf passes the connections of agents to. */
export function peersOf(file: string, text: string, files: Files, outside?: boolean): string[] {
  const directives = readDirectives(file, text, includeFrom(files, file, outside), [], []);
  const stream = directives.filter(({ name }) => name === 'stream').flatMap(({ block }) => block ?? []);
  const first = ({ args }: Directive): string => args[0]?.text ?? '';
  const inside = (name: string, { block }: Directive): string[] =>
    (block ?? []).filter((inner) => inner.name === name).map(first);
  const upstreams = new Map(
    stream.filter(({ name }) => name === 'upstream').map((each) => [first(each), inside('server', each)]),
  );
  const servers = stream
    .filter(({ name }) => name === 'server')
    .map((each) => ({ listens: inside('listen', each), passes: inside('proxy_pass', each) }));
  // The balancer may serve a dashboard beside the agents: only what stands on their ports is the cluster.
  const agents = servers.filter(({ listens }) => listens.some((listen) => agentPorts.test(listen)));
  return (agents.length > 0 ? agents : servers)
    .flatMap(({ passes }) => passes.flatMap((to) => upstreams.get(to) ?? (/:\d+$/.test(to) ? [to] : [])))
    .map((host) => host.replace(/:\d+$/, ''));
}

/** Hosts of the backends that agents come to. */
export function haproxyServers(file: string, text: string, release?: string): string[] {
  try {
    const { options } = readHaproxyConf({
      file,
      text,
      version: (release === undefined ? null : parseHaproxyVersion(release)) ?? documentedVersion,
      cpus: null,
      env: new Map(),
      resolve: () => null,
      assume: [],
      purpose: 'choice',
    });
    const { frontends, backends } = options;
    const agents = frontends.filter(({ binds }) => binds.some(({ port }) => port === 1514 || port === 1515));
    return (agents.length > 0 ? agents : frontends).flatMap(
      ({ backendIndex }) => backends[backendIndex]?.servers.map(({ address }) => address) ?? [],
    );
  } catch (error) {
    if (error instanceof ScenarioError) return []; // told with its place when the scenario is read
    throw error;
  }
}

/** Hosts of an agent's list. */
export function listOf(file: string, text: string, version: string): string[] {
  try {
    return readOssecConf({ file, text, version }).servers.map((server) => server.text);
  } catch (error) {
    if (error instanceof ScenarioError) return [];
    throw error;
  }
}
