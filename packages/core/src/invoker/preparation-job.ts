import type { Container, ContainerSpec } from '../container/container-factory.ts'
import { isPlatformError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Clock } from '../time/clock.ts'
import type { ContainerOwnerView } from './parts/container-view.ts'
import type { Job, JobFailure, Verdict } from './parts/job.ts'
import type { Resources } from './parts/resources.ts'
import type { ReplyLimits } from './proxy/reply-limits.ts'

/** What a preparation has in common with the activation that it is made after. */
export interface PreparationParts {
  readonly key: string
  readonly namespace: string
  readonly need: Resources
  readonly maxConcurrent: number
  readonly maxContainers: number
  readonly owner: ContainerOwnerView
  readonly clock: Clock
  readonly logger: Logger
  /** The action's own, ms. */
  readonly timeoutMs: number
  readonly replyLimits: ReplyLimits
  readonly spec: () => ContainerSpec
  /** The body of `/init`, for a deadline in epoch ms. */
  readonly initBody: (deadline: number) => string
}

/** Initialises a container of an action and runs nothing in it. What goes wrong is logged: nobody waits for it. */
export class PreparationJob implements Job {
  readonly key: string
  readonly namespace: string
  readonly need: Resources
  readonly maxConcurrent: number
  readonly maxContainers: number
  /** It gets a container of its own: stem cells are for jobs. */
  readonly stemKey = undefined
  readonly ended = false
  readonly owner: ContainerOwnerView
  readonly #parts: PreparationParts

  constructor(parts: PreparationParts) {
    this.#parts = parts
    this.key = parts.key
    this.namespace = parts.namespace
    this.need = parts.need
    this.maxConcurrent = parts.maxConcurrent
    this.maxContainers = parts.maxContainers
    this.owner = parts.owner
  }

  spec(): ContainerSpec {
    return this.#parts.spec()
  }

  acquired(): void {
    // It stands for no activation: nothing is counted.
  }

  execute(container: Container, onInitialised: (() => void) | undefined, ended: (verdict: Verdict) => void): void {
    if (onInitialised) void this.#initialise(container, onInitialised).then(ended)
    else queueMicrotask(() => ended('kept'))
  }

  async #initialise(container: Container, onInitialised: () => void): Promise<Verdict> {
    const { clock, timeoutMs, replyLimits, initBody } = this.#parts
    try {
      const { status } = await container.init(initBody(clock.now() + timeoutMs), { ...replyLimits, timeoutMs })
      if (status === 200) {
        onInitialised()
        return 'kept'
      }
      this.#failed(`/init answered ${status}`)
    } catch (err) {
      this.#failed(isPlatformError(err) ? err.message : err)
    }
    return 'damaged'
  }

  fail(failure: JobFailure): void {
    this.#failed('error' in failure ? failure.error : failure.kind)
  }

  #failed(why: unknown): void {
    const { logger, owner } = this.#parts
    logger.info({ ...owner, why }, 'container not made ahead')
  }
}
