import { expandValue, type Environment } from '../environment.ts'
import type { JsonValue, Values } from '../model.ts'

/** Names of types, and what a parameter of that type is when nothing says more. */
const TYPES: Readonly<Record<string, JsonValue>> = {
  string: '',
  string16: '',
  string64: '',
  string256: '',
  integer: 0,
  float: 0,
  boolean: false,
  timestamp: '',
  version: '',
  json: {},
  object: {},
}
const KEYS_OF_DECLARATION = new Set([
  'type',
  'description',
  'value',
  'required',
  'default',
  'status',
  'schema',
  'properties',
])

/** The values of `inputs`: given in one line, as the name of a type, or declared over several lines. */
export function inputsOf(
  inputs: unknown,
  environment: Environment,
  missing: (name: string) => string,
): Record<string, JsonValue> {
  if (typeof inputs !== 'object' || inputs === null) return {}
  return Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => {
      const value = valueOf(given as JsonValue)
      const expanded = expandValue(value, environment, missing)
      return [name, typed(given as JsonValue, expanded)]
    }),
  )
}

function valueOf(given: JsonValue): JsonValue {
  if (typeof given === 'string') return Object.hasOwn(TYPES, given) ? TYPES[given]! : given
  if (!isDeclaration(given)) return given
  const { value, default: otherwise, type } = given
  return value ?? otherwise ?? TYPES[typeof type === 'string' ? type : 'string'] ?? ''
}

/** Text that came from the environment has the type that was declared. */
function typed(given: JsonValue, value: JsonValue): JsonValue {
  if (!isDeclaration(given) || typeof value !== 'string') return value
  switch (String(given['type'] as string | undefined)) {
    case 'integer':
    case 'float':
      return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value
    case 'json':
    case 'object':
      try {
        return JSON.parse(value) as JsonValue
      } catch {
        return value
      }
    default:
      return value
  }
}

function isDeclaration(given: JsonValue): given is Values {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false
  const keys = Object.keys(given)
  return keys.length > 0 && keys.every((key) => KEYS_OF_DECLARATION.has(key)) && ('type' in given || 'value' in given)
}
