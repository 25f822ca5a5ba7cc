import type { MaybePromise } from '../../lifecycle.ts'
import type { Action } from '../../model/action.ts'
import type { Activation } from '../../model/activation.ts'
import { documentId } from '../../model/entity-name.ts'
import { isSequence } from '../../model/exec.ts'
import { isJsonObject, numberOf } from '../../model/json.ts'
import { isTruthy, parameterValue } from '../../model/parameters.ts'
import { SYSTEM_KIND } from '../../system-packages/system-package.ts'
import type { ActivationRequest } from './activator.ts'

/** What the controller runs itself: besides sequences and compositions the actions of system packages. */
export type CompositeKind = 'sequence' | 'composition' | 'system'

/** What kind of composite an action is; undefined when an invoker runs it. The annotation means nothing on sequences. */
export function compositeKind({ exec, annotations }: Action): CompositeKind | undefined {
  if (isSequence(exec)) return 'sequence'
  if (exec.kind === SYSTEM_KIND) return 'system'
  return isTruthy(parameterValue(annotations, 'conductor'), false) ? 'composition' : undefined
}

/** Actions that a composition has run, those of compositions nested in it included. */
export interface CompositionBudget {
  conductorRuns: number
  /** Sequences count as one, nested compositions by their conductor's runs. */
  components: number
}

/** A sequence, a composition or the run of a system action, from its start to its record. */
export class Composite {
  readonly activationId: string
  readonly kind: CompositeKind
  readonly request: ActivationRequest
  /** The composite that it is a step of. */
  readonly parent: Composite | undefined
  /** Epoch ms. */
  readonly startMs: number
  /** What it ran, in order. */
  readonly stepIds: string[] = []
  /** What a system action said. */
  readonly lines: string[] = []
  /** Of all steps together. */
  durationMs = 0
  /** The largest of all steps that said theirs. */
  memoryMb: number | undefined
  /** Atomic actions run by the outermost sequence that this one is directly nested in. */
  readonly atomic: { count: number }
  /** That of the outermost composition around; none in a sequence on its own. */
  readonly budget: CompositionBudget | undefined
  /** Resolves with the record, whatever it says. */
  readonly ended: Promise<Activation>
  readonly end: (record: Activation) => void
  /** A system action took longer than it may. */
  timedOut = false
  /** The platform closed before the store had its record: nobody is told of it. */
  isLost = false
  /** Its end has begun: the first one counts. */
  isEnding = false
  /** Set once a provisional record is being written, to what settles when the last one is safe. */
  provisional: { readonly done: MaybePromise<void> } | undefined
  readonly #id: string
  readonly #atomicAtStart: number

  constructor(
    activationId: string,
    kind: CompositeKind,
    request: ActivationRequest,
    startMs: number,
    parent: Composite | undefined,
  ) {
    this.activationId = activationId
    this.kind = kind
    this.request = request
    this.parent = parent
    this.startMs = startMs
    this.atomic = kind === 'sequence' && parent?.kind === 'sequence' ? parent.atomic : { count: 0 }
    this.budget = parent?.budget ?? (kind === 'composition' ? { conductorRuns: 0, components: 0 } : undefined)
    this.#id = documentId(request.target.action)
    this.#atomicAtStart = this.atomic.count
    let end: (record: Activation) => void
    this.ended = new Promise((resolve) => (end = resolve))
    this.end = end!
  }

  /** Counts a step that has ended. */
  add({ duration = 0, annotations }: Activation): void {
    this.durationMs += duration
    const limits = parameterValue(annotations, 'limits')
    const memory = isJsonObject(limits) ? numberOf(limits['memory']) : undefined
    if (memory !== undefined) this.memoryMb = Math.max(this.memoryMb ?? 0, memory)
  }

  /** The composite that was invoked, of which this one is a part. */
  get outermost(): Composite {
    return this.parent?.outermost ?? this
  }

  /** Whether running the sequence inside this one would go round for ever, without an action that could stop it. */
  leadsBackTo(sequence: Action): boolean {
    if (this.#id === documentId(sequence) && this.#atomicAtStart === this.atomic.count) return true
    return this.parent?.atomic === this.atomic && this.parent.leadsBackTo(sequence)
  }
}
