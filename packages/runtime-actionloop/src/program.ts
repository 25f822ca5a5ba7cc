import type { Reply } from '@stemcell/runtime-nodejs/kit'

export interface Call {
  /** Body of `POST /run` as it came in. */
  readonly body: Buffer
  readonly value: unknown
  /** The `__OW_*` values of this call. */
  readonly env: ReadonlyMap<string, string>
}

/** What an init leaves behind: something that answers one call after the other. */
export interface Program {
  /** Never rejects. When it has settled, all that the call printed has been handed on. */
  run(call: Call): Promise<Reply>
  /** False once no further call can be answered. */
  readonly alive: boolean
  kill(): void
}

/** Takes what a program prints. */
export type Sink = (fd: 1 | 2, bytes: Buffer) => void
