import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import { PlatformError } from '../errors.ts'
import type { Clock } from '../time/clock.ts'
import { ActionConsole } from './action-console.ts'
import { loadActionSource, type ActionMain } from './action-source.ts'
import type { ContainerProgram, ProgramHost, ProgramReply } from './container-program.ts'
import { SuspendableTimers } from './suspendable-timers.ts'

interface ActiveCall {
  readonly activationId: string | undefined
  readonly environment: Record<string, string>
  readonly answer: (reply: ProgramReply) => void
}

interface InitRequest {
  readonly main?: unknown
  readonly code?: unknown
  readonly binary?: unknown
  readonly env?: Readonly<Record<string, unknown>> | null
}

/** Unwinds an action that called `process.exit`. */
class ExitCall extends Error {}

/** Runs JavaScript source in this process and answers as a Node.js runtime does. */
export class NodeProgram implements ContainerProgram {
  readonly #host: ProgramHost
  readonly #scope = new AsyncLocalStorage<ActiveCall>()
  readonly #timers: SuspendableTimers
  readonly #console: ActionConsole
  readonly #environment: Record<string, string>
  #metadata: string[] = []
  #main: ActionMain | undefined
  #failed = false

  constructor(host: ProgramHost, clock: Clock) {
    this.#host = host
    this.#environment = { ...host.spec.environment }
    this.#timers = new SuspendableTimers(clock, (error) => this.#escaped(error))
    this.#console = new ActionConsole((stream, text) => host.log(this.#scope.getStore()?.activationId, stream, text))
  }

  init(body: string): Promise<ProgramReply> {
    const { main, code, binary, env } = (JSON.parse(body) as { readonly value: InitRequest }).value
    if (this.#main) return failure(403, 'Cannot initialize the action more than once.')
    if (typeof main !== 'string' || main === '' || typeof code !== 'string' || code === '') {
      return failure(403, 'Missing main/no code to execute.')
    }
    for (const [name, value] of Object.entries(env ?? {})) {
      this.#environment[name] = typeof value === 'string' ? value : JSON.stringify(value)
    }
    return this.#call(this.#environment['__OW_ACTIVATION_ID'], this.#environment, (answer, call) => {
      try {
        if (binary === true) throw new Error('Containers in this process take source code, not archives.')
        this.#main = loadActionSource(code, main, this.#globals())
        this.#console.finishLines()
        answer({ status: 200, body: '{"OK":true}' })
      } catch (error) {
        if (error instanceof ExitCall) return
        this.#console.stderr.write(`${stackOf(error)}\n`)
        this.#end(call)
        answer(errorReply(502, `Initialization has failed due to: ${stackOf(error)}`))
      }
    })
  }

  run(body: string): Promise<ProgramReply> {
    const main = this.#main
    if (!main) return failure(403, 'System not initialized.')
    if (this.#failed) return failure(403, 'System not ready, status is stopped.')
    const request = JSON.parse(body) as Readonly<Record<string, unknown>>
    const id = request['activation_id']
    const activationId = typeof id === 'string' ? id : undefined
    return this.#call(activationId, this.#environmentFor(request), (answer, call) => {
      const finish = (reply: ProgramReply): void => {
        this.#end(call)
        answer(reply)
      }
      let result: unknown
      try {
        result = main(request['value'])
      } catch (error) {
        if (!(error instanceof ExitCall)) this.#fail(error, finish)
        return
      }
      Promise.resolve(result).then(
        (settled) => {
          const reply = resultReply(settled)
          if (reply.note !== undefined) this.#console.stderr.write(`${reply.note}\n`)
          finish(reply)
        },
        (reason: unknown) => {
          if (reason instanceof ExitCall) return
          // An object without a stack is an answer, as web actions give them.
          if (reason instanceof Error || (reason && typeof reason !== 'object')) {
            this.#console.stderr.write(`${stackOf(reason)}\n`)
          }
          finish({ status: 200, body: JSON.stringify({ error: reasonOf(reason) }) })
        },
      )
    })
  }

  suspend(): Promise<void> {
    this.#timers.suspend()
    return Promise.resolve()
  }

  resume(): Promise<void> {
    this.#timers.resume()
    return Promise.resolve()
  }

  stop(): void {
    this.#timers.stop()
    this.#main = undefined
  }

  #call(
    activationId: string | undefined,
    environment: Record<string, string>,
    body: (answer: (reply: ProgramReply) => void, call: ActiveCall) => void,
  ): Promise<ProgramReply> {
    return new Promise((resolve) => {
      const call: ActiveCall = { activationId, environment, answer: resolve }
      this.#scope.run(call, () => body(resolve, call))
    })
  }

  #end(call: ActiveCall): void {
    this.#console.finishLines()
    this.#host.endLog(call.activationId)
  }

  /** Runs at once see their own `__OW_*`; otherwise the environment outlives the call, as in a process. */
  #environmentFor(request: Readonly<Record<string, unknown>>): Record<string, string> {
    const metadata = Object.entries(request)
      .filter((entry): entry is [string, string] => entry[0] !== 'value' && typeof entry[1] === 'string')
      .map(([name, value]): [string, string] => [`__OW_${name.toUpperCase()}`, value])
    if (this.#host.spec.maxConcurrent > 1) return { ...this.#environment, ...Object.fromEntries(metadata) }
    for (const name of this.#metadata) delete this.#environment[name]
    this.#metadata = metadata.map(([name]) => name)
    return Object.assign(this.#environment, Object.fromEntries(metadata))
  }

  #globals(): Record<string, unknown> {
    const { stdout, stderr, console } = this.#console
    const environment = (): Record<string, string> => this.#scope.getStore()?.environment ?? this.#environment
    const own = Object.create(process, {
      env: { get: environment, enumerable: true },
      stdout: { value: stdout },
      stderr: { value: stderr },
      exit: { value: (code?: number) => this.#exit(code ?? 0) },
    }) as object
    return { console, process: own, ...this.#timers.globals }
  }

  #exit(exitCode: number): never {
    this.#console.finishLines()
    this.#host.exit({ reason: 'exited', exitCode })
    throw new ExitCall('the action called process.exit')
  }

  /** A timer's callback threw: the call that set it answers for it. */
  #escaped(error: unknown): void {
    if (error instanceof ExitCall) return
    const call = this.#scope.getStore()
    if (call) {
      this.#fail(error, (reply) => {
        this.#end(call)
        call.answer(reply)
      })
    } else {
      this.#host.exit({ reason: 'exited', exitCode: 1 })
    }
  }

  #fail(error: unknown, finish: (reply: ProgramReply) => void): void {
    this.#failed = true
    this.#console.stderr.write(`${stackOf(error)}\n`)
    finish(errorReply(502, `An error has occurred: ${String(error)}`))
  }
}

/** @throws ERR_UNSUPPORTED for anything but a Node.js kind. */
export function startNodeProgram(host: ProgramHost, clock: Clock): Promise<ContainerProgram> {
  const { kind, userImage } = host.spec
  if (userImage || !kind.startsWith('nodejs:')) {
    throw new PlatformError('ERR_UNSUPPORTED', `containers in this process run nodejs kinds only, not ${kind}`)
  }
  return Promise.resolve(new NodeProgram(host, clock))
}

/** `note` is for the log. */
function resultReply(result: unknown): ProgramReply & { readonly note?: string } {
  if (result === undefined) return { status: 200, body: '{}' }
  if (typeof result !== 'object' || result === null) {
    const note = `The action did not return a dictionary: it returned ${inspect(result)}.`
    if (result === null) return { status: 200, body: 'null', note }
    return { ...errorReply(502, 'The action did not return a dictionary.'), note }
  }
  try {
    return { status: 200, body: JSON.stringify(result) }
  } catch (error) {
    const text = `The action returned a result that is not JSON: ${String(error)}`
    return { ...errorReply(502, text), note: text }
  }
}

function errorReply(status: number, error: string): ProgramReply {
  return { status, body: JSON.stringify({ error }) }
}

function failure(status: number, error: string): Promise<ProgramReply> {
  return Promise.resolve(errorReply(status, error))
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function reasonOf(reason: unknown): unknown {
  if (!(reason instanceof Error)) return reason || {}
  const { name, message, stack } = reason
  return { ...Object.fromEntries(Object.entries(reason)), name, message, stack }
}
