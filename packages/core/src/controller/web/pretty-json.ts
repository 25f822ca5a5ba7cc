import type { JsonObject, JsonValue } from '../../model/json.ts'
import { JsonNumber, stringifyJson } from '../../model/json-number.ts'
import { quotedText } from '../../model/quoted-text.ts'

/** Indentation grows with depth times size: beyond this many characters it is left out. */
const MAX_INDENTATION = 4 * 1024 ** 2

/** JSON as web actions show it, printed like OpenWhisk's: members on lines of their own, elements on one. */
export function prettyJson(value: JsonValue): string {
  const printer = new Printer()
  const text = printer.print(value, '\n')
  return printer.indentsTooMuch ? stringifyJson(value) : text
}

/** Prints one value in one walk. */
class Printer {
  /** Characters of indentation that there may be yet. */
  #left = MAX_INDENTATION

  /** What was printed is not complete. */
  get indentsTooMuch(): boolean {
    return this.#left < 0
  }

  /** `line` begins a line as deep as the value lies. */
  print(value: JsonValue, line: string): string {
    if (typeof value === 'string') return quotedText(value)
    if (value === null || typeof value === 'boolean') return String(value)
    if (typeof value !== 'object' || value instanceof JsonNumber) return stringifyJson(value)
    return Array.isArray(value) ? this.#printList(value, line) : this.#printObject(value, line)
  }

  /** Elements stay on the line of their list, which is not indented for them. */
  #printList(list: JsonValue[], line: string): string {
    this.#left -= list.length
    let text = '['
    for (let index = 0; index < list.length && this.#left >= 0; index++) {
      if (index > 0) text += ', '
      text += this.print(list[index]!, line)
    }
    return text + ']'
  }

  /** An empty object has an empty line where its members would be. */
  #printObject(object: JsonObject, line: string): string {
    const names = Object.keys(object)
    const inner = line + '  '
    this.#left -= (inner.length - 1) * (names.length + 1)
    if (names.length === 0) return `{\n${line}}`
    let text = '{'
    for (let index = 0; index < names.length && this.#left >= 0; index++) {
      const name = names[index]!
      if (index > 0) text += ','
      text += inner + quotedText(name) + ': ' + this.print(object[name]!, inner)
    }
    return text + line + '}'
  }
}
