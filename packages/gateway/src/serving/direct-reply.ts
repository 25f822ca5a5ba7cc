import type { Answer, DirectResponse } from '@stemcell/core'
import { gzip } from 'node:zlib'
import { compressedHeaders, compresses, withoutCors, type AnswerPolicy } from './answer-policy.ts'
import { refusalText, type Reply } from './reply.ts'

const NO_HEADERS: readonly string[] = []

/** The answer to a request that had arrived whole. */
export class DirectReply implements Reply {
  whenAnswered: (() => void) | undefined
  readonly #response: DirectResponse
  #policy: AnswerPolicy | undefined

  constructor(response: DirectResponse) {
    this.#response = response
  }

  get policy(): AnswerPolicy | undefined {
    return this.#policy
  }

  set policy(policy: AnswerPolicy | undefined) {
    this.#policy = policy
    this.#response.intercept = policy && this.#pass
  }

  get shouldKeepAlive(): boolean {
    return this.#response.shouldKeepAlive
  }

  set shouldKeepAlive(keep: boolean) {
    this.#response.shouldKeepAlive = keep
  }

  refuse(status: number, message: string, headers: readonly string[] = NO_HEADERS): void {
    const cors = this.#policy?.cors ?? NO_HEADERS
    const contentType = 'application/json; charset=utf-8'
    this.policy = undefined
    this.#send({ status, contentType, body: refusalText(status, message), headers: [...headers, ...cors] })
  }

  preflight(headers: readonly string[]): void {
    this.policy = undefined
    this.#send({ status: 200, body: '', headers })
  }

  #send(answer: Answer): void {
    this.#response.send(answer, undefined, NO_HEADERS)
  }

  readonly #pass = (answer: Answer, transactionId: string | undefined, given: readonly string[]): void => {
    const policy = this.#policy
    this.whenAnswered?.()
    if (!policy) return this.#response.send(answer, transactionId, given)
    const { contentType, body, headers = NO_HEADERS } = answer
    // What an action says about other origins is no more than what the API says.
    const own = policy.cors === undefined ? headers : [...withoutCors(headers), ...policy.cors]
    const cors = policy.cors === undefined ? given : NO_HEADERS
    const bytes = policy.gzipFromBytes === undefined ? 0 : Buffer.byteLength(body)
    if (!compresses(policy, contentType, own, bytes)) {
      return this.#response.send(own === headers ? answer : { ...answer, headers: own }, transactionId, cors)
    }
    gzip(typeof body === 'string' ? Buffer.from(body) : body, (error, compressed) => {
      if (error) this.#response.destroy()
      else this.#response.send({ ...answer, body: compressed, headers: compressedHeaders(own) }, transactionId, cors)
    })
  }
}
