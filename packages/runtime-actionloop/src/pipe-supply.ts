import { spawn } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

const NAMES = ['input', 'out', 'err', 'replies'] as const
const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants

/** The four pipes of one program: what it reads, what it prints, and descriptor 3. */
export interface Pipes {
  /** The program's ends: descriptors 0 to 3. */
  readonly theirs: readonly [number, number, number, number]
  readonly input: Socket
  readonly out: Socket
  readonly err: Socket
  readonly replies: Socket
  /** To be called once the program has its ends. */
  started(): void
}

/**
 * Makes real pipes, ahead of their use. What Node.js gives a child are sockets, and those cannot be opened by name:
 * `echo oops > /dev/stderr`, which is common in scripts, would fail.
 */
export class PipeSupply {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'pipes-'))
  #count = 0
  #next: Promise<string[] | undefined> | undefined

  /** Begins to make the pipes that will be taken next. */
  prepare(): void {
    this.#next ??= this.#make()
  }

  /** Undefined where the host has no `mkfifo`: sockets are all there is. */
  async take(): Promise<Pipes | undefined> {
    const next = this.#next ?? this.#make()
    this.#next = undefined
    const paths = await next
    return paths && openAll(paths)
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #make(): Promise<string[] | undefined> {
    const set = `${this.#count++}`
    const paths = NAMES.map((name) => path.join(this.#folder, `${set}-${name}`))
    return new Promise((resolve) => {
      try {
        spawn('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' })
          .on('error', () => resolve(undefined))
          .once('exit', (code) => resolve(code === 0 ? paths : undefined))
      } catch {
        // Not enough memory for another process: whoever starts the program will be told.
        resolve(undefined)
      }
    })
  }
}

function openAll(paths: readonly string[]): Pipes {
  const ends: End[] = []
  try {
    for (const [at, name] of paths.entries()) ends.push(openPipe(name, at === 0))
  } catch (error) {
    for (const { ours, theirs } of ends) [ours, theirs].forEach((fd) => closeSync(fd))
    throw error
  }
  const [input, out, err, replies] = ends as [End, End, End, End]
  const theirs = [input.theirs, out.theirs, err.theirs, replies.theirs] as const
  return {
    theirs,
    input: new Socket({ fd: input.ours, readable: false, writable: true }),
    out: new Socket({ fd: out.ours, readable: true, writable: false }),
    err: new Socket({ fd: err.ours, readable: true, writable: false }),
    replies: new Socket({ fd: replies.ours, readable: true, writable: false }),
    started: () => theirs.forEach((fd) => closeSync(fd)),
  }
}

interface End {
  readonly ours: number
  readonly theirs: number
}

/** The name goes at once, so that nobody else can open the pipe. */
function openPipe(name: string, weWrite: boolean): End {
  // Held open for both, neither end waits for the other.
  const holder = openSync(name, O_RDWR | O_NONBLOCK)
  try {
    const ours = openSync(name, (weWrite ? O_WRONLY : O_RDONLY) | O_NONBLOCK)
    try {
      return { ours, theirs: openSync(name, weWrite ? O_RDONLY : O_WRONLY) }
    } catch (error) {
      closeSync(ours)
      throw error
    }
  } finally {
    closeSync(holder)
    rmSync(name)
  }
}
