// The files of an agent: its ossec.conf, and the agent.conf and internal options beside it.
import type { AgentSettings } from '../../models/agentVersions.ts';
import { readInternalOptions } from '../import/internalOptions.ts';
import { readAgentConf, readOssecConf, type OssecConf } from '../import/ossecConf.ts';
import type { RoutingData } from '../schema.ts';
import type { Path } from '../wording.ts';
import type { Build } from './context.ts';
import { readConf } from './texts.ts';

export type AgentFiles = OssecConf & { readonly settings: readonly AgentSettings[] };

/** What the agents' files say: their servers, and the settings in the order in which they count. */
export function readAgentFiles(
  build: Build,
  given: RoutingData['ossec'],
  path: Path,
  version: string,
): AgentFiles | null {
  if (given === undefined) return null;
  const { file, agentConf, internalOptions } = typeof given === 'string' ? { file: given } : given;
  const conf = readConf(build, file, typeof given === 'string' ? path : [...path, 'file'], version, readOssecConf);
  const shared = readConf(build, agentConf, [...path, 'agentConf'], version, readAgentConf);
  const internal = readConf(build, internalOptions, [...path, 'internalOptions'], version, (source) => ({
    ...readInternalOptions(source),
    assumed: [],
  }));
  if (!conf) return null;
  const settings: AgentSettings[] = [conf.client];
  // agent.remote_conf=0: the agent takes no configuration from its manager.
  if (shared && internal?.remoteConf !== false) settings.push(shared.client);
  if (internal) settings.push({ internal: internal.internal });
  return { ...conf, settings };
}
