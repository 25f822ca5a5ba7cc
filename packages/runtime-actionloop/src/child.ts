import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Pipes, PipeSupply } from './pipe-supply.ts'
import { cannotStart } from './start-error.ts'

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Descriptor that the process reads, in place of the pipe `input`. */
  readonly stdin?: number
}

/** Text for the developer by the error that the system gave. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the program, or the interpreter that its first line names, does not exist',
  EACCES: 'it may not be executed',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  EAGAIN: 'there are too many processes',
  ENOMEM: 'there is not enough memory',
  E2BIG: 'its arguments and environment are too long',
}
const MAX_BUSY_TRIES = 20
/** Turns of the event loop after which output is no longer taken for what was printed before. */
const MAX_TURNS = 256

/** One process of the action, with its ends of the pipes. */
export class Child {
  readonly input: Writable | null
  readonly replies: Readable
  readonly exited: Promise<void>
  running = true
  readonly #process: ChildProcess
  readonly #outputs: readonly Readable[]
  #chunks = 0

  private constructor(process: ChildProcess, pipes: Pipes | undefined, print: (fd: 1 | 2, bytes: Buffer) => void) {
    const [input, out, err, replies] = pipes
      ? [pipes.input, pipes.out, pipes.err, pipes.replies]
      : (process.stdio as unknown as [Writable | null, Readable, Readable, Readable])
    this.#process = process
    this.input = input
    this.replies = replies
    this.#outputs = [out, err]
    // A program that reads nothing, or has ended, is no failure of this one.
    input?.on('error', () => undefined)
    for (const [fd, stream] of [[1, out] as const, [2, err] as const]) {
      stream.on('error', () => undefined)
      stream.on('data', (bytes: Buffer) => {
        this.#chunks++
        print(fd, bytes)
      })
    }
    replies.on('error', () => undefined).on('data', () => void this.#chunks++)
    this.exited = new Promise((resolve) => {
      process.once('exit', () => {
        this.running = false
        resolve()
      })
    })
  }

  /** @throws StartError the system cannot start it. */
  static async start(command: Command, supply: PipeSupply, print: (fd: 1 | 2, bytes: Buffer) => void): Promise<Child> {
    let pipes: Pipes | undefined
    try {
      pipes = await supply.take()
      return new Child(await spawned(command, pipes), pipes, print)
    } catch (error) {
      for (const end of pipes ? [pipes.input, pipes.out, pipes.err, pipes.replies] : []) end.destroy()
      throw startFailure(error)
    } finally {
      pipes?.started()
    }
  }

  /** Resolves once all that the process wrote so far has been read: a whole turn of the event loop brings no more. */
  async quiet(): Promise<void> {
    let seen = -1
    for (let turns = 0; seen !== this.#chunks && turns < MAX_TURNS; turns++) {
      seen = this.#chunks
      await new Promise(setImmediate)
      await new Promise(setImmediate)
    }
  }

  kill(): void {
    if (this.running) this.#process.kill('SIGKILL')
  }

  /** Lets go of the pipes; what the process left running loses its output. */
  release(): void {
    for (const stream of [this.input, this.replies, ...this.#outputs]) stream?.destroy()
  }
}

/** Another child may for a moment hold open the file that was just written; the system then calls it busy. */
async function spawned({ command, args, cwd, env, stdin }: Command, pipes: Pipes | undefined): Promise<ChildProcess> {
  for (let tries = 1; ; tries++) {
    try {
      return await new Promise((resolve, reject) => {
        const [input, ...others] = pipes?.theirs ?? (['pipe', 'pipe', 'pipe', 'pipe'] as const)
        const child = spawn(command, args, { cwd, env, stdio: [stdin ?? input, ...others] })
        child.once('error', reject)
        child.once('spawn', () => {
          // Later ones are about signals to a process that has ended.
          child.off('error', reject).on('error', () => undefined)
          resolve(child)
        })
      })
    } catch (error) {
      if (codeOf(error) !== 'ETXTBSY' || tries >= MAX_BUSY_TRIES) throw error
      await new Promise(setImmediate)
    }
  }
}

function startFailure(error: unknown): Error {
  const code = codeOf(error)
  return cannotStart(REASONS[code ?? ''] ?? (error instanceof Error ? error.message : String(error)))
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
