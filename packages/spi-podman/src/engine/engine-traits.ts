/** What differs from one Podman to another. */
export interface EngineTraits {
  readonly rootless: boolean
  readonly networkBackend: string | undefined
  /** The network mode in which a container without root has a network stack of its own. */
  readonly userNetwork: 'slirp4netns' | 'pasta'
}
