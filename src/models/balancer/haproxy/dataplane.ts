// What the Data Plane API changes in a configuration for Wazuh's HAProxy helper: a server has a name, an address, a port and `check`, and
// everything else by default. Source: Wazuh 4.9.0, framework/wazuh/core/cluster/hap_helper/proxy.py, ProxyAPI. Not modelled:
// `default-server` lines, whose values such a server would have.
import { checkDefaults, serverDefaults, serverIds, type HaproxyOptions, type HaproxyServerOptions } from './options.ts';

/** Backends that a frontend leads to, in the order of the process' pools. */
export function usedBackends({ frontends }: HaproxyOptions): readonly number[] {
  return [...new Set(frontends.map(({ backendIndex }) => backendIndex))];
}

/** Index among the pools of the process; -1: no frontend leads to a backend of this name. */
export function poolOf(options: HaproxyOptions, backend: string): number {
  return usedBackends(options).findIndex((index) => options.backends[index]!.name === backend);
}

export function withServer(
  options: HaproxyOptions,
  backend: string,
  { name, address, port }: { readonly name: string; readonly address: string; readonly port: number },
): HaproxyOptions {
  return changed(options, backend, (servers) => [
    ...servers,
    {
      ...serverDefaults,
      serverText: name,
      address,
      port,
      id: serverIds([...servers.map(({ id }) => id), null]).at(-1)!,
      check: { ...checkDefaults, address, port },
    },
  ]);
}

/** Ids that nobody has written are counted anew. */
export function withoutServer(options: HaproxyOptions, backend: string, name: string): HaproxyOptions {
  return changed(options, backend, (servers) => {
    const rest = servers.filter(({ serverText }) => serverText !== name);
    const isCounted = servers.every(({ id }, index) => id === index + 1);
    return isCounted ? rest.map((server, index) => ({ ...server, id: index + 1 })) : rest;
  });
}

function changed(
  options: HaproxyOptions,
  name: string,
  change: (servers: readonly HaproxyServerOptions[]) => readonly HaproxyServerOptions[],
): HaproxyOptions {
  const backends = options.backends.map((backend) =>
    backend.name === name ? { ...backend, servers: change(backend.servers) } : backend,
  );
  return { ...options, backends };
}
