import type { ContainerExit, ContainerSpec, RuntimeReply } from './container-factory.ts'
import type { LogLine } from './activation-log.ts'

/** What runs inside a container that lives in this process. */
export interface ContainerProgram {
  /** @throws ERR_NOT_REACHED, ERR_CONNECTION_LOST. A promise that never settles is a program that does not answer. */
  init(body: string): Promise<ProgramReply>
  run(body: string): Promise<ProgramReply>
  suspend(): Promise<void>
  resume(): Promise<void>
  /** The container is gone: stop timers, drop references. */
  stop(): void
}

export type ProgramReply = Pick<RuntimeReply, 'status' | 'body' | 'brief'>

/** What a program may do to its container. */
export interface ProgramHost {
  readonly id: string
  readonly spec: ContainerSpec
  /** Writes one line. Without an activation it goes to the one open log, if it is one. */
  log(activationId: string | undefined, stream: LogLine['stream'], text: string): void
  /** The activation prints nothing more. */
  endLog(activationId: string | undefined): void
  exit(exit: ContainerExit): void
}

/**
 * Starts the program of a new container.
 * @throws ERR_UNSUPPORTED, ERR_START_FAILED, ERR_IMAGE, ERR_UNAVAILABLE as {@link ContainerFactory.create}.
 */
export type StartProgram = (host: ProgramHost, signal: AbortSignal) => Promise<ContainerProgram>
