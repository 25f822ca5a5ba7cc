import type { ActivationMessage } from '../../messages/activation-message.ts'
import type { TracedActivation } from '../../model/tracer.ts'

/** What observers are told of an activation whose request is traced, and nothing for others. */
export function tracedOf({ traceContext, activationId, transaction }: ActivationMessage): {
  readonly traced?: TracedActivation
} {
  return traceContext ? { traced: { carrier: traceContext, activationId, transactionId: transaction.id } } : {}
}
