import { createRequire } from 'node:module'
import { join } from 'node:path'
import { compileFunction, constants } from 'node:vm'

export type ActionMain = (args: unknown) => unknown

/** Names that the code sees instead of the global ones. */
export type ActionGlobals = Readonly<Record<string, unknown>>

/**
 * Evaluates source text as the body of a CommonJS module in this process and finds its entrypoint: the variable called
 * `main`, else the export of that name.
 * @throws whatever the code throws; Error when there is no such function.
 */
export function loadActionSource(code: string, main: string, globals: ActionGlobals): ActionMain {
  const module = { exports: {} as Record<string, unknown> }
  const require = createRequire(join(process.cwd(), 'action.js'))
  const scope: Record<string, unknown> = { ...globals, module, exports: module.exports, require }
  const names = Object.keys(scope)
  const entry = /^[A-Za-z_$][\w$]*$/.test(main) ? `\n;return typeof ${main} === 'undefined' ? undefined : ${main}` : ''
  const body = compileFunction(code + entry, names, {
    filename: 'action.js',
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as (...args: unknown[]) => unknown
  const variable = body(...names.map((name) => scope[name]))
  const found = variable ?? module.exports[main]
  if (typeof found !== 'function') throw new Error(`Action entrypoint '${main}' is not a function.`)
  return found as ActionMain
}
