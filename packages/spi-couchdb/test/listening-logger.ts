import type { Logger } from '@stemcell/core'
import { inspect } from 'node:util'

/** Keeps everything that is logged, errors with all that hangs on them, to be searched for what must not be there. */
export function listeningLogger(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = []
  const note = (fields: object, message: string): void =>
    void lines.push(`${message} ${inspect(fields, { depth: 10, showHidden: true })}`)
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger }
  return { logger, lines }
}
