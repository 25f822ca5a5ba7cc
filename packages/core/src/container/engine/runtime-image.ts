/**
 * Labels of an image that tell what its runtime can do. One without them listens on port 8080 and writes sentinels, as
 * OpenWhisk's do.
 */
export const RUNTIME_LABELS = {
  /**
   * `unix`: it listens on the unix socket that `STEMCELL_SOCKET` names, if it is set, and lets every user connect who
   * can reach the socket.
   */
  socket: 'stemcell.runtime.socket',
  /** `attributed`: it understands `STEMCELL_LOGS=attributed` and `STEMCELL_LOG_TOKEN`. */
  logs: 'stemcell.runtime.logs',
} as const

/** Where runtimes listen that know nothing of sockets. */
export const RUNTIME_PORT = 8_080

/** What is known of an image that containers are made from. */
export interface RuntimeImage {
  /** The engine's own; a name may mean another image by the time a container is made. */
  readonly id: string
  /** Of the platform, and made for it: listens on a unix socket when told to, and may get a read-only root. */
  readonly own: boolean
  /** Marks log lines with their activation when told to. */
  readonly attributesLogs: boolean
  /** Names no user, or root. */
  readonly isRoot: boolean
}

/** An image as an engine describes it. */
export interface InspectedImage {
  readonly id: string
  readonly user: string
  readonly labels: Readonly<Record<string, string>>
}

/**
 * A user's image is believed nothing: its code runs before the platform can close the folder of a socket, and its
 * labels may come from the image it was built on.
 */
export function runtimeImage({ id, user, labels }: InspectedImage, userImage: boolean): RuntimeImage {
  return {
    id,
    own: !userImage && labels[RUNTIME_LABELS.socket] === 'unix',
    attributesLogs: !userImage && labels[RUNTIME_LABELS.logs] === 'attributed',
    isRoot: /^(|root|0)(:.*)?$/.test(user),
  }
}
