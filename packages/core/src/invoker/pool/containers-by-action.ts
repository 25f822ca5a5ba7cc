import type { ContainerProxy } from '../proxy/container-proxy.ts'
import { LinkedList } from '../parts/linked-list.ts'
import { HotLimit } from './hot-limit.ts'

interface Containers {
  /** Not suspended and with room for another job: those that are ready first, the most recently used before others. */
  readonly open: LinkedList<ContainerProxy>
  readonly parked: LinkedList<ContainerProxy>
  total: number
  /** Of them, those that have run a job after the one that initialised them. */
  seasoned: number
  readonly hot: HotLimit
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

  /** A run in a container that was initialised before took so long. */
  ran(proxy: ContainerProxy, ms: number): void {
    const containers = this.#containers.get(proxy.key!)
    if (!containers) return
    if (!proxy.isSeasoned) {
      proxy.isSeasoned = true
      containers.seasoned++
    }
    containers.hot.ran(ms, busyOf(containers))
    const { runMs = ms } = containers
    containers.runMs = runMs + (ms < runMs ? QUICKER : SLOWER) * (ms - runMs)
  }

  /** How long a job of the key, which runs alone, is to wait behind `ahead` others for a hot container at work, ms; 0: not at all. */
  hotWaitMs(key: string, ahead: number): number {
    const containers = this.#containers.get(key)
    return containers ? containers.hot.waitMs(busyOf(containers), ahead) : 0
  }

  /** A job of the key has waited for a hot container in vain. */
  hotWaitMissed(key: string): void {
    this.#containers.get(key)?.hot.missed()
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
    else
      this.#containers.set(key, {
        open: new LinkedList(),
        parked: new LinkedList(),
        total: 1,
        seasoned: 0,
        hot: new HotLimit(),
        runMs: undefined,
      })
  }

  /** Puts a container that was just given a job where the next job finds it: behind those that are ready. */
  place(proxy: ContainerProxy): void {
    proxy.place.unlink()
    if (proxy.hasRoom) this.#of(proxy).open.pushBack(proxy.place)
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
    if (proxy.isSeasoned) containers.seasoned--
    if (containers.total === 0) this.#containers.delete(proxy.key!)
  }

  #of(proxy: ContainerProxy): Containers {
    return this.#containers.get(proxy.key!)!
  }
}

/** Hot containers at work, where each runs one job at a time: those with room are listed. */
function busyOf({ seasoned, open, parked }: Containers): number {
  return Math.max(0, seasoned - open.size - parked.size)
}
