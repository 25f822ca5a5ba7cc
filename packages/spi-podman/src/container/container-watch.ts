import { isPlatformError, type Clock, type ContainerExit, type LogDemultiplexer, type Logger } from '@stemcell/core'
import { exitReason, type ControlGroup } from '@stemcell/core/container-engine'
import type { Attachment, PodmanEngine } from '../engine/podman-engine.ts'

/** Enough of standard error to find what V8 prints before it aborts. */
const TAIL_BYTES = 16_384
const FIRST_PAUSE_MS = 5
/** Between the end of the output and the moment when the engine knows of the container's. */
const DOUBT_MS = 200
const LONGEST_PAUSE_MS = 1_000

export interface ContainerWatchParts {
  readonly id: string
  readonly engine: PodmanEngine
  readonly logs: LogDemultiplexer
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Follows the output of one container to its end, and finds out how the container ended. When the output breaks off
 * because the engine's service ended, the container may well live on: then it is followed again, with a gap in its log.
 */
export class ContainerWatch {
  /** Settles once, when the container has ended and all it wrote was taken. */
  readonly exited: Promise<ContainerExit>
  readonly #parts: ContainerWatchParts
  readonly #removed = new AbortController()
  #settle: (exit: ContainerExit) => void = () => undefined
  #attachment: Attachment | undefined
  #group: ControlGroup | undefined
  #destroying = false
  #tail = Buffer.alloc(0)

  constructor(parts: ContainerWatchParts) {
    this.#parts = parts
    this.exited = new Promise((resolve) => (this.#settle = resolve))
  }

  /** @throws ERR_UNAVAILABLE */
  async attach(): Promise<void> {
    const attachment = await this.#attach()
    void this.#follow(attachment)
  }

  /** Where to look for what the engine does not notice. */
  observe(group: ControlGroup | undefined): void {
    this.#group = group
  }

  /** From now on an end is no surprise. */
  destroying(): void {
    this.#destroying = true
  }

  /** The engine has it no longer. */
  removed(): void {
    this.#removed.abort()
    this.#attachment?.close()
    this.#end({ reason: 'destroyed' })
  }

  /** What the container said last on standard error. */
  get lastWords(): string {
    return this.#tail.toString().trim()
  }

  async #attach(): Promise<Attachment> {
    const { id, engine, logs } = this.#parts
    const attachment = await engine.attach(id, (stream, chunk) => {
      if (stream === 'stderr') this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-TAIL_BYTES)
      logs.write(stream, chunk)
    })
    this.#attachment = attachment
    if (this.#removed.signal.aborted) attachment.close()
    return attachment
  }

  async #follow(first: Attachment): Promise<void> {
    for (let attachment: Attachment | undefined = first; attachment;) {
      await attachment.ended
      const destroyed = this.#destroying
      // At once: the engine's clean-up takes the group away.
      const oomKills = this.#oomKills()
      attachment = await this.#goOn(destroyed, oomKills > 0)
    }
  }

  #oomKills(): number {
    try {
      return this.#group?.oomKills() ?? 0
    } catch (err) {
      // No descriptor to look with: the exit code and the last words have to tell.
      this.#parts.logger.warn({ err, container: this.#parts.id }, 'cannot find out why a container ended')
      return 0
    }
  }

  /** The output ended: resolves with another attachment, or with nothing once the container has ended. */
  async #goOn(destroyed: boolean, oomSeen: boolean): Promise<Attachment | undefined> {
    const { id, engine, clock, logs, logger } = this.#parts
    const { signal } = this.#removed
    let runsOn = false
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      try {
        const facts = await engine.inspect(id)
        if (!facts) {
          this.#end({ reason: destroyed ? 'destroyed' : 'lost' })
          return undefined
        }
        if (facts.status === 'waiting') {
          this.#end({ reason: 'lost' })
          return undefined
        }
        if (facts.status === 'ended') {
          const exit = exitReason(facts.exitCode, facts.oomKilled || oomSeen, this.lastWords)
          this.#end(destroyed ? { ...exit, reason: 'destroyed' } : exit)
          return undefined
        }
        const attachment = runsOn && facts.status === 'running' ? await this.#again(facts.startedAt) : undefined
        if (attachment) {
          logs.gap()
          logger.warn({ container: id }, 'the output of a container broke off: lines may be missing')
          return attachment
        }
        if (facts.status === 'running') {
          runsOn = true
          pauseMs = Math.max(pauseMs, DOUBT_MS)
        }
      } catch (error) {
        // Whatever it was, the container may live on, and nobody else looks after it.
        if (!isPlatformError(error, 'ERR_UNAVAILABLE'))
          logger.warn({ err: error, container: id }, 'the state of a container could not be read')
        // Whatever it writes until it is followed again is lost.
        logs.gap()
        runsOn = false
      }
      await clock.sleep(pauseMs, signal)
    }
    return undefined
  }

  /** Attaching makes a container anew that ended just before; then there is nothing to follow. */
  async #again(startedAt: string): Promise<Attachment | undefined> {
    const attachment = await this.#attach()
    const facts = await this.#parts.engine.inspect(this.#parts.id)
    if (facts?.startedAt === startedAt && facts.status !== 'waiting' && facts.status !== 'ended') return attachment
    attachment.close()
    return undefined
  }

  #end(exit: ContainerExit): void {
    this.#parts.logs.end('stdout')
    this.#parts.logs.end('stderr')
    this.#settle(exit)
  }
}
