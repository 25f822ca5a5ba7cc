import type { AcquisitionReason, Job } from '../parts/job.ts'
import { Link, LinkedList } from '../parts/linked-list.ts'
import { MinHeap } from './min-heap.ts'
import type { Resources } from '../parts/resources.ts'

/** A job that waits for a container. */
export class Waiter {
  readonly job: Job
  /** Why it did not find one. */
  readonly reason: AcquisitionReason
  /** Of two waiters the one with the lower turn comes first; of equal turns the one that came first. */
  readonly turn: number
  readonly order: number
  readonly laneLink: Link<Waiter> = new Link<Waiter>(this)
  /** Jobs that were served before it while it was at the head. */
  overtaken = 0
  /** Not asked for its turn any more: it was served, or resources are promised to it. */
  called = false

  constructor(job: Job, reason: AcquisitionReason, turn: number, order: number) {
    this.job = job
    this.reason = reason
    this.turn = turn
    this.order = order
  }
}

interface SizeClass {
  readonly need: Resources
  readonly waiters: MinHeap<Waiter>
}

const comesFirst = (a: Waiter, b: Waiter): boolean => a.turn < b.turn || (a.turn === b.turn && a.order < b.order)

/**
 * Jobs for which there is neither a container nor room. Turns go round the namespaces (start-time fair queueing), so
 * that one which floods the invoker delays another by a job, not by its backlog. Jobs of equal needs queue together:
 * asking who may go costs as much as there are different needs, however many wait.
 */
export class WaitingRoom {
  readonly #classes = new Map<string, SizeClass>()
  readonly #lanes = new Map<string, LinkedList<Waiter>>()
  /** The next turn of each namespace that has had one at or after `#turn`. */
  readonly #nextTurns = new Map<string, number>()
  #turn = 0
  #order = 0
  #size = 0
  #head: Waiter | undefined

  /** Those with promised resources included. */
  get size(): number {
    return this.#size
  }

  add(job: Job, reason: AcquisitionReason): Waiter {
    const turn = Math.max(this.#turn, this.#nextTurns.get(job.namespace) ?? 0)
    this.#nextTurns.set(job.namespace, turn + 1)
    const waiter = new Waiter(job, reason, turn, this.#order++)
    this.#size++

    let lane = this.#lanes.get(job.key)
    if (!lane) this.#lanes.set(job.key, (lane = new LinkedList()))
    lane.pushBack(waiter.laneLink)

    const { need } = job
    const size = `${need.memoryMb}/${need.milliCpu}`
    let sizeClass = this.#classes.get(size)
    if (!sizeClass) this.#classes.set(size, (sizeClass = { need, waiters: new MinHeap(comesFirst) }))
    sizeClass.waiters.push(waiter)
    return waiter
  }

  /** The one that may be overtaken only so often. It stays the head until it is called, whoever comes later. */
  get head(): Waiter | undefined {
    if (!this.#head || this.#head.called) this.#head = this.#lowestTurn(() => true)
    return this.#head
  }

  /** The next in turn whose needs are accepted; the head before all others. */
  next(accepts: (need: Resources) => boolean): Waiter | undefined {
    const { head } = this
    if (!head) return undefined
    return accepts(head.job.need) ? head : this.#lowestTurn(accepts)
  }

  /** The longest waiting job that a container of `key` could take. */
  firstOf(key: string): Waiter | undefined {
    return this.#lanes.get(key)?.first
  }

  /** Undefined when it does not wait here. */
  waiterOf(job: Job): Waiter | undefined {
    return this.#lanes.get(job.key)?.find((waiter) => waiter.job === job)?.value
  }

  /** Waiting jobs of a key. */
  countOf(key: string): number {
    return this.#lanes.get(key)?.size ?? 0
  }

  /** It is no longer asked for its turn but still waits. */
  call(waiter: Waiter): void {
    waiter.called = true
  }

  /** It waits no more: it had its turn. */
  remove(waiter: Waiter): void {
    if (waiter.turn > this.#turn) {
      this.#turn = waiter.turn
      for (const [namespace, turn] of this.#nextTurns) if (turn <= this.#turn) this.#nextTurns.delete(namespace)
    }
    this.withdraw(waiter)
  }

  /** It waits no more, and had no turn. */
  withdraw(waiter: Waiter): void {
    waiter.called = true
    waiter.laneLink.unlink()
    if (this.#lanes.get(waiter.job.key)?.size === 0) this.#lanes.delete(waiter.job.key)
    this.#size--
    if (this.#size === 0) this.#reset()
  }

  /** Everybody, in order of arrival within a lane; the room is empty afterwards. */
  clear(): Job[] {
    const jobs = [...this.#lanes.values()].flatMap((lane) => [...lane].map(({ job }) => job))
    this.#lanes.clear()
    this.#size = 0
    this.#reset()
    return jobs
  }

  #lowestTurn(accepts: (need: Resources) => boolean): Waiter | undefined {
    let lowest: Waiter | undefined
    for (const [size, { need, waiters }] of this.#classes) {
      while (waiters.first?.called) waiters.pop()
      const { first } = waiters
      if (!first) this.#classes.delete(size)
      else if (accepts(need) && (!lowest || comesFirst(first, lowest))) lowest = first
    }
    return lowest
  }

  #reset(): void {
    this.#classes.clear()
    this.#nextTurns.clear()
    this.#turn = 0
    this.#head = undefined
  }
}
