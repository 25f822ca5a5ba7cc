/**
 * Labels of an image that tell what its runtime can do. One without them listens on port 8080 and writes sentinels, as
 * OpenWhisk's do.
 */
export const RUNTIME_LABELS = {
  /** `unix`: it listens on the unix socket that `STEMCELL_SOCKET` names, and lets everybody connect who reaches it. */
  socket: 'stemcell.runtime.socket',
  /** `attributed`: it understands `STEMCELL_LOGS=attributed` and `STEMCELL_LOG_TOKEN`. */
  logs: 'stemcell.runtime.logs',
} as const

/** Where runtimes listen that know nothing of sockets. */
export const RUNTIME_PORT = 8_080
