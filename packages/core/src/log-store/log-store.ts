import type { Lifecycle, MaybePromise } from '../lifecycle.ts'
import type { Activation } from '../model/activation.ts'
import type { Identity } from '../model/identity.ts'

/**
 * LogStore SPI: where an activation's logs go and come from.
 *
 * The invoker collects the lines from the container and hands them to `keep`; what `keep` returns goes into the
 * activation record. The controller calls `fetch` for `GET …/activations/{id}/logs`.
 */
export interface LogStore extends Lifecycle {
  readonly capabilities: LogStoreCapabilities

  /**
   * Stores the formatted lines of one activation and returns those to be written into its record.
   * Not called when `collects` is false. A rejection costs the record its logs and adds the notice of missing data. A store that answers at once, without
   * a promise, lets a result and the end of its activation be told together.
   */
  keep(activation: Activation, user: Identity, lines: readonly string[]): MaybePromise<readonly string[]>

  /**
   * The lines of an activation of the caller's namespace. `activation` is its record, or undefined where records of
   * some activations are not wanted and this one has none; a store that finds nothing without it answers undefined.
   * @throws ERR_UNAVAILABLE the log backend did not answer.
   */
  fetch(
    activationId: string,
    activation: Activation | undefined,
    user: Identity,
  ): Promise<readonly string[] | undefined>
}

/** What a log store promises beyond its methods. */
export interface LogStoreCapabilities {
  /** False: containers' logs are gathered by other means and the invoker does not read them. */
  readonly collects: boolean
}
