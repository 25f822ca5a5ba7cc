import {
  isJsonObject,
  JsonNumber,
  needsJsonNumber,
  numberOf,
  parseJson,
  stringifyJson,
  type JsonObject,
  type JsonValue,
} from '@stemcell/core'

/**
 * CouchDB makes doubles of numbers with a fraction or an exponent, and writes them in its own way. What they were is
 * written beside them, in a member that OpenWhisk passes over: JSON pointers into the document, and the numbers' texts.
 */
const MEMBER = 'stemcellNumbers'

/** A number with an exponent that ends where a number does; what follows a text is its quote. */
const EXPONENT = /\d[eE][-+]?\d+\s*[,\]}]/

/** The document, an object as JSON text, with the member if it needs one. */
export function withNumberTexts(text: string): string {
  if (!EXPONENT.test(text) && !needsJsonNumber(text)) return text
  const document = parseJson(text)
  if (!isJsonObject(document)) return text
  const texts: [string, string][] = []
  for (const [pointer, holder, key] of members(document)) {
    const value = holder[key]
    if (value instanceof JsonNumber) texts.push([pointer, value.text])
    else if (typeof value === 'number' && String(value).includes('e')) texts.push([pointer, String(value)])
  }
  const member = `"${MEMBER}":${JSON.stringify(Object.fromEntries(texts))}`
  return texts.length === 0 ? text : `${text.trimEnd().slice(0, -1)},${member}}`
}

/** The document as it was given. A number that somebody changed since stays as it is. */
export function withExactNumbers(document: JsonObject): JsonObject {
  const { [MEMBER]: texts, ...rest } = document
  if (!isJsonObject(texts)) return document
  const exact = parseJson(stringifyJson(rest)) as JsonObject
  for (const [pointer, holder, key] of members(exact)) {
    const text = Object.hasOwn(texts, pointer) ? texts[pointer] : undefined
    if (typeof text !== 'string') continue
    const number = Number(text)
    // Infinity is none that CouchDB takes: it is stored as null.
    if (Number.isFinite(number) ? numberOf(holder[key]) === number : holder[key] === null) {
      holder[key] = parseJson(text)
    }
  }
  return exact
}

type Holder = Record<string | number, JsonValue>

/** Every value inside, however deep, as its pointer, what holds it, and under which name. */
function* members(document: JsonObject): Generator<readonly [string, Holder, string]> {
  const pending: { readonly value: JsonValue[] | JsonObject; readonly pointer: string }[] = [
    { value: document, pointer: '' },
  ]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const holder = next.value as Holder
    for (const key of Object.keys(holder)) {
      const pointer = `${next.pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      yield [pointer, holder, key]
      const value = holder[key]!
      if (Array.isArray(value) || isJsonObject(value)) pending.push({ value, pointer })
    }
  }
}
