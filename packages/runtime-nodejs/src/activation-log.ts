import type { Activation } from './activation-scope.ts'

/** Where the output of an action goes, and how its reader learns that an activation has printed everything. */
export interface ActivationLog {
  write(fd: 1 | 2, bytes: Uint8Array): void
  /** Completes the last line of both streams. */
  complete(activation: Activation): void
  /**
   * Completes both streams and marks their end; the reader may take the activation's log as whole. True when there is
   * nothing to mark the end of, and the answer has to say so instead.
   */
  end(activation: Activation): boolean
}
