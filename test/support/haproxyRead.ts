// A haproxy.cfg read for its choices alone.
import type { HaproxyOptions } from '../../src/models/balancer/haproxy/options.ts';
import type { HaproxyVersion } from '../../src/models/balancer/haproxy/versions.ts';
import { readHaproxyConf } from '../../src/scenario/import/haproxyConf.ts';

export function haproxyOptionsOf(text: string, version: HaproxyVersion): HaproxyOptions {
  return readHaproxyConf({
    file: 'haproxy.cfg',
    text,
    version,
    cpus: 1,
    env: new Map(),
    resolve: () => null,
    assume: [],
    purpose: 'choice',
  }).options;
}
