// Hooks of Node.js's loader: one file of what was built is changed as it is read.
import { readFileSync } from 'node:fs'
import { mutated } from './mutated.mjs'

/** @type {import('./mutants.mjs').Mutant | undefined} */
let mutant
let url = ''

/** @param {{ mutant: import('./mutants.mjs').Mutant, url: string }} given */
export function initialize(given) {
  mutant = given.mutant
  url = given.url
}

/**
 * A package that is gathered in bundles is read file by file, as the change is in one of its files.
 * @type {import('node:module').ResolveHook}
 */
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context)
  const [, root] = /^(file:.*\/packages\/[^/]+\/)dist\/bundle\//.exec(resolved.url) ?? []
  const [, path] = /^@?[^./][^/]*\/[^/]+(.*)$/.exec(specifier) ?? []
  if (root === undefined || path === undefined) return resolved
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  const { types } = exports[`.${path}`]
  return { ...resolved, url: new URL(types.replace(/\.d\.ts$/, '.js'), root).href }
}

/** @type {import('node:module').LoadHook} */
export async function load(loaded, context, next) {
  const result = await next(loaded, context)
  if (!mutant || loaded !== url) return result
  return { ...result, source: mutated(Buffer.from(result.source ?? '').toString(), mutant) }
}
