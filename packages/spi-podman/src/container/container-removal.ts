import { isPlatformError, type Clock, type Logger } from '@stemcell/core'
import { ControlGroup, Semaphore } from '@stemcell/core/container-engine'
import type { PodmanEngine } from '../engine/podman-engine.ts'

const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000
/** What the engine refuses so often it does not do at all. */
const MAX_REFUSALS = 12
/** Each is a few processes of the engine's; more at once take no less time, and starts would wait for them. */
const AT_ONCE = 4

/** Removes containers, and goes on trying while the engine does not answer. */
export class ContainerRemoval {
  readonly #engine: PodmanEngine
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #gate = new Semaphore(AT_ONCE)

  constructor(engine: PodmanEngine, clock: Clock, logger: Logger) {
    this.#engine = engine
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * Resolves with whether the engine has it no longer. It gives up when the engine refuses again and again, and when
   * `signal` aborts while the engine does not answer.
   */
  remove(container: string, signal: AbortSignal): Promise<boolean> {
    return this.#gate.run(() => this.#remove(container, signal))
  }

  async #remove(container: string, signal: AbortSignal): Promise<boolean> {
    let pauseMs = FIRST_PAUSE_MS
    for (let refusals = 0; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      try {
        await this.#thaw(container)
        await this.#engine.remove(container)
        return true
      } catch (err) {
        if (!isPlatformError(err)) throw err
        if (err.code !== 'ERR_UNAVAILABLE') refusals++
        if (refusals >= MAX_REFUSALS || signal.aborted) {
          this.#logger.error({ err, container }, 'container could not be removed')
          return false
        }
      }
      await this.#clock.sleep(pauseMs, signal)
    }
  }

  /** What is frozen without the engine's knowledge does not die of its signal. */
  async #thaw(container: string): Promise<void> {
    const facts = await this.#engine.inspect(container)
    if (facts?.status !== 'running') return
    const group = ControlGroup.of(facts.pid, facts.id)
    if (group?.frozen) await group.thaw(this.#clock)
  }
}
