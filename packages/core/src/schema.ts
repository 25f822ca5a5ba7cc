/**
 * Zod, as all packages of the platform use it: one copy, gathered into one file, which takes a fifth of the time to load.
 * Schemas of a copy of one's own do as well. Of its messages it has the English ones.
 */
export * as z from './zod/index.ts'
export { ONCE } from './zod/once.ts'
