import type { Lifecycle, MaybePromise } from '../lifecycle.ts'
import type { JsonObject } from '../model/json.ts'
import type { Activation } from '../model/activation.ts'

/**
 * ActivationStore SPI: the terminal records of activations. Written once, never changed, listed by start time.
 *
 * The first record stored for an id is the one that stays: a later one, from whoever also tried to finish the
 * activation, is dropped. That is what makes "exactly one terminal record" hold when two processes race. For those who
 * die before they can store one, `putProvisional` leaves it in the store beforehand.
 *
 * Numbers in a record are returned as they were written, see `parseJson` and `stringifyJson`; a listing of summaries may
 * show the nearest doubles.
 */
export interface ActivationStore extends Lifecycle {
  readonly capabilities: ActivationStoreCapabilities

  /**
   * Resolves once the record survives the death of this process. An adapter gathers records that arrive close
   * together into one write; it adds no more than 50 ms to do so and holds a bounded number of records: beyond it,
   * `put` waits.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_UNAVAILABLE outcome unknown; storing the same record again is safe.
   * @throws ERR_TOO_LARGE   the record exceeds `capabilities.maxRecordBytes`.
   */
  put(activation: Activation): Promise<'stored' | 'exists'>

  /**
   * Keeps `record` in case its activation is cut short: what will be told of it when `owner`, the process that answers
   * for it, dies. Returns, or resolves, once it survives the death of this process. It is no record yet: nothing gets,
   * lists or counts it, and no retention removes it. One per activation: a later one, of whichever owner, takes its
   * place; `put` of the id removes it, and where there is a record already it has no effect.
   * On the way of every invocation whose result is told before its record is stored: as quick as the backend can.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_UNAVAILABLE outcome unknown; putting the same again is safe.
   * @throws ERR_TOO_LARGE   the record exceeds `capabilities.maxRecordBytes`.
   */
  putProvisional(owner: string, record: Activation): MaybePromise<void>

  /**
   * Forgets what `owner` put of the activation: it is in safe hands elsewhere, or leaves no record. What another
   * owner put stays. Idempotent.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  discardProvisional(owner: string, namespace: string, activationId: string): MaybePromise<void>

  /**
   * Makes records of all that `owner` put and that has none, as `put` would; they are got, listed and expire like
   * any. To be called when `owner` is dead: by its next life before it accepts anything, or by whoever takes over.
   * Any number of processes may call it at once, and again after one that failed half-way.
   * @returns how many records this call made.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  finalizeOrphans(owner: string): Promise<number>

  /**
   * Everybody who put something that is neither a record nor discarded, for whoever looks after the dead. One whose
   * last was removed a moment ago may still be named.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  owners(): Promise<readonly string[]>

  /**
   * The record, or undefined when there is none. A record whose `put` resolved is found.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE, ERR_CORRUPT
   */
  get(namespace: string, activationId: string): Promise<Activation | undefined>

  /**
   * Latest start first, of equal starts the greatest id first. A record whose `put` resolved is listed.
   * `full` gives whole records, else summaries as `activationSummary` of the model makes them. What cannot be read is
   * left out, with a word in the log, and so a page may be shorter than `limit` although another one follows.
   * @throws TypeError `skip` or `limit` negative or not an integer.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  list(
    query: ActivationQuery & { readonly skip: number; readonly limit: number; readonly full: true },
  ): Promise<readonly Activation[]>
  list(
    query: ActivationQuery & { readonly skip: number; readonly limit: number; readonly full: false },
  ): Promise<readonly JsonObject[]>

  /** How many records match. */
  count(query: ActivationQuery): Promise<number>

  /**
   * Removes what the retention no longer keeps; the adapter calls nothing by itself, the platform calls this on a
   * schedule. Returns how many were removed. Bounded work per call: call again while it returns more than 0.
   */
  expire(retention: ActivationRetention): Promise<number>

  /**
   * Every record of every namespace, for export and administration, in an order of the adapter's own. A record that is
   * there throughout is yielded, more than once at most where `after` is used; one that comes or goes meanwhile may be.
   * @param options `after` is the cursor of a row of an earlier scan, maybe of another process: resumes behind it.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE from the iteration.
   */
  scan(options?: { readonly after?: string }): AsyncIterable<ActivationScanRow>
}

export interface ActivationScanRow {
  /** Opaque; not empty. */
  readonly cursor: string
  /** Undefined when something is stored there that cannot be read. */
  readonly activation: Activation | undefined
}

export interface ActivationStoreCapabilities {
  readonly durable: boolean
  /** Largest record as compact JSON, bytes. */
  readonly maxRecordBytes: number
}

export interface ActivationQuery {
  /** Like `name` compared as exact text: names that look or sort alike are apart, in lists, counts and retention. */
  readonly namespace: string
  /** Filter name of the records, `action` or `package/action`; see `activationFilterName` in the model. */
  readonly name?: string
  /** Earliest start, epoch ms, inclusive. */
  readonly since?: number
  /** Latest start, epoch ms, inclusive. */
  readonly upto?: number
}

export interface ActivationRetention {
  /** Records that started before this moment go, epoch ms. */
  readonly before?: number
  /** Of each namespace only this many of the latest stay; a non-negative integer. */
  readonly maxPerNamespace?: number
}
