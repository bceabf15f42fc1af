/**
 * Why a directive has no effect in Ferrous: one wording per reason, so that the documentation stays consistent.
 * @since 0.1.0
 */
export const ONE_THREAD = 'one event loop serves all clients';
export const NO_JEMALLOC = 'no jemalloc: memory is managed by pages of its own';
export const NO_MODULES = 'no native code: modules cannot be loaded';
export const NO_NOTIFY = 'Node.js has no datagram sockets of this kind: use Type=exec with systemd';
export const NO_SYSLOG = 'logs go to stdout or to logfile: a supervisor can pass them on';
export const NO_AFFINITY = 'Node.js cannot pin threads: use taskset or cpusets';
export const NO_CRASH_REPORT = 'Node.js prints its own report when a process crashes';
export const KERNEL = 'Node.js does not offer this system call';
export const NO_CLUSTER = 'no cluster mode in this version';
export const NO_TLS = 'no TLS in this version: put a TLS proxy in front';
export const NO_ACL = 'no ACL users in this version: there is requirepass';
export const NO_SCRIPTS = 'no scripts in this version';
export const NO_EVICTION = 'no eviction in this version';
export const NO_MONITORING = 'no slow log and latency monitor in this version';
export const NO_TRACKING = 'no client-side caching in this version';
export const NO_NOTIFICATIONS =
  'the events are made, for programs that embed the server; clients cannot subscribe in this version';
export const NO_TYPE_YET = 'its type is not there in this version';
