import { createRequire } from 'node:module'
import { join } from 'node:path'
import { compileFunction, constants } from 'node:vm'

export type ActionMain = (args: unknown) => unknown

/** Names that the code sees instead of the global ones. */
export type ActionGlobals = Readonly<Record<string, unknown>>

/**
 * Evaluates source text as the body of a CommonJS module in this process and finds its entrypoint: what the expression
 * `main` means at the end of the text, else the export of that name.
 * @throws whatever the code throws; Error when there is no such function.
 */
export function loadActionSource(code: string, main: string, globals: ActionGlobals): ActionMain {
  const module = { exports: {} as Record<string, unknown> }
  const require = createRequire(join(process.cwd(), 'action.js'))
  const scope: Record<string, unknown> = { ...globals, module, exports: module.exports, require }
  const names = Object.keys(scope)
  const returned = compiled(code, main, names)(...names.map((name) => scope[name]))
  const found = meaning(returned) ?? module.exports[main]
  if (typeof found !== 'function') throw new Error(`Action entrypoint '${main}' is not a function.`)
  return found as ActionMain
}

type Body = (...args: unknown[]) => unknown

function compiled(code: string, main: string, names: readonly string[]): Body {
  const text = code + endingFor(main)
  const mistake = parseError(text, names)
  if (mistake === undefined) return compile(text, names)
  // Without what is appended, so that the line to blame is one of the developer's own.
  const own = parseError(code, [])
  if (own !== undefined) throw own
  // The text declares one of the names itself, which only a function of its own may do.
  return compile(`return (function () {${text}\n}).apply(this, arguments)`, names)
}

/** Returns what `main` means with the owner that it was found in, and nothing where a name in it is not known. */
function endingFor(main: string): string {
  const isExpression = [`(${main}\n)`, `[(${main}\n)]`].every((one) => parseError(`return ${one}`, []) === undefined)
  if (!isExpression) return ''
  const members = main.split('.')
  const last = members.length > 1 && members.every((member) => NAME.test(member)) ? members.pop() : undefined
  const owner = members.join('?.')
  const meant = last === undefined ? `[undefined, (${main}\n)]` : `[${owner}, ${owner}?.${last}]`
  return `\n;try { return ${meant} } catch (error) { if (!(error instanceof ReferenceError)) throw error }`
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

function meaning(returned: unknown): unknown {
  if (!Array.isArray(returned)) return undefined
  const [owner, value] = returned as [unknown, unknown]
  return typeof value === 'function' && owner !== undefined ? (value.bind(owner) as unknown) : value
}

function parseError(text: string, names: readonly string[]): unknown {
  try {
    compileFunction(text, names, { filename: 'action.js' })
    return undefined
  } catch (error) {
    return error
  }
}

function compile(text: string, names: readonly string[]): Body {
  return compileFunction(text, names, {
    filename: 'action.js',
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as Body
}
