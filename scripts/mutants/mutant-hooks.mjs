// Hooks of Node.js's loader: one file of what was built is changed as it is read.
import { mutated } from './mutated.mjs'

/** @type {import('./mutants.mjs').Mutant | undefined} */
let mutant
let url = ''

/** @param {{ mutant: import('./mutants.mjs').Mutant, url: string }} given */
export function initialize(given) {
  mutant = given.mutant
  url = given.url
}

/** @type {import('node:module').LoadHook} */
export async function load(loaded, context, next) {
  const result = await next(loaded, context)
  if (!mutant || loaded !== url) return result
  return { ...result, source: mutated(Buffer.from(result.source ?? '').toString(), mutant) }
}
