import { basename, dirname, extname, join } from 'node:path'
import { compilePython } from '../host/compile-python.ts'
import type { PythonHome } from '../host/python-home.ts'
import { RootFs } from '../root-fs.ts'

/** Tests, development tools, windows on a screen, what other packages put there, and caches that are made anew. */
const LEFT_OUT =
  /(^|\/)(tests?|idlelib|idle_test|turtledemo|turtle\.py|tkinter|ensurepip|pydoc_data|(site|dist)-packages|config-[^/]*|__pycache__|sitecustomize\.py|EXTERNALLY-MANAGED|Makefile|[^/]*\.(a|o|pyc|exe))$/
const EXTENSIONS_LEFT_OUT = /^(_tkinter|_test|_ctypes_test|_xxtestfuzz|xxlimited)[^/]*$/

/** Interpreter and standard library of a Python, below `/usr`, with everything that is compiled ahead of time. */
export function pythonLibrary({ program, version, place, library, extensions }: PythonHome): RootFs {
  const home = join('/usr', place)
  const modules = join(home, basename(extensions))
  const root = new RootFs()
    .addProgram(`/usr/bin/python${version}`, program)
    .addLink('/usr/bin/python3', `python${version}`)
    .addLink('/usr/bin/python', 'python3')
    .addTree(home, library, (below) => !LEFT_OUT.test(below) && join(library, below) !== extensions)
    .addTree(modules, extensions, (below) => !EXTENSIONS_LEFT_OUT.test(below) && !LEFT_OUT.test(below))
  root.addLibrariesOf(sourcesIn(root, modules, '.so').map(({ file }) => file))
  const sources = sourcesIn(root, home, '.py')
  const compiled = compilePython(
    program,
    sources.map(({ path, file }) => ({ name: path, file })),
  )
  const tag = `cpython-${version.replace('.', '')}`
  sources.forEach(({ path }, index) => {
    const bytes = compiled[index]
    const cached = join(dirname(path), '__pycache__', `${basename(path, '.py')}.${tag}.pyc`)
    if (bytes) root.addBytes(cached, bytes)
  })
  return root
}

interface Source {
  readonly path: string
  readonly file: string
}

function sourcesIn(root: RootFs, folder: string, extension: string): Source[] {
  return root.entries.flatMap((entry) => {
    if (entry.type !== 'file' || Buffer.isBuffer(entry.content)) return []
    const isWanted = entry.path.startsWith(`${folder}/`) && extname(entry.path) === extension
    return isWanted ? [{ path: entry.path, file: entry.content.file }] : []
  })
}
