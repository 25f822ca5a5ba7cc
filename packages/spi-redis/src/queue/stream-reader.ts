import { isPlatformError, type AdapterContext } from '@stemcell/core'
import { setImmediate } from 'node:timers/promises'
import type { Reply } from '../connection/lua-script.ts'
import type { RedisConnection } from '../connection/redis-connection.ts'
import { isRefusal, replyCode } from '../connection/to-platform-error.ts'
import { readEntries, type ReadEntries } from './entry.ts'
import type { GroupMember } from './group-member.ts'
import type { GroupKeys } from './topic-keys.ts'

/** How long a read waits on the server; a broken connection that nobody told of is noticed after it. */
export const READ_BLOCK_MS = 5000
const PAUSE_AFTER_FAILURE_MS = 100

export interface ReaderParts {
  readonly keys: GroupKeys
  readonly group: string
  readonly consumer: string
  readonly member: GroupMember
}

/** Reads the topic's stream and the group's retry stream with one waiting command, on a connection of its own. */
export class StreamReader {
  readonly #connection: RedisConnection
  readonly #parts: ReaderParts
  readonly #context: AdapterContext
  readonly #stopping = new AbortController()
  #ended: Promise<void> = Promise.resolve()
  #wake: (() => void) | undefined

  constructor(connection: RedisConnection, parts: ReaderParts, context: AdapterContext) {
    this.#connection = connection
    this.#parts = parts
    this.#context = context
  }

  /** Reads as long as there is room, and again when {@link roomChanged} is called. Ends with `stop`; never rejects. */
  run(room: () => number, take: (read: ReadEntries) => void): Promise<void> {
    this.#ended = this.#read(room, take)
    return this.#ended
  }

  roomChanged(): void {
    this.#wake?.()
  }

  /**
   * Closes the connection and waits until nothing can arrive on it any more: the server gives no message to a
   * consumer whose goodbye it has seen, and what it gave before has arrived.
   */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#connection.close()
    this.#wake?.()
    await this.#ended
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #read(room: () => number, take: (read: ReadEntries) => void): Promise<void> {
    let failed = false
    while (!this.#stopped) {
      const count = room()
      if (count === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve))
        this.#wake = undefined
        continue
      }
      try {
        // An answer may have been lost on its way.
        if (failed) await this.#parts.member.giveBack()
        const reply = await this.#connection.run((redis) => redis.callBuffer('XREADGROUP', this.#command(count)))
        failed = false
        if (!this.#stopped && reply !== null) {
          take(readEntries(reply as Reply, this.#parts.keys.stream))
          // What the handlers have to send at once goes first.
          await setImmediate()
        }
      } catch (err) {
        failed = true
        if (!this.#stopped) await this.#recover(err)
      }
    }
  }

  #command(count: number): (string | number)[] {
    const { keys, group, consumer } = this.#parts
    const what = ['STREAMS', keys.stream, keys.retry, '>', '>']
    return ['GROUP', group, consumer, 'COUNT', count, 'BLOCK', READ_BLOCK_MS, ...what]
  }

  async #recover(err: unknown): Promise<void> {
    const { group, keys, member } = this.#parts
    const code = replyCode(isPlatformError(err) ? err.cause : err)
    if (code === 'NOGROUP' || code === 'UNBLOCKED') {
      this.#context.logger.warn(
        { group, key: keys.stream },
        'Redis lost the queue with what was in it; it is made anew',
      )
      try {
        // Whatever was published since then is this group's.
        await member.join('0')
        return
      } catch (error) {
        this.#context.logger.debug({ group, err: error }, 'the queue could not be recreated')
      }
    }
    this.#context.logger[isRefusal(err) ? 'warn' : 'debug']({ group, err }, 'reading a queue failed')
    await this.#context.clock.sleep(PAUSE_AFTER_FAILURE_MS, this.#stopping.signal)
  }
}
