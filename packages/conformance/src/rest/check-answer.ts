import assert from 'node:assert/strict'
import { AnyOrder, ANYTHING, JsonInText, type Expectation } from './contract-row.ts'
import type { RawResponse } from './send-request.ts'

/** Fails with what is different. OpenWhisk itself leaves the transaction id out of the head of some refusals. */
export function checkAnswer(response: RawResponse, expected: Expectation, isOpenWhisk = false): void {
  const { status, reason, text, bytes, headers = {} } = expected
  const shown = `${response.status} ${response.text.slice(0, 2000)}`
  assert.equal(response.status, status, shown)
  assert.ok(response.headers['x-request-id'] || isOpenWhisk, 'X-Request-ID is missing')
  if (reason !== undefined) assert.equal(response.reason, reason)
  for (const [name, value] of Object.entries(headers)) checkHeader(response, name, value)
  if (typeof text === 'string') assert.equal(response.text, text)
  else if (text) assert.match(response.text, text)
  if (bytes !== undefined) assert.deepEqual(Buffer.from(response.bytes), Buffer.from(bytes))
  if (expected.error !== undefined) checkError(response, expected.error, 0)
  if (expected.prettyError !== undefined) checkError(response, expected.prettyError, 2)
  if (expected.args !== undefined) checkArguments(JSON.parse(response.text) as Record<string, unknown>, expected.args)
  checkJson(response, expected, shown)
}

function checkHeader(
  { headers, lines }: RawResponse,
  name: string,
  expected: string | RegExp | readonly string[] | null,
): void {
  if (expected === null) assert.equal(headers[name], undefined, `${name} must not be there`)
  else if (expected instanceof RegExp) assert.match(headers[name] ?? '', expected, name)
  else if (typeof expected === 'string') assert.equal(headers[name], expected, name)
  else assert.deepEqual(lines.get(name), expected, name)
}

function checkError(response: RawResponse, expected: string | RegExp, indent: number): void {
  assert.equal(response.headers['content-type'], 'application/json')
  const object = JSON.parse(response.text) as Record<string, unknown>
  const { error, code } = object
  assert.deepEqual(Object.keys(object).toSorted(), ['code', 'error'], response.text)
  assert.equal(code, response.headers['x-request-id'] ?? code)
  assert.equal(typeof code, 'string', response.text)
  // In the order in which they came: only how it is printed is looked at.
  assert.equal(response.text, JSON.stringify(object, null, indent))
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

function checkJson(
  response: RawResponse,
  { body, fields, includes, excludes, itemFields }: Expectation,
  shown: string,
): void {
  if ([body, fields, includes, excludes, itemFields].every((part) => part === undefined)) return
  assert.equal(response.headers['content-type'], 'application/json')
  const json: unknown = JSON.parse(response.text)
  if (fields) assert.deepEqual(Object.keys(json as object).toSorted(), fields.toSorted(), shown)
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
    if (itemFields) assert.deepEqual(Object.keys(item).toSorted(), itemFields.toSorted(), shown)
  }
}

function checkIncludes(json: unknown, expected: unknown, shown: string): void {
  assert.ok(Array.isArray(json), `no array: ${shown}`)
  const found = json.some((item) => contains(item, expected))
  assert.ok(found, `no item like ${JSON.stringify(expected)} in ${shown}`)
}

/** Each item is one of those that are expected, and no two are the same one. */
function checkAnyOrder(path: string, actual: unknown, expected: readonly unknown[], shown: string): void {
  assert.ok(Array.isArray(actual), `${path} is no array in ${shown}`)
  assert.equal(actual.length, expected.length, `length of ${path} in ${shown}`)
  const left = [...(actual as unknown[])]
  for (const item of expected) {
    const index = left.findIndex((candidate) => contains(candidate, item))
    assert.ok(index >= 0, `no item like ${JSON.stringify(item)} in ${path} of ${shown}`)
    left.splice(index, 1)
  }
}

function contains(actual: unknown, expected: unknown): boolean {
  try {
    checkContains('item', actual, expected, '')
    return true
  } catch (error) {
    if (error instanceof assert.AssertionError) return false
    throw error
  }
}

function checkContains(path: string, actual: unknown, expected: unknown, shown: string): void {
  if (expected === ANYTHING) {
    assert.notEqual(actual, undefined, `${path} is missing in ${shown}`)
  } else if (expected instanceof RegExp) {
    assert.match(String(actual), expected, path)
  } else if (expected instanceof JsonInText) {
    checkContains(path, JSON.parse(String(actual)), expected.value, shown)
  } else if (expected instanceof AnyOrder) {
    checkAnyOrder(path, actual, expected.items, shown)
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
