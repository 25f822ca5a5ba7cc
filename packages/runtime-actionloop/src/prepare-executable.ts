import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Command } from './child.ts'
import { compile } from './compile.ts'
import { executableFormat } from './executable-format.ts'
import type { LoopSettings } from './loop-options.ts'
import { placeCode } from './place-code.ts'
import type { Sink } from './program.ts'
import { cannotStart, StartError } from './start-error.ts'
import type { Init } from './init.ts'

const PROGRAM = 'exec'

/**
 * The program is the code itself, or in an archive the file `exec`, else the one that `main` names. What is no program
 * goes through the compiler, if there is one.
 * @throws StartError
 */
export async function prepareExecutable(
  settings: LoopSettings,
  init: Init,
  folder: string,
  print: Sink,
  late: AbortSignal,
): Promise<Command> {
  const source = path.join(folder, 'src')
  await placeCode(init, source, PROGRAM, settings.saveJar)
  const found = [PROGRAM, init.main].map((name) => path.join(source, name)).find((file) => isInside(source, file))
  const format = found && executableFormat(found)
  if (found !== undefined && format === 'program') {
    checkExecutionEnv(settings.executionEnv, init.binary, source)
    return commandFor(found, source, init.env)
  }
  if (settings.compiler !== undefined) {
    const target = path.join(folder, 'bin')
    mkdirSync(target)
    const { compiler } = settings
    await compile({ compiler, main: init.main, source, target, env: init.env }, print, late)
    const program = path.join(target, PROGRAM)
    if (!existsSync(program)) throw new StartError('cannot compile')
    return commandFor(program, target, init.env)
  }
  if (found === undefined) throw cannotStart(`the archive has no file '${PROGRAM}' at its root`)
  const name = path.basename(found)
  if (format === 'foreign') throw cannotStart(`'${name}' is a program for another kind of machine`)
  throw cannotStart(`'${name}' is neither a program nor a script that starts with #!`)
}

function commandFor(program: string, cwd: string, env: NodeJS.ProcessEnv): Command {
  // Archives made on some systems carry no permissions. A link may lead to a program of this machine, which stays as it is.
  if (realpathSync(program).startsWith(realpathSync(cwd) + path.sep)) chmodSync(program, statSync(program).mode | 0o500)
  return { command: program, args: [], cwd, env }
}

function isInside(folder: string, file: string): boolean {
  return file.startsWith(folder + path.sep) && existsSync(file) && statSync(file).isFile()
}

function checkExecutionEnv(expected: string | undefined, binary: boolean, source: string): void {
  if (expected === undefined || !binary) return
  const file = path.join(source, 'exec.env')
  if (!existsSync(file) || readFileSync(file, 'utf8').trim() !== expected) {
    throw new StartError('Execution environment version mismatch. See logs for details.')
  }
}
