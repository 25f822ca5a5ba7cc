import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { killProcessesOf, processesOf } from './processes-of.ts'

// Tests that start several servers take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** The program as users start it. */
export const PROGRAM: string = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url))
if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run npm run build first`)

export interface SpawnOptions {
  /** Written to a file and given as --config. */
  readonly config?: object
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Value of --data. Default: `data` in the test's folder. */
  readonly data?: string
  readonly cwd?: string
  /** Shell script that starts the server, `exec "$@"` with what it needs around it: limits, redirections. */
  readonly shell?: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A temporary folder whose name no process has by chance. */
export class TestFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'stemcell-e2e-'))
  /** Appears in the command line, environment or working directory of every process that belongs here. */
  readonly marker: string = basename(this.path)

  join(...names: string[]): string {
    return join(this.path, ...names)
  }

  write(name: string, content: string): string {
    writeFileSync(this.join(name), content)
    return this.join(name)
  }

  /** Fails when a process is left, and ends it; guardians may take a moment. */
  async remove(): Promise<void> {
    try {
      await eventually(
        () => `no process left: ${processesOf(this.marker).join('; ')}`,
        () => processesOf(this.marker).length === 0,
      )
    } finally {
      killProcessesOf(this.marker)
      rmSync(this.path, { recursive: true, force: true })
    }
  }
}

/** A server process, ready or on its way. */
export class SpawnedServer {
  readonly child: ChildProcess
  readonly folder: TestFolder
  /** The data folder, absolute. */
  readonly data: string
  /** Resolves when it has ended and all it wrote has been read. */
  readonly exited: Promise<Exit>
  stdout = ''
  stderr = ''

  constructor(folder: TestFolder, options: SpawnOptions = {}) {
    const { config, args = [], env = {} } = options
    this.folder = folder
    const { cwd = folder.path, data = folder.join('data') } = options
    this.data = resolve(cwd, data)
    const file = config === undefined ? [] : ['--config', folder.write('config.json', JSON.stringify(config))]
    const server = [process.execPath, PROGRAM, 'standalone', '--data', data, '--port', '0', ...file, ...args] as const
    const [command, ...rest] = options.shell === undefined ? server : ['/bin/sh', '-c', options.shell, 'sh', ...server]
    this.child = spawn(command!, rest, {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.exited = once(this.child, 'close').then(([code, signal]) => ({ code, signal }) as Exit)
  }

  static async start(folder: TestFolder, options: SpawnOptions = {}): Promise<SpawnedServer> {
    const server = new SpawnedServer(folder, options)
    await server.ready()
    return server
  }

  /** Waits until it answers. */
  async ready(): Promise<this> {
    await eventually(
      () => `the server to be ready: ${this.output}`,
      () => this.#hasEnded() || this.stdout.includes('"msg":"ready"'),
    )
    if (this.#hasEnded()) throw new Error(`the server ended: ${this.output}`)
    return this
  }

  /** The same where nobody can read what it prints. */
  async listening(): Promise<this> {
    await eventually(
      () => `the server to listen: ${this.output}`,
      async () => this.#hasEnded() || (this.#property('APIHOST') !== undefined && (await isUp(this.url))),
    )
    if (this.#hasEnded()) throw new Error(`the server ended: ${this.output}`)
    return this
  }

  get pid(): number {
    return this.child.pid!
  }

  get output(): string {
    return this.stdout + this.stderr
  }

  get url(): string {
    const url = /ready at (\S+)/.exec(this.stdout)?.[1] ?? this.#property('APIHOST')
    if (url === undefined) throw new Error(`the server has not said where it is: ${this.output}`)
    return url
  }

  /** `UUID:KEY` of namespace guest, as `.wskprops` has it. */
  get key(): string {
    return this.#property('AUTH')!
  }

  #property(name: string): string | undefined {
    const file = join(this.data, '.wskprops')
    return existsSync(file) ? new RegExp(`^${name}=(.*)$`, 'm').exec(readFileSync(file, 'utf8'))?.[1] : undefined
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (!this.#hasEnded()) this.child.kill(signal)
    const exit = await this.exited
    this.#checkLogLines()
    return exit
  }

  /** It ended, or was told to. */
  get isGone(): boolean {
    return this.#hasEnded() || this.child.killed
  }

  /** A line that names a field twice is longer than what is read from it. */
  #checkLogLines(): void {
    for (const line of this.stdout.split('\n')) {
      if (!line.startsWith('{"level":')) continue
      const read = JSON.stringify(JSON.parse(line))
      if (read !== line) throw new Error(`a field is there twice: ${line}`)
    }
  }

  #hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }
}

async function isUp(url: string): Promise<boolean> {
  return fetch(`${url}/ping`).then(
    ({ ok }) => ok,
    () => false,
  )
}
