import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  type ActionEndpoint,
  type Activation,
  activation,
  type ActivationLog,
  failure,
  type Reply,
  setInitEnvironment,
  success,
} from '@stemcell/runtime-nodejs/kit'
import type { Mode } from './index.ts'
import type { LoopSettings } from './loop-options.ts'
import { PipeSupply } from './pipe-supply.ts'
import type { Program } from './program.ts'
import { StartError } from './start-error.ts'
import { startProgram } from './start-program.ts'

type Message = Readonly<Record<string, unknown>>
type Answer = (reply: Reply) => void

/** An init that names no deadline may take so long. */
const DEFAULT_INIT_MS = 60_000
/** The platform's own limit comes first and knows the text that belongs to it. */
const AFTER_DEADLINE_MS = 500
const LONGEST_TIMER_MS = 2_147_483_647

/** Holds one action from its init to the end of the process. Calls take turns, in the order in which they came. */
export class LoopHost implements ActionEndpoint {
  readonly #mode: Mode
  readonly #settings: LoopSettings
  readonly #turn: { current: Activation | undefined }
  readonly #log: ActivationLog
  readonly #supply = new PipeSupply()
  #initialized = false
  #program: Program | undefined
  #last: Promise<void> = Promise.resolve()
  #folder: string | undefined
  #late = new AbortController()
  #calls = 0
  onEnded: (() => void) | undefined

  /** `turn` tells on whose behalf the program prints. */
  constructor(mode: Mode, settings: LoopSettings, turn: { current: Activation | undefined }, log: ActivationLog) {
    this.#mode = mode
    this.#settings = settings
    this.#turn = turn
    this.#log = log
    this.#supply.prepare()
  }

  get busy(): boolean {
    return this.#calls > 0
  }

  readonly exclusive = true

  /** A program that has ended is answered for: the reason is the developer's to know. */
  readonly stopped = false

  init(request: Message, answer: Answer): void {
    if (this.#initialized) {
      const text = 'Cannot initialize the action more than once.'
      this.#print(text)
      return answer(failure(403, text))
    }
    const message = isObject(request['value']) ? request['value'] : {}
    const { name, main, code, binary } = message
    if (typeof main !== 'string' || main === '' || typeof code !== 'string' || code === '') {
      return answer(failure(403, 'Missing main/no code to execute.'))
    }

    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'action-')))
    this.#folder = folder
    this.#initialized = true
    this.#calls++
    const env = { ...process.env }
    setInitEnvironment(env, message['env'])
    const call = activation('init', env['__OW_ACTIVATION_ID'])
    this.#turn.current = call
    const init = { name: typeof name === 'string' ? name : 'action', main, code, binary: binary === true, env }
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), timeLeft(env['__OW_DEADLINE']))
    this.#late = late
    startProgram(init, {
      mode: this.#mode,
      settings: this.#settings,
      folder,
      supply: this.#supply,
      print: (fd, bytes) => this.#log.write(fd, bytes),
      late: late.signal,
    })
      .then(
        (program) => {
          this.#program = program
          // No end marker: the log goes on with the first run of the same activation.
          this.#log.complete(call)
          call.ended = true
          this.#answered(answer, success('{"ok":true}'))
        },
        (error: unknown) => this.#answered(answer, this.#failedInit(call, error)),
      )
      .finally(() => clearTimeout(timer))
  }

  run(request: Message, answer: Answer, body: string): void {
    this.#calls++
    this.#last = this.#last.then(async () => this.#answered(answer, await this.#run(request, body)))
  }

  /** Kills the program and leaves a readable end of the log for the call that this interrupts. */
  abandon(): void {
    this.#late.abort()
    this.#program?.kill()
    if (this.#turn.current?.ended === false) this.#log.end(this.#turn.current)
    this.#removeCode()
    this.#supply.close()
  }

  #answered(answer: Answer, reply: Reply): void {
    this.#calls--
    answer(reply)
    this.onEnded?.()
  }

  async #run(request: Message, body: string): Promise<Reply> {
    const program = this.#program
    const call = activation('run', request['activation_id'], request)
    if (!program) {
      // Who waits for its log is told that there is none.
      if (request['activation_id'] !== undefined) this.#log.end(call)
      return failure(500, 'no action defined yet')
    }
    this.#turn.current = call
    const reply = await program.run({ body: Buffer.from(body), value: request['value'], env: call.env })
    if (!program.alive) this.#program = undefined
    if (reply.note !== undefined) this.#print(reply.note)
    this.#end(call)
    return this.#log.end(call) ? { ...reply, silent: true } : reply
  }

  #failedInit(call: Activation, error: unknown): Reply {
    // A failed init may be tried again, with code that starts.
    this.#initialized = false
    this.#removeCode()
    const text = error instanceof Error ? error.message : String(error)
    this.#print(error instanceof StartError ? text : String(error instanceof Error ? error.stack : error))
    this.#end(call)
    const silent = this.#log.end(call)
    const hidden = 'The action failed to generate or locate a binary. See logs for details.'
    return { ...failure(502, this.#settings.logInitError ? hidden : text), silent }
  }

  #end(call: Activation): void {
    call.ended = true
    this.#turn.current = undefined
  }

  #removeCode(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = undefined
  }

  #print(text: string): void {
    this.#log.write(2, Buffer.from(`${text}\n`))
  }
}

function timeLeft(deadline: string | undefined): number {
  if (deadline === undefined || !/^\d+$/.test(deadline)) return DEFAULT_INIT_MS
  return Math.min(LONGEST_TIMER_MS, Math.max(0, Number(deadline) - Date.now()) + AFTER_DEADLINE_MS)
}

function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null
}
