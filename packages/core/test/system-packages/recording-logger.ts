import type { Logger } from '../../src/log.ts'

export interface LoggedLine {
  readonly level: string
  readonly fields: object
  readonly message: string
}

/** A logger whose lines can be read back; children write to the same list. */
export function recordingLogger(): Logger & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = []
  const write =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields, message })
  const logger = {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (): Logger => logger,
  }
  return logger
}
