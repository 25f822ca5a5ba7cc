import { LogDemultiplexer, PlatformError, type AdapterContext } from '@stemcell/core'
import { aborted, RUNTIME_PORT } from '@stemcell/core/container-engine'
import { NegotiatingRuntimeClient, runtimeClient, type RuntimeClient } from '@stemcell/core/runtime-client'
import { toPlatformError } from '../api/api-refusal.ts'
import type { Pods } from '../api/pods.ts'
import type { PodLife } from '../pod/pod-life.ts'
import { podRequest, type PodPlan } from '../pod/pod-request.ts'
import { addressOf, isPlaced, startFailure, unschedulable, type StartFailure } from '../pod/pod-verdict.ts'
import { PodOutput } from './pod-output.ts'

/** The echo of a pod is back in a few milliseconds. */
const FIRST_ECHO_MS = 50
const LAST_ECHO_MS = 400
const ECHO = { maxReplyBytes: 1_024, truncateAtBytes: 1_024 }

export interface StartOptions {
  readonly plan: PodPlan
  readonly life: PodLife
  readonly pods: Pods
  readonly context: AdapterContext
  readonly stop: AbortSignal
  /** Images whose runtimes, of an older version, do not echo. */
  readonly mute: Set<string>
}

export interface StartedPod {
  readonly client: RuntimeClient
  readonly output: PodOutput
  readonly logs: LogDemultiplexer
}

/**
 * Makes a pod, and resolves once its runtime answers and its output is heard. What it leaves when it throws is the caller's to
 * remove.
 * @throws ERR_START_FAILED, ERR_IMAGE, ERR_UNAVAILABLE as {@link ContainerFactory.create}.
 */
export async function startPod(options: StartOptions): Promise<StartedPod> {
  const { plan, life, pods, stop } = options
  try {
    await pods.create(podRequest(plan))
  } catch (error) {
    throw toPlatformError(error, `pod of ${plan.spec.image}`, 'ERR_START_FAILED')
  }
  if (stop.aborted) throw aborted(stop)
  await placed(options)
  const host = await running(options)
  const { clock, logger } = options.context
  const { spec, own, logToken } = plan
  let logs = new LogDemultiplexer(
    logToken === undefined ? { kind: 'sentinel' } : { kind: 'attributed', token: logToken },
    clock,
  )
  const endpoint = { host, port: RUNTIME_PORT }
  const client = runtimeClient({ own, endpoint, maxConcurrent: spec.maxConcurrent, clock, log: logs })
  const output = new PodOutput({ name: life.name, pods, logs: () => logs, clock, logger })
  try {
    await ready(options, client, output)
    if (client instanceof NegotiatingRuntimeClient) {
      if (client.transport === 'frames') await heard(options, client, logs)
      // By its name one of ours, and it is not: it writes what all others do.
      else logs = new LogDemultiplexer({ kind: 'sentinel' }, clock)
    }
    return { client, output, logs }
  } catch (error) {
    output.close()
    await client.close()
    throw error
  }
}

/** @throws ERR_START_FAILED the scheduler finds no node for it. */
async function placed(options: StartOptions): Promise<void> {
  const { plan, life } = options
  const { scheduleTimeoutMs } = plan.settings
  const found = await inTime(options, scheduleTimeoutMs, () => {
    const { pod } = life
    return life.isRemoved || (pod && (isPlaced(pod) || startFailure(pod))) ? true : undefined
  })
  if (found) return
  const words = life.pod && unschedulable(life.pod)
  const why =
    words === undefined
      ? `nothing placed it within ${scheduleTimeoutMs} ms (does the scheduler run?)`
      : `no node for it within ${scheduleTimeoutMs} ms: ${words}`
  throw new PlatformError('ERR_START_FAILED', `pod ${life.name}: ${why}`)
}

/** The pod's address, once its container runs. */
async function running(options: StartOptions): Promise<string> {
  const { plan, life } = options
  const { startTimeoutMs, pullTimeoutMs } = plan.settings
  const mayPull = plan.spec.userImage && plan.settings.pull !== 'never'
  const timeoutMs = startTimeoutMs + (mayPull ? pullTimeoutMs : 0)
  const found = await inTime<string | StartFailure>(options, timeoutMs, () => {
    if (life.isRemoved) return { cause: 'removed', words: 'it was deleted' }
    return life.pod && (startFailure(life.pod) ?? addressOf(life.pod))
  })
  if (typeof found === 'string') return found
  if (found) throw notStarted(options, found)
  throw notReady(options, `did not start within ${timeoutMs} ms`)
}

async function ready(options: StartOptions, client: RuntimeClient, output: PodOutput): Promise<void> {
  const { life, plan, stop } = options
  const { startTimeoutMs } = plan.settings
  const ended = new AbortController()
  const over = AbortSignal.any([stop, ended.signal])
  const done = new AbortController()
  const watching = life
    .until(() => (life.ended('') ? true : undefined), done.signal)
    .then((isOver) => {
      if (isOver) ended.abort()
    })
  const late = new AbortController()
  const timer = options.context.clock.setTimer(startTimeoutMs, () => late.abort())
  try {
    await Promise.all([client.waitReady(startTimeoutMs, over), output.attach(AbortSignal.any([over, late.signal]))])
  } catch (cause) {
    throw notReady(options, `did not answer on port ${RUNTIME_PORT} within ${startTimeoutMs} ms`, cause)
  } finally {
    timer.cancel()
    done.abort()
    await watching
  }
  if (stop.aborted) throw aborted(stop)
  const failure = life.pod && startFailure(life.pod)
  if (ended.signal.aborted) throw notStarted(options, failure ?? { cause: 'removed', words: 'it was deleted' })
  if (late.signal.aborted) {
    throw new PlatformError('ERR_START_FAILED', `pod ${life.name}: its output cannot be read (pods/attach)`)
  }
}

/**
 * Makes sure that what the runtime writes arrives: a connection to the output is said to be open a moment before it is. A run
 * before the init is refused, and ends its log.
 */
async function heard(options: StartOptions, client: RuntimeClient, logs: LogDemultiplexer): Promise<void> {
  const { plan, mute, context, life } = options
  const { image } = plan.spec
  if (mute.has(image)) return
  for (let waitMs = FIRST_ECHO_MS; waitMs <= LAST_ECHO_MS; waitMs *= 2) {
    const id = `echo-${waitMs}`
    const log = logs.open(id, { limitBytes: 0 })
    try {
      await client.run(JSON.stringify({ activation_id: id }), { ...ECHO, timeoutMs: plan.settings.startTimeoutMs })
    } catch (cause) {
      throw notReady(options, 'broke the connection before it was ready', cause)
    }
    if ((await log.collect({ waitMs })).complete) return
  }
  mute.add(image)
  context.logger.debug({ pod: life.name, image }, 'the runtime does not say whether its output is heard')
}

/** Undefined when there is nothing in time. @throws ERR_START_FAILED the start was aborted. */
async function inTime<T>(
  { life, stop, context }: StartOptions,
  timeoutMs: number,
  look: () => T | undefined,
): Promise<T | undefined> {
  const late = new AbortController()
  const timer = context.clock.setTimer(timeoutMs, () => late.abort())
  const found = await life.until(look, AbortSignal.any([stop, late.signal]))
  timer.cancel()
  if (stop.aborted) throw aborted(stop)
  return found
}

function notStarted({ plan, life }: StartOptions, { cause, words }: StartFailure): PlatformError {
  const { image, userImage } = plan.spec
  const said = new Error(words)
  if (!userImage) {
    const message = `pod ${life.name} of ${image}: ${words}`
    if (cause !== 'no-image' && cause !== 'pull') return new PlatformError('ERR_START_FAILED', message, { cause: said })
    return new PlatformError('ERR_START_FAILED', `no node can have image ${image}: ${TO_HAVE_IT}. ${message}`, {
      cause: said,
      userHint: `The platform has no image ${image} for it: its operator can ${TO_HAVE_IT}.`,
    })
  }
  const message = TEXTS[cause]?.(image, words)
  if (message === undefined) {
    return new PlatformError('ERR_START_FAILED', `pod ${life.name} of ${image}: ${words}`, { cause: said })
  }
  return new PlatformError('ERR_IMAGE', message, { cause: said })
}

const TO_HAVE_IT =
  'make it (stemcell images build --output FOLDER), then push it to a registry that the nodes reach, or import it into ' +
  'each node (ctr -n k8s.io images import FILE)'

/** What users are told of images of theirs; what has no text is not their fault. */
const TEXTS: Partial<Record<StartFailure['cause'], (image: string, words: string) => string>> = {
  'no-image': (image) => `There is no container image '${image}'.`,
  pull: (image) => `Failed to pull container image '${image}'.`,
  program: (image) => `The program of container image '${image}' cannot be executed.`,
  root: (image) =>
    `Container image '${image}' runs as root, which is not allowed here: name another user in it, by number.`,
  ended: (image, words) => `The container of image '${image}' ended before it was ready: ${words.slice(0, 600)}`,
}

function notReady({ plan, life }: StartOptions, what: string, cause?: unknown): PlatformError {
  const { image, userImage } = plan.spec
  const message = userImage ? `The container of image '${image}' ${what}.` : `pod ${life.name} of ${image} ${what}`
  return new PlatformError(userImage ? 'ERR_IMAGE' : 'ERR_START_FAILED', message, { cause })
}
