import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Fault } from './fault.ts'
import { entriesOf, type Entries } from './zip.ts'

/** Reads the text from standard input, and says where it is no Python. */
const CHECK = `
import sys, json
try:
    compile(sys.stdin.buffer.read(), sys.argv[1], 'exec', dont_inherit=True)
except SyntaxError as error:
    print(json.dumps([error.lineno, error.offset, error.msg, (error.text or '').strip()]))
`
/** Where the launcher of Python actions looks for packages. */
const SITE_PACKAGES = 'virtualenv/lib/python3/site-packages'

/** What keeps Python from being read. Nothing is said where there is no Python to ask. */
export function pythonMistakes(text: string, shown: string): Fault[] {
  const { stdout, error, status } = spawnSync('python3', ['-I', '-c', CHECK, shown], { input: text, encoding: 'utf8' })
  if (error || status !== 0 || stdout.trim() === '') return []
  const [line, column, message, content] = JSON.parse(stdout) as [number | null, number | null, string, string]
  return [
    {
      file: shown,
      ...(line !== null && { line }),
      ...(line !== null && column !== null && { column }),
      message,
      ...(content !== '' && { fix: `look at: ${content}` }),
    },
  ]
}

/** What keeps a shell script from being read. */
export function shellMistakes(text: string, shown: string): Fault[] {
  const shell = /^#!\s*\S*\bbash\b/.test(text) ? 'bash' : /^#!\s*\S*\/sh\b|^(?!#!)/.test(text) ? 'sh' : undefined
  if (shell === undefined) return []
  const { stderr, error, status } = spawnSync(shell, ['-n'], { input: text, encoding: 'utf8' })
  if (error || status === 0 || status === null) return []
  const [, line, message = stderr.trim()] = /(?:line )?(\d+): (.*)/.exec(stderr) ?? []
  return [{ file: shown, ...(line !== undefined && { line: Number(line) }), message }]
}

/**
 * Puts the packages that `requirements.txt` names into the files of an action. They are installed once for the same
 * list, below `cache`.
 */
export function installRequirements(entries: Entries, folder: string, shown: string, cache: string): Fault[] {
  const requirements = join(folder, 'requirements.txt')
  const text = readFileSync(requirements, 'utf8')
  if (!/^\s*[^\s#]/m.test(text)) return []
  const hash = createHash('sha256').update(text)
  // A package beside the action may change without the list.
  for (const [, path = ''] of text.matchAll(/^\s*((?:\.|\/)[^\s#;]*)/gm)) {
    const at = resolve(folder, path)
    if (existsSync(at)) for (const { content } of filesAt(at)) hash.update(content)
  }
  const target = join(cache, hash.digest('hex').slice(0, 32))
  if (!existsSync(target)) {
    const fault = install(requirements, folder, shown, target)
    if (fault) return [fault]
  }
  for (const [path, entry] of entriesOf(target)) entries.set(`${SITE_PACKAGES}/${path}`, entry)
  return []
}

function filesAt(path: string): { readonly content: Uint8Array }[] {
  try {
    return [...entriesOf(path).values()]
  } catch {
    return [{ content: readFileSync(path) }]
  }
}

function install(requirements: string, folder: string, shown: string, target: string): Fault | undefined {
  const file = `${shown}/requirements.txt`
  const unfinished = `${target}.part`
  try {
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished, { recursive: true })
  } catch (error) {
    const message = `its packages cannot be installed: ${(error as Error).message}`
    return { file, message, fix: 'make room, or make the folder writable' }
  }
  const flags = ['--quiet', '--no-compile', '--disable-pip-version-check', '--no-input', '--no-warn-script-location']
  const args = ['-m', 'pip', 'install', ...flags, '--target', unfinished, '--requirement', requirements]
  const { stderr, error, status } = spawnSync('python3', args, { cwd: folder, encoding: 'utf8' })
  if (error || status !== 0) {
    rmSync(unfinished, { recursive: true, force: true })
    const reason = error ? error.message : lastLines(stderr)
    const fix = /No module named pip/.test(reason)
      ? 'install pip for python3'
      : /No space left|ENOSPC/.test(reason)
        ? 'make room on the disk'
        : 'correct the list; python3 -m pip install -r requirements.txt shows more'
    return { file, message: `its packages cannot be installed: ${reason}`, fix }
  }
  renameSync(unfinished, target)
  return undefined
}

function lastLines(text: string): string {
  const lines = text.trim().split('\n')
  const errors = lines.filter((line) => line.startsWith('ERROR:'))
  return (errors.length > 0 ? errors : lines.slice(-2)).join('\n')
}
