import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'

/** Indentation grows with depth times size: beyond this many characters it is left out. */
const MAX_INDENTATION = 4 * 1024 ** 2

/** JSON as web actions show it, printed like OpenWhisk's: members on lines of their own, elements on one. */
export function prettyJson(value: JsonValue): string {
  return isIndentable(value) ? printed(value, '') : stringifyJson(value)
}

function printed(value: JsonValue, indent: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => printed(item, indent)).join(', ')}]`
  return isJsonObject(value) ? printedObject(value, indent) : stringifyJson(value)
}

/** An empty object has an empty line where its members would be. */
function printedObject(value: JsonObject, indent: string): string {
  const inner = `${indent}  `
  const members = Object.entries(value).map(([name, member]) => {
    return `${inner}${stringifyJson(name)}: ${printed(member, inner)}`
  })
  return `{\n${members.join(',\n')}\n${indent}}`
}

function isIndentable(value: JsonValue): boolean {
  const pending: { readonly value: JsonValue; readonly depth: number }[] = [{ value, depth: 0 }]
  let left = MAX_INDENTATION
  for (let next = pending.pop(); next; next = pending.pop()) {
    const isList = Array.isArray(next.value)
    const members = membersOf(next.value)
    if (!members) continue
    // Elements stay on the line of their list, which is not indented for them.
    const depth = isList ? next.depth : next.depth + 1
    left -= isList ? members.length : 2 * depth * (members.length + 1)
    if (left < 0) return false
    for (const member of members) {
      if (typeof member === 'object') pending.push({ value: member, depth })
    }
  }
  return true
}

function membersOf(value: JsonValue): readonly JsonValue[] | undefined {
  if (Array.isArray(value)) return value
  return isJsonObject(value) ? Object.values(value) : undefined
}
