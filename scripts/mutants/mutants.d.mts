export interface Mutant {
  /** What the adapter then does wrong. */
  readonly name: string
  readonly file: string
  /** Must be in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Why no promise is broken all the same. */
  readonly survives?: string
}

export interface MutantSet {
  readonly kit: string
  readonly test: string
  readonly only?: string
  readonly service?: string
  readonly mutants: readonly Mutant[]
}

export const MUTANT_SETS: readonly MutantSet[]
