import { SystemClock } from '@stemcell/core'
import type { Context } from '@stemcell/cli'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { userEnvironment } from '../environment.ts'
import type { StopSignals } from '../stop-signals.ts'

const INTERRUPTED = 130

/** What the commands for users get from this process. */
export function cliContext(signals: StopSignals): Context {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    environment: userEnvironment(),
    cwd: process.cwd(),
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
