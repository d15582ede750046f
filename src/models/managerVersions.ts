// What a manager does differently from release to release. Sources: src/remoted/secure.c, manager.c at the releases named.
import { atLeast } from './agentVersions.ts';

/**
 * True where the handler threads themselves write a control message to the database, after they have sent the ACK; from 4.13.0
 * one further thread does that. 4.12.0, manager.c, save_controlmsg(); 4.13.0, validate_control_msg(), save_control_thread().
 */
export function handlesControlInline(version: string): boolean {
  return !atLeast(version, '4.13.0');
}

/** True where messages are thrown away whose connection has closed since they were queued: up to 4.5, rem_handler_main(). */
export function dropsQueuedOnClose(version: string): boolean {
  return !atLeast(version, '4.6.0');
}

/** What happens to the first message on a second connection of a key while the first connection is open. */
export type KeyRule =
  /** No check: the next control message points the key to the new connection (up to 4.3). */
  | { readonly kind: 'repoint' }
  /** The new connection is closed (4.4.0 to 4.5.1). */
  | { readonly kind: 'refuse' }
  /** The new connection is closed unless the agent has been silent for longer than this (from 4.5.2). */
  | { readonly kind: 'overtake'; readonly seconds: number };

/** secure.c, HandleSecureMessage(), "Agent key already in use"; `connection_overtake_time` 0 never lets anybody overtake. */
export function keyRuleOf(version: string, connectionOvertakeSeconds: number): KeyRule {
  if (!atLeast(version, '4.4.0')) return { kind: 'repoint' };
  if (!atLeast(version, '4.5.2') || connectionOvertakeSeconds === 0) return { kind: 'refuse' };
  return { kind: 'overtake', seconds: connectionOvertakeSeconds };
}

/**
 * True when the second connection is closed.
 * @param silentSeconds whole seconds between the last message of the agent that was valid and now.
 */
export function refusesKey(rule: KeyRule, silentSeconds: number): boolean {
  switch (rule.kind) {
    case 'repoint':
      return false;
    case 'refuse':
      return true;
    case 'overtake':
      return silentSeconds <= rule.seconds;
    default:
      rule satisfies never;
      throw new Error('unknown rule');
  }
}

/**
 * How long analysisd goes on after remoted is gone when a manager is stopped, µs. wazuh-control waits for one daemon after the
 * other up to 4.12, looking every 0.1 s: remoted and syscheckd come before analysisd. From 4.13 all get their signal at once.
 * Wazuh 3.13.6 to 4.12.0 and 4.14.7, src/init/wazuh-server.sh, stop_service(); 4.13 is taken to be as 4.14.
 */
export function analysisOutlivesUs(version: string): number {
  return atLeast(version, '4.13.0') ? 0 : 200_000;
}
