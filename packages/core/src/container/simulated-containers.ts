import type { Adapter } from '../adapter.ts'
import { PlatformError } from '../errors.ts'
import type { Clock } from '../time/clock.ts'
import type { LogLine } from './activation-log.ts'
import type {
  ContainerCapabilities,
  ContainerExit,
  ContainerFactory,
  ContainerSpec,
  RuntimeReply,
} from './container-factory.ts'
import type { ContainerProgram, ProgramHost, ProgramReply } from './container-program.ts'
import { InProcessContainerFactory, InProcessEngine } from './in-process-container-factory.ts'

/** Options of {@link simulatedContainers}. */
export interface SimulatedContainersOptions {
  /** Default: the platform's. */
  readonly clock?: Clock
  /** What is not decided succeeds at once. */
  readonly behaviour?: ContainerBehaviour
  /** Default: everything but images; nothing is enforced that the behaviour does not act out. */
  readonly capabilities?: Partial<ContainerCapabilities>
  /** A start beyond the sum fails with ERR_START_FAILED. Default: no bound. */
  readonly totalMemoryMb?: number
}

/** Decides what happens, call by call. Each function may look at anything it likes: it is ordinary code. */
export interface ContainerBehaviour {
  create?(spec: ContainerSpec): SimulatedStart
  init?(call: SimulatedCall): SimulatedAnswer
  run?(call: SimulatedCall): SimulatedAnswer
  suspend?(call: { readonly id: string; readonly spec: ContainerSpec }): SimulatedStep
  resume?(call: { readonly id: string; readonly spec: ContainerSpec }): SimulatedStep
}

/** A call of `/init` or `/run` that a behaviour decides on. */
export interface SimulatedCall {
  readonly id: string
  readonly spec: ContainerSpec
  /** JSON text as the invoker sent it. */
  readonly body: string
  /** Runs this container was sent before this call. */
  readonly runsBefore: number
}

/** How long a step takes, and whether it fails. */
export interface SimulatedStep {
  readonly delayMs?: number
  /** The step fails after the delay. */
  readonly failure?: PlatformError
}

/** How the start of a simulated container goes. */
export interface SimulatedStart extends SimulatedStep {
  /** The container ends by itself, so long after it became ready. */
  readonly exit?: ContainerExit & { readonly afterMs: number }
}

/** What a simulated container answers to a call. */
export interface SimulatedAnswer {
  readonly delayMs?: number
  /** Default 200. */
  readonly status?: number
  /** JSON text; default `{}`. */
  readonly body?: string
  /** As {@link RuntimeReply.brief}. */
  readonly brief?: RuntimeReply['brief']
  /** Printed before the answer. */
  readonly logs?: readonly { readonly stream?: LogLine['stream']; readonly text: string }[]
  /** The log of a run ends so long after its answer. Default: with it. */
  readonly logEndMs?: number
  /** Instead of an answer, after the delay and the logs. */
  readonly failure?: 'not-reached' | 'connection-lost' | 'never-answers'
  /** The container ends instead of answering, after the delay and the logs. */
  readonly exit?: ContainerExit
}

const CAPABILITIES: ContainerCapabilities = {
  suspend: true,
  memoryLimit: true,
  cpuLimit: true,
  images: false,
  attributedLogs: true,
  isolation: 'none',
}

/** Containers that run nothing and do what a script says, on the injected clock: for tests and simulations. */
export function simulatedContainers(options: SimulatedContainersOptions = {}): Adapter<ContainerFactory> {
  const engine = new InProcessEngine(options.totalMemoryMb)
  const behaviour = options.behaviour ?? {}
  return {
    name: '@stemcell/core/simulated-containers',
    core: '^0.1.0',
    build({ clock: platformClock, random }) {
      const clock = options.clock ?? platformClock
      const capabilities = { ...CAPABILITIES, ...options.capabilities }
      return new InProcessContainerFactory({
        engine,
        capabilities,
        clock,
        random,
        start: (host, signal) => startScripted(host, behaviour, clock, signal),
      })
    },
  }
}

async function startScripted(
  host: ProgramHost,
  behaviour: ContainerBehaviour,
  clock: Clock,
  signal: AbortSignal,
): Promise<ContainerProgram> {
  const { exit, ...start } = behaviour.create?.(host.spec) ?? {}
  await step(start, clock, signal)
  const timer = exit && clock.setTimer(exit.afterMs, () => host.exit(exitOf(exit)))
  let runs = 0
  const call = (body: string): SimulatedCall => ({ id: host.id, spec: host.spec, body, runsBefore: runs })
  return {
    async init(body) {
      const reply = await answer(behaviour.init?.(call(body)) ?? {}, body, host, clock)
      if (reply.status !== 200) host.endLog(activationOf(body))
      return reply
    },
    async run(body) {
      const decided = behaviour.run?.(call(body)) ?? {}
      runs++
      const reply = await answer(decided, body, host, clock)
      const endLog = (): void => host.endLog(activationOf(body))
      if (decided.logEndMs === undefined) endLog()
      else clock.setTimer(decided.logEndMs, endLog)
      return reply
    },
    suspend: () => step(behaviour.suspend?.(host), clock),
    resume: () => step(behaviour.resume?.(host), clock),
    stop: () => timer?.cancel(),
  }
}

async function step(decided: SimulatedStep | undefined, clock: Clock, signal?: AbortSignal): Promise<void> {
  if (decided?.delayMs !== undefined) await clock.sleep(decided.delayMs, signal)
  if (decided?.failure) throw decided.failure
}

async function answer(decided: SimulatedAnswer, body: string, host: ProgramHost, clock: Clock): Promise<ProgramReply> {
  const { delayMs, status = 200, failure, logs = [], exit, brief } = decided
  if (delayMs !== undefined) await clock.sleep(delayMs)
  for (const { stream = 'stdout', text } of logs) host.log(activationOf(body), stream, text)
  if (exit) host.exit(exit)
  if (failure === 'never-answers') return new Promise(() => undefined)
  if (failure === 'not-reached') throw new PlatformError('ERR_NOT_REACHED', 'simulated: no connection')
  if (failure === 'connection-lost') throw new PlatformError('ERR_CONNECTION_LOST', 'simulated: the connection broke')
  return { status, body: decided.body ?? '{}', ...(brief && { brief }) }
}

function exitOf({ reason, exitCode, signal }: ContainerExit): ContainerExit {
  return { reason, ...(exitCode !== undefined && { exitCode }), ...(signal !== undefined && { signal }) }
}

/** Of a run or of an initialisation. */
function activationOf(body: string): string | undefined {
  const request = JSON.parse(body) as {
    readonly activation_id?: string
    readonly value?: { readonly env?: { readonly __OW_ACTIVATION_ID?: string } | null } | null
  }
  return request.activation_id ?? request.value?.env?.__OW_ACTIVATION_ID
}
