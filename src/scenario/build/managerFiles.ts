// The files of a manager: its ossec.conf and the internal options beside it, and whether they fit the cluster of the scenario.
import { readManagerConf, type ClusterConf, type ManagerConf, type Written } from '../import/managerConf.ts';
import { readManagerOptions, type ManagerOptions } from '../import/managerOptions.ts';
import type { NodeData } from '../schema.ts';
import { quote } from '../wording.ts';
import type { Build } from './context.ts';
import { readConf } from './texts.ts';

export interface ManagerFiles {
  /** `null`: none is given. */
  readonly conf: ManagerConf | null;
  readonly options: ManagerOptions;
}

export function readManagerFiles(build: Build, name: string, node: NodeData, version: string): ManagerFiles {
  const path = ['cluster', 'nodes', name, 'ossec'];
  const given = typeof node.ossec === 'string' ? { file: node.ossec } : (node.ossec ?? {});
  const { file, internalOptions }: { file?: string | undefined; internalOptions?: string | undefined } = given;
  if (node.ossec !== undefined && file === undefined && internalOptions === undefined) {
    build.fail(path, `cluster.nodes.${name}.ossec names no file. Give it file, internalOptions, or both.`);
  }
  const filePath = typeof node.ossec === 'string' ? path : [...path, 'file'];
  return {
    conf: readConf(build, file, filePath, version, readManagerConf),
    options: readConf(build, internalOptions, [...path, 'internalOptions'], version, readManagerOptions)?.options ?? {},
  };
}

/** Each node's file has to be that node's: its role, its name, and the cluster it belongs to. */
export function checkManagerFiles(
  build: Build,
  nodes: readonly (readonly [name: string, node: NodeData])[],
  files: readonly ManagerFiles[],
): void {
  const isAlone = nodes.length === 1;
  const names = new Map<string, string>();
  let first: Written<string> | null = null;
  for (const [index, [name, node]] of nodes.entries()) {
    const conf = files[index]!.conf;
    if (conf === null) continue;
    if (!isAlone && node.role === 'worker') warnOfDisconnection(build, name, conf);
    const { cluster } = conf;
    if (cluster === null) continue;
    if (cluster.disabled?.value === true) {
      if (isAlone) continue;
      const what = `<cluster> is disabled here, so ${name} would share neither keys nor status with the other nodes`;
      refuse(build, cluster.disabled, `${what}. Write <disabled>no</disabled>.`);
      continue;
    }
    if (!isAlone) checkRole(build, name, node, cluster);
    checkName(build, name, nodes, cluster, names);
    if (cluster.clusterName === null) continue;
    if (first !== null && first.value !== cluster.clusterName.value) {
      const { file, line, column } = first.position;
      const other = `${quote(first.value)} in ${file}:${line}:${column}`;
      const what = `<name>: the nodes of one cluster have one name, and this is ${quote(cluster.clusterName.value)}, but ${other}`;
      refuse(build, cluster.clusterName, `${what}: they would refuse each other. Write the same.`);
    }
    first ??= cluster.clusterName;
  }
}

function refuse(build: Build, { position }: Written<unknown>, text: string): void {
  build.refuse([{ position, text }]);
}

function checkRole(build: Build, name: string, node: NodeData, { role }: ClusterConf): void {
  if (role === null || role.value === node.role) return;
  const what = `<node_type> makes this a ${role.value}, but the scenario makes ${name} a ${node.role}`;
  refuse(build, role, `${what} (cluster.nodes.${name}.role). Change one of them.`);
}

function checkName(
  build: Build,
  name: string,
  nodes: readonly (readonly [name: string, node: NodeData])[],
  { nodeName }: ClusterConf,
  taken: Map<string, string>,
): void {
  if (nodeName === null) return;
  const called = ([other, node]: readonly [string, NodeData]): boolean =>
    other === nodeName.value || node.names.includes(nodeName.value);
  const owner = taken.get(nodeName.value);
  const meant = nodes.find(called)?.[0];
  if (meant !== undefined && meant !== name) {
    refuse(build, nodeName, `<node_name>: this is the file of ${meant}, given to ${name}. Name the right file.`);
  } else if (owner !== undefined) {
    const what = `<node_name> ${quote(nodeName.value)} is ${owner}'s already: the master refuses a second node of a name`;
    refuse(build, nodeName, `${what}. Give ${name} a file of its own.`);
  } else if (meant === undefined) {
    const text = `<node_name> is ${quote(nodeName.value)}, and the scenario calls the node ${name}. If this is the right file, list it under cluster.nodes.${name}.names.`;
    build.warn({ position: nodeName.position, text });
  }
  if (owner === undefined) taken.set(nodeName.value, name);
}

/** A worker's monitord marks in its own database only, and nothing of that goes up: wazuh-db, `synced`. */
function warnOfDisconnection(build: Build, name: string, conf: ManagerConf): void {
  const written = conf.disconnectionSeconds ?? conf.disconnectionAlertSeconds;
  if (written === null) return;
  const which = conf.disconnectionSeconds ? '<agents_disconnection_time>' : '<agents_disconnection_alert_time>';
  const text = `${which} decides nothing on ${name}: which agents the dashboard calls disconnected is for the master to say.`;
  build.warn({ position: written.position, text });
}
