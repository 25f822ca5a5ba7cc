import type { Mutable } from '../mutable.ts'
import { randomId, type Random } from '../time/random.ts'
import type { Trace } from './tracer.ts'
import type { Clock } from '../time/clock.ts'

/** Follows one request through all components. */
export interface Transaction {
  readonly id: string
  /** When the request arrived, epoch ms. `waitTime` counts from here. */
  readonly start: number
  /** The caller asked for debug logging and for the record to be stored whatever the store level says. */
  readonly extraLogging?: boolean
  /** Of the request, where it is traced; stays in this process. */
  readonly trace?: Trace
}

/** Prefix of the platform's own transactions; a client may not use it. */
export const SYSTEM_TRANSACTION_PREFIX = 'sid_'

/** Takes the client's id unless it is empty or reserved; otherwise makes one of 32 characters of [A-Za-z0-9]. */
export function newTransaction(clock: Clock, random: Random, requested?: string, extraLogging = false): Transaction {
  const id = requested && !requested.startsWith(SYSTEM_TRANSACTION_PREFIX) ? requested : randomId(random)
  const start = clock.now()
  return extraLogging ? { id, start, extraLogging } : { id, start }
}

/** The transaction of one step of a sequence or composition: it starts now, so that `waitTime` is the step's own. */
export function childTransaction({ extraLogging, trace }: Transaction, clock: Clock, random: Random): Transaction {
  const child: Mutable<Transaction> = { id: randomId(random), start: clock.now() }
  if (extraLogging) child.extraLogging = extraLogging
  if (trace) child.trace = trace
  return child
}
