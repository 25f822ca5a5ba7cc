import { PlatformError, type Clock, type LogDemultiplexer } from '@stemcell/core'
import { aborted, ControlGroup, RUNTIME_PORT, socketIn, type SocketFolders } from '@stemcell/core/container-engine'
import { runtimeClient, type RuntimeClient, type RuntimeEndpoint } from '@stemcell/core/runtime-client'
import type Dockerode from 'dockerode'
import { CALL_MS, inTime } from '../engine/in-time.ts'
import { statusOf, toPlatformError, unless } from '../engine/to-platform-error.ts'
import type { ContainerOutput } from './container-output.ts'
import type { ContainerPlan } from './create-options.ts'
import type { DockerContainer } from './docker-container.ts'

/** As a shell and the engine report it: the program could not be executed, or does not exist. */
const NO_PROGRAM = new Set([126, 127])

export interface StartOptions {
  readonly plan: ContainerPlan
  readonly container: DockerContainer
  readonly handle: Dockerode.Container
  readonly output: ContainerOutput
  readonly logs: LogDemultiplexer
  readonly folders: SocketFolders
  readonly clock: Clock
  readonly stop: AbortSignal
}

/**
 * Starts a container that was created, and resolves once its runtime answers.
 * @throws ERR_START_FAILED, ERR_IMAGE, ERR_UNAVAILABLE as {@link ContainerFactory.create}.
 */
export async function startContainer(options: StartOptions): Promise<void> {
  const { plan, container, handle, output, stop } = options
  try {
    await output.attach(handle)
    if (stop.aborted) throw aborted(stop)
    await inTime(handle.start(), CALL_MS, options.clock)
  } catch (error) {
    throw await whyNotStarted(options, error)
  }
  if (stop.aborted) throw aborted(stop)
  const { endpoint, group } = await whereItListens(options)
  const client = runtimeClient({
    own: plan.image.own,
    endpoint,
    maxConcurrent: plan.spec.maxConcurrent,
    clock: options.clock,
    log: options.logs,
  })
  container.ready(client, group)
  await waitUntilReady(options, client)
  if (plan.address === 'socket') options.folders.seal(plan.maker.key)
}

async function whyNotStarted({ plan, handle }: StartOptions, error: unknown): Promise<PlatformError> {
  if (error instanceof PlatformError || statusOf(error) === undefined) return toPlatformError(error, 'start')
  const { image: name } = plan.spec
  const state = (await unless([404], handle.inspect()))?.State
  if (plan.spec.userImage && NO_PROGRAM.has(state?.ExitCode ?? 0)) {
    return new PlatformError('ERR_IMAGE', `The program of container image '${name}' cannot be executed.`, {
      cause: error,
    })
  }
  return toPlatformError(error, `container of ${name}`, 'ERR_START_FAILED')
}

async function whereItListens(
  options: StartOptions,
): Promise<{ readonly endpoint: RuntimeEndpoint; readonly group: ControlGroup | undefined }> {
  const { plan, handle } = options
  const isSocket = plan.address === 'socket'
  const freezes = plan.settings.suspendThrough === 'freezer'
  if (isSocket && !freezes) return { endpoint: { socketPath: socketIn(plan.folder) }, group: undefined }
  const { Id, NetworkSettings, State } = await inspect(handle)
  if (!State.Running) throw await endedEarly(options)
  const group = freezes ? ControlGroup.of(State.Pid, Id) : undefined
  if (isSocket) return { endpoint: { socketPath: socketIn(plan.folder) }, group }
  const published = NetworkSettings.Ports[`${RUNTIME_PORT}/tcp`]?.[0]
  const address = Object.values(NetworkSettings.Networks)[0]?.IPAddress
  if (plan.address === 'port' && published) {
    return { endpoint: { host: published.HostIp, port: Number(published.HostPort) }, group }
  }
  if (plan.address === 'bridge' && address) return { endpoint: { host: address, port: RUNTIME_PORT }, group }
  throw new PlatformError('ERR_START_FAILED', `the container has no ${plan.address} address on network ${plan.network}`)
}

async function inspect(handle: Dockerode.Container): Promise<Dockerode.ContainerInspectInfo> {
  try {
    return await handle.inspect()
  } catch (error) {
    throw toPlatformError(error, 'address of a new container', 'ERR_START_FAILED')
  }
}

async function waitUntilReady(options: StartOptions, client: RuntimeClient): Promise<void> {
  const { plan, container, stop } = options
  const { startTimeoutMs } = plan.settings
  const ended = new AbortController()
  void container.exited.then(() => ended.abort())
  try {
    await client.waitReady(startTimeoutMs, AbortSignal.any([stop, ended.signal]))
  } catch (cause) {
    throw notReady(plan, `did not answer on port ${RUNTIME_PORT} within ${startTimeoutMs} ms`, cause)
  }
  if (stop.aborted) throw aborted(stop)
  if (ended.signal.aborted) throw await endedEarly(options)
}

async function endedEarly({ plan, container, output }: StartOptions): Promise<PlatformError> {
  const { reason, exitCode } = await container.exited
  const how = reason === 'out-of-memory' ? 'ran out of memory' : `ended with exit code ${exitCode ?? 'unknown'}`
  return notReady(plan, `${how} before it was ready: ${output.lastWords.slice(-500)}`)
}

function notReady({ spec }: ContainerPlan, what: string, cause?: unknown): PlatformError {
  const message = `The container of image '${spec.image}' ${what}`
  return new PlatformError(spec.userImage ? 'ERR_IMAGE' : 'ERR_START_FAILED', message, { cause })
}
