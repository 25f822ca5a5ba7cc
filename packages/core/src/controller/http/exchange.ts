import type { MaybePromise } from '../../lifecycle.ts'
import type { Transaction } from '../../model/transaction.ts'
import { Deadline } from '../../time/deadlines.ts'
import { writeAnswer, type Answer } from './answer.ts'
import type { BodyReceiver } from './body-receiver.ts'
import { CORS } from './cors.ts'
import type { HttpRequest, HttpResponse } from './direct/api-server.ts'
import { DirectRequest } from './direct/direct-request.ts'
import { DirectResponse } from './direct/direct-response.ts'
import type { EarlyAnswers } from './early-answers.ts'
import { originForm } from './origin-form.ts'
import { announcedLength, ClientGone, type BodyLimit, type BodySource } from './read-body.ts'
import type { LateAnswer } from './route.ts'

/** What all exchanges of a server share. */
export interface Reception {
  readonly receiver: BodyReceiver
  readonly earlyAnswers: EarlyAnswers
}

/** One request with its response, from arrival to answer. */
export class Exchange extends Deadline implements BodySource, LateAnswer {
  readonly request: HttpRequest
  readonly transaction: Transaction
  readonly path: string
  readonly rawQuery: string
  /** Part of the server whose headers the answer carries. */
  area: keyof typeof CORS = 'none'
  /** Path of the operation that serves it, as the API writes it. */
  route = 'other'
  /** Monotonic ms. */
  readonly receivedMs: number
  readonly #response: HttpResponse
  readonly #reception: Reception
  /** The client waits to be told to send the body. */
  #isAsked: boolean
  #lateAnswer: (() => Answer) | undefined
  #onExpired: ((exchange: Exchange) => void) | undefined

  constructor(
    request: HttpRequest,
    response: HttpResponse,
    transaction: Transaction,
    receivedMs: number,
    reception: Reception,
  ) {
    super(Infinity)
    this.request = request
    this.#response = response
    this.#reception = reception
    this.#isAsked = request.headers.expect?.toLowerCase().includes('100-continue') === true
    this.transaction = transaction
    this.receivedMs = receivedMs
    const target = originForm(request.url ?? '/')
    const end = target.indexOf('?')
    this.path = end < 0 ? target : target.slice(0, end)
    this.rawQuery = end < 0 ? '' : target.slice(end + 1)
  }

  /** It must be answered within `ms` of its arrival, or `onExpired` is called once it is pending. */
  limit(ms: number, onExpired: (exchange: Exchange) => void): void {
    this.deadlineMs = this.receivedMs + ms
    this.#onExpired = onExpired
  }

  /** As a {@link Deadline}. */
  expire(): void {
    this.#onExpired?.(this)
  }

  get body(): BodySource {
    return this
  }

  readBody(limit: BodyLimit): MaybePromise<Buffer> {
    return this.#receive(limit, false)
  }

  readLargeBody(limit: BodyLimit): MaybePromise<Buffer> {
    return this.#receive(limit, true)
  }

  #receive(limit: BodyLimit, untilAnswered: boolean): MaybePromise<Buffer> {
    const request = this.request
    const response = this.#response
    // Nobody will be told what comes of it.
    if (response.headersSent) throw new ClientGone('the request was answered already')
    if (request instanceof DirectRequest || response instanceof DirectResponse) return wholeBody(request, limit)
    const body = this.#reception.receiver.receive(request, limit, untilAnswered ? response : undefined)
    if (this.#isAsked) {
      this.#isAsked = false
      response.writeContinue()
    }
    return body
  }

  /** Ends the wait for a body; false when none is coming. */
  stopReceiving(): boolean {
    return !(this.request instanceof DirectRequest) && this.#reception.receiver.giveUp(this.request)
  }

  answer(answer: Answer): void {
    const request = this.request
    const response = this.#response
    const cors = CORS[this.area]
    if (response instanceof DirectResponse) {
      response.send(answer, this.transaction.id, cors)
      return
    }
    if (request instanceof DirectRequest || request.complete || announcedLength(request) === 0) {
      writeAnswer(response, answer, this.transaction.id, cors)
      return
    }
    const { earlyAnswers } = this.#reception
    earlyAnswers.give(request, response, answer, this.transaction.id, cors, this.#isAsked)
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

function wholeBody(request: HttpRequest, limit: BodyLimit): Buffer {
  if (!(request instanceof DirectRequest)) throw new TypeError('a request of node:http with a response that is not')
  const { body } = request
  if (body.length > limit.bytes) throw limit.tooLarge(body.length)
  return body
}
