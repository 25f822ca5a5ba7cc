/**
 * Where the platform says what it does. A pino logger is assignable. Messages are constant texts; what varies goes
 * into `fields` (`activationId`, `namespace`, `invoker`, `adapter`, `err`). Secrets never go in either.
 */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

const ignore = (): void => undefined

/** The default: says nothing. */
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
}
