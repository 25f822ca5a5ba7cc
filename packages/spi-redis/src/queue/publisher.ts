import type { ConnectionSession } from '../connection/connection-session.ts'
import { listOf, replyError, textOf } from '../connection/lua-script.ts'
import type { RedisConnection } from '../connection/redis-connection.ts'
import { toPlatformError } from '../connection/to-platform-error.ts'
import { PUBLISH } from './queue-scripts.ts'

/** Of one script: nothing else is served while it runs. */
const MOST_AT_ONCE = 100
const MOST_BYTES_AT_ONCE = 256 * 1024

interface Message {
  readonly stream: string
  readonly body: Buffer
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * What is published in one turn of the event loop travels as one command. Where nothing is under way, messages wait for
 * no more than those that the same callback publishes.
 */
export class Publisher {
  readonly #session: ConnectionSession
  #turn: Message[] | undefined
  #underWay = 0

  constructor(session: ConnectionSession) {
    this.#session = session
  }

  /** @throws ERR_CLOSED, ERR_UNAVAILABLE */
  publish(stream: string, body: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const message = { stream, body, resolve, reject }
      if (this.#turn) {
        this.#turn.push(message)
        return
      }
      const turn = [message]
      this.#turn = turn
      // The session stays open from the call on, not from when the message is sent.
      this.#session
        .during(async (connection) => {
          await (this.#underWay > 0 ? new Promise<void>((next) => setImmediate(next)) : undefined)
          this.#turn = undefined
          this.#underWay++
          await Promise.all(batchesOf(turn).map((batch) => send(connection, batch)))
          this.#underWay--
        })
        .catch((error: unknown) => {
          if (this.#turn === turn) this.#turn = undefined
          for (const one of turn) one.reject(error)
        })
    })
  }
}

/** Never rejects: the messages do. */
async function send(connection: RedisConnection, batch: readonly Message[]): Promise<void> {
  const [first] = batch
  try {
    if (batch.length === 1) {
      await connection.run((redis) => redis.callBuffer('XADD', [first!.stream, '*', 'b', first!.body]))
      first!.resolve()
      return
    }
    const streams = [...new Set(batch.map(({ stream }) => stream))]
    const args = batch.flatMap(({ stream, body }) => [streams.indexOf(stream) + 1, body])
    const outcomes = listOf(await connection.run((redis) => PUBLISH.run(redis, streams, args)))
    for (const [index, { resolve, reject }] of batch.entries()) {
      if (outcomes[index] === 1) resolve()
      else reject(toPlatformError(replyError(textOf(outcomes[index])), connection.server))
    }
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}

function batchesOf(messages: readonly Message[]): readonly (readonly Message[])[] {
  const batches: Message[][] = []
  let bytes = Infinity
  for (const message of messages) {
    const last = batches.at(-1)
    bytes += message.body.length
    if (last && last.length < MOST_AT_ONCE && bytes <= MOST_BYTES_AT_ONCE) last.push(message)
    else {
      batches.push([message])
      bytes = message.body.length
    }
  }
  return batches
}
