// The world's integer alphabets: what an agent does, what it waits for, which timers and events there are.

// What the main thread of an agent does.
export const State = {
  Off: 0,
  Trying: 1,
  Sleeping: 2,
  /** Up to 4.2.1, before it enrolls: asks whether the manager lives. */
  Pinging: 3,
  Enrolling: 4,
  Connected: 5,
  Frozen: 6,
  Waking: 7,
  /** Up to 3.13.0: looks for a manager on the session it has (listWalk.ts). */
  Stale: 8,
  /** The agent's service is stopped and starts again (lifecycle.ts). */
  Down: 12,
} as const;
// Next step of a connection attempt, or of the end of a connection.
export const Step = {
  Arrive: 0,
  PeerArrive: 1,
  PeerFailed: 2,
  Handshake: 3,
  Enrolled: 4,
  Fail: 5,
  Closed: 6,
  Udp: 7,
  /** The balancer has seen no byte for its time-out. */
  Idle: 8,
  /** The third packet of the handshake reaches the balancer. */
  Accept: 9,
  /** The peer's answer to the balancer's SYN arrives. */
  PeerConnected: 10,
  /** A session its agent had given up for lost answers (listWalk.ts). */
  Revived: 11,
  /** The third packet of the handshake, or the startup message sent again, reaches the node's accept queue. */
  Enters: 12,
  /** remoted takes the connection from its accept queue. */
  Taken: 13,
  /** A leg of the session changes by itself. */
  Review: 14,
  /** The balancer's FIN of a session in which nothing moved reaches the agent (idle.ts). */
  IdleEnd: 17,
  /** A balancer tries again after a pause. */
  PeerAgain: 15,
  /** No peer has had room for too long. */
  QueueOver: 16,
  /** A datagram of a connected agent is at nginx (udpBalanced.ts). */
  Datagram: 18,
  /** Nobody has answered the balancer's SYN in time. */
  PeerMute: 19,
  /** A forwarder has seen no packet of a flow for its time-out (idleFlows.ts). */
  FlowIdle: 20,
  /** The next datagram of a flow that was forgotten is at the forwarder. */
  FlowAnew: 21,
} as const;
// What an attempt waits for when no step is under way.
export const Wait = {
  None: 0,
  Syn: 1,
  Queue: 2,
  Ack: 3,
  PeerSyn: 4,
  Stalled: 5,
  /** In the accept queue of a node that works. */
  Accepts: 6,
  /** Its startup message waits for a handler of remoted. */
  Handler: 7,
  /** In the kernel's queue of a balancer that has no room for it. */
  Slot: 8,
  /** At a balancer all of whose peers are full. */
  Peer: 9,
  /** At a balancer that tries again after a pause. */
  Pause: 10,
} as const;
// What happens to what a connected agent sends.
export const Broken = {
  No: 0,
  Silent: 1,
  Hung: 2,
  Dead: 3,
  Void: 4,
  /** It arrives, and no answer comes. */ Deaf: 5,
} as const;
// Timers of an agent: its main thread, its connection, its dispatcher, logcollector, the keepalive that meets a full buffer.
export const Timer = { Main: 0, Path: 1, Dispatch: 2, Logcollector: 3, Keepalive: 4 } as const;
export const timersPerAgent = 5;
export const EventKind = {
  FaultStart: 0,
  FaultEnd: 1,
  StartupEnd: 2,
  AcceptsEnd: 3,
  Settled: 4,
  /** An agent is told to restart, to reconnect, or does so by itself (lifecycle.ts). */
  Told: 20,
  /** The handlers of a node come to the next startup that waits. */
  Handlers: 5,
  /** What an agent has left behind on a connection is heard, or given up. */
  Leftover: 6,
  /** analysisd of a node writes what has come late (flush.ts). */
  Flush: 7,
  /** Old processes of a balancer end (shutdown.ts). */
  Shutdown: 8,
  /** A balancer's check of a peer begins, arrives or ends (checks.ts). */
  Check: 9,
  /** A node is drained before it stops (drain.ts). */
  Drain: 10,
  /** An address moves from one balancer to another (vip.ts). */
  Takeover: 11,
  /** A balancer goes on with an attempt that its agent has given up (abandoned.ts). */
  Abandoned: 13,
  /** `proxy_timeout` of datagrams is over (udpBalanced.ts). */
  DatagramsEnd: 14,
  /** Wazuh's HAProxy helper wakes, or what it has changed is read (haproxyHelper.ts). */
  Helper: 12,
} as const;
