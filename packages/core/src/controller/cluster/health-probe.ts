import { isPlatformError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import { activationBody } from '../../messages/activation-message.ts'
import { invokerTopic } from '../../messages/invoker-instance.ts'
import { actionDocument } from '../../model/action-codec.ts'
import type { Action } from '../../model/action.ts'
import { documentId } from '../../model/entity-name.ts'
import { AUTH_KEY_LENGTH, type Identity } from '../../model/identity.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import type { Queue } from '../../queue/queue.ts'
import type { EntityStore } from '../../store/entity-store.ts'
import type { Clock } from '../../time/clock.ts'
import { randomId, randomText, type Random } from '../../time/random.ts'

export interface HealthProbeParts {
  readonly controllerId: string
  readonly queue: Queue
  readonly entityStore: EntityStore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: PlatformLimits
  readonly manifest: RuntimesManifest
}

/** Transaction of test activations, by which their acknowledgements are told apart. */
export const PROBE_TRANSACTION = 'sid_invokerHealth'

const NAMESPACE = 'whisk.system'
const KIND = 'nodejs:default'
const CODE = 'function main(params) { return params; }'

/** Sends test actions to invokers. The action is written with the first one, and again whenever that failed. */
export class HealthProbe {
  readonly #parts: HealthProbeParts
  #action: Promise<Action> | undefined

  constructor(parts: HealthProbeParts) {
    this.#parts = parts
  }

  /** Resolves with whether it was sent; why not is logged. */
  async send(invoker: number): Promise<boolean> {
    const { queue, random, clock, controllerId, logger } = this.#parts
    try {
      this.#action ??= this.#write()
      const { path, name, version } = await this.#action
      const message = activationBody({
        transaction: { id: PROBE_TRANSACTION, start: clock.now() },
        action: { path, name, version },
        user: this.#nobody(),
        activationId: randomId(random),
        controllerId,
        blocking: false,
        initArgs: [],
        lockedArgs: {},
      })
      await queue.publish(invokerTopic(invoker), message)
      return true
    } catch (err) {
      this.#action = undefined
      logger.warn({ err, invoker }, 'test action not sent; the invoker is tried again later')
      return false
    }
  }

  /** An identity that owns nothing and leaves no record. */
  #nobody(): Identity {
    const { random } = this.#parts
    const uuid = random.uuid()
    return {
      subject: NAMESPACE,
      namespace: { name: NAMESPACE, uuid },
      authkey: { uuid, key: randomText(random, AUTH_KEY_LENGTH) },
      rights: ['ACTIVATE'],
      limits: { storeActivations: false },
    }
  }

  async #write(): Promise<Action> {
    const { entityStore, controllerId, manifest, limits, clock } = this.#parts
    const kind = manifest.runtime(KIND)?.kind
    if (kind === undefined) throw new Error(`the runtimes manifest has no ${KIND}, which test actions need`)
    const action: Action = {
      path: NAMESPACE,
      name: `invokerHealthTestAction${controllerId}`,
      exec: { kind, code: { text: CODE }, binary: false },
      parameters: [],
      limits: {
        timeout: limits.timeoutMs.std,
        memory: limits.memoryMb.min,
        logs: limits.logsMb.min,
        concurrency: limits.concurrency.min,
      },
      version: '0.0.1',
      publish: false,
      annotations: [{ key: 'provide-api-key', value: false }],
      updated: clock.now(),
    }
    const id = documentId(action)
    const { document } = actionDocument(action, { maxInlineCodeBytes: Infinity, attachmentName: 'code' })
    const existing = await entityStore.get(id)
    try {
      await entityStore.put(id, document, existing ? { revision: existing.revision } : {})
    } catch (error) {
      // Another process of the same id has just written the same.
      if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
    }
    return action
  }
}
