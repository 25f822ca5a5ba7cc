import type { RootFs } from './root-fs.ts'

export { RUNTIME_LABELS } from '@stemcell/core/container-engine'

/** An image that can be made from what this machine has. One file in `definitions` each. */
export interface ImageDefinition {
  /** Without prefix and tag, e.g. `action-nodejs`. */
  readonly name: string
  /** For the list that the command line prints. */
  readonly summary: string
  /**
   * Gathers the contents.
   * @throws ERR_CONFIG the message names what this machine lacks, and how to get it.
   */
  readonly plan: (options: PlanOptions) => ImagePlan
}

export interface PlanOptions {
  /** Files by name of a program, such as `node`, in place of those that are found in `PATH`. */
  readonly programs?: Readonly<Record<string, string>>
}

export interface ImagePlan {
  readonly tag: string
  /** The same image has these as well. */
  readonly furtherTags?: readonly string[]
  /** Lowest first. What changes often belongs on top: an engine keeps layers that it has already. */
  readonly layers: readonly RootFs[]
  readonly config: ImageConfig
}

/** As an image's `Config`. */
export interface ImageConfig {
  readonly entrypoint: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingFolder: string
  /** `uid:gid`, never root. */
  readonly user: string
  /** See {@link RUNTIME_LABELS}. */
  readonly labels: Readonly<Record<string, string>>
}
