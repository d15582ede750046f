// Scenario texts for tests: a small one that is right, and what the loader says about changes of it.
import type { Files } from '../../src/scenario/files.ts';
import { loadScenario, type Overrides } from '../../src/scenario/load.ts';
import { ScenarioError, type Problem } from '../../src/scenario/problem.ts';
import type { Mode, Scenario } from '../../src/scenario/scenario.ts';

export const nginxConf = `events {}
stream {
  upstream cluster { hash $remote_addr consistent; server 172.0.0.4:1514; server 172.0.0.5:1514; }
  server { listen 1514; proxy_pass cluster; }
}
`;

export const ossecConf = (...addresses: readonly string[]): string =>
  `<ossec_config><client>${addresses.map((address) => `<server><address>${address}</address></server>`).join('')}</client></ossec_config>\n`;

/** Parts of a scenario file, each a line or more at the top level; a part given anew replaces its default. */
export interface Parts {
  readonly duration?: string;
  readonly cluster?: string;
  readonly fleet?: string;
  readonly modes?: string;
  readonly faults?: string;
  /** Further top-level lines. */
  readonly more?: string;
}

export function scenarioText(parts: Parts = {}): string {
  return `fleetfall: 1
duration: ${parts.duration ?? '30m'}
cluster: ${parts.cluster ?? '{ nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }'}
fleet: ${parts.fleet ?? '{ servers: { count: 10, events: { rate: 1/s } } }'}
modes: ${parts.modes ?? '{ failover: { servers: [worker01, worker02] } }'}
faults: ${parts.faults ?? '[{ at: 10m, kill: worker01, for: 5m }]'}
${parts.more ?? ''}`;
}

/** Files by name, as a scenario beside them sees them. */
export function filesOf(texts: Readonly<Record<string, string>>): Files {
  return {
    read: (path) => {
      if (!Object.hasOwn(texts, path)) throw new Error('no such file.');
      return texts[path]!;
    },
    list: () => Object.keys(texts).sort(),
  };
}

export interface Beside {
  readonly files?: Readonly<Record<string, string>>;
  readonly overrides?: Overrides;
}

export function load(text: string, { files = {}, overrides = {} }: Beside = {}): Scenario {
  return loadScenario({
    file: 's.yaml',
    text,
    files: filesOf({ 'nginx.conf': nginxConf, 'ossec.conf': ossecConf('172.0.0.4', '172.0.0.5'), ...files }),
    overrides,
  });
}

/** `line:column  text` of every problem, with the file in front where it is another one. */
export function problemsOf(text: string, beside: Beside = {}): string[] {
  try {
    load(text, beside);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems.map(problemText);
    throw error;
  }
  return [];
}

export function problemText({ position, text }: Problem): string {
  if (position === null) return text;
  const file = position.file === 's.yaml' ? '' : `${position.file}:`;
  return `${file}${position.line}:${position.column}  ${text}`;
}

/** The first mode of a scenario. */
export function modeOf(parts: Parts, beside: Beside = {}): Mode {
  return load(scenarioText(parts), beside).modes[0]!;
}

/** The fleet and the cluster of a scenario, all of a release. */
export const fleetOf = (version: string, rest = ''): string =>
  `{ servers: { count: 10, version: ${version}, events: { rate: 1/s }${rest} } }`;
export const clusterOf = (version: string, worker = ''): string =>
  `{ version: ${version}, nodes: { worker01: { address: 172.0.0.4${worker} }, worker02: { address: 172.0.0.5 } } }`;
