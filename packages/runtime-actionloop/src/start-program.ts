import type { Mode } from './index.ts'
import type { LoopSettings } from './loop-options.ts'
import { LoopProgram } from './loop-program.ts'
import type { PipeSupply } from './pipe-supply.ts'
import { prepareExecutable } from './prepare-executable.ts'
import { preparePython } from './prepare-python.ts'
import type { Program, Sink } from './program.ts'
import { SkeletonProgram } from './skeleton-program.ts'
import { StartError } from './start-error.ts'
import type { Init } from './init.ts'

export interface StartParts {
  readonly mode: Mode
  readonly settings: LoopSettings
  /** New and empty, and there as long as the program. */
  readonly folder: string
  readonly supply: PipeSupply
  readonly print: Sink
  /** Aborts when the start has taken too long. */
  readonly late: AbortSignal
}

/**
 * Unpacks the code and starts it.
 * @throws StartError it cannot be started.
 */
export async function startProgram(init: Init, parts: StartParts): Promise<Program> {
  const { mode, settings, folder, supply, print, late } = parts
  checkEnvironment(init.env)
  if (mode === 'python') {
    return LoopProgram.start(await preparePython(settings.python, init, folder), true, supply, print, late)
  }
  const command = await prepareExecutable(settings, init, folder, print, late)
  if (mode === 'skeleton') return new SkeletonProgram(command, folder, supply, print)
  const { waitForAck, executionEnv } = settings
  const env = {
    ...command.env,
    ...(waitForAck && { __OW_WAIT_FOR_ACK: '1' }),
    ...(executionEnv !== undefined && { __OW_EXECUTION_ENV: executionEnv }),
  }
  return LoopProgram.start({ ...command, env }, waitForAck, supply, print, late)
}

/** No environment can hold the character that ends its values. */
function checkEnvironment(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) {
    if (value?.includes('\0')) throw new StartError(`The parameter '${name}' contains a NUL character.`)
  }
}
