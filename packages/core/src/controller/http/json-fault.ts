/** What stands for the end of the text. */
const END = '\uFFFF'
const BLANK = /[ \n\r\t]/
const DIGIT = /[0-9]/
const HEX_DIGIT = /[0-9a-fA-F]/
const ESCAPE = /["/\\bfnrt]/
/** A longer line is not sent back. */
const MAX_LINE_LENGTH = 1000

/** Where a text stops being JSON. */
class Fault {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/**
 * What is wrong with a text that is no JSON, in the words of OpenWhisk's parser: clients show them to their users.
 * Undefined when nothing is found. The text must not be nested deeply.
 */
export function jsonFault(text: string): string | undefined {
  try {
    new FaultFinder(text).readAll()
    return undefined
  } catch (fault) {
    if (fault instanceof Fault) return fault.message
    throw fault
  }
}

/** Reads JSON as OpenWhisk's parser does, only to find out what that one complains of. */
class FaultFinder {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  readAll(): void {
    this.#blanks()
    this.#value()
    this.#require(END)
  }

  get #char(): string {
    return this.#text[this.#at] ?? END
  }

  #value(): void {
    const start = this.#at
    const char = this.#char
    if (char === '{') this.#object()
    else if (char === '[') this.#array()
    else if (char === '"') this.#string()
    else if (char === '-' || DIGIT.test(char)) this.#number()
    else if (char === 'f') this.#word('false', start)
    else if (char === 'n') this.#word('null', start)
    else if (char === 't') this.#word('true', start)
    else this.#fail('JSON Value')
  }

  #word(word: string, start: number): void {
    for (const letter of word) if (!this.#skip(letter)) this.#fail('JSON Value', start)
    this.#blanks()
  }

  #object(): void {
    this.#at++
    this.#blanks()
    if (!this.#skip('}')) {
      do {
        this.#blanks()
        this.#string()
        this.#require(':')
        this.#blanks()
        this.#value()
      } while (this.#skip(','))
      this.#require('}')
    }
    this.#blanks()
  }

  #array(): void {
    this.#at++
    this.#blanks()
    if (!this.#skip(']')) {
      do {
        this.#blanks()
        this.#value()
      } while (this.#skip(','))
      this.#require(']')
    }
    this.#blanks()
  }

  #string(): void {
    this.#require('"')
    while (this.#char !== '"' && this.#char >= ' ' && this.#char !== END) this.#stringChar()
    this.#require('"')
    this.#blanks()
  }

  #stringChar(): void {
    if (!this.#skip('\\')) {
      this.#at++
    } else if (this.#skip('u')) {
      for (let count = 0; count < 4; count++) this.#one(HEX_DIGIT, 'hex digit')
    } else {
      this.#one(ESCAPE, 'JSON escape sequence')
    }
  }

  #number(): void {
    this.#skip('-')
    if (!this.#skip('0')) this.#digits()
    if (this.#skip('.')) this.#digits()
    if (this.#skip('e') || this.#skip('E')) {
      if (!this.#skip('-')) this.#skip('+')
      this.#digits()
    }
    this.#blanks()
  }

  #digits(): void {
    this.#one(DIGIT, 'DIGIT')
    while (DIGIT.test(this.#char)) this.#at++
  }

  #one(kind: RegExp, name: string): void {
    if (!kind.test(this.#char)) this.#fail(name)
    this.#at++
  }

  #skip(char: string): boolean {
    if (this.#char !== char) return false
    this.#at++
    return true
  }

  #require(char: string): void {
    if (!this.#skip(char)) this.#fail(char === END ? 'end-of-input' : `'${char}'`)
  }

  #blanks(): void {
    while (BLANK.test(this.#char)) this.#at++
  }

  /** `at` is where what was expected would begin. */
  #fail(expected: string, at: number = this.#at): never {
    const before = this.#text.slice(0, at)
    const lineStart = before.lastIndexOf('\n') + 1
    const lineEnd = this.#text.indexOf('\n', at)
    const line = this.#text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd)
    const number = before.split('\n').length
    const position = Buffer.byteLength(before.slice(lineStart)) + 1
    const summary = `Unexpected ${shownChar(this.#char)} at input index ${Buffer.byteLength(before)} (line ${number}, position ${position}), expected ${expected}`
    const isShort = line.length <= MAX_LINE_LENGTH
    throw new Fault(isShort ? `${summary}:\n${withoutControls(line)}\n${' '.repeat(position - 1)}^\n` : summary)
  }
}

function shownChar(char: string): string {
  if (char === END) return 'end-of-input'
  return isControl(char) ? `character '\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}'` : `character '${char}'`
}

function withoutControls(line: string): string {
  return Array.from(line, (char) => (isControl(char) ? '?' : char)).join('')
}

function isControl(char: string): boolean {
  const code = char.charCodeAt(0)
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}
