import { isPlatformError, type Clock, type EntityStore, type Logger, type Timer } from '@stemcell/core'

const PREFIX = 'whisk.system/alarmControllers/'

export interface HeartbeatParts {
  readonly entityStore: EntityStore
  readonly clock: Clock
  readonly logger: Logger
  readonly controllerId: string
  readonly heartbeatMs: number
  readonly takeoverAfterMs: number
  /** Called when controllers have left, or been silent for `takeoverAfterMs`; again at each look until `forget`. */
  readonly onSilent: (controllerIds: ReadonlySet<string>) => void
}

/**
 * Says in the store that this controller lives, and finds out which others do. Beats are counted, and silence is
 * measured by this controller's own clock, so that clocks of different machines are never compared.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts
  readonly #seen = new Map<string, { beats: number; atMs: number }>()
  #beats = 0
  #timer: Timer | undefined
  #beating: Promise<void> | undefined
  #open = false

  constructor(parts: HeartbeatParts) {
    this.#parts = parts
  }

  async open(): Promise<void> {
    this.#open = true
    await this.#beat()
    this.#again()
  }

  async close(): Promise<void> {
    this.#open = false
    this.#timer?.cancel()
    await this.#beating
  }

  /** Says that this controller fires nothing more: others need not wait to find out. */
  async leave(): Promise<void> {
    const { controllerId, logger } = this.#parts
    if (this.#beats === 0) return
    this.#beats = 0
    try {
      await this.#erase(controllerId)
    } catch (err) {
      logger.warn({ err }, 'schedules: the others will find out later that this controller is gone')
    }
  }

  /** Controllers that are gone have nothing left that is worth listening for; one that comes back is heard anew. */
  async forget(controllerIds: Iterable<string>): Promise<void> {
    for (const name of controllerIds) {
      await this.#erase(name, this.#seen.get(name)?.beats)
      this.#seen.delete(name)
    }
  }

  /** Whether a controller was heard of lately, or has not been listened to for long enough. This one always lives. */
  mayLive(controllerId: string): boolean {
    const { clock, takeoverAfterMs } = this.#parts
    if (controllerId === this.#parts.controllerId) return true
    const seen = this.#seen.get(controllerId)
    if (seen) return clock.monotonic() - seen.atMs < takeoverAfterMs
    // Owner of a schedule, but never heard of: it is given the same time to say something.
    this.#seen.set(controllerId, { beats: -1, atMs: clock.monotonic() })
    return true
  }

  #again(): void {
    if (!this.#open) return
    const { clock, heartbeatMs } = this.#parts
    this.#timer = clock.setTimer(heartbeatMs, () => {
      this.#beating = this.#beat().finally(() => this.#again())
    })
  }

  async #beat(): Promise<void> {
    const { entityStore, clock, logger, controllerId, onSilent } = this.#parts
    const present = new Set<string>()
    try {
      await this.#write()
      for await (const { id, document } of entityStore.scan({ prefix: PREFIX })) {
        const name = id.slice(PREFIX.length)
        const beats = typeof document['beats'] === 'number' ? document['beats'] : 0
        present.add(name)
        if (this.#seen.get(name)?.beats !== beats) this.#seen.set(name, { beats, atMs: clock.monotonic() })
      }
    } catch (err) {
      logger.warn({ err }, 'schedules: the store does not answer, whether other controllers live is not known')
      // Nobody is called silent because this controller could not listen.
      const now = clock.monotonic()
      for (const seen of this.#seen.values()) seen.atMs = now
      return
    }
    const silent = [...this.#seen]
      .filter(
        ([name, { beats }]) => name !== controllerId && (!this.mayLive(name) || (beats >= 0 && !present.has(name))),
      )
      .map(([name]) => name)
    if (silent.length > 0 && this.#open) onSilent(new Set(silent))
  }

  async #write(): Promise<void> {
    const { entityStore, controllerId } = this.#parts
    const id = PREFIX + controllerId
    const stored = await entityStore.get(id)
    const before = typeof stored?.document['beats'] === 'number' ? stored.document['beats'] : 0
    this.#beats = Math.max(this.#beats, before) + 1
    const document = { entityType: 'stemcell:heartbeat', beats: this.#beats }
    try {
      await entityStore.put(id, document, stored ? { revision: stored.revision } : {})
    } catch (error) {
      // Somebody with the same name: the next beat tells whether it goes on.
      if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
    }
  }

  /** Removes what a controller said last; nothing happens when it has said more, or nothing. */
  async #erase(name: string, beats = -1): Promise<void> {
    const { entityStore } = this.#parts
    const stored = await entityStore.get(PREFIX + name)
    if (!stored || (beats >= 0 && stored.document['beats'] !== beats)) return
    try {
      await entityStore.delete(stored.id, stored.revision)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
    }
  }
}
