import type { Logger } from '../log.ts'
import { firstFault } from '../plug-in/first-fault.ts'
import { guardedObserver } from '../plug-in/guarded-listener.ts'
import type { InvokerObserver } from './parts/observer.ts'

const EVENTS: Readonly<Record<keyof InvokerObserver, true>> = {
  acquired: true,
  responded: true,
  started: true,
  logged: true,
  stored: true,
  recordRetried: true,
  gauges: true,
}

/** An observer that cannot disturb the invoker. */
export function guardedInvokerObserver(observer: InvokerObserver, logger: Logger): InvokerObserver {
  return guardedObserver(observer, EVENTS, firstFault(logger, 'invoker observer'))
}
