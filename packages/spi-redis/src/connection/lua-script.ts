import type { Redis } from 'ioredis'
import { createHash } from 'node:crypto'
import { replyCode } from './to-platform-error.ts'

export type Argument = string | number | Buffer

/** What a script returns: text as bytes. */
export type Reply = number | Buffer | null | readonly Reply[]

/** A script that runs on the server: named by its digest, sent whole when the server does not know it. */
export class LuaScript {
  readonly #source: string
  readonly #digest: string

  constructor(source: string) {
    this.#source = source
    this.#digest = createHash('sha1').update(source).digest('hex')
  }

  async run(redis: Redis, keys: readonly Argument[], args: readonly Argument[]): Promise<Reply> {
    const rest = [keys.length, ...keys, ...args]
    try {
      return (await redis.callBuffer('EVALSHA', [this.#digest, ...rest])) as Reply
    } catch (error) {
      if (replyCode(error) !== 'NOSCRIPT') throw error
      return (await redis.callBuffer('EVAL', [this.#source, ...rest])) as Reply
    }
  }
}

export function textOf(reply: Reply | undefined): string {
  return String(reply)
}

export function listOf(reply: Reply | undefined): readonly Reply[] {
  if (!Array.isArray(reply)) throw new TypeError('Redis answered with something that is not a list')
  return reply as readonly Reply[]
}

/** What a script caught, as the driver would have told it. */
export function replyError(text: string): Error {
  const error = new Error(text.replace(/^-/, ''))
  error.name = 'ReplyError'
  return error
}
