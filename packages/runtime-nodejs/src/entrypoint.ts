/** A failure whose message alone tells the developer what to change: its stack would only show this runtime. */
export class InitializationError extends Error {
  override readonly name = 'InitializationError'
}

export type Entrypoint = (args: object) => unknown

/** Follows `a.b.c` through the members of `exports`; `undefined` where the path ends early. */
export function findMember(exports: unknown, path: string): unknown {
  let found = exports
  for (const name of path.split('.')) {
    if ((typeof found !== 'object' && typeof found !== 'function') || found === null) return undefined
    found = Reflect.get(found, name)
  }
  return found
}

export function asEntrypoint(value: unknown, main: string): Entrypoint {
  if (typeof value === 'function') return value as Entrypoint
  throw new InitializationError(`Action entrypoint '${main}' is not a function.`)
}
