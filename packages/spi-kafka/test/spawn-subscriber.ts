import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))

/** Brings the built package up to date: what a child process runs is what the tests beside it see. */
export function buildPackage(): void {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  execFileSync(process.execPath, [compiler, '-b', join(here, '..')], { stdio: 'pipe' })
}

export interface SubscriberProcess {
  /** `SUBSCRIBED` and `GOT attempt content`, as it printed them so far. */
  readonly lines: readonly string[]
  /** What it logged so far. */
  readonly log: readonly string[]
  /** Freezes it, and lets it go on. */
  stop(): void
  resume(): void
  /** Ends it as a power switch would, and waits until it is gone. */
  kill(): Promise<void>
}

export function spawnSubscriber(
  brokers: string,
  topic: string,
  group: string,
  { concurrency, sessionTimeoutMs }: { readonly concurrency: number; readonly sessionTimeoutMs: number },
): SubscriberProcess {
  const program = join(here, 'subscriber-process.mjs')
  const args = [program, brokers, topic, group, String(concurrency), String(sessionTimeoutMs)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const log: string[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()!
    for (const line of parts) (line.startsWith('LOG ') ? log : lines).push(line)
  })
  const gone = once(child, 'close')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
  }
  onTestFinished(kill)
  return { lines, log, kill, stop: () => void child.kill('SIGSTOP'), resume: () => void child.kill('SIGCONT') }
}
