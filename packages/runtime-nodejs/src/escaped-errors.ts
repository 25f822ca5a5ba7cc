type Emit = (event: string | symbol, ...args: unknown[]) => boolean

/**
 * Calls `escaped` for an error that neither the action nor its own handlers caught. Not a listener: one would count as
 * a handler, and would be called beside those of the action.
 */
export function onEscapedError(escaped: (error: unknown) => void): void {
  const emit = process.emit.bind(process) as Emit
  const guarded: Emit = (event, ...args) => {
    if (emit(event, ...args)) return true
    if (event === 'unhandledRejection') {
      // Node.js turns it into an uncaught exception, and somebody handles those.
      if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return false
      emit('uncaughtExceptionMonitor', args[0], event)
    } else if (event !== 'uncaughtException') {
      return false
    }
    escaped(args[0])
    return true
  }
  Object.defineProperty(process, 'emit', { value: guarded, configurable: true, writable: true, enumerable: false })
}
