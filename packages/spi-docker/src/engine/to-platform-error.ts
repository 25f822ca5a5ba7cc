import { PlatformError, isPlatformError } from '@stemcell/core'

interface EngineAnswer {
  readonly statusCode?: number
  readonly code?: string
  readonly json?: { readonly message?: string }
}

/** The HTTP status that the engine refused with; undefined when it did not answer at all. */
export function statusOf(error: unknown): number | undefined {
  return (error as EngineAnswer | undefined)?.statusCode
}

/** What the engine said; meant for operators. */
export function reasonOf(error: unknown): string {
  const { json, code } = (error ?? {}) as EngineAnswer
  return json?.message ?? code ?? (error instanceof Error ? error.message : String(error))
}

/** The only place that knows the shapes of the driver's errors. A refusal becomes `refused`, silence ERR_UNAVAILABLE. */
export function toPlatformError(
  error: unknown,
  what: string,
  refused: 'ERR_START_FAILED' | 'ERR_UNAVAILABLE' = 'ERR_UNAVAILABLE',
): PlatformError {
  if (isPlatformError(error)) return error
  if (statusOf(error) !== undefined) {
    return new PlatformError(refused, `${what}: Docker refused: ${reasonOf(error)}`, { cause: error })
  }
  return new PlatformError('ERR_UNAVAILABLE', `${what}: Docker does not answer (${reasonOf(error)})`, { cause: error })
}

/** Undefined in place of an error with one of these statuses; others are rethrown. */
export async function unless<T>(statuses: readonly number[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    const status = statusOf(error)
    if (status !== undefined && statuses.includes(status)) return undefined
    throw error
  }
}
