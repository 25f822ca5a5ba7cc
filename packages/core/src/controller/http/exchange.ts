import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Transaction } from '../../model/transaction.ts'
import { writeAnswer, type Answer } from './answer.ts'
import { CORS } from './cors.ts'
import type { LateAnswer } from './route.ts'

/** One request with its response, from arrival to answer. */
export class Exchange implements LateAnswer {
  readonly request: IncomingMessage
  readonly transaction: Transaction
  readonly path: string
  readonly rawQuery: string
  /** Part of the server whose headers the answer carries. */
  area: keyof typeof CORS = 'none'
  /** Path of the operation that serves it, as the API writes it. */
  route = 'other'
  /** Monotonic ms. */
  readonly receivedMs: number
  readonly #response: ServerResponse
  #lateAnswer: (() => Answer) | undefined

  constructor(request: IncomingMessage, response: ServerResponse, transaction: Transaction, receivedMs: number) {
    this.request = request
    this.#response = response
    this.transaction = transaction
    this.receivedMs = receivedMs
    const target = originForm(request.url ?? '/')
    const end = target.indexOf('?')
    this.path = end < 0 ? target : target.slice(0, end)
    this.rawQuery = end < 0 ? '' : target.slice(end + 1)
  }

  answer(answer: Answer): void {
    writeAnswer(this.#response, answer, this.transaction.id, CORS[this.area])
  }

  /** So that a web action, too, is handed an exchange as its call. */
  get late(): LateAnswer {
    return this
  }

  answerIfLate(make: () => Answer): void {
    this.#lateAnswer = make
  }

  /** Undefined when nothing was accepted. */
  lateAnswer(): Answer | undefined {
    return this.#lateAnswer?.()
  }

  /** Nobody is there to be answered. */
  abandon(): void {
    this.#response.destroy()
  }
}

/** The target without scheme and host, which proxies send, and without a fragment, which nobody should. */
function originForm(url: string): string {
  const hash = url.indexOf('#')
  const target = hash < 0 ? url : url.slice(0, hash)
  if (target.startsWith('/')) return target
  const path = /^https?:\/\/[^/?]*(.*)$/i.exec(target)?.[1]
  if (path === undefined) return target
  return path.startsWith('/') ? path : `/${path}`
}
