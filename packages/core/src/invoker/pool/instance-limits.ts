import type { Job } from '../parts/job.ts'
import { Link, LinkedList } from '../parts/linked-list.ts'

interface Instances {
  /** From the decision to make or take one until it is gone. */
  containers: number
  readonly waiting: LinkedList<Job>
}

/**
 * Containers of each key, and the jobs that may not have one more: they wait for one of those that exist, or until one
 * is gone.
 */
export class InstanceLimits {
  readonly #instances = new Map<string, Instances>()
  #size = 0

  /** Jobs that wait. */
  get size(): number {
    return this.#size
  }

  /** Whether the job may not have a container of its own while `promised` others of its key are to get one. */
  reached({ key, maxContainers }: Job, promised = 0): boolean {
    return maxContainers !== Infinity && (this.#instances.get(key)?.containers ?? 0) + promised >= maxContainers
  }

  /** A container comes to the key. */
  enter(key: string): void {
    this.#of(key).containers++
  }

  /** One of the key is gone. */
  leave(key: string): void {
    const instances = this.#of(key)
    instances.containers--
    this.#dropEmpty(key, instances)
  }

  add(job: Job): void {
    this.#of(job.key).waiting.pushBack(new Link(job))
    this.#size++
  }

  /** The longest waiting of a key; it waits no more. */
  take(key: string): Job | undefined {
    const instances = this.#instances.get(key)
    const job = instances?.waiting.first
    if (!instances || !job) return undefined
    instances.waiting.removeFirst()
    this.#size--
    this.#dropEmpty(key, instances)
    return job
  }

  /** The longest waiting of a key, if it may have a container now. */
  takeAllowed(key: string, promised: number): Job | undefined {
    const job = this.#instances.get(key)?.waiting.first
    return job && !this.reached(job, promised) ? this.take(key) : undefined
  }

  /** False when it does not wait here. */
  remove(job: Job): boolean {
    const instances = this.#instances.get(job.key)
    const link = instances?.waiting.find((waiting) => waiting === job)
    if (!instances || !link) return false
    link.unlink()
    this.#size--
    this.#dropEmpty(job.key, instances)
    return true
  }

  clear(): Job[] {
    const jobs = [...this.#instances.values()].flatMap(({ waiting }) => [...waiting])
    for (const { key } of jobs) this.take(key)
    return jobs
  }

  #of(key: string): Instances {
    let instances = this.#instances.get(key)
    if (!instances) this.#instances.set(key, (instances = { containers: 0, waiting: new LinkedList() }))
    return instances
  }

  #dropEmpty(key: string, { containers, waiting }: Instances): void {
    if (containers === 0 && waiting.size === 0) this.#instances.delete(key)
  }
}
