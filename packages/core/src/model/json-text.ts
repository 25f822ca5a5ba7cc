import type { JsonValue } from './json.ts'
import { JsonNumber, stringifyJson } from './json-number.ts'
import { parseJson } from './parse-json.ts'

/**
 * A JSON value together with its text, each computed from the other on first use. A payload or a result that is only
 * passed on is therefore never parsed and never serialised a second time.
 */
export class JsonText {
  #text: string | undefined
  #value: JsonValue | undefined

  private constructor(text: string | undefined, value: JsonValue | undefined) {
    this.#text = text
    this.#value = value
  }

  static of(value: JsonValue): JsonText {
    return new JsonText(undefined, value)
  }

  /** The caller knows that `text` is JSON; when the parsed value is at hand it saves the parse. */
  static trusted(text: string, value?: JsonValue): JsonText {
    return new JsonText(text, value)
  }

  /** @throws SyntaxError `text` is not JSON. */
  static parse(text: string): JsonText {
    return new JsonText(text, parseJson(text))
  }

  get value(): JsonValue {
    if (this.#value === undefined) this.#value = parseJson(this.#text!)
    return this.#value
  }

  get text(): string {
    this.#text ??= stringifyJson(this.#value!)
    return this.#text
  }

  /** So that `stringifyJson` of a structure that holds one prints the value. */
  toJSON(): JsonValue {
    return this.value instanceof JsonNumber ? this.value.toJSON() : this.value
  }
}
