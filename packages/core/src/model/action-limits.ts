/** Limits of one action as its documents carry them. */
export interface ActionLimits {
  /** ms */
  readonly timeout: number
  /** MB */
  readonly memory: number
  /** MB */
  readonly logs: number
  /** Activations at once in one container. */
  readonly concurrency: number
  /** Containers at once, when bounded. */
  readonly instances?: number
  /**
   * Cores, e.g. 0.5; an addition to OpenWhisk's limits. Absent: the factory's default. Enforced where the container
   * factory has the capability `cpuLimit`.
   */
  readonly cpu?: number
}
