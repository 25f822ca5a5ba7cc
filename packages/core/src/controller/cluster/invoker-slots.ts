import type { PlacementRequest } from '../../load-balancer/load-balancer.ts'

/**
 * This controller's books of one invoker: memory, and containers that take several activations at once. They count
 * only what this controller placed; the invoker's own pool has the last word.
 */
export class InvokerSlots {
  #freeMb: number
  readonly #shared = new Map<string, SharedContainers>()

  constructor(memoryMb: number) {
    this.#freeMb = memoryMb
  }

  get freeMb(): number {
    return this.#freeMb
  }

  /** The invoker changed its size; what is in use stays in use. */
  grow(byMb: number): void {
    this.#freeMb += byMb
  }

  fits(request: PlacementRequest): boolean {
    if (this.#freeMb >= request.memoryMb) return true
    if (request.maxConcurrent === 1) return false
    const shared = this.#shared.get(sharedKey(request))
    return shared !== undefined && shared.running < shared.containers * request.maxConcurrent
  }

  take(request: PlacementRequest): void {
    if (request.maxConcurrent === 1) {
      this.#freeMb -= request.memoryMb
      return
    }
    const key = sharedKey(request)
    let shared = this.#shared.get(key)
    if (!shared) this.#shared.set(key, (shared = { containers: 0, running: 0 }))
    shared.running++
    if (shared.running > shared.containers * request.maxConcurrent) {
      shared.containers++
      this.#freeMb -= request.memoryMb
    }
  }

  /** Undoes one `take` with an equal request. */
  release(request: PlacementRequest): void {
    if (request.maxConcurrent === 1) {
      this.#freeMb += request.memoryMb
      return
    }
    const key = sharedKey(request)
    const shared = this.#shared.get(key)
    if (!shared) return
    shared.running--
    if ((shared.containers - 1) * request.maxConcurrent >= shared.running) {
      shared.containers--
      this.#freeMb += request.memoryMb
    }
    if (shared.containers === 0) this.#shared.delete(key)
  }
}

interface SharedContainers {
  containers: number
  running: number
}

/** A request comes again with every run of its action. */
const sharedKeys = new WeakMap<PlacementRequest, string>()

function sharedKey(request: PlacementRequest): string {
  let key = sharedKeys.get(request)
  if (key === undefined) {
    const { namespace, action, version, memoryMb, maxConcurrent } = request
    key = `${namespace}\n${action}@${version}\n${memoryMb}\n${maxConcurrent}`
    sharedKeys.set(request, key)
  }
  return key
}
