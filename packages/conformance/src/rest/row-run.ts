import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { checkAnswer } from './check-answer.ts'
import {
  AnyOrder,
  JsonInText,
  type ContractRow,
  type Expectation,
  type GivenStep,
  type PackageStep,
  type RequestStep,
} from './contract-row.ts'
import type { RestCaller, RestTarget } from './rest-target.ts'
import { sendRequest, type RawRequest, type RawResponse } from './send-request.ts'

const PATIENCE_MS = 10_000
/** Longer than the minute in which a namespace's requests are counted. */
const THROTTLE_MS = 70_000
const JSON_BODY = { 'content-type': 'application/json' }

/** One row on its way: what is given, what is asked, what came back. */
export class RowRun {
  readonly #target: RestTarget
  readonly #owner: RestCaller
  readonly #unique = `c${randomBytes(8).toString('hex')}`
  /** The activation id that was answered last: stands for `{id}` in what follows. */
  #activationId = ''

  private constructor(target: RestTarget, owner: RestCaller) {
    this.#target = target
    this.#owner = owner
  }

  /** Rejects when the server does not do what the row says. */
  static async run(row: ContractRow, target: RestTarget): Promise<void> {
    const limits = row.needs?.limits
    const owner = limits && target.admit ? await target.admit(limits) : target.owner
    const run = new RowRun(target, owner)
    for (const step of row.given ?? []) await run.#prepare(step)
    const response = await run.#send(row.when)
    checkAnswer(response, run.#fill(row.answer) as Expectation, target.openwhisk)
  }

  async #prepare(step: GivenStep): Promise<void> {
    if ('stored' in step) {
      const { id, stored } = this.#fill(step) as typeof step
      await this.#target.store?.(id, stored)
      return
    }
    const request = 'package' in step ? packageRequest(step) : step
    const { status, text } = await this.#send(request)
    const good = request.expected === undefined ? status >= 200 && status < 300 : status === request.expected
    assert.ok(good, `given ${request.method} ${request.path}: ${status} ${text.slice(0, 2000)}`)
  }

  async #send(step: RequestStep): Promise<RawResponse> {
    const request = this.#request(step)
    const deadline = performance.now() + (this.#target.patienceMs ?? PATIENCE_MS)
    for (let pauseMs = 5; ; pauseMs = Math.min(100, pauseMs * 2)) {
      const response = await this.#exchange(step, request)
      if (isAwaited(step, response) || performance.now() > deadline) return response
      await pause(pauseMs)
    }
  }

  /** Rows that are not about limits wait where the server counts the requests of their owner. */
  async #exchange(step: RequestStep, request: RawRequest): Promise<RawResponse> {
    const deadline = performance.now() + THROTTLE_MS
    for (;;) {
      const { baseUrl, send = sendRequest } = this.#target
      const response = await send(baseUrl, request)
      this.#activationId = response.headers['x-openwhisk-activation-id'] ?? this.#activationId
      this.#target.observe?.({ step, request, response })
      const isThrottled = response.status === 429 && this.#owner === this.#target.owner
      if (!isThrottled || performance.now() > deadline) return response
      await pause(1000)
    }
  }

  #request(step: RequestStep): RawRequest {
    const { method, path, as = 'owner', headers = {}, body, chunked } = this.#fill(step) as RequestStep
    return {
      method,
      path,
      headers: [
        ...(as === 'nobody' ? [] : ['authorization', this.#authorization(as)]),
        ...(isList(headers) ? headers : headerList({ ...(body === undefined ? {} : JSON_BODY), ...headers })),
      ],
      ...(chunked === undefined ? {} : { chunked }),
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
    }
  }

  #authorization(as: Exclude<RequestStep['as'], 'nobody' | undefined>): string {
    if (typeof as === 'object') return as.authorization
    const caller = as === 'owner' ? this.#owner : this.#target.other
    return `Basic ${Buffer.from(caller?.auth ?? '').toString('base64')}`
  }

  /** Replaces the placeholders in every text. */
  #fill(value: unknown): unknown {
    if (typeof value === 'string') {
      return value
        .replaceAll('{u}', this.#unique)
        .replaceAll('{ns}', this.#owner.namespace)
        .replaceAll('{%ns}', () => percentEncoded(this.#owner.namespace))
        .replaceAll('{other}', this.#target.other?.namespace ?? '')
        .replaceAll('{id}', this.#activationId)
        .replaceAll('{origin}', new URL(this.#target.baseUrl).origin)
    }
    if (Array.isArray(value)) return value.map((item) => this.#fill(item))
    if (value instanceof JsonInText) return new JsonInText(this.#fill(value.value))
    if (value instanceof AnyOrder) return new AnyOrder(value.items.map((item) => this.#fill(item)))
    if (typeof value !== 'object' || value === null || value instanceof RegExp || value instanceof Uint8Array) {
      return value
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.#fill(key), this.#fill(item)]))
  }
}

type Headers = NonNullable<RequestStep['headers']>

function isList(headers: Headers): headers is readonly string[] {
  return Array.isArray(headers)
}

function headerList(headers: Readonly<Record<string, string | null>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [name, value]))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function isAwaited({ until, untilItems }: RequestStep, { status, text }: RawResponse): boolean {
  if (untilItems !== undefined) return status === 200 && (JSON.parse(text) as unknown[]).length === untilItems
  return until === undefined || status === until
}

function packageRequest({ package: name, of = 'owner', ...body }: PackageStep): RequestStep {
  return { method: 'PUT', path: `/api/v1/namespaces/_/packages/${name}`, as: of, body }
}

function percentEncoded(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
