import { isPlatformError } from '../../errors.ts'
import { MAX_JSON_DEPTH } from '../../model/json-depth.ts'
import { NO_VALID_RESULT, resultTooLong, timeLimitExceeded } from '../../model/result-texts.ts'

/** What an activation's record says when something else than the action's own result ends it. */

export const RUN_LOST = 'The action did not produce a valid response and exited unexpectedly.'
export const INIT_LOST = 'The action did not initialize and exited unexpectedly.'
export const OUT_OF_MEMORY = 'The action exhausted its memory and was aborted.'
export const NO_RESOURCES_TEXT = 'Failed to provision resources to run the action.'
export const ACTION_REMOVED = 'Action could not be found or may have been deleted.'
export const ACTION_INCOMPATIBLE = 'Action version is not compatible and cannot be invoked.'
export const ACTION_NOT_FETCHED = 'Action could not be fetched.'
/** Not of OpenWhisk, which runs such an activation again. */
export const MAYBE_STARTED =
  'The activation was interrupted after it may have started and was not run again: its action is not annotated as repeatable.'
/** Not of OpenWhisk, which leaves such an activation without a record. */
export const INVOKER_STOPPED = 'The invoker stopped before the action finished.'
export const INVOKER_STOPPED_BEFORE = 'The invoker stopped before the action was run.'
/** Not of OpenWhisk, whose schedulers alone know the limit. */
export const NO_INSTANCES = 'The action may not run: its limit of instances is 0.'
/** Not of OpenWhisk, which takes any depth and then fails to read such records. */
export const TOO_DEEP = `The action produced a response that is nested more than ${MAX_JSON_DEPTH} levels deep.`
export const NOT_UNLOCKED = 'The parameters of the action could not be decrypted.'

/** Of a start that failed; what the factory has to tell the user follows OpenWhisk's sentence. */
export function noResourcesText(error: unknown): string {
  const hint = isPlatformError(error) ? error.userHint : undefined
  return hint === undefined ? NO_RESOURCES_TEXT : `${NO_RESOURCES_TEXT} ${hint}`
}

export function timeoutText(limitMs: number, during: 'init' | 'run'): string {
  return `${timeLimitExceeded(limitMs)}${during === 'init' ? ' during initialization' : ''}.`
}

export function badInitText(body: string): string {
  return body === '' ? 'The action failed during initialization.' : `The action failed during initialization: ${body}`
}

export function badRunText(body: string): string {
  return body === '' ? `${NO_VALID_RESULT}.` : `${NO_VALID_RESULT}: ${body}`
}

export function truncatedText(bytes: number, maxBytes: number, start: string): string {
  const text = resultTooLong(bytes, maxBytes)
  return start === '' ? text : `${text} The truncated response was: ${start}`
}

/** Lines that the platform adds to an activation's log. */
export const LOGS_MISSING = 'There was an issue while collecting your logs. Data might be missing.'
export const LOGS_DOUBTFUL = 'The action did not initialize or run as expected. Log data might be missing.'

export function logsTruncatedText(limitBytes: number): string {
  return `Logs were truncated because the total bytes size exceeds the limit of ${limitBytes} bytes.`
}
