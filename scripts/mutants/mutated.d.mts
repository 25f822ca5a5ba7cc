import type { Mutant } from './mutants.mjs'

/** A source with one change. Throws where its place is not there exactly once. */
export function mutated(source: string, mutant: Mutant): string
