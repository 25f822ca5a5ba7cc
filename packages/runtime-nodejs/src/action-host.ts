import type { ActionEndpoint, Answer, Message } from './action-endpoint.ts'
import type { ActivationLog } from './activation-log.ts'
import { type Activation, activation, type ActivationScope } from './activation-scope.ts'
import { type Entrypoint, InitializationError } from './entrypoint.ts'
import type { Leftovers } from './leftovers.ts'
import { loadSource } from './load-source.ts'
import {
  errorReport,
  errorStack,
  errorText,
  failure,
  rejectionReply,
  type Reply,
  resultReply,
  success,
} from './reply.ts'
import { type RunEnvironment, scopedEnvironment, setInitEnvironment, sharedEnvironment } from './run-environment.ts'

/** Runs up to here are brief: others may wait behind them. */
const BRIEF_NS = 50_000

// Taken before any code of an action can replace it.
const settled = Promise.resolve()
const hrtime = process.hrtime.bind(process)

/** Holds one action from its initialization to the end of the process, and speaks the contract's status texts. */
export class ActionHost implements ActionEndpoint {
  readonly #scope: ActivationScope
  readonly #log: ActivationLog
  readonly #leftovers: Leftovers
  #watchful: boolean
  readonly #answers = new Map<Activation, Answer>()
  onEnded: (() => void) | undefined
  #status: 'ready' | 'starting' | 'running' | 'stopped' = 'ready'
  #main: Entrypoint | undefined
  #concurrent = false
  /** When the run in progress began, where there is one at a time. */
  #began: readonly [number, number] = [0, 0]
  /** May overlap with others, but has not yet: most have ended as soon as they return. */
  #beginning: Activation | undefined
  #environment: RunEnvironment | undefined

  /** Where calls are `attributed`, what one prints behind its answer is told from what the next one prints. */
  constructor(scope: ActivationScope, log: ActivationLog, leftovers: Leftovers, attributed: boolean) {
    this.#scope = scope
    this.#log = log
    this.#leftovers = leftovers
    this.#watchful = attributed
  }

  /** A call is in progress or, where calls may overlap, has not come to where it waits for something. */
  get busy(): boolean {
    return this.#status === 'running' || this.#status === 'starting' || this.#beginning !== undefined
  }

  get exclusive(): boolean {
    return !this.#concurrent
  }

  get stopped(): boolean {
    return this.#status === 'stopped'
  }

  init(request: Message, answer: Answer): void {
    if (this.#main) {
      const text = 'Cannot initialize the action more than once.'
      process.stderr.write(`${text}\n`)
      return answer(failure(403, text))
    }
    if (this.#status !== 'ready') return answer(failure(403, `System not ready, status is ${this.#status}.`))

    const message = isObject(request['value']) ? request['value'] : {}
    const { name, main, code, binary } = message
    if (typeof main !== 'string' || main === '' || typeof code !== 'string' || code === '') {
      return answer(failure(403, 'Missing main/no code to execute.'))
    }

    this.#status = 'starting'
    this.#leftovers.appeared()
    setInitEnvironment(process.env, message['env'])
    const id = process.env['__OW_ACTIVATION_ID']
    this.#concurrent = process.env['__OW_ALLOW_CONCURRENT'] === 'true'
    if (this.#concurrent) {
      this.#watchful = true
      this.#environment ??= scopedEnvironment(this.#scope)
    }
    this.#environment ??= sharedEnvironment()

    const call = activation('init', id)
    this.#answers.set(call, answer)
    this.#scope.enter(call, () => {
      load(code, main, binary === true, typeof name === 'string' ? name : 'action').then(
        (loaded) => this.#initialized(call, loaded),
        (error: unknown) => this.fail(call, error),
      )
    })
  }

  run(request: Message, answer: Answer): void {
    const main = this.#main
    if (!main) {
      // Who waits for its log is told that there is none.
      if (request['activation_id'] !== undefined) this.#log.end(activation('run', request['activation_id'], request))
      return answer(failure(403, 'System not initialized.'))
    }
    if (this.#status !== 'ready') return answer(failure(403, `System not ready, status is ${this.#status}.`))
    const value = request['value']
    if (typeof value !== 'object' || value === null) {
      const type = value === null ? 'null' : typeof value
      return answer(failure(403, `Internal system error: the argument must be a dictionary but has type '${type}'.`))
    }

    const call = activation('run', request['activation_id'], withoutValue(request))
    if (!this.#concurrent) {
      this.#status = 'running'
      this.#began = hrtime()
    } else if (this.#scope.running.size > 0) this.#scope.trackAsync()
    else if (!this.#scope.tracks) this.#beginning = call
    this.#environment?.apply(call)
    this.#answers.set(call, answer)
    this.#scope.running.add(call)
    this.#scope.enter(call, () => {
      let result: unknown
      try {
        result = main(value)
      } catch (error) {
        process.stderr.write(`${errorReport(error)}\n`)
        return this.fail(call, error)
      }
      Promise.resolve(result).then(
        (value) => this.#finish(call, resultReply(value)),
        (reason: unknown) => this.#finish(call, rejectionReply(reason)),
      )
      // Behind what ends a call that waits for nothing.
      if (this.#beginning === call) void settled.then(() => this.#begun(call))
    })
  }

  /** Ends one call with the error that its code let escape. The action accepts no further calls. */
  fail(call: Activation, error: unknown): void {
    if (call.ended) return
    this.#status = 'stopped'
    if (call.kind === 'run') return this.#finish(call, failure(502, `An error has occurred: ${errorText(error)}`))
    const reason = error instanceof InitializationError ? error.message : errorStack(error)
    this.#scope.enter(call, () => process.stderr.write(`${reason}\n`))
    this.#finish(call, failure(502, `Initialization has failed due to: ${reason}`))
  }

  /** The call to blame for an error that nothing caught, if that is certain. */
  culprit(): Activation | undefined {
    const current = this.#scope.current()
    if (current && this.#answers.has(current)) return current
    const alone = this.#scope.alone
    if (!current && alone && this.#answers.has(alone)) return alone
    return this.#answers.size === 1 ? this.#answers.keys().next().value : undefined
  }

  /** Leaves a readable end of the log for every call that the end of the process interrupts. */
  abandon(): void {
    for (const call of this.#answers.keys()) this.#log.end(call)
    this.#answers.clear()
  }

  #initialized(call: Activation, main: Entrypoint): void {
    if (call.ended) return
    this.#main = main
    this.#status = 'ready'
    // No end marker: the log goes on with the first run of the same activation.
    this.#log.complete(call)
    this.#settle(call, success('{"OK":true}'))
    // What the load set up acts for any run.
    this.#lookForLeftovers()
    this.onEnded?.()
  }

  #finish(call: Activation, reply: Reply): void {
    if (call.ended) return
    if (this.#status === 'running') {
      this.#status = 'ready'
      if (isBrief(this.#began)) reply.brief = true
    }
    if (this.#beginning === call) this.#beginning = undefined
    const { note } = reply
    if (note !== undefined) this.#scope.enter(call, () => process.stderr.write(`${note}\n`))
    if (this.#log.end(call)) reply.silent = true
    this.#settle(call, reply)
    this.#lookForLeftovers()
    this.onEnded?.()
  }

  /** The call goes on for longer: the next one may begin beside it. */
  #begun(call: Activation): void {
    if (this.#beginning !== call) return
    this.#beginning = undefined
    this.onEnded?.()
  }

  /** From when something goes on behind an answer, or calls overlap, each is followed. */
  #lookForLeftovers(): void {
    if (!this.#watchful || this.#scope.tracks || this.#scope.running.size > 0) return
    if (this.#leftovers.appeared()) this.#scope.trackAsync()
  }

  #settle(call: Activation, reply: Reply): void {
    const answer = this.#answers.get(call)
    call.ended = true
    this.#answers.delete(call)
    this.#scope.running.delete(call)
    answer?.(reply)
  }
}

async function load(code: string, main: string, binary: boolean, name: string): Promise<Entrypoint> {
  if (!binary) return loadSource(code, main, name)
  const { loadArchive } = await import('./load-archive.ts')
  return loadArchive(code, main)
}

function isBrief([s, ns]: readonly [number, number]): boolean {
  const [nowS, nowNs] = hrtime()
  return (nowS - s) * 1e9 + nowNs - ns <= BRIEF_NS
}

/** Arguments can be large, and must not live as long as the names of their call do. */
function withoutValue(request: { value?: unknown }): Message {
  request.value = undefined
  return request as Message
}

function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null
}
