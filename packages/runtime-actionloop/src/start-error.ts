/** An init that failed: the message is the answer. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The program could not be started. */
export function cannotStart(reason: string): StartError {
  return new StartError(`cannot start action: ${reason}`)
}
