import { isPlatformError } from '../../errors.ts'
import type { MaybePromise } from '../../lifecycle.ts'
import { isPromise } from '../../lifecycle.ts'
import type { OnFault } from '../../plug-in/first-fault.ts'
import { HttpError } from '../http/http-error.ts'
import type { PlainRefusalCode } from '../refusals/refusal-codes.ts'
import { Refusal } from '../refusals/refusal.ts'

/**
 * Asks a plug-in on behalf of one request. What it answers against its contract, or throws that is no error of the
 * contract, ends that request with the refusal `code`, and nothing else.
 * @param check throws when the answer cannot be used.
 */
export function askPlugIn<T>(
  question: () => MaybePromise<T>,
  check: (answer: T) => T,
  code: PlainRefusalCode,
  onFault: OnFault,
): MaybePromise<T> {
  const failed = (error: unknown): never => {
    if (error instanceof Refusal || error instanceof HttpError || isPlatformError(error)) throw error
    onFault(error)
    throw new Refusal(code)
  }
  try {
    const answer = question()
    return isPromise(answer) ? answer.then(check).catch(failed) : check(answer)
  } catch (error) {
    return failed(error)
  }
}
