import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'vitest'
import {
  ANYTHING,
  type ContractRow,
  type ContractTarget,
  type Expectation,
  type GivenStep,
  type RequestStep,
} from './contract-row.ts'
import { sendRequest, type RawResponse } from './send-request.ts'

const PATIENCE_MS = 10_000

/** One test for each row. The target is asked for when the first test runs. */
export function runContract(rows: readonly ContractRow[], target: () => ContractTarget): void {
  for (const row of rows) {
    it(row.name, async () => {
      const run = new RowRun(target())
      for (const step of row.given ?? []) await run.prepare(step)
      check(await run.send(row.when), run.fill(row.answer) as Expectation)
    })
  }
}

class RowRun {
  readonly #target: ContractTarget
  readonly #unique = `c${randomBytes(8).toString('hex')}`
  /** The activation id that was answered last: stands for `{id}` in what follows. */
  #activationId = ''

  constructor(target: ContractTarget) {
    this.#target = target
  }

  async prepare(step: GivenStep): Promise<void> {
    if ('package' in step) {
      const namespace = this.#target[step.of ?? 'owner'].namespace
      await this.#target.makePackage(this.fill(step) as typeof step, namespace)
      return
    }
    const { status, text } = await this.send(step)
    const good = step.expected === undefined ? status >= 200 && status < 300 : status === step.expected
    assert.ok(good, `given ${step.method} ${step.path}: ${status} ${text}`)
  }

  async send(step: RequestStep): Promise<RawResponse> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const response = await this.#sendOnce(step)
      this.#activationId = response.headers['x-openwhisk-activation-id'] ?? this.#activationId
      if (step.until === undefined || response.status === step.until || performance.now() > deadline) return response
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  #sendOnce(step: RequestStep): Promise<RawResponse> {
    const { method, path, as = 'owner', headers = {}, body, chunked = false } = this.fill(step) as RequestStep
    const authorization =
      as === 'nobody'
        ? null
        : typeof as === 'object'
          ? as.authorization
          : `Basic ${Buffer.from(this.#target[as].auth).toString('base64')}`
    const all = {
      authorization,
      'content-type': body === undefined ? null : 'application/json',
      ...headers,
    }
    return sendRequest(this.#target.baseUrl, {
      method,
      path,
      chunked,
      headers: Object.fromEntries(
        Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      ),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }

  /** Replaces the placeholders in every text. */
  fill(value: unknown): unknown {
    if (typeof value === 'string') {
      return value
        .replaceAll('{u}', this.#unique)
        .replaceAll('{ns}', this.#target.owner.namespace)
        .replaceAll('{other}', this.#target.other.namespace)
        .replaceAll('{id}', this.#activationId)
    }
    if (Array.isArray(value)) return value.map((item) => this.fill(item))
    if (typeof value !== 'object' || value === null || value instanceof RegExp) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.fill(key), this.fill(item)]))
  }
}

function check(
  response: RawResponse,
  { status, error, body, includes, excludes, fields, itemFields, text, headers = {} }: Expectation,
): void {
  const shown = `${response.status} ${response.text.slice(0, 2000)}`
  assert.equal(response.status, status, shown)
  assert.ok(response.headers['x-request-id'], 'X-Request-ID is missing')
  for (const [name, expected] of Object.entries(headers)) checkText(name, response.headers[name], expected)
  if (text !== undefined) assert.equal(response.text, text)
  if (error !== undefined) {
    assert.equal(response.headers['content-type'], 'application/json')
    const object = JSON.parse(response.text) as Record<string, unknown>
    assert.deepEqual(Object.keys(object).toSorted(), ['code', 'error'], shown)
    assert.equal(object['code'], response.headers['x-request-id'])
    assert.equal(response.text, JSON.stringify({ error: object['error'], code: object['code'] }))
    checkText('error', String(object['error']), error)
  }
  if ([body, fields, includes, excludes, itemFields].every((part) => part === undefined)) return
  assert.equal(response.headers['content-type'], 'application/json')
  const json: unknown = JSON.parse(response.text)
  if (fields) assert.deepEqual(Object.keys(json as object).toSorted(), [...fields].toSorted(), shown)
  if (body !== undefined) checkContains('body', json, body, shown)
  if (includes !== undefined) checkIncludes(json, includes, shown)
  if (excludes || itemFields) checkItems(json, excludes ?? [], itemFields, shown)
}

function checkItems(
  json: unknown,
  excludes: readonly string[],
  itemFields: readonly string[] | undefined,
  shown: string,
): void {
  assert.ok(Array.isArray(json) && json.length > 0, `no array with items: ${shown}`)
  for (const item of json as object[]) {
    if ('name' in item) assert.ok(!excludes.includes(String(item.name)), `${String(item.name)} is in ${shown}`)
    if (itemFields) assert.deepEqual(Object.keys(item).toSorted(), [...itemFields].toSorted(), shown)
  }
}

function checkIncludes(json: unknown, expected: unknown, shown: string): void {
  assert.ok(Array.isArray(json), `no array: ${shown}`)
  const found = json.some((item) => {
    try {
      checkContains('item', item, expected, '')
      return true
    } catch (error) {
      if (error instanceof assert.AssertionError) return false
      throw error
    }
  })
  assert.ok(found, `no item like ${JSON.stringify(expected)} in ${shown}`)
}

function checkText(what: string, actual: string | undefined, expected: string | RegExp | null): void {
  if (expected === null) assert.equal(actual, undefined, `${what} must not be there`)
  else if (typeof expected === 'string') assert.equal(actual, expected, what)
  else assert.match(actual ?? '', expected, what)
}

function checkContains(path: string, actual: unknown, expected: unknown, shown: string): void {
  if (expected === ANYTHING) {
    assert.notEqual(actual, undefined, `${path} is missing in ${shown}`)
  } else if (expected instanceof RegExp) {
    assert.match(String(actual), expected, path)
  } else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path} is no array in ${shown}`)
    assert.equal(actual.length, expected.length, `length of ${path} in ${shown}`)
    for (const [index, item] of expected.entries()) checkContains(`${path}[${index}]`, actual[index], item, shown)
  } else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path} is no object in ${shown}`)
    for (const [key, item] of Object.entries(expected)) {
      checkContains(`${path}.${key}`, (actual as Record<string, unknown>)[key], item, shown)
    }
  } else {
    assert.deepEqual(actual, expected, `${path} in ${shown}`)
  }
}
