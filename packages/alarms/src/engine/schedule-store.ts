import { isPlatformError, type EntityStore, type Logger } from '@stemcell/core'
import { readSchedule, scheduleDocument } from '../schedule/schedule-codec.ts'
import { scheduleKey, type Schedule, type ScheduleId } from '../schedule/schedule.ts'

/** Ids begin with the namespace of the system, which no user writes to. */
const PREFIX = 'whisk.system/alarmSchedules/'

export interface StoredSchedule {
  readonly schedule: Schedule
  readonly revision: string
}

/** Schedules in the entity store. Whoever writes one says which revision it changes: of two, one gets a conflict. */
export class ScheduleStore {
  readonly #store: EntityStore
  readonly #logger: Logger

  constructor(store: EntityStore, logger: Logger) {
    this.#store = store
    this.#logger = logger
  }

  /** @throws ERR_CORRUPT, ERR_UNAVAILABLE */
  async get(id: ScheduleId): Promise<StoredSchedule | undefined> {
    const stored = await this.#store.get(PREFIX + scheduleKey(id))
    return stored && { schedule: readSchedule(stored.document), revision: stored.revision }
  }

  /** The new revision; undefined when the schedule is another one by now, or exists where it must not. */
  async put(schedule: Schedule, revision: string | undefined): Promise<string | undefined> {
    const id = PREFIX + scheduleKey(schedule)
    return unlessConflict(async () => {
      const written = await this.#store.put(id, scheduleDocument(schedule), revision === undefined ? {} : { revision })
      return written.revision
    })
  }

  /** False when the schedule is another one by now. */
  async delete(id: ScheduleId, revision: string): Promise<boolean> {
    const done = await unlessConflict(async () => {
      await this.#store.delete(PREFIX + scheduleKey(id), revision)
      return true
    })
    return done ?? false
  }

  /** Every schedule that can be read; those that cannot are named in the log. */
  async *all(): AsyncGenerator<StoredSchedule, void, undefined> {
    for await (const { id, document, revision } of this.#store.scan({ prefix: PREFIX })) {
      try {
        yield { schedule: readSchedule(document), revision }
      } catch (err) {
        if (!isPlatformError(err, 'ERR_CORRUPT')) throw err
        this.#logger.error({ err, id }, 'schedule cannot be read, it does not fire')
      }
    }
  }
}

async function unlessConflict<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write()
  } catch (error) {
    if (isPlatformError(error, 'ERR_CONFLICT')) return undefined
    throw error
  }
}
