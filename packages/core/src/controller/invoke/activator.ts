import type { Activation } from '../../model/activation.ts'
import type { StoredAction } from '../../model/action.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonText } from '../../model/json-text.ts'
import type { Transaction } from '../../model/transaction.ts'

/** One invocation, after every check that the API makes. */
export interface ActivationRequest {
  readonly transaction: Transaction
  /** The id that the activation is to have. Default: one of its own. Whoever gives one knows that it is not in use. */
  readonly activationId?: string
  /** Who pays and owns the record. */
  readonly user: Identity
  /** The action as resolved, package and binding parameters merged into its own. */
  readonly target: StoredAction
  /** Path of the package binding through which it was named. */
  readonly binding?: string
  /** The request's own arguments, laid over the action's parameters; an object or an array. */
  readonly payload?: JsonText
  readonly blocking: boolean
  /** How long a blocking caller waits, ms. Ignored otherwise. */
  readonly waitMs: number
  /** Activation id of the enclosing sequence or composition. */
  readonly cause?: string
  /** Called at most once, with the id: as soon as it will run, or at least leave a record. Must not throw. */
  readonly onAccepted?: (activationId: string) => void
  /** Called exactly once: when the activation has ended, or when it was refused. Must not throw. */
  readonly onSettled?: () => void
}

export interface ActivationOutcome {
  readonly activationId: string
  /**
   * Present when the caller blocked and the result came in time. Its `logs` are empty, but of sequences and
   * compositions, which have the ids of their steps.
   */
  readonly activation?: Activation
}

/** Hands activations to invokers and brings their results back. */
export interface Activator {
  /**
   * Resolves when the activation is accepted, or for a blocking request when its result is there or the wait is over.
   * @throws ERR_TOO_LARGE   the message exceeds what the queue carries; nothing was accepted.
   * @throws ERR_UNAVAILABLE no invoker will take it, or the queue does not answer.
   */
  activate(request: ActivationRequest): Promise<ActivationOutcome>

  /** Activations of the namespace in flight on this controller, by namespace uuid. */
  inFlight(namespaceId: string): number
}
