import type { Activation } from '@stemcell/core'

interface Composite {
  readonly name: string
  readonly statusCode: number
  readonly steps: readonly string[]
  /** Whether a controller could still write down what it had begun. */
  readonly isWhole: boolean
}

/** What the records of sequences and compositions say of their steps, and those of the steps of them. */
export class Steps {
  readonly #composites = new Map<string, Composite>()
  /** By the id of the step. */
  readonly #causes = new Map<string, string>()
  readonly #lengths: ReadonlyMap<string, number>

  /** `lengths`: of sequences, by name. */
  constructor(lengths: ReadonlyMap<string, number>) {
    this.#lengths = lengths
  }

  /** Takes a record. The ids of activations that it promises: steps of it, or those of the rules of a trigger. */
  recorded({ activationId, name, cause, annotations, logs, response }: Activation): readonly string[] {
    if (cause !== undefined) this.#causes.set(activationId, cause)
    if (annotations.length === 0) return logs.flatMap((line) => firedIn(line))
    if (!annotations.some(({ key }) => key === 'topmost')) return []
    const isWhole = response.statusCode !== 3
    this.#composites.set(activationId, { name, statusCode: response.statusCode, steps: logs, isWhole })
    return logs
  }

  /** What does not fit together, once everything has its record. */
  faults(): readonly string[] {
    const found: string[] = []
    for (const [id, { name, statusCode, steps }] of this.#composites) {
      if (new Set(steps).size < steps.length) found.push(`${id} of ${name} lists a step twice: ${steps.join(', ')}`)
      const length = this.#lengths.get(name)
      if (length !== undefined && (steps.length > length || (statusCode === 0 && steps.length < length)))
        found.push(`${id} of ${name}, which ended with ${statusCode}, lists ${steps.length} steps of ${length}`)
      for (const step of steps) {
        const cause = this.#causes.get(step)
        if (cause !== undefined && cause !== id)
          found.push(`${step} is a step of ${id}, but says that it is one of ${cause}`)
      }
    }
    for (const [step, cause] of this.#causes) {
      const composite = this.#composites.get(cause)
      if (composite?.isWhole && !composite.steps.includes(step))
        found.push(`${step} was started by ${cause} of ${composite.name}, which does not list it`)
    }
    return found
  }
}

/** The activation that a line of a trigger's record tells of. */
function firedIn(line: string): readonly string[] {
  if (!line.startsWith('{')) return []
  const { activationId } = JSON.parse(line) as { readonly activationId?: string }
  return activationId === undefined ? [] : [activationId]
}
