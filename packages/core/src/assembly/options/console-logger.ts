import { Console } from 'node:console'
import type { Logger } from '../../log.ts'

/** Whether it is the console of Node, or one like it, which takes the message first. */
export function isConsole(logger: unknown): logger is Console {
  return logger === globalThis.console || logger instanceof Console
}

/** Writes to a console: the message, then the fields, those of its parents first. */
export function consoleLogger(target: Console, bound: object = {}): Logger {
  return {
    debug: (fields, message) => target.debug(message, { ...bound, ...fields }),
    info: (fields, message) => target.info(message, { ...bound, ...fields }),
    warn: (fields, message) => target.warn(message, { ...bound, ...fields }),
    error: (fields, message) => target.error(message, { ...bound, ...fields }),
    child: (fields) => consoleLogger(target, { ...bound, ...fields }),
  }
}
