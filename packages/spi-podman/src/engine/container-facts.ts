export interface ContainerFacts {
  readonly id: string
  /** `waiting`: made and not started. */
  readonly status: 'waiting' | 'running' | 'paused' | 'ended'
  /** Of its first process; 0 when it has none. */
  readonly pid: number
  readonly exitCode: number
  readonly oomKilled: boolean
  readonly startedAt: string
  readonly addresses: Readonly<Record<string, string>>
  /** Port on 127.0.0.1 that leads to the runtime's. */
  readonly publishedPort?: number
}
