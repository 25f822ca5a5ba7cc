import type { JsonValue } from '@stemcell/core'
import assert from 'node:assert/strict'

/** A text, which the value must be. */
export function textOf(value: JsonValue | undefined): string {
  assert.equal(typeof value, 'string', `not a text: ${JSON.stringify(value)}`)
  return value as string
}
