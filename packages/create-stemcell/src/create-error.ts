/** The message says what was wrong and what to do. */
export class CreateError extends Error {
  override readonly name = 'CreateError'
}
