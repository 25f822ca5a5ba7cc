import { setFlagsFromString } from 'node:v8'

/** Bytecodes a function runs before V8 thinks of compiling it; its own default is 67584. */
const BUDGET = 8_192
/** Later ones, as of Node.js 22, do not know the flag, and would say so on the standard error output. */
const LAST_WITH_BUDGET = 11

/**
 * Makes V8 compile busy functions after an eighth of the usual work: a server is known to go on, and the first
 * thousand requests are spared a good part of the interpreter. To be called when everything is loaded: as long as a
 * flag differs from its default, V8 refuses the code cache that Node.js brings for its own modules.
 */
export function compileSooner(v8 = process.versions.v8): void {
  if (Number.parseInt(v8, 10) <= LAST_WITH_BUDGET) setFlagsFromString(`--interrupt-budget=${BUDGET}`)
}
