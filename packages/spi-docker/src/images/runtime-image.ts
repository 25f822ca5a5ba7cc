import { RUNTIME_LABELS } from '@stemcell/core/container-engine'

/** What is known of an image that containers are made from. */
export interface RuntimeImage {
  /** e.g. `stemcell/action-nodejs:20`. */
  readonly name: string
  /** The engine's own; a name may mean another image by the time a container is made. */
  readonly id: string
  /** Of the platform, and made for it: may get a read-only root. */
  readonly own: boolean
  /** Listens on a unix socket when told to. */
  readonly hasSocket: boolean
  /** Marks log lines with their activation when told to. */
  readonly attributesLogs: boolean
  /** Names no user, or root. */
  readonly isRoot: boolean
}

export interface InspectedImage {
  readonly Id: string
  readonly Config: { readonly User?: string; readonly Labels?: Readonly<Record<string, string>> | null }
}

/**
 * A user's image is believed nothing: its code runs before the platform can close the folder of a socket, and its
 * labels may come from the image it was built on.
 */
export function runtimeImage(name: string, { Id, Config }: InspectedImage, userImage: boolean): RuntimeImage {
  const labels = Config.Labels ?? {}
  const hasSocket = !userImage && labels[RUNTIME_LABELS.socket] === 'unix'
  return {
    name,
    id: Id,
    own: hasSocket,
    hasSocket,
    attributesLogs: !userImage && labels[RUNTIME_LABELS.logs] === 'attributed',
    isRoot: /^(|root|0)(:.*)?$/.test(Config.User ?? ''),
  }
}
