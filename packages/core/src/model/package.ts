import type { EntityHead } from './entity-head.ts'
import type { Parameters } from './parameters.ts'

/** A package, or a binding: a name of one's own for a package, with parameters laid over those of the package. */
export interface Package extends EntityHead {
  readonly parameters: Parameters
  /** Present when the package only refers to another. */
  readonly binding?: PackageName
}

export interface PackageName {
  readonly namespace: string
  readonly name: string
}
