import type { ContainerProxy } from '../proxy/container-proxy.ts'
import { LinkedList } from '../parts/linked-list.ts'
import type { IdleContainer } from '../parts/pool-policy.ts'
import { RemovableHeap } from '../../collections/removable-heap.ts'
import { minus, NO_RESOURCES, plus, type Resources } from '../parts/resources.ts'

/**
 * Initialised containers without a job, suspended ones included; iterated from the least recently used, or, where
 * something says what each is worth, from the least worth.
 */
export class IdleContainers implements Iterable<ContainerProxy> {
  readonly #list = new LinkedList<ContainerProxy>()
  readonly #worth: ((container: IdleContainer) => number) | undefined
  readonly #byWorth = new RemovableHeap<ContainerProxy>(
    (a, b) => a.worth < b.worth || (a.worth === b.worth && a.idleSinceMs < b.idleSinceMs),
  )
  #resources = NO_RESOURCES

  constructor(worth?: (container: IdleContainer) => number) {
    this.#worth = worth
  }

  get size(): number {
    return this.#list.size
  }

  /** What they take together. */
  get resources(): Resources {
    return this.#resources
  }

  add(proxy: ContainerProxy): void {
    if (proxy.idlePlace.list) return
    this.#list.pushBack(proxy.idlePlace)
    this.#resources = plus(this.#resources, proxy.need)
    if (!this.#worth) return
    proxy.worth = this.#worth(proxy)
    this.#byWorth.add(proxy)
  }

  /** Nothing happens when it is not idle. */
  remove(proxy: ContainerProxy): void {
    if (!proxy.idlePlace.list) return
    proxy.idlePlace.unlink()
    this.#resources = minus(this.#resources, proxy.need)
    if (this.#worth) this.#byWorth.remove(proxy)
  }

  [Symbol.iterator](): Iterator<ContainerProxy, void, undefined> {
    return this.#worth ? this.#byWorth.inOrder() : this.#list[Symbol.iterator]()
  }
}
