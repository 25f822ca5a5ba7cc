import createRouter from 'find-my-way'
import type { ServedApi, ServedPath } from './served-api.ts'

// Longer than any path that Node takes.
const MAX_SEGMENT_LENGTH = 64 * 1024
const neverCalled = (): void => undefined

/** The paths of a namespace's APIs. Where two APIs have the same one, that with the longer base path serves it. */
export class RouteTable {
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
      }
    }
  }

  /** Undefined when no API has the path, or when its percent-encoding is malformed. */
  find(path: string): ServedPath | undefined {
    const found = this.#router.find('GET', path)
    if (!found?.store) return undefined
    for (const name in found.params) if (found.params[name] === '') return undefined
    return found.store as ServedPath
  }
}
