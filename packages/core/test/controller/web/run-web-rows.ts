import assert from 'node:assert/strict'
import { it } from 'vitest'
import type { RawResponse } from './send-raw.ts'
import type { WebPlatform } from './web-platform.ts'
import type { WebExpectation, WebRow } from './web-row.ts'

let count = 0

/** One test for each row. The platform is asked for when the first test runs. */
export function runWebRows(rows: readonly WebRow[], platform: () => WebPlatform): void {
  for (const row of rows) {
    it(row.name, async () => {
      const name = `w${++count}`
      const { given = {}, packages = [], when = {}, answer } = fill(row, name) as WebRow
      const target = platform()
      for (const each of packages) await target.putPackage(each)
      await target.putAction(name, given)
      const { method = 'GET', path = `/api/v1/web/owner/default/${name}.json`, query, as, headers = [], ...rest } = when
      const response = await target.send({
        method,
        path: query === undefined ? path : `${path}?${query}`,
        headers: as === undefined ? headers : ['authorization', target.authorization(as), ...headers],
        ...rest,
      })
      check(response, answer)
    })
  }
}

function check(response: RawResponse, { status = 200, reason, ...answer }: WebExpectation): void {
  const { text } = response
  const shown = `${response.status} ${text.slice(0, 1000)}`
  assert.equal(response.status, status, shown)
  assert.ok(response.headers.has('x-request-id'), 'X-Request-ID is missing')
  if (reason !== undefined) assert.equal(response.reason, reason)
  if (answer.text !== undefined) assert.equal(text, answer.text)
  if (answer.bytes !== undefined) assert.deepEqual(Buffer.from(response.bytes), answer.bytes)
  if (answer.error !== undefined) checkError(response, text, answer.error, 2)
  if (answer.rejection !== undefined) checkError(response, text, answer.rejection, 0)
  if (answer.args !== undefined) checkArguments(JSON.parse(text) as Record<string, unknown>, answer.args)
  for (const [name, expected] of Object.entries(answer.headers ?? {})) checkHeader(response, name, expected)
}

function checkError(response: RawResponse, text: string, expected: string | RegExp, indent: number): void {
  checkHeader(response, 'content-type', 'application/json')
  const { error, code } = JSON.parse(text) as Record<string, unknown>
  assert.equal(text, JSON.stringify({ error, code }, null, indent))
  assert.equal(code, response.headers.get('x-request-id')?.[0])
  if (typeof expected === 'string') assert.equal(error, expected)
  else assert.match(String(error), expected)
}

function checkArguments(actual: Record<string, unknown>, expected: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(expected)) {
    if (value === null) assert.ok(!(name in actual), `${name} must not be there`)
    else if (name === '__ow_headers')
      checkArguments(actual[name] as Record<string, unknown>, value as Record<string, unknown>)
    else assert.deepEqual(actual[name], value, name)
  }
}

function checkHeader(response: RawResponse, name: string, expected: string | RegExp | readonly string[] | null): void {
  const lines = response.headers.get(name)
  if (expected === null) assert.equal(lines, undefined, `${name} must not be there`)
  else if (expected instanceof RegExp) assert.match(lines?.join() ?? '', expected)
  else assert.deepEqual(lines, typeof expected === 'string' ? [expected] : expected, name)
}

/** Replaces the placeholders in every text. */
function fill(value: unknown, unique: string): unknown {
  if (typeof value === 'string') {
    return value.replaceAll('{u}', unique).replaceAll('{ns}', 'owner').replaceAll('{other}', 'other')
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, unique))
  if (typeof value !== 'object' || value === null || value instanceof RegExp || value instanceof Uint8Array)
    return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [fill(key, unique), fill(item, unique)]))
}
