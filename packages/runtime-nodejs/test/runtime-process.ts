import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { runtimePath } from '../src/index.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly json: unknown
  readonly headers: NodeJS.Dict<string | string[]>
}

export interface RuntimeProcess {
  readonly child: ChildProcess
  readonly socket: string
  readonly folder: string
  post(url: string, body: unknown, method?: string): Promise<Answer>
  init(code: string, rest?: Record<string, unknown>): Promise<Answer>
  run(value: unknown, rest?: Record<string, unknown>): Promise<Answer>
  stdout(): Buffer
  stderr(): Buffer
  /** Resolves with the exit code once all output has been read. */
  exited(): Promise<number | null>
}

export interface StartOptions {
  /** File and first arguments; default: this package's own program. */
  readonly program?: readonly string[]
  readonly env?: Record<string, string>
  readonly args?: readonly string[]
  readonly keepAlive?: boolean
}

export const SENTINEL = 'XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX\n'

/** Starts the built program on a unix socket of its own and waits until it answers; it ends with the test. */
export async function startRuntime(options: StartOptions = {}): Promise<RuntimeProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'runtime-test-'))
  const socket = path.join(folder, 'action.sock')
  const child = spawn(
    process.execPath,
    [...(options.program ?? [runtimePath]), '--socket', socket, ...(options.args ?? [])],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  const closed = once(child, 'close') as Promise<[number | null]>
  const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.on('data', (chunk: Buffer) => output[name].push(chunk))
  }
  const agent = new Agent({ keepAlive: options.keepAlive ?? true, maxSockets: 128 })
  onTestFinished(async () => {
    agent.destroy()
    child.kill('SIGKILL')
    await closed
    rmSync(folder, { recursive: true, force: true })
  })

  const post = (url: string, body: unknown, method = 'POST'): Promise<Answer> =>
    send({ socketPath: socket, path: url, method, agent }, body)
  const runtime: RuntimeProcess = {
    child,
    socket,
    folder,
    post,
    init: (code, rest = {}) => post('/init', { value: { name: 'test', main: 'main', binary: false, code, ...rest } }),
    run: (value, rest = {}) => post('/run', { value, ...rest }),
    stdout: () => Buffer.concat(output.stdout),
    stderr: () => Buffer.concat(output.stderr),
    exited: async () => (await closed)[0],
  }
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`exited early: ${runtime.stderr().toString()}`)
    return post('/run', {}).then(
      () => true,
      () => false,
    )
  })
  return runtime
}

export function send(target: object, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const request = httpRequest({ headers: { 'content-type': 'application/json' }, ...target }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString()
        resolve({
          status: response.statusCode ?? 0,
          text: answer,
          json: JSON.parse(answer) as unknown,
          headers: response.headers,
        })
      })
    })
    request.on('error', reject)
    request.end(text)
  })
}

/** Asks again until the answer is true; a deadline of its own names what was awaited through the caller's stack. */
export async function eventually(predicate: () => boolean | Promise<boolean>, patienceMs = 10_000): Promise<void> {
  const waiting = new Error('What was awaited did not happen in time.')
  const deadline = Date.now() + patienceMs
  while (!(await predicate())) {
    if (Date.now() > deadline) throw waiting
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
