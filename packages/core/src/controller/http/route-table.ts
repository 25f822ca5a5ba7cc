import createRouter from 'find-my-way'
import type { HTTPMethod } from 'find-my-way'
import type { OpenCall } from './route.ts'

export interface RouteMatch<R> {
  readonly route: R
  readonly params: OpenCall['params']
}

interface Row {
  readonly method: HTTPMethod
  readonly path: string
  readonly trailingSlash?: boolean
}

// Longer than any path that gets this far, so that it is the name rules that judge a long segment.
const MAX_SEGMENT_LENGTH = 16 * 1024
const neverCalled = (): void => undefined

/** Finds the row that serves a path. */
export class RouteTable<R extends Row> {
  readonly #router = createRouter({ maxParamLength: MAX_SEGMENT_LENGTH, onBadUrl: neverCalled })

  constructor(routes: readonly R[]) {
    for (const route of routes) {
      const pattern = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
      this.#router.on(route.method, pattern, neverCalled, route)
      if (route.trailingSlash) this.#router.on(route.method, `${pattern}/`, neverCalled, route)
    }
  }

  /** `malformed` when the percent-encoding of the path is. */
  find(method: string, path: string): RouteMatch<R> | 'malformed' | undefined {
    const found = this.#router.find(method as HTTPMethod, path)
    if (found === null) return undefined
    const route = found.store as R | null
    if (route === null) return 'malformed'
    const { params } = found
    for (const name in params) if (params[name] === '') return undefined
    return { route, params }
  }
}
