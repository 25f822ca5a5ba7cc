import { HttpError, badQuery } from './http-error.ts'
import { decodeField } from './percent-decoding.ts'
import { TEXTS, notBoolean } from './texts.ts'

const TRUE = new Set(['true', 'yes', 'on', '1'])
const FALSE = new Set(['false', 'no', 'off', '0'])
const ENCODED = /[%+]/
const NONE: ReadonlyMap<string, string> = new Map()

/** The query of a request. Of a repeated parameter the first counts; unknown ones are ignored. */
export class QueryParameters {
  readonly #values: ReadonlyMap<string, string>

  /** @throws HttpError 400 the percent-encoding is malformed. */
  constructor(rawQuery: string) {
    this.#values = rawQuery === '' ? NONE : parse(rawQuery)
  }

  text(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** An empty value means the default. @throws HttpError 400 it is none of the words for true and false. */
  boolean(name: string, fallback: boolean): boolean {
    const value = this.#values.get(name)
    if (value === undefined || value === '') return fallback
    if (value === 'true') return true
    const word = value.toLowerCase()
    if (TRUE.has(word)) return true
    if (FALSE.has(word)) return false
    throw badQuery(name, notBoolean(value))
  }
}

function parse(rawQuery: string): ReadonlyMap<string, string> {
  const decode = ENCODED.test(rawQuery) ? decoded : asItIs
  const values = new Map<string, string>()
  for (const pair of rawQuery.split('&')) {
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    if (!values.has(name)) values.set(name, equals < 0 ? '' : decode(pair.slice(equals + 1)))
  }
  return values
}

function asItIs(text: string): string {
  return text
}

function decoded(text: string): string {
  const field = decodeField(text)
  if (field === undefined) throw new HttpError(400, `${TEXTS.queryUnreadable} Malformed percent-encoding.`)
  return field
}
