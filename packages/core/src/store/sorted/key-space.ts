import type { KeyRange } from './sorted-backend.ts'

const ORDER_DIGITS = 16
const TERMINATOR = '\0'
const BEHIND_TERMINATOR = '\u0001'
/** Sorts behind every digit: the end of all rows of a partition. */
const BEHIND_DIGITS = ':'

const LETTERS = { documents: 'd', attachments: 'b', rows: 'i', counts: 'c', provisional: 'p', owned: 'o' } as const

/** One row of an index, as far as it is needed to find its key again. */
export interface RowAddress {
  readonly index: string
  readonly partition: string
  readonly order: number
  /** Number of the row among those that its document has in the index. */
  readonly place: number
}

/** Inclusive bounds of the order of rows. */
export interface OrderRange {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

interface PartitionKeys {
  readonly partition: string
  /** What the keys of its rows begin with. */
  readonly rows: string
  /** Where their number is kept. */
  readonly count: string
  /** What the keys begin with of the rows of the order that was last asked for: many start in one millisecond. */
  order: number
  rowsOfOrder: string
}

/**
 * The keys of one store. They are sorted as bytes of UTF-8, so numbers have a fixed width and every name ends with
 * a NUL, which escaping keeps out of names: no name is then a prefix of another, and shorter ones sort first.
 *
 * `<store>d<id>` documents · `<store>b<id>␀<name>` attachments ·
 * `<store>i<index>␀<partition>␀<order><id>␀<place>` rows · `<store>c<index>␀<partition>` numbers of rows,
 * for backends that keep them · `<store>p<id>` whose provisional record there is · `<store>o<owner>␀<id>` provisional
 * records
 */
export class KeySpace {
  readonly #store: string
  /** By index, the partition that was last asked for: those of one batch are mostly the same. */
  readonly #partitions = new Map<string, PartitionKeys>()

  /** @param store one letter, unlike that of any other store in the database. */
  constructor(store: string) {
    this.#store = store
  }

  document(id: string): string {
    return `${this.#store}d${escapeName(id)}`
  }

  idOfDocument(key: string): string {
    return unescapeName(key.slice(2))
  }

  attachment(id: string, name: string): string {
    return `${this.#store}b${escapeName(id)}${TERMINATOR}${escapeName(name)}`
  }

  /** What the keys of all rows of a partition begin with. */
  rows(index: string, partition: string): string {
    return this.#keysOf(index, partition).rows
  }

  #keysOf(index: string, partition: string): PartitionKeys {
    const last = this.#partitions.get(index)
    if (last?.partition === partition) return last
    const name = `${index}${TERMINATOR}${escapeName(partition)}`
    const rows = `${this.#store}i${name}${TERMINATOR}`
    const keys = { partition, rows, count: `${this.#store}c${name}`, order: 0, rowsOfOrder: rows + orderText(0) }
    this.#partitions.set(index, keys)
    return keys
  }

  row(id: string, { index, partition, order, place }: RowAddress): string {
    const keys = this.#keysOf(index, partition)
    if (keys.order !== order) {
      keys.rowsOfOrder = keys.rows + orderText(order)
      keys.order = order
    }
    return keys.rowsOfOrder + endOfRow(id, place)
  }

  rowCount(index: string, partition: string): string {
    return this.#keysOf(index, partition).count
  }

  /** The numbers of rows of all partitions of an index. */
  rowCounts(index: string): KeyRange {
    const prefix = `${this.#store}c${index}`
    return { gte: prefix + TERMINATOR, lt: prefix + BEHIND_TERMINATOR }
  }

  partitionOfRowCount(index: string, key: string): string {
    return unescapeName(key.slice(this.rowCounts(index).gte.length))
  }

  provisional(id: string): string {
    return `${this.#store}p${escapeName(id)}`
  }

  owned(owner: string, id: string): string {
    return `${this.#store}o${escapeName(owner)}${TERMINATOR}${escapeName(id)}`
  }

  allOwnedBy(owner: string): KeyRange {
    const prefix = `${this.#store}o${escapeName(owner)}`
    return { gte: prefix + TERMINATOR, lt: prefix + BEHIND_TERMINATOR }
  }

  ownerOf(key: string): string {
    return unescapeName(key.slice(2, key.indexOf(TERMINATOR)))
  }

  ownedId(key: string): string {
    return unescapeName(key.slice(key.indexOf(TERMINATOR) + 1))
  }

  /** The rows of all partitions of an index. */
  allRows(index: string): KeyRange {
    const prefix = `${this.#store}i${index}`
    return { gte: prefix + TERMINATOR, lt: prefix + BEHIND_TERMINATOR }
  }

  partitionOfRow(index: string, key: string): string {
    const start = this.allRows(index).gte.length
    return unescapeName(key.slice(start, key.indexOf(TERMINATOR, start)))
  }

  all(kind: keyof typeof LETTERS): KeyRange {
    const letter = LETTERS[kind]
    return { gte: this.#store + letter, lt: this.#store + String.fromCharCode(letter.charCodeAt(0) + 1) }
  }
}

/** Whether an attachment is stored under the key, which is bytes then. */
export function isAttachmentKey(key: string): boolean {
  return key.charAt(1) === LETTERS.attachments
}

/** The key right behind this one. */
export function behind(key: string): string {
  return key + TERMINATOR
}

/** Where the number of the rows is kept to which this one belongs; undefined when the key is none of a row. */
export function rowCountOf(key: string): string | undefined {
  if (key.charAt(1) !== LETTERS.rows) return undefined
  const partition = key.indexOf(TERMINATOR) + 1
  return `${key.charAt(0)}${LETTERS.counts}${key.slice(2, key.indexOf(TERMINATOR, partition))}`
}

/** The same for a range that is all rows of a partition; undefined when it is another. */
export function rowCountOfRange({ gte, lt }: KeyRange): string | undefined {
  const key = rowCountOf(gte)
  const all = key === undefined ? undefined : rowsCounted(key)
  return all && lt === all.lt && gte === rowBounds(all.gte, {})!.gte ? key : undefined
}

/** The rows whose number is kept under `key`. */
export function rowsCounted(key: string): KeyRange {
  const prefix = `${key.charAt(0)}${LETTERS.rows}${key.slice(2)}${TERMINATOR}`
  return { gte: prefix, lt: prefix + BEHIND_DIGITS }
}

/** The parts of a row’s key, which begins with `prefix`. */
export function readRowKey(
  prefix: string,
  key: string,
): { readonly order: number; readonly id: string; readonly place: number } {
  const idStart = prefix.length + ORDER_DIGITS
  const idEnd = key.lastIndexOf(TERMINATOR)
  return {
    order: Number(key.slice(prefix.length, idStart)),
    id: unescapeName(key.slice(idStart, idEnd)),
    place: Number(key.slice(idEnd + 1)),
  }
}

/** The keys of rows within a range of `order`; undefined when no row can be in it. */
export function rowBounds(prefix: string, { from = 0, to }: OrderRange): KeyRange | undefined {
  const first = Math.max(0, Math.ceil(from))
  const last = to === undefined || to >= Number.MAX_SAFE_INTEGER ? undefined : Math.floor(to)
  if (first > (last ?? Number.MAX_SAFE_INTEGER)) return undefined
  return {
    gte: prefix + digits(first),
    lt: prefix + (last === undefined ? BEHIND_DIGITS : digits(last + 1)),
  }
}

/** The id and the end that was last asked for: the rows of a record have the same, one after the other. */
let last = { id: '', place: 0, end: `${TERMINATOR}0` }

function endOfRow(id: string, place: number): string {
  if (last.id !== id || last.place !== place) last = { id, place, end: `${escapeName(id)}${TERMINATOR}${place}` }
  return last.end
}

function orderText(order: number): string {
  if (!Number.isSafeInteger(order) || order < 0) throw new TypeError(`order must be a non-negative integer: ${order}`)
  return digits(order)
}

function digits(order: number): string {
  return order.toString().padStart(ORDER_DIGITS, '0')
}

/** NUL ends a name; a lone surrogate has no UTF-8, so that two names would become one key. */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\0\u0001]|\p{Surrogate}/gu
// eslint-disable-next-line no-control-regex
const ESCAPED = /\u0001([\u0001\u0002]|[0-9a-f]{4})/g

// eslint-disable-next-line no-control-regex
const MAYBE_UNSAFE = /[\0\u0001\ud800-\udfff]/

/** The name without a NUL and lone surrogates; different for each name, and as it is for most. */
export function escapeName(name: string): string {
  if (!MAYBE_UNSAFE.test(name)) return name
  return name.replace(UNSAFE, (unsafe) => {
    if (unsafe === '\0') return '\u0001\u0001'
    return unsafe === '\u0001' ? '\u0001\u0002' : `\u0001${unsafe.charCodeAt(0).toString(16)}`
  })
}

function unescapeName(text: string): string {
  if (!text.includes('\u0001')) return text
  return text.replace(ESCAPED, (_, code: string) => {
    if (code === '\u0001') return '\0'
    return code === '\u0002' ? '\u0001' : String.fromCharCode(Number.parseInt(code, 16))
  })
}
