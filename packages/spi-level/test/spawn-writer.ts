import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

export interface Writer {
  readonly process: ChildProcess
  /** Whole lines printed so far. */
  readonly lines: string[]
  /** Ends it as a power switch would, and waits until it is gone. */
  kill(): Promise<void>
}

/** Brings the built package up to date: what a child process runs is what the tests beside it see. */
export function buildPackage(): void {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  execFileSync(process.execPath, [compiler, '-b', join(here, '..')], { stdio: 'pipe' })
}

export function spawnWriter(dir: string): Writer {
  const child = spawn(process.execPath, [join(here, 'writer-process.mjs'), dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()!
    lines.push(...parts)
  })
  const gone = once(child, 'close')
  return {
    process: child,
    lines,
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}
