import type { ContainerProxy } from '../proxy/container-proxy.ts'
import { LinkedList } from '../parts/linked-list.ts'
import { minus, NO_RESOURCES, plus, type Resources } from '../parts/resources.ts'

/** Initialised containers without a job, suspended ones included; iterated from the least recently used. */
export class IdleContainers implements Iterable<ContainerProxy> {
  readonly #list = new LinkedList<ContainerProxy>()
  #resources = NO_RESOURCES

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
  }

  /** Nothing happens when it is not idle. */
  remove(proxy: ContainerProxy): void {
    if (!proxy.idlePlace.list) return
    proxy.idlePlace.unlink()
    this.#resources = minus(this.#resources, proxy.need)
  }

  [Symbol.iterator](): Iterator<ContainerProxy, void, undefined> {
    return this.#list[Symbol.iterator]()
  }
}
