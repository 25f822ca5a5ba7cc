import type { Lifecycle, MaybePromise } from '../lifecycle.ts'
import type { JsonObject } from '../model/json.ts'
import type { Activation } from '../model/activation.ts'

/**
 * ActivationStore SPI: the terminal records of activations. Written once, never changed, listed by start time.
 *
 * The first record stored for an id stays. A later one, from another process that tried to finish the same activation,
 * is dropped. So there is exactly one terminal record, even when two processes race. A process that may die before it
 * can store a record leaves a provisional one first, see `putProvisional`.
 *
 * Numbers in a record are returned as they were written, see `parseJson` and `stringifyJson`; a listing of summaries may
 * show the nearest doubles.
 */
export interface ActivationStore extends Lifecycle {
  readonly capabilities: ActivationStoreCapabilities

  /**
   * Returns, or resolves, once the record survives the death of this process. An adapter gathers records that arrive close
   * together into one write; it adds no more than 50 ms to do so and holds a bounded number of records: beyond it,
   * `put` waits.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_UNAVAILABLE outcome unknown; storing the same record again is safe.
   * @throws ERR_TOO_LARGE   the record exceeds `capabilities.maxRecordBytes`.
   */
  put(activation: Activation): MaybePromise<'stored' | 'exists'>

  /**
   * Stores several records, each as `put` would. Returns, or resolves, once all of them survive the death of this process,
   * with what `put` would have returned for each, in their order: of two with one id the first counts. Only for a store in
   * which that costs less than a `put` for each. After an error none of them may be told of, and the caller puts each by
   * itself.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_UNAVAILABLE outcome of each unknown; storing the same records again is safe.
   * @throws ERR_TOO_LARGE   one of the records exceeds `capabilities.maxRecordBytes`.
   */
  putAll?(activations: readonly Activation[]): MaybePromise<readonly ('stored' | 'exists')[]>

  /**
   * Writes a provisional record: what the record will say if `owner`, the process that is responsible for the
   * activation, dies before it stores a final one. Returns, or resolves, once it survives the death of this process.
   * A provisional record is not a record yet: `get`, `list`, `count`, `expire` and `scan` ignore it. There is one per
   * activation: a later one replaces it, whoever the owner is. `put` of the id removes it. When the activation has a
   * record already, the call has no effect.
   * Every invocation whose result is sent before its record is stored waits for this call: it must be fast.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_UNAVAILABLE outcome unknown; putting the same again is safe.
   * @throws ERR_TOO_LARGE   the record exceeds `capabilities.maxRecordBytes`.
   */
  putProvisional(owner: string, record: Activation): MaybePromise<void>

  /**
   * Removes the provisional record that `owner` wrote for the activation, because a durable queue has the activation
   * now, or because no record is wanted. A provisional record of another owner stays. Idempotent.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  discardProvisional(owner: string, namespace: string, activationId: string): MaybePromise<void>

  /**
   * Turns every provisional record of `owner` into a final one, as `put` would; from then on it is a record like any
   * other. Call it when `owner` is dead: `owner` itself calls it after a restart, before it accepts work, or another
   * process calls it that takes over. Several processes may call it at the same time, and it may be called again after
   * a failure.
   * @returns how many records this call stored.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  finalizeOrphans(owner: string): Promise<number>

  /**
   * All owners that have provisional records, so that another process can find the orphans of dead ones. An owner whose
   * last provisional record was removed a moment ago may still be listed.
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
   * left out and logged, so a page may be shorter than `limit` although another one follows.
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
   * Removes records that the retention no longer keeps. The platform calls this on a schedule; an adapter never removes
   * records by itself. Returns how many were removed. Bounded work per call: call again while it returns more than 0.
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

/** A record that a scan came to, and where it resumes. */
export interface ActivationScanRow {
  /** Opaque; not empty. */
  readonly cursor: string
  /** Undefined when something is stored there that cannot be read. */
  readonly activation: Activation | undefined
}

/** What a store of activation records promises beyond its methods. */
export interface ActivationStoreCapabilities {
  readonly durable: boolean
  /** Largest record as compact JSON, bytes. */
  readonly maxRecordBytes: number
}

/** Which records of a namespace are wanted. */
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

/** Which records stay; those for which either rule is broken go. */
export interface ActivationRetention {
  /** Records that started before this moment go, epoch ms. */
  readonly before?: number
  /** Of each namespace only this many of the latest stay; a non-negative integer. */
  readonly maxPerNamespace?: number
}
