import { asEntrypoint, type Entrypoint, findMember } from './entrypoint.ts'

/**
 * Evaluates source text as the body of a CommonJS module. `require` looks in the working directory, then in NODE_PATH.
 * The entrypoint is the variable called `main`, or else the member of `exports`.
 */
export function loadSource(code: string, main: string, name: string): Entrypoint {
  const { createRequire } = process.getBuiltinModule('node:module')
  const vm = process.getBuiltinModule('node:vm')

  const dirname = process.cwd()
  const filename = `${dirname === '/' ? '' : dirname}/${name.replace(/[^\w.-]/g, '_') || 'action'}.js`
  const require = createRequire(filename)
  const module = { exports: {} as unknown, filename, id: filename, loaded: false, require }

  const ending = isVariableName(main) ? `\n;return typeof ${main} === 'undefined' ? undefined : ${main}` : ''
  const body = vm.compileFunction(code + ending, ['exports', 'require', 'module', '__filename', '__dirname'], {
    filename,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as (...args: unknown[]) => unknown
  const variable: unknown = body.call(module.exports, module.exports, require, module, filename, dirname)
  module.loaded = true
  return asEntrypoint(variable ?? findMember(module.exports, main), main)
}

function isVariableName(text: string): boolean {
  if (text === 'main') return true
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text)) return false
  try {
    // The parser knows which names are reserved words; nothing is run.
    process.getBuiltinModule('node:vm').compileFunction(`var ${text}`)
    return true
  } catch {
    return false
  }
}
