import { decodeField, type DecodeBytes } from '../http/percent-decoding.ts'

const NONE: ReadonlyMap<string, string> = new Map()

/**
 * The fields of a query or of a form. Of a repeated name the last value counts; an empty piece between two `&` is no
 * field. Undefined when the percent-encoding is malformed.
 */
export function parseFields(text: string, decodeBytes?: DecodeBytes): ReadonlyMap<string, string> | undefined {
  if (text === '') return NONE
  const fields = new Map<string, string>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeField(equals < 0 ? pair : pair.slice(0, equals), decodeBytes)
    const value = equals < 0 ? '' : decodeField(pair.slice(equals + 1), decodeBytes)
    if (name === undefined || value === undefined) return undefined
    fields.set(name, value)
  }
  return fields
}
