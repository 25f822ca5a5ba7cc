import { SystemClock } from '@stemcell/core'
import type { Context } from '@stemcell/cli'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { userEnvironment } from '../environment.ts'
import type { StopSignals } from '../stop-signals.ts'

const INTERRUPTED = 130

let heeded = false

/**
 * Asked for only by commands that write to it: the mere sight of the stream changes a socket that a server writes its
 * log to. Whoever reads may have seen enough.
 */
function standardOutput(): NodeJS.WriteStream {
  if (!heeded) {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      process.stderr.write(`stemcell: standard output: ${error.message}\n`)
      process.exit(1)
    })
  }
  heeded = true
  return process.stdout
}

/** Resolves when all that commands wrote is out; a failure has ended the process by then. */
export async function settleOutput(): Promise<void> {
  if (heeded) await new Promise<void>((resolve) => process.stdout.write('', () => setImmediate(resolve)))
}

/** What the commands for users get from this process. */
export function cliContext(signals: StopSignals): Context {
  return {
    get stdout() {
      return standardOutput()
    },
    get stderr() {
      return process.stderr
    },
    environment: userEnvironment(),
    get cwd() {
      return process.cwd()
    },
    clock: new SystemClock(),
    signal: signals.signal,
    releaseSignals: () => {
      signals.release()
      // It came before there was anything to end.
      if (signals.signal.aborted) process.exit(INTERRUPTED)
    },
    secret: () => Number(randomBytes(8).readBigUInt64BE() >> 11n),
    readInput: () => text(process.stdin),
    startServer: async (options) => {
      const { startOwnServer } = await import('./start-own-server.ts')
      return startOwnServer(options)
    },
    openPage,
  }
}

/** In the browser of the desktop. Where there is none, nothing happens: the address was printed. */
function openPage(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open'
  const child = spawn(program, [url], { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}
