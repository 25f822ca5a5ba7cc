/** Results of activations that the controller had to end itself. */
export const NO_ACKNOWLEDGEMENT = 'The activation did not complete in time: no acknowledgement was received.'
export const NOT_STARTED = 'The activation was not started: the platform is shutting down.'
/** In provisional records of a controller; clients see it only when the controller was killed. */
export const CONTROLLER_STOPPED = 'The controller stopped before the activation was finished.'
export const NOT_PUBLISHED = 'The activation was not started: the message queue did not accept it.'

/** Results of sequences and compositions that did not end by a result of their own. */
export const SEQUENCE_FAILED = 'Sequence failed.'
export const COMPOSITION_FAILED = 'Activation failure during composition.'
export const COMPOSITION_TOO_LONG = 'Too many actions in the composition.'
/** Not of OpenWhisk, which loses them. */
export const CUT_OFF = 'The activation was ended before its next step: the platform is shutting down.'

/** The caller is not told more: what went wrong is the platform's affair. */
export const SYSTEM_ACTION_FAILED = 'The action failed: the log of the platform says why.'

export function sequenceTimeout(activationId: string): string {
  return `Timeout reached when retrieving activation ${activationId} for sequence component.`
}

export function compositionTimeout(activationId: string): string {
  return `Timeout reached when retrieving activation ${activationId} during composition.`
}

/** The error of a conductor that named a next action which cannot be invoked. */
export function nextNameMalformed(json: string): string {
  return `Failed to parse action name from json value ${json} during composition.`
}

export function nextMissing(name: string): string {
  return `Failed to resolve action with name '${name}' during composition.`
}

export function nextForbidden(name: string): string {
  return `Failed entitlement check for action with name '${name}' during composition.`
}
