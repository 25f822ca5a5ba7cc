import type { PlatformError } from '../../errors.ts'
import type { Lifecycle, MaybePromise } from '../../lifecycle.ts'

/**
 * SortedBackend SPI: a sorted key–value store, as little of it as the stores of the platform need. Whoever implements
 * these four operations gets an EntityStore, a SubjectStore and an ActivationStore from `sortedStores`: revisions,
 * conflicts, indexes, attachments, provisional records, expiry and scans are made of them.
 *
 * Arguments need no check here: the stores have checked what callers gave, and call nothing before `open` resolved or
 * after `close` was called.
 *
 * **Keys** are text of up to about 4 kB in UTF-8. They may hold NUL, and never hold a lone surrogate. They are ordered
 * as the bytes of their UTF-8 are, which `compareKeys` does for text in JavaScript.
 *
 * **Values** are text without NUL or lone surrogates, or bytes; both come back as what they were put as. Lengths are
 * bounded by the capabilities of the stores, in bytes of UTF-8.
 *
 * **Atomicity.** A batch is judged and written as one: no read and no other batch, of this process or another, sees a
 * part of it or comes between its conditions and its operations. Reads see every batch that was told to be written.
 *
 * **Errors.** What is thrown and is no PlatformError reaches callers as ERR_UNAVAILABLE with the error as its cause:
 * outcome unknown. A backend throws ERR_CONFIG from `open`.
 *
 * **Damage.** A value that the backend knows not to be what was written is ERR_CORRUPT: thrown by `get`, and in the
 * place of the value from `range` and `getMany`, so that it keeps nobody from the others. A
 * condition on it does not hold, or is ERR_CORRUPT. `range` leaves out a key that
 * is not known any more; a backend that knows where such keys were has `damagedParts`.
 */
export interface SortedBackend extends SortedReads, Lifecycle {
  /** What a batch wrote survives the death of this process, at the latest once `batch` resolved. */
  readonly durable: boolean

  /**
   * Runs `read` with reads of one moment: none sees a batch that another does not see. Where it is missing, documents are
   * read after the rows that list them, and one that was removed in between is not listed.
   */
  view?<T>(read: (reads: SortedReads) => Promise<T>): Promise<T>

  /** One ERR_CORRUPT for each part of the range in which keys may be missing. Where it is missing, there are none. */
  damagedParts?(range: KeyRange): MaybePromise<readonly PlatformError[]>

  /**
   * Writes all operations when all conditions hold, and nothing otherwise.
   * Resolves with whether it did once that survives the death of this process. Where a write is dear, a backend gathers
   * batches that arrive close together: it adds no more than 50 ms to do so, and judges each by itself.
   * No key is named twice by the operations. Bytes are the backend's own.
   */
  batch(batch: SortedBatch): MaybePromise<boolean>
}

/** How a backend is read. */
export interface SortedReads {
  /** The value of a key, undefined when there is none. Bytes are the caller's, who may write into them. */
  get(key: string): MaybePromise<SortedValue | undefined>

  /** The same of several keys, in their order, for who does that quicker than by one `get` for each. */
  getMany?(keys: readonly string[]): MaybePromise<readonly (FoundValue | undefined)[]>

  /** The entries of a range, in order of their keys. */
  range(range: SortedRange): MaybePromise<readonly SortedEntry[]>

  /** How many entries there are from `gte` to before `lt`. As quick as the backend can: listings are counted by it. */
  count(range: KeyRange): MaybePromise<number>
}

/** Text, or bytes; it comes back as what it was. */
export type SortedValue = string | Uint8Array
/** A value, or the ERR_CORRUPT that stands for one that is damaged. */
export type FoundValue = SortedValue | PlatformError
/** A key with its value. */
export type SortedEntry = readonly [key: string, value: FoundValue]

/** Keys from one up to before another. */
export interface KeyRange {
  /** Inclusive. */
  readonly gte: string
  /** Exclusive. Where it is not above `gte`, the range is empty. */
  readonly lt: string
}

/** Which entries of a range are wanted, and in which order. */
export interface SortedRange extends KeyRange {
  /** From the last to the first. */
  readonly reverse: boolean
  /** So many entries are passed over; a non-negative integer. */
  readonly skip: number
  /** Most entries that are returned; a non-negative integer, up to 2^53-1 for all. */
  readonly limit: number
}

/** Operations that are done together, or not at all. */
export interface SortedBatch {
  readonly conditions: readonly SortedCondition[]
  readonly operations: readonly SortedOperation[]
}

/** Holds when the key has exactly this text as its value; where that is undefined, when there is no such key. */
export interface SortedCondition {
  readonly key: string
  readonly value: string | undefined
}

/** Removing a key that is not there is no error. */
export type SortedOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: SortedValue }
  | { readonly type: 'del'; readonly key: string }

/** The order of keys: that of their bytes in UTF-8. `<` of JavaScript has pairs of surrogates before U+E000 to U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)]
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}
