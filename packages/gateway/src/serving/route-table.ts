import createRouter from 'find-my-way'
import type { ServedApi, ServedPath } from './served-api.ts'

// Longer than any path that Node takes.
const MAX_SEGMENT_LENGTH = 64 * 1024
/** Stands for itself, in the router and in a request. */
const FIXED = /^[\w./~-]+$/
const neverCalled = (): void => undefined

/** The paths of a namespace's APIs. Where two APIs have the same one, that with the longer base path serves it. */
export class RouteTable {
  /** Those without parameters, which need no router. */
  readonly #fixed = new Map<string, ServedPath>()
  readonly #router = createRouter({
    maxParamLength: MAX_SEGMENT_LENGTH,
    ignoreTrailingSlash: true,
    onBadUrl: neverCalled,
  })

  constructor(apis: readonly ServedApi[]) {
    const taken = new Set<string>()
    for (const api of [...apis].sort((a, b) => b.basePath.length - a.basePath.length)) {
      for (const path of api.paths) {
        if (taken.has(path.pattern)) continue
        taken.add(path.pattern)
        this.#router.on('GET', path.pattern, neverCalled, path)
        if (FIXED.test(path.pattern)) this.#fixed.set(path.pattern, path)
      }
    }
  }

  /** Undefined when no API has the path, or when its percent-encoding is malformed. */
  find(path: string): ServedPath | undefined {
    const fixed = this.#fixed.get(path)
    if (fixed) return fixed
    const found = this.#router.find('GET', path)
    if (!found?.store) return undefined
    for (const name in found.params) if (found.params[name] === '') return undefined
    return found.store as ServedPath
  }
}
