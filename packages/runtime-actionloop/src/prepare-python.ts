import { accessSync, constants, existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from './child.ts'
import { placeCode } from './place-code.ts'
import { cannotStart, StartError } from './start-error.ts'
import type { Init } from './init.ts'

const LAUNCHER = fileURLToPath(new URL('../launchers/launcher.py', import.meta.url))
/** Files of an archive that may hold the code; OpenWhisk's runtime takes each of them. */
const MODULES = ['__main__.py', 'exec', 'main__.py'] as const

/**
 * The launcher is the program; it loads the code itself, or that of a file at the root of an archive.
 * @throws StartError
 */
export async function preparePython(python: string, init: Init, folder: string): Promise<Command> {
  const program = findProgram(python, init.env['PATH'])
  await placeCode(init, folder, MODULES[0])
  const module = MODULES.find((name) => existsSync(path.join(folder, name)))
  if (module === undefined) throw new StartError('Zip file does not include main__')
  return {
    command: program,
    args: [LAUNCHER, init.main, folder, module],
    cwd: folder,
    env: { PYTHONIOENCODING: 'UTF-8', ...init.env },
  }
}

function findProgram(name: string, searchPath = '/usr/local/bin:/usr/bin:/bin'): string {
  const places = name.includes('/') ? [name] : searchPath.split(':').map((folder) => path.join(folder, name))
  const found = places.find(isExecutable)
  if (found === undefined) {
    throw cannotStart(`this host has no Python: '${name}' was not found; the operator has to install Python 3`)
  }
  return found
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    // Not here, or not for this user.
    return false
  }
}
