import type { ActivationResponse } from '../../model/activation.ts'
import type { JsonText } from '../../model/json-text.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import type { ActivationOutcome } from './activator.ts'
import type { Composite } from './composite.ts'
import type { Component } from './find-component.ts'

/** What sequences and compositions are run with. */
export interface StepRunner {
  readonly cache: EntityCache
  /** Most actions in a sequence or composition, `limits.actions.sequence.maxLength`. */
  readonly maxLength: number

  /**
   * Runs a component of any kind, as a step of `within`, which notes its id and what it took. Without an activation
   * the result did not come in time.
   * @throws PlatformError the activation was not accepted.
   */
  runComponent(within: Composite, component: Component, payload: JsonText | undefined): Promise<ActivationOutcome>

  /** The same for the conductor of a composition, which is not taken for a composition again. */
  runConductor(within: Composite, payload: JsonText | undefined): Promise<ActivationOutcome>
}

/** Runs a composite to its end. Rejects when it could not be brought to one. */
export type RunComposite = (composite: Composite, runner: StepRunner) => Promise<ActivationResponse>
