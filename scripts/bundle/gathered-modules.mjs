import { readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'

const BUILTIN = new Set(builtinModules)

/**
 * What gathered CommonJS requires of Node.js. ECMAScript modules have no `require`, and `import` would load a built-in
 * that may never be asked for.
 */
export const requiredBuiltins = {
  name: 'required-builtins',
  setup(build) {
    build.onResolve({ filter: /^[\w:/]+$/ }, ({ kind, path }) => {
      const name = path.replace(/^node:/, '')
      return kind === 'require-call' && BUILTIN.has(name) ? { path: name, namespace: 'required-builtin' } : undefined
    })
    build.onLoad({ filter: /.*/, namespace: 'required-builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}')`,
    }))
  },
}

/** Files of gathered packages that find machine code beside them, and must stay where they are. */
const BINDINGS = /[/\\]node_modules[/\\](classic-level[/\\]binding\.js)$/

/** Such a file is required from its package, when it is first needed. */
export const nativeBindings = {
  name: 'native-bindings',
  setup(build) {
    build.onLoad({ filter: BINDINGS }, ({ path }) => ({
      contents: `
        const { createRequire } = process.getBuiltinModule('node:module')
        module.exports = createRequire(require('place-of-bundle').url)('${BINDINGS.exec(path)[1].replaceAll('\\', '/')}')`,
    }))
    build.onResolve({ filter: /^place-of-bundle$/ }, ({ path }) => ({ path, namespace: 'place-of-bundle' }))
    build.onLoad({ filter: /.*/, namespace: 'place-of-bundle' }, () => ({
      contents: 'export const { url } = import.meta',
    }))
  },
}

/** Maps of gathered packages lead to sources that they do not ship: for others to read, there is the code as it came. */
export const withoutForeignMaps = {
  name: 'without-foreign-maps',
  setup(build) {
    build.onLoad({ filter: /[/\\]node_modules[/\\].*\.[cm]?js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(/^\/\/# sourceMappingURL=.*$/gm, ''),
    }))
  },
}
