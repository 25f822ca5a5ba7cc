import { isPlatformError } from '../../errors.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Activation } from '../../model/activation.ts'
import { recordTooLarge } from '../../model/result-texts.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import { errorResponse } from '../../model/error-response.ts'

/**
 * Stores a record, without a promise where the store has none; of one that is more than the store takes, what is left without its logs and its result.
 * @throws what `ActivationStore.put` throws
 */
export function putRecord(activationStore: ActivationStore, record: Activation): MaybePromise<'stored' | 'exists'> {
  const failed = (error: unknown): MaybePromise<'stored' | 'exists'> => {
    if (!isPlatformError(error, 'ERR_TOO_LARGE')) throw error
    const { statusCode } = record.response
    const text = recordTooLarge(activationStore.capabilities.maxRecordBytes)
    return activationStore.put({
      ...record,
      response: errorResponse(statusCode === 0 ? 1 : statusCode, text),
      logs: [],
    })
  }
  try {
    const put = activationStore.put(record)
    return isPromise(put) ? put.catch(failed) : put
  } catch (error) {
    return failed(error)
  }
}
