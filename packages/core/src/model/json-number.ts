/** Set when a number was asked for its value as JSON, so that `stringifyJson` learns of it without looking for one. */
let asked = false
/** What `stringifyJson` recognises its numbers by; undefined while doubles are wanted. */
let mark: string | undefined

/**
 * A number that JavaScript would write otherwise: `9007199254740993`, `2.0`, `1E400`, `-0`, `1.10`. Never changes.
 * `JSON.stringify` writes the nearest double; `stringifyJson` writes the text.
 */
export class JsonNumber {
  /** As it was written. */
  readonly text: string

  /** `text` is a number of JSON. */
  constructor(text: string) {
    this.text = text
  }

  /** The nearest double; infinite beyond the largest. */
  toNumber(): number {
    return Number(this.text)
  }

  /** Of the number itself: `1E-400` is none, though its double is. */
  isZero(): boolean {
    return !/^[^eE]*[1-9]/.test(this.text)
  }

  toString(): string {
    return this.text
  }

  toJSON(): number | string {
    asked = true
    return mark === undefined ? this.toNumber() : mark + this.text
  }
}

/**
 * JSON with every number as it was written. Costs no more than `JSON.stringify` where no `JsonNumber` is inside.
 * @throws RangeError nested too deeply.
 */
export function stringifyJson(value: object | string | number | boolean | null, indent = 0): string {
  asked = false
  const plain = indent === 0 ? JSON.stringify(value) : JSON.stringify(value, null, indent)
  return asked ? write(value, null, indent) : plain
}

/** The same with the members of every object in a fixed order. */
export function canonicalJson(value: object | string | number | boolean | null): string {
  return write(value, sortMembers, 0)
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function write(value: unknown, replacer: null | typeof sortMembers, indent: number): string {
  asked = false
  // The types know two forms of replacers and no choice between one and none.
  const print = (): string => JSON.stringify(value, replacer as null, indent)
  const plain = print()
  if (!asked) return plain
  // Once more, with marked texts in the place of the numbers. Quotes inside of a text are escaped: where the mark is not
  // in the first text, it can only be one of ours in the second.
  let count = 0
  while (plain.includes(`"#${count}:`)) count++
  mark = `#${count}:`
  try {
    return withoutMarks(print(), `"${mark}`)
  } finally {
    mark = undefined
  }
}

/** `start` begins a text that is a number's, up to the next quote. */
function withoutMarks(text: string, start: string): string {
  let result = ''
  let done = 0
  for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, done)) {
    const quote = text.indexOf('"', at + start.length)
    result += text.slice(done, at) + text.slice(at + start.length, quote)
    done = quote + 1
  }
  return result + text.slice(done)
}
