import { EntityCache } from '../../../src/controller/entities/entity-cache.ts'
import { loadAction, locateAction } from '../../../src/controller/admission/resolve-action.ts'
import type { ActivationOutcome, ActivationRequest } from '../../../src/controller/invoke/activator.ts'
import { ComposingActivator } from '../../../src/controller/invoke/composing-activator.ts'
import { silentLogger } from '../../../src/log.ts'
import { actionDocument } from '../../../src/model/action-codec.ts'
import type { ActionLimits } from '../../../src/model/action-limits.ts'
import type { Activation } from '../../../src/model/activation.ts'
import type { Exec } from '../../../src/model/exec.ts'
import { ALL_RIGHTS, type Identity } from '../../../src/model/identity.ts'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'
import { JsonText } from '../../../src/model/json-text.ts'
import type { NamespaceLimits } from '../../../src/model/namespace-limits.ts'
import { parameterValue, type Parameters } from '../../../src/model/parameters.ts'
import { DEFAULT_PLATFORM_LIMITS } from '../../../src/model/platform-limits.ts'
import type { StoreLevels } from '../../../src/model/store-level.ts'
import { ENTITY_INDEXES } from '../../../src/store/entity-store.ts'
import { MemoryActivationStore } from '../../../src/store/memory-activation-store.ts'
import { MemoryDocumentStore } from '../../../src/store/memory-document-store.ts'
import { SeededRandom } from '../../../src/time/seeded-random.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import { ScriptedActivator, type Script } from './scripted-activator.ts'

export interface ActionSpec {
  readonly parameters?: JsonObject
  readonly limits?: Partial<ActionLimits>
  readonly annotations?: JsonObject
  readonly version?: string
}

export interface InvokeSpec {
  readonly blocking?: boolean
  readonly waitMs?: number
  readonly onSettled?: () => void
  readonly extraLogging?: boolean
}

export interface RigOptions {
  readonly maxLength?: number
  readonly storeLevels?: StoreLevels
  readonly userLimits?: NamespaceLimits
  readonly activationStore?: MemoryActivationStore
}

const LIMITS: ActionLimits = { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 }

/** A composing activator over scripted actions, on a clock that stands still; the caller owns the namespace `ns`. */
export class ComposingRig {
  readonly clock = new VirtualClock()
  readonly inner: ScriptedActivator
  readonly entities = new MemoryDocumentStore(ENTITY_INDEXES)
  readonly cache: EntityCache
  readonly records: MemoryActivationStore
  readonly activator: ComposingActivator
  readonly user: Identity

  private constructor({ maxLength, storeLevels, userLimits = {}, activationStore }: RigOptions) {
    const random = new SeededRandom(1)
    this.inner = new ScriptedActivator(this.clock, random)
    this.cache = new EntityCache(this.entities, this.clock)
    this.records = activationStore ?? new MemoryActivationStore()
    this.activator = new ComposingActivator({
      inner: this.inner,
      cache: this.cache,
      owner: 'controller0',
      activationStore: this.records,
      clock: this.clock,
      random,
      logger: silentLogger,
      limits: { ...DEFAULT_PLATFORM_LIMITS, ...(maxLength === undefined ? {} : { sequenceLength: maxLength }) },
      ...(storeLevels && { storeLevels }),
    })
    this.user = {
      subject: 'subject',
      namespace: { name: 'ns', uuid: 'uuid-of-ns' },
      authkey: { uuid: 'uuid-of-ns', key: 'k'.repeat(64) },
      rights: ALL_RIGHTS,
      limits: userLimits,
    }
  }

  static async start(options: RigOptions = {}): Promise<ComposingRig> {
    const rig = new ComposingRig(options)
    await rig.entities.open()
    await rig.records.open()
    return rig
  }

  /** An action in code; `id` is `ns/[pkg/]name`. */
  async action(id: string, script: Script, spec: ActionSpec = {}): Promise<void> {
    this.inner.script(id, script)
    await this.#put(id, { kind: 'nodejs:20', code: { text: 'scripted' }, binary: false }, spec)
  }

  async conductor(id: string, script: Script, spec: ActionSpec = {}): Promise<void> {
    await this.action(id, script, { ...spec, annotations: { conductor: true, ...spec.annotations } })
  }

  async sequence(id: string, components: readonly string[], spec: ActionSpec = {}): Promise<void> {
    await this.#put(id, { kind: 'sequence', components: components.map((name) => `/${name}`) }, spec)
  }

  async package(id: string, content: { parameters?: JsonObject; publish?: boolean; binding?: string }): Promise<void> {
    const { parameters = {}, publish = false, binding } = content
    const [namespace = '', name = ''] = (binding ?? '').split('/')
    await this.entities.put(id, {
      namespace: id.split('/')[0]!,
      name: id.split('/')[1]!,
      entityType: 'package',
      publish,
      parameters: listOf(parameters) as unknown as JsonValue,
      binding: binding === undefined ? {} : { namespace, name },
      annotations: [],
      version: '0.0.1',
      updated: 1,
    })
  }

  async request(name: string, payload: JsonValue | undefined, spec: InvokeSpec = {}): Promise<ActivationRequest> {
    const [namespace = '', ...rest] = name.split('/')
    const [packageName] = rest
    const called = { namespace, name: rest.at(-1)!, ...(rest.length > 1 ? { package: packageName! } : {}) }
    const place = await locateAction(this.cache, this.user, 'ACTIVATE', called)
    const target = await loadAction(this.cache, place)
    const { blocking = true, waitMs = 60_000, onSettled, extraLogging } = spec
    return {
      transaction: { id: 'tid', start: this.clock.now(), ...(extraLogging ? { extraLogging } : {}) },
      user: this.user,
      target,
      ...(place.binding === undefined ? {} : { binding: place.binding }),
      ...(payload === undefined ? {} : { payload: JsonText.of(payload) }),
      blocking,
      waitMs,
      ...(onSettled && { onSettled }),
    }
  }

  async activate(name: string, payload?: JsonValue, spec?: InvokeSpec): Promise<ActivationOutcome> {
    return this.activator.activate(await this.request(name, payload, spec))
  }

  /** Invokes and waits; the record as the caller gets it. */
  async invoke(name: string, payload?: JsonValue, spec?: InvokeSpec): Promise<Activation> {
    const { activation } = await this.activate(name, payload, spec)
    if (!activation) throw new Error(`${name} did not end in time`)
    return activation
  }

  /** The stored record of a composite. */
  record(activationId: string): Promise<Activation | undefined> {
    return this.records.get('ns', activationId)
  }

  async #put(id: string, exec: Exec, spec: ActionSpec): Promise<void> {
    const slash = id.lastIndexOf('/')
    const { document } = actionDocument(
      {
        path: id.slice(0, slash),
        name: id.slice(slash + 1),
        exec,
        parameters: listOf(spec.parameters ?? {}),
        limits: { ...LIMITS, ...spec.limits },
        version: spec.version ?? '0.0.1',
        publish: false,
        annotations: listOf(spec.annotations ?? {}),
        updated: 1,
      },
      { maxInlineCodeBytes: 1000, attachmentName: 'unused' },
    )
    const current = await this.entities.get(id)
    await this.entities.put(id, document, current ? { revision: current.revision } : {})
    this.cache.invalidate(id)
  }
}

function listOf(values: JsonObject): Parameters {
  return Object.entries(values).map(([key, value]) => ({ key, value }))
}

/** What a record says: status and result. */
export function answerOf({ response }: Activation): {
  readonly statusCode: number
  readonly result: JsonValue | undefined
} {
  return { statusCode: response.statusCode, result: response.result?.value }
}

export function annotation({ annotations }: Activation, key: string): JsonValue | undefined {
  return parameterValue(annotations, key)
}
