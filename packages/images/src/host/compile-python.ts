import { spawnSync } from 'node:child_process'
import { PlatformError } from '@stemcell/core'

const MAX_BYTES = 268_435_456

/** Reads pairs of file and name; writes for each a line with the number of bytes, then the bytes. */
const COMPILE = `
import importlib.util, marshal, sys
NEVER_CHECKED = (1).to_bytes(4, "little")
out = sys.stdout.buffer
for line in sys.stdin.buffer.read().decode().splitlines():
    file, name = line.split("\\t")
    with open(file, "rb") as source:
        text = source.read()
    try:
        code = compile(text, name, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        out.write(b"0\\n")
        continue
    data = importlib.util.MAGIC_NUMBER + NEVER_CHECKED + importlib.util.source_hash(text) + marshal.dumps(code)
    out.write(b"%d\\n" % len(data) + data)
`

export interface PythonModule {
  /** Source on this machine. */
  readonly file: string
  /** What tracebacks show. */
  readonly name: string
}

/**
 * The compiled form of each module, as it goes into `__pycache__`; undefined for those that are no valid Python. They
 * are marked as never to be checked, because the usual check compares a date that an image does not keep:
 * https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
 * @throws ERR_CONFIG the compiler failed.
 */
export function compilePython(python: string, modules: readonly PythonModule[]): (Buffer | undefined)[] {
  const input = modules.map(({ file, name }) => `${file}\t${name}\n`).join('')
  const { status, stdout, stderr, error } = spawnSync(python, ['-S', '-s', '-B', '-W', 'ignore', '-c', COMPILE], {
    input,
    maxBuffer: MAX_BYTES,
    // Equal bytes every time, which random hashes would not give.
    env: { PYTHONHASHSEED: '0', PYTHONUTF8: '1' },
  })
  if (status !== 0) {
    const why = stderr?.toString().trim().slice(-500) ?? ''
    throw new PlatformError('ERR_CONFIG', `${python} cannot compile its standard library: ${why}`, { cause: error })
  }
  let at = 0
  return modules.map(() => {
    const lineEnd = stdout.indexOf(10, at)
    const from = lineEnd + 1
    const to = from + Number(stdout.toString('latin1', at, lineEnd))
    at = to
    return to > from ? stdout.subarray(from, to) : undefined
  })
}
