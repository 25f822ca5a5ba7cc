import type { JsonValue } from '../../model/json.ts'

/** JSON as web actions show it. */
export function prettyJson(value: JsonValue): string {
  return JSON.stringify(value, null, 2)
}
