import type { Clock, ContainerExit, Timer } from '@stemcell/core'
import type { Pod } from '../api/pod.ts'
import { disruptionOf, evictionOf, exitOf } from './pod-verdict.ts'

/** A node that does not confirm the end of a pod in this time, beyond the grace, is taken for lost. */
const LOST_AFTER_MS = 30_000
/** The same of a node of which the cluster has said already that it does not answer. */
const TAINTED_AFTER_MS = 5_000
/** Whoever ends pods on nodes that do not answer, or that an operator does not want them on. */
const TAINT_MANAGER = 'DeletionByTaintManager'

/** What is known of one pod, from before it is asked for until its object is gone. Told of by the watch. */
export class PodLife {
  readonly name: string
  readonly #clock: Clock
  readonly #looks = new Set<() => void>()
  #pod: Pod | undefined
  #isRemoved = false
  #isLost = false
  #patience: Timer | undefined

  constructor(name: string, clock: Clock) {
    this.name = name
    this.#clock = clock
  }

  get pod(): Pod | undefined {
    return this.#pod
  }

  get uid(): string | undefined {
    return this.#pod?.metadata.uid
  }

  /** There was one, and its object is gone. */
  get isRemoved(): boolean {
    return this.#isRemoved
  }

  changed(pod: Pod): void {
    const wasEnding = this.#pod?.metadata.deletionTimestamp !== undefined
    this.#pod = pod
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata
    if (deletionTimestamp !== undefined && !wasEnding) {
      const isTainted = disruptionOf(pod)?.reason === TAINT_MANAGER
      const waitMs = deletionGracePeriodSeconds * 1_000 + (isTainted ? TAINTED_AFTER_MS : LOST_AFTER_MS)
      this.#patience = this.#clock.setTimer(waitMs, () => {
        this.#isLost = true
        this.#look()
      })
    }
    this.#look()
  }

  removed(pod: Pod | undefined): void {
    if (pod) this.#pod = pod
    this.#isRemoved = true
    this.#patience?.cancel()
    this.#look()
  }

  /** How its container ended, as soon as that is known. */
  ended(lastWords: string): ContainerExit | undefined {
    const known = this.#pod && exitOf(this.#pod, lastWords)
    return known ?? (this.#isRemoved || this.#isLost ? { reason: 'lost' } : undefined)
  }

  /** What its node or the cluster says about its end, beyond how it ended. */
  get eviction(): string | undefined {
    if (!this.#pod) return undefined
    const disrupted = disruptionOf(this.#pod)
    return evictionOf(this.#pod) ?? (disrupted && `${disrupted.reason ?? ''}: ${disrupted.message ?? ''}`)
  }

  /** The first thing that `look` finds, now or after any news of the pod; undefined when `stop` aborts before. */
  until<T>(look: () => T | undefined, stop?: AbortSignal): Promise<T | undefined> {
    return new Promise((resolve) => {
      const settle = (found: T | undefined): void => {
        this.#looks.delete(again)
        stop?.removeEventListener('abort', giveUp)
        resolve(found)
      }
      const again = (): void => {
        const found = look()
        if (found !== undefined) settle(found)
      }
      const giveUp = (): void => settle(undefined)
      this.#looks.add(again)
      stop?.addEventListener('abort', giveUp, { once: true })
      if (stop?.aborted) giveUp()
      else again()
    })
  }

  #look(): void {
    for (const look of this.#looks) look()
  }
}
