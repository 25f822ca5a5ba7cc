import type { JsonValue } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'

/** Indentation grows with depth times size: beyond this many characters it is left out. */
const MAX_INDENTATION = 4 * 1024 ** 2

/** JSON as web actions show it. */
export function prettyJson(value: JsonValue): string {
  return stringifyJson(value, isIndentable(value) ? 2 : 0)
}

function isIndentable(value: JsonValue): boolean {
  const pending: { readonly value: JsonValue; readonly depth: number }[] = [{ value, depth: 1 }]
  let left = MAX_INDENTATION
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue
    const members = Object.values(next.value)
    left -= 2 * next.depth * (members.length + 1)
    if (left < 0) return false
    for (const member of members) {
      if (typeof member === 'object') pending.push({ value: member, depth: next.depth + 1 })
    }
  }
  return true
}
