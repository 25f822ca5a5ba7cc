import { firstFault } from '../../plug-in/first-fault.ts'
import { guardedObserver } from '../../plug-in/guarded-listener.ts'
import { guardedTracer } from '../../plug-in/guarded-tracer.ts'
import { GuardedLogStore } from '../../plug-in/guarded-log-store.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import type { ControllerObserver } from '../parts/observer.ts'
import { GuardedAuth } from './guarded-auth.ts'
import { GuardedRateLimiter } from './guarded-rate-limiter.ts'
import { guardedRoutes } from './guarded-routes.ts'

const EVENTS: Readonly<Record<keyof ControllerObserver, true>> = {
  answered: true,
  authenticated: true,
  admitted: true,
  placed: true,
  waiting: true,
  refused: true,
  blockingEnded: true,
  acknowledged: true,
  gauges: true,
}

/** The parts with what others wrote behind a guard, the load balancer apart, which is asked in one place. */
export function guardedParts(parts: ControllerParts): ControllerParts {
  const { auth, rateLimiter, logStore, routes, observer, tracer, logger } = parts
  return {
    ...parts,
    auth: new GuardedAuth(auth, logger),
    rateLimiter: new GuardedRateLimiter(rateLimiter, logger),
    logStore: new GuardedLogStore(logStore, parts),
    ...(routes && { routes: guardedRoutes(routes, logger) }),
    ...(tracer && { tracer: guardedTracer(tracer, firstFault(logger, 'tracer')) }),
    ...(observer && { observer: guardedObserver(observer, EVENTS, firstFault(logger, 'controller observer')) }),
  }
}
