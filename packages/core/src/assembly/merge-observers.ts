import type { ControllerObserver } from '../controller/parts/observer.ts'
import type { InvokerObserver } from '../invoker/parts/observer.ts'
import type { PlatformObservers } from './platform-options.ts'

/** Observers that are all told, one after the other. What none of them wants is not reported. */
export function mergeObservers(...given: readonly (PlatformObservers | undefined)[]): PlatformObservers {
  const all = given.filter((observers) => observers !== undefined)
  const events = all.map(({ event }) => event).filter((event) => event !== undefined)
  return {
    controller: merged<ControllerObserver>(all.map(({ controller }) => controller)),
    invoker: merged<InvokerObserver>(all.map(({ invoker }) => invoker)),
    ...(events.length > 0 && {
      event(event) {
        for (const listener of events) listener(event)
      },
    }),
  }
}

function merged<O extends object>(observers: readonly (O | undefined)[]): O {
  const methods: Record<string, (event: never) => void> = {}
  for (const observer of observers) {
    for (const [name, method] of Object.entries(observer ?? {}) as [string, (event: never) => void][]) {
      const before = methods[name]
      methods[name] = before
        ? (event) => {
            before(event)
            method.call(observer, event)
          }
        : (event) => method.call(observer, event)
    }
  }
  return methods as O
}
