import { spawn } from 'node:child_process'
import type { Sink } from './program.ts'
import { StartError } from './start-error.ts'

export interface Compilation {
  readonly compiler: string
  readonly main: string
  readonly source: string
  readonly target: string
  readonly env: NodeJS.ProcessEnv
}

/** Enough of a compiler's output to find the first mistakes. */
const MAX_TEXT = 16_384

/**
 * Runs the compiler. What it prints is the failure only if it fails; warnings go to the log.
 * @throws StartError with its output.
 */
export async function compile(
  { compiler, main, source, target, env }: Compilation,
  print: Sink,
  late: AbortSignal,
): Promise<void> {
  const child = spawn(compiler, [main, source, target], { cwd: source, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = (): void => void child.kill('SIGKILL')
  late.addEventListener('abort', stop, { once: true })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      if (text.length < MAX_TEXT) text += bytes.toString()
    })
  }
  const outcome = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `exit ${signal ?? code}`))
  })
  late.removeEventListener('abort', stop)
  if (late.aborted) throw new StartError('The action did not initialize in time.')
  const said = text.slice(0, MAX_TEXT).trim()
  if (outcome !== '') throw new StartError(said === '' ? `cannot compile (${outcome})` : said)
  if (said !== '') print(2, Buffer.from(`${said}\n`))
}
