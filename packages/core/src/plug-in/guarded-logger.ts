import type { Logger } from '../log.ts'
import { watchPromise } from './first-fault.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

type Level = (typeof LEVELS)[number]

/**
 * A logger that never throws: what it cannot write is lost, and the process is warned of it once, as there is no other
 * place to say it.
 */
export function guardedLogger(logger: Logger): Logger {
  let told = false
  const lost = (err: unknown): void => {
    if (told) return
    told = true
    const reason = err instanceof Error ? err.message : String(err)
    process.emitWarning(`the logger of the platform fails, log lines are lost: ${reason}`, 'StemcellWarning')
  }
  const guard = (inner: Logger): Logger => {
    const write =
      (level: Level) =>
      (fields: object, message: string): void => {
        try {
          watchPromise(inner[level](fields, message), lost)
        } catch (err) {
          lost(err)
        }
      }
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (fields) => {
        try {
          const child: unknown = inner.child(fields)
          if (isLogger(child)) return guard(child)
          lost(new TypeError('child() returned no logger'))
        } catch (err) {
          lost(err)
        }
        return guard(inner)
      },
    }
  }
  return guard(logger)
}

/** Whether it has every method of a logger. */
export function isLogger(value: unknown): value is Logger {
  return hasLevels(value) && 'child' in value && typeof value.child === 'function'
}

/** Whether it can write at every level, `child` apart. */
export function hasLevels(value: unknown): value is Omit<Logger, 'child'> {
  if (typeof value !== 'object' || value === null) return false
  return LEVELS.every((level) => typeof Reflect.get(value, level) === 'function')
}
