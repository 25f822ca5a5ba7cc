import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { PlatformError, type Clock, type ContainerExit, type LogDemultiplexer } from '@stemcell/core'
import { signalTo } from './process-table.ts'

export interface RuntimeCommand {
  readonly node: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  /** Most files that the process, and each that it starts, may have open. */
  readonly openFiles: number
}

/**
 * Sets the limit of open files, soft and hard, and becomes the program: Node.js can set none for a child, and has raised
 * its own as far as it goes. A limit that is lower already stays.
 */
const LIMITED = 'ulimit -n "$1" 2>/dev/null; shift; exec "$0" "$@"'

/** Descriptor in the child whose end of file says that this process has ended. */
export const LIFELINE_FD = 3

/** Enough of standard error to find what V8 prints before it aborts. */
const TAIL_BYTES = 16_384
/** Longest wait for the streams of a process that has ended; only a process outside its group can hold them open. */
const DRAIN_MS = 500
const ABORT_SIGNALS = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV'])

/** One child process, leader of its own group, with its output on the way to the demultiplexer. */
export class RuntimeProcess {
  readonly pid: number
  /** How it ended, once all it wrote has been read. */
  readonly exited: Promise<ContainerExit>
  readonly #child: ChildProcess
  #tail = Buffer.alloc(0)

  /** @throws ERR_START_FAILED the program cannot be started. */
  constructor(command: RuntimeCommand, logs: LogDemultiplexer, clock: Clock) {
    const child = start(command)
    this.pid = child.pid!
    this.#child = child
    // A pipe that breaks ends, and how the process ended is told by its exit.
    for (const pipe of child.stdio) pipe?.on('error', () => undefined)
    ;(child.stdio[LIFELINE_FD] as Socket).resume()
    child.stdout!.on('data', (chunk: Buffer) => logs.write('stdout', chunk))
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-TAIL_BYTES)
      logs.write('stderr', chunk)
    })
    this.exited = this.#follow(clock).then((exit) => {
      logs.end('stdout')
      logs.end('stderr')
      return exit
    })
  }

  /** Sends a signal to the process and all that it started in its group. */
  signal(signal: NodeJS.Signals): boolean {
    return signalTo(-this.pid, signal)
  }

  /** What the process said last on standard error. */
  get lastWords(): string {
    return this.#tail.toString().trim()
  }

  #follow(clock: Clock): Promise<ContainerExit> {
    return new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.signal('SIGKILL')
        const settle = (): void => {
          drained.cancel()
          resolve(this.#judge(code, signal))
        }
        const drained = clock.setTimer(DRAIN_MS, settle)
        this.#child.once('close', settle)
      })
    })
  }

  #judge(code: number | null, signal: NodeJS.Signals | null): ContainerExit {
    const aborted = (signal !== null && ABORT_SIGNALS.has(signal)) || code === 134
    const outOfMemory =
      aborted && /heap out of memory|Fatal process out of memory|Allocation failed/.test(this.lastWords)
    return {
      reason: outOfMemory ? 'out-of-memory' : 'exited',
      ...(code !== null && { exitCode: code }),
      ...(signal !== null && { signal }),
    }
  }
}

/** @throws ERR_START_FAILED */
function start({ node, args, cwd, environment, openFiles }: RuntimeCommand): ChildProcess {
  let child: ChildProcess
  try {
    child = spawn('/bin/sh', ['-c', LIMITED, node, String(openFiles), ...args], {
      cwd,
      detached: true,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
  } catch (cause) {
    throw new PlatformError('ERR_START_FAILED', `cannot start ${node}`, { cause })
  }
  // A failed start shows at once by the missing pid; without a listener the event would end this process too.
  child.on('error', () => undefined)
  if (child.pid === undefined) throw new PlatformError('ERR_START_FAILED', `cannot start ${node}`)
  return child
}
