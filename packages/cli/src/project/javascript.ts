import { build, transform, type BuildFailure, type Message } from 'esbuild'
import { basename, dirname, extname, join } from 'node:path'
import { compileFunction } from 'node:vm'
import type { Fault } from './fault.ts'
import { textEntry, zipOf, type Entries } from './zip.ts'

const CJS_NAMES = ['exports', 'require', 'module', '__filename', '__dirname']
/** The oldest Node.js that actions run on. */
const TARGET = 'node18'

/** Code as an action takes it. */
export interface Built {
  readonly code: string
  readonly binary: boolean
}

/**
 * One file of JavaScript. CommonJS goes as it is; an ES module goes into an archive, as only files can be ES modules.
 * `prefix` is put before the first statement, on its line.
 */
export async function buildJavaScript(
  text: string,
  file: string,
  shown: string,
  prefix: Prefix,
): Promise<Built | Fault[]> {
  const faults = await javaScriptMistakes(text, shown)
  if (faults.length > 0) return faults
  if (!isEsModule(text, file)) return { code: `${prefix.cjs}${text}`, binary: false }
  const name = basename(file)
  const entries: Entries = new Map([
    ['package.json', textEntry(JSON.stringify({ type: 'module', main: name }))],
    [name, textEntry(`${prefix.esm}${text}`)],
  ])
  return { code: zipOf(entries), binary: true }
}

/** What is put before an action, for each kind of module. */
export interface Prefix {
  readonly cjs: string
  readonly esm: string
}

export const NO_PREFIX: Prefix = { cjs: '', esm: '' }

/** One file of TypeScript, and what it imports by relative paths, as an archive that knows its sources. */
export async function buildTypeScript(
  file: string,
  shown: string,
  main: string,
  prefix: Prefix,
): Promise<Built | Fault[]> {
  const compiled = await compile(file, shown, main)
  if (Array.isArray(compiled)) return compiled
  const name = `${basename(file, extname(file))}.js`
  const entries: Entries = new Map([
    ['package.json', textEntry('{"main":"index.js"}')],
    ['index.js', textEntry(launcher(name, prefix))],
    [name === 'index.js' ? 'action.js' : name, textEntry(compiled)],
  ])
  return { code: zipOf(entries), binary: true }
}

/** Puts what a TypeScript entry becomes into the files of a folder. */
export async function compileInto(
  entries: Entries,
  entry: { readonly file: string; readonly shown: string; readonly main: string },
  prefix: Prefix,
): Promise<Fault[]> {
  const compiled = await compile(entry.file, entry.shown, entry.main)
  if (Array.isArray(compiled)) return compiled
  entries.set('index.js', textEntry(launcher('index.js', prefix)))
  entries.set('action.js', textEntry(compiled))
  entries.set('package.json', textEntry('{"main":"index.js"}'))
  return []
}

/** Stack traces then name the lines of the source. */
function launcher(name: string, prefix: Prefix): string {
  const module = name === 'index.js' ? './action.js' : `./${name}`
  return `${prefix.cjs}process.setSourceMapsEnabled?.(true)\nmodule.exports = require(${JSON.stringify(module)})\n`
}

async function compile(file: string, shown: string, main: string): Promise<string | Fault[]> {
  const name = /^[A-Za-z_$][\w$]*$/.test(main) ? main : 'main'
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      absWorkingDir: dirname(file),
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      target: TARGET,
      packages: 'external',
      treeShaking: false,
      keepNames: true,
      sourcemap: 'inline',
      sourceRoot: '',
      logLevel: 'silent',
      // What is not exported is found, too, as in a script.
      footer: { js: `if (typeof ${name} === 'function') module.exports.${name} ??= ${name}` },
    })
    return outputFiles[0]!.text
  } catch (error) {
    return faultsOf(error, shown, dirname(shown))
  }
}

/** What keeps JavaScript from being read. */
export async function javaScriptMistakes(text: string, shown: string): Promise<Fault[]> {
  try {
    await transform(text, { loader: 'js', logLevel: 'silent', sourcefile: shown })
    return []
  } catch (error) {
    return faultsOf(error, shown)
  }
}

/** As Node.js decides it for files that do not say. */
function isEsModule(text: string, file: string): boolean {
  if (/\.(?:mjs|cjs)$/.test(file)) return file.endsWith('.mjs')
  try {
    compileFunction(text, CJS_NAMES)
    return false
  } catch {
    return true
  }
}

function faultsOf(error: unknown, shown: string, folder?: string): Fault[] {
  const errors: readonly Message[] | undefined = (error as Partial<BuildFailure>).errors
  if (!errors) throw error
  return errors.map(({ text, location, notes }) => ({
    file: folder !== undefined && location ? join(folder, location.file) : shown,
    ...(location && { line: location.line, column: location.column + 1 }),
    message: text,
    fix: notes[0]?.text ?? (location?.lineText.trim() ? `look at: ${location.lineText.trim()}` : 'correct it'),
  }))
}
