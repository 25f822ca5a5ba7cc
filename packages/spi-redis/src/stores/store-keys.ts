import { isJsonObject, isPlatformError, PlatformError, type JsonObject, type JsonValue } from '@stemcell/core'

const SEPARATOR = '\0'

/** The keys of the activation records. Names follow one another with a NUL between them, which escaping keeps out. */
export class ActivationKeys {
  readonly records: string
  readonly byStart: string
  readonly byName: string
  /** Sorted set of the records of all namespaces by their start. */
  readonly all: string
  /** Sorted set of the namespaces by their number of records. */
  readonly namespaces: string
  /** Hash of what is provisional, and hash of who put it, both by record name. */
  readonly provisional: string
  readonly provisionalOf: string
  /** What the sets of record names by owner begin with. */
  readonly ofOwner: string
  /** Set of the owners. */
  readonly owners: string

  constructor(keyPrefix: string) {
    const base = `{${keyPrefix}}:activations`
    this.records = `${base}:record:`
    this.byStart = `${base}:by-start:`
    this.byName = `${base}:by-name:`
    this.all = `${base}:all`
    this.namespaces = `${base}:namespaces`
    this.provisional = `${base}:provisional`
    this.provisionalOf = `${base}:provisional-by`
    this.ofOwner = `${base}:provisional-of:`
    this.owners = `${base}:provisional-owners`
  }

  record(namespace: string, id: string): string {
    return this.records + recordName(namespace, id)
  }

  /** The sorted set that a listing reads. */
  index(namespace: string, name: string | undefined): string {
    return name === undefined ? this.byStart + escape(namespace) : this.byName + recordName(namespace, name)
  }
}

/** `<namespace>␀<id or name>`. */
export function recordName(namespace: string, name: string): string {
  return escape(namespace) + SEPARATOR + escape(name)
}

/** NUL separates names; a lone surrogate has no UTF-8, so that two names would become one key. */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\0\u0001]|\p{Surrogate}/gu
// eslint-disable-next-line no-control-regex
const ESCAPED = /\u0001([0-9a-f]{4})/g

export function escape(name: string): string {
  return name.replace(UNSAFE, (unsafe) => `\u0001${unsafe.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

export function unescape(text: string): string {
  return text.includes('\u0001')
    ? text.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text
}

/** Bounds of a range of numbers as sorted sets take them; undefined when nothing can be within. */
export function scoreBounds(from = 0, to = Infinity): readonly [from: string, to: string] | undefined {
  const [first, last] = [Math.max(0, Math.ceil(from)), Math.floor(to)]
  if (first > last) return undefined
  return [first === 0 ? '-inf' : String(first), last >= Number.MAX_SAFE_INTEGER ? '+inf' : String(last)]
}

/** What `parse` makes of stored text. @throws ERR_CORRUPT it cannot be read. */
export function readStored<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new PlatformError('ERR_CORRUPT', `what is stored as ${what} cannot be read`, { cause })
  }
}

/** @throws TypeError it is none. */
export function requireObject(value: JsonValue): JsonObject {
  if (isJsonObject(value)) return value
  throw new TypeError('what is stored is JSON, and no object')
}

/** What `read` gives; undefined when it cannot be read, which `unreadable` is told. */
export function readOr<T>(unreadable: (error: PlatformError) => void, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
    unreadable(error)
    return undefined
  }
}
