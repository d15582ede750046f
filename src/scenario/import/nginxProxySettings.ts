// Directives of the proxy module, in a `server` block or for all of them. nginx 1.22.1, src/stream/ngx_stream_proxy_module.c.
import type { Reading } from './nginxReading.ts';
import type { Directive } from './nginxSyntax.ts';
import { parseSize } from './nginxValues.ts';
import { quote } from '../wording.ts';

export interface ProxySettings {
  connectTimeoutUs: number;
  sessionTimeoutUs: number;
  nextUpstream: boolean;
  nextUpstreamTries: number;
  nextUpstreamTimeoutUs: number;
  proxyBufferBytes: number;
  /** `ssl_preread`, of another module. */
  preread: boolean;
  /** `proxy_requests`: datagrams after which a client begins another session; 0: no limit. */
  requests: number;
  /** `proxy_responses`; `null`: no limit. */
  responses: number | null;
}

// src/stream/ngx_stream_proxy_module.c, ngx_stream_proxy_merge_srv_conf().
export const proxyDefaults: ProxySettings = {
  connectTimeoutUs: 60_000_000,
  sessionTimeoutUs: 600_000_000,
  nextUpstream: true,
  nextUpstreamTries: 0,
  nextUpstreamTimeoutUs: 0,
  proxyBufferBytes: 16_384,
  preread: false,
  requests: 0,
  responses: null,
};

/** @returns false when the directive is none of the proxy module's. */
export function readProxySetting(
  reading: Reading,
  directive: Directive,
  settings: ProxySettings,
  seen: Set<string>,
): boolean {
  const { name } = directive;
  switch (name) {
    case 'proxy_connect_timeout':
      settings.connectTimeoutUs = reading.time(directive, seen) ?? settings.connectTimeoutUs;
      return true;
    case 'proxy_timeout':
      settings.sessionTimeoutUs = reading.time(directive, seen) ?? settings.sessionTimeoutUs;
      return true;
    case 'proxy_next_upstream_timeout':
      settings.nextUpstreamTimeoutUs = reading.time(directive, seen) ?? settings.nextUpstreamTimeoutUs;
      return true;
    case 'proxy_next_upstream_tries':
      reading.once(directive, seen);
      settings.nextUpstreamTries = reading.number(directive, 0, 1_000_000_000) ?? settings.nextUpstreamTries;
      return true;
    case 'proxy_requests':
      reading.once(directive, seen);
      settings.requests = reading.number(directive, 0, 1_000_000_000) ?? settings.requests;
      return true;
    case 'proxy_responses':
      reading.once(directive, seen);
      settings.responses = reading.number(directive, 0, 1_000_000_000) ?? settings.responses;
      return true;
    case 'proxy_next_upstream':
      reading.once(directive, seen);
      settings.nextUpstream = reading.flag(directive) ?? settings.nextUpstream;
      return true;
    case 'proxy_downstream_buffer':
    case 'proxy_upstream_buffer':
    case 'proxy_buffer_size': {
      if (name !== 'proxy_buffer_size') {
        reading.warn(directive.position, `${name} is an old name of proxy_buffer_size.`);
      }
      reading.once({ ...directive, name: 'proxy_buffer_size' }, seen);
      const [value] = reading.args(directive, 1, 1);
      const bytes = value ? parseSize(value.text) : null;
      if (value && (bytes === null || bytes === 0)) {
        reading.problem(value.position, `${name} takes a size such as 16k, got ${quote(value.text)}.`);
      }
      settings.proxyBufferBytes = bytes ?? settings.proxyBufferBytes;
      return true;
    }
    case 'ssl_preread':
      reading.once(directive, seen);
      settings.preread = reading.flag(directive) ?? settings.preread;
      return true;
    case 'proxy_protocol':
    case 'proxy_ssl':
      reading.once(directive, seen);
      if (reading.flag(directive) === true) reading.notModelled(directive);
      return true;
    case 'proxy_download_rate':
    case 'proxy_upload_rate': {
      reading.once(directive, seen);
      const [value] = reading.args(directive, 1, 1);
      if (value && value.text !== '0') reading.notModelled(directive);
      return true;
    }
    default:
      return false;
  }
}
