import { asEntrypoint, type Entrypoint, findMember, InitializationError } from './entrypoint.ts'

/** How Node.js itself evaluates a CommonJS module. `_compile` returns what the text returns. */
interface CommonJsModule {
  exports: unknown
  filename: string
  loaded: boolean
  paths: string[]
  _compile(text: string, filename: string): unknown
}

interface ModuleClass {
  new (id: string): CommonJsModule
  _nodeModulePaths(folder: string): string[]
}

/**
 * Evaluates source text as the body of a CommonJS module. `require` and `import()` look in the folders `node_modules`
 * from the working directory up, `require` then in NODE_PATH. The entrypoint is what the expression `main` means at the
 * end of the text, or else the member of `exports`.
 */
export function loadSource(code: string, main: string, name: string): Entrypoint {
  const dirname = process.cwd()
  const filename = `${dirname === '/' ? '' : dirname}/${name.replace(/[^\w.-]/g, '_') || 'action'}.js`
  const { Module } = process.getBuiltinModule('node:module') as unknown as { readonly Module: ModuleClass }
  const module = new Module(filename)
  module.filename = filename
  module.paths = Module._nodeModulePaths(dirname)

  const meant = evaluate(module, code, main)
  module.loaded = true
  return asEntrypoint(meant ?? findMember(module.exports, main), main)
}

/** The names that a CommonJS module has from its surroundings. */
const SURROUNDINGS = ['exports', 'require', 'module', '__filename', '__dirname']

function evaluate(module: CommonJsModule, code: string, main: string): unknown {
  const { filename } = module
  const text = code + endingFor(main)
  try {
    return meaning(module._compile(text, filename))
  } catch (error) {
    if (!(error instanceof SyntaxError) || parseError(text, SURROUNDINGS, filename) === undefined) throw error
  }
  // Without what is appended, so that the line to blame is one of the developer's own.
  const mistake = parseError(code, [], filename)
  if (mistake !== undefined) throw new InitializationError(place(mistake))
  // The text declares `require` or `module` itself, which only a function of its own may do.
  const own = text.startsWith('#!') ? `//${text.slice(2)}` : text
  return meaning(module._compile(`return (function () {${own}\n}).apply(this, arguments)`, filename))
}

/**
 * Text that returns what `main` means at the end of the source, and nothing where a name in it is not known there. A
 * path such as `o.f` brings its owner along, so that a method keeps its `this`.
 */
function endingFor(main: string): string {
  if (main !== 'main' && !isExpression(main)) return ''
  const members = main.split('.')
  const last = members.length > 1 && members.every((member) => NAME.test(member)) ? members.pop() : undefined
  const owner = members.join('?.')
  const meant = last === undefined ? `[undefined, (${main}\n)]` : `[${owner}, ${owner}?.${last}]`
  return `\n;try { return ${meant} } catch (error) { if (!(error instanceof ReferenceError)) throw error }`
}

/** Text that closes the brackets around it and goes on with statements fits into one kind of bracket, never into both. */
function isExpression(text: string): boolean {
  return [`(${text}\n)`, `[(${text}\n)]`].every((one) => parseError(`return ${one}`, [], 'main') === undefined)
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

function meaning(returned: unknown): unknown {
  if (!Array.isArray(returned)) return undefined
  const [owner, value] = returned as [unknown, unknown]
  return typeof value === 'function' && owner !== undefined ? (value.bind(owner) as unknown) : value
}

/** What the parser says; nothing is run. */
function parseError(text: string, names: readonly string[], filename: string): Error | undefined {
  try {
    process.getBuiltinModule('node:vm').compileFunction(text, names, { filename })
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** File, line and message, without the frames of this runtime. */
function place({ stack = '' }: Error): string {
  return stack.split('\n    at ', 1)[0]!
}
