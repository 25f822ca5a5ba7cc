import type { ContainerProxy } from '../proxy/container-proxy.ts'
import { Brevity } from '../parts/brevity.ts'
import { LinkedList } from '../parts/linked-list.ts'

interface Containers {
  /** Not suspended and with room for another job: those that are ready first, the most recently used before others. */
  readonly open: LinkedList<ContainerProxy>
  readonly parked: LinkedList<ContainerProxy>
  total: number
  readonly brevity: Brevity
  /** Moving average of a run in an initialised container, ms. */
  runMs: number | undefined
}

/** Weight of the latest run in the moving average. */
const QUICKER = 0.3
/** The same when the run was slower than usual: most often because others ran, which more containers would not change. */
const SLOWER = 0.02

/** The containers of each action of each namespace. Every operation takes the same time, however many there are. */
export class ContainersByAction {
  readonly #containers = new Map<string, Containers>()
  readonly #maxRunsBehind: number

  constructor(maxRunsBehind: number) {
    this.#maxRunsBehind = maxRunsBehind
  }

  has(key: string): boolean {
    return this.#containers.has(key)
  }

  /** Containers of the key. */
  count(key: string): number {
    return this.#containers.get(key)?.total ?? 0
  }

  /** What a run takes these days, ms; undefined until there was one. */
  runMs(key: string): number | undefined {
    return this.#containers.get(key)?.runMs
  }

  /** A run took so long. */
  ran(key: string, ms: number, brief: boolean): void {
    const containers = this.#containers.get(key)
    if (!containers) return
    containers.brevity.ran(brief)
    const { runMs = ms } = containers
    containers.runMs = runMs + (ms < runMs ? QUICKER : SLOWER) * (ms - runMs)
  }

  /** The best container for a job of the key. */
  find(key: string): ContainerProxy | undefined {
    const containers = this.#containers.get(key)
    return containers?.open.first ?? containers?.parked.first
  }

  /** A container comes to the key; it is found once it was placed. */
  enter(key: string): void {
    const containers = this.#containers.get(key)
    if (containers) containers.total++
    else this.#containers.set(key, newContainers(this.#maxRunsBehind))
  }

  /** Puts a container that was just given a job where the next job finds it. */
  place(proxy: ContainerProxy): void {
    proxy.place.unlink()
    const { open, brevity } = this.#of(proxy)
    proxy.brevity = brevity
    if (!proxy.hasRoom) return
    // Where it is worth it to send one behind another, before those that would have to wake.
    if (proxy.takesBehind) open.pushFront(proxy.place)
    else open.pushBack(proxy.place)
  }

  /** Puts a container in which a job has ended before all others. */
  placeFirst(proxy: ContainerProxy): void {
    proxy.place.unlink()
    this.#of(proxy).open.pushFront(proxy.place)
  }

  park(proxy: ContainerProxy): void {
    proxy.place.unlink()
    this.#of(proxy).parked.pushFront(proxy.place)
  }

  isParked(proxy: ContainerProxy): boolean {
    return proxy.place.list === this.#of(proxy).parked
  }

  /** A container that had entered is never to be found again. */
  leave(proxy: ContainerProxy): void {
    proxy.place.unlink()
    const containers = this.#of(proxy)
    containers.total--
    if (containers.total === 0) this.#containers.delete(proxy.key!)
  }

  #of(proxy: ContainerProxy): Containers {
    return this.#containers.get(proxy.key!)!
  }
}

function newContainers(maxRunsBehind: number): Containers {
  const brevity = new Brevity(maxRunsBehind)
  return { open: new LinkedList(), parked: new LinkedList(), total: 1, brevity, runMs: undefined }
}
