import { escapeName } from '@stemcell/core/sorted-store'

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
    return name === undefined ? this.byStart + escapeName(namespace) : this.byName + recordName(namespace, name)
  }
}

/** `<namespace>␀<id or name>`. */
export function recordName(namespace: string, name: string): string {
  return escapeName(namespace) + SEPARATOR + escapeName(name)
}

/** Bounds of a range of numbers as sorted sets take them; undefined when nothing can be within. */
export function scoreBounds(from = 0, to = Infinity): readonly [from: string, to: string] | undefined {
  const [first, last] = [Math.max(0, Math.ceil(from)), Math.floor(to)]
  if (first > last) return undefined
  return [first === 0 ? '-inf' : String(first), last >= Number.MAX_SAFE_INTEGER ? '+inf' : String(last)]
}
