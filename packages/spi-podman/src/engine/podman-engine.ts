import { PlatformError, type LogLine } from '@stemcell/core'
import {
  fullImageName,
  MultiplexedOutput,
  parseImageName,
  RUNTIME_PORT,
  type ImageEngine,
  type InspectedImage,
  type RegistryCredentials,
} from '@stemcell/core/container-engine'
import type { Duplex } from 'node:stream'
import type { ContainerRequest } from './container-request.ts'
import { isSuccess, reasonOf, type LibpodAnswer, type LibpodClient } from './libpod-client.ts'
import * as wire from './wire.ts'
import type { ContainerFacts } from './container-facts.ts'

export interface Attachment {
  /** Resolves when nothing more comes: the container ended, or Podman's service did. */
  readonly ended: Promise<void>
  close(): void
}

export interface ContainerListing {
  readonly id: string
  readonly name: string
  readonly status: ContainerFacts['status']
  readonly pid: number
  readonly labels: Readonly<Record<string, string>>
}

/** What a program cannot be run is called in the field `cause` of an answer; its text is part of libpod's API. */
const NOT_RUNNABLE = new Set([
  'OCI runtime attempted to invoke a command that was not found',
  'OCI runtime permission denied',
])
/** A listing fails when one of the containers is being removed. */
const LIST_ATTEMPTS = 5
/** On a busy machine runc may give up waiting for the kernel's freezer too soon. */
const PAUSE_ATTEMPTS = 5

/**
 * What is done with containers and images. Every method throws ERR_UNAVAILABLE when the engine does not answer;
 * `container` is an id or a name.
 */
export class PodmanEngine implements ImageEngine {
  readonly #client: LibpodClient
  readonly #pullTimeoutMs: number

  constructor(client: LibpodClient, pullTimeoutMs: number) {
    this.#client = client
    this.#pullTimeoutMs = pullTimeoutMs
  }

  async inspectImage(image: string): Promise<InspectedImage | undefined> {
    const answer = await this.#client.call('GET', `/images/${image}/json`)
    if (answer.status === 404) return undefined
    const { Id, Config } = wire.read(wire.image, succeeded(answer, `image ${image}`))
    return { id: Id, user: Config?.User ?? '', labels: Config?.Labels ?? {} }
  }

  async pull(image: string, credentials: RegistryCredentials | undefined): Promise<void> {
    const failed = (cause: unknown): PlatformError =>
      new PlatformError('ERR_IMAGE', `Failed to pull container image '${image}'.`, { cause })
    const answer = await this.#client.call('POST', '/images/pull', {
      query: {
        reference: fullImageName(image),
        quiet: 'true',
        policy: 'always',
        // As Docker has it: what comes from this very machine needs no certificate.
        ...(/^(localhost|127(\.\d+){3})(:\d+)?$/.test(parseImageName(image)?.registry ?? '') && { tlsVerify: 'false' }),
      },
      timeoutMs: this.#pullTimeoutMs,
      ...(credentials && { headers: { 'x-registry-auth': authHeader(credentials) } }),
    })
    // The status comes first, and in the body what became of it.
    const error = isSuccess(answer) ? wire.pullError(answer.body) : reasonOf(answer)
    if (error !== undefined) throw failed(new Error(error))
  }

  /** Returns the id. @throws ERR_START_FAILED the engine refuses. */
  async create(request: ContainerRequest): Promise<string> {
    const answer = await this.#client.call('POST', '/containers/create', { body: request })
    if (!isSuccess(answer)) throw refused('container not made', answer)
    return wire.read(wire.created, answer.body).Id
  }

  /**
   * Makes everything that a container needs except that its program runs.
   * @throws ERR_START_FAILED the engine refuses. @throws ERR_IMAGE the program of the image cannot be run.
   */
  async prepare(container: string): Promise<void> {
    const answer = await this.#client.call('POST', `/containers/${container}/init`)
    if (!isSuccess(answer)) throw notStarted(answer)
  }

  /**
   * Follows both streams: of a container that is prepared and not started, from the first byte on. A slow reader slows
   * the container down. @throws ERR_UNAVAILABLE as well when the container is not running.
   */
  async attach(container: string, output: (stream: LogLine['stream'], chunk: Buffer) => void): Promise<Attachment> {
    const query = { stream: 'true', stdout: 'true', stderr: 'true', stdin: 'false', logs: 'false' }
    const socket = await this.#client.upgrade(`/containers/${container}/attach`, query)
    return attachment(socket, output)
  }

  /** @throws ERR_START_FAILED the engine refuses. @throws ERR_IMAGE the program of the image cannot be run. */
  async start(container: string): Promise<void> {
    const answer = await this.#client.call('POST', `/containers/${container}/start`)
    if (!isSuccess(answer)) throw notStarted(answer)
  }

  async inspect(container: string): Promise<ContainerFacts | undefined> {
    const answer = await this.#client.call('GET', `/containers/${container}/json`)
    if (answer.status === 404) return undefined
    const { Id, State, NetworkSettings } = wire.read(wire.container, succeeded(answer, `container ${container}`))
    const published = NetworkSettings.Ports?.[`${RUNTIME_PORT}/tcp`]?.[0]?.HostPort
    const networks = Object.entries(NetworkSettings.Networks ?? {})
    return {
      id: Id,
      status: wire.statusOf(State.Status),
      pid: State.Pid,
      exitCode: State.ExitCode,
      oomKilled: State.OOMKilled,
      startedAt: State.StartedAt,
      addresses: Object.fromEntries(networks.map(([name, { IPAddress }]) => [name, IPAddress])),
      ...(published !== undefined && { publishedPort: Number(published) }),
    }
  }

  /** Whether the container is paused, or running, afterwards: what is so already is refused in many ways. */
  async setPaused(container: string, paused: boolean): Promise<void> {
    let answer: LibpodAnswer
    for (let attempt = 1; ; attempt++) {
      answer = await this.#client.call('POST', `/containers/${container}/${paused ? 'pause' : 'unpause'}`)
      if (isSuccess(answer)) return
      const facts = await this.inspect(container)
      if (facts?.status === (paused ? 'paused' : 'running')) return
      if (!facts || facts.status === 'ended' || attempt === PAUSE_ATTEMPTS) break
    }
    throw new PlatformError(
      'ERR_UNAVAILABLE',
      `container ${paused ? 'not paused' : 'still paused'}: ${reasonOf(answer)}`,
    )
  }

  /** Kills and removes, in whatever state; resolves when there is none. @throws ERR_START_FAILED refused for now. */
  async remove(container: string): Promise<void> {
    const query = { force: 'true', timeout: '0', v: 'true' }
    const answer = await this.#client.call('DELETE', `/containers/${container}`, { query })
    if (isSuccess(answer) || answer.status === 404) return
    if ((await this.inspect(container)) === undefined) return
    throw refused('container not removed', answer)
  }

  /** Containers, in any state, with all these labels. */
  async list(labels: Readonly<Record<string, string>>): Promise<readonly ContainerListing[]> {
    const filters = { label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) }
    const query = { all: 'true', filters: JSON.stringify(filters) }
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#client.call('GET', '/containers/json', { query })
      if (!isSuccess(answer) && attempt < LIST_ATTEMPTS) continue
      return wire
        .read(wire.listing, succeeded(answer, 'list of containers'))
        .map(({ Id, Names, State, Pid, Labels }) => ({
          id: Id,
          name: Names[0] ?? Id,
          status: wire.statusOf(State),
          pid: Pid,
          labels: Labels ?? {},
        }))
    }
  }
}

/** The engine refused something that it has no reason to: reported like silence, since trying again may help. */
function succeeded(answer: LibpodAnswer, what: string): unknown {
  if (isSuccess(answer)) return answer.body
  throw new PlatformError('ERR_UNAVAILABLE', `${what}: podman answers ${answer.status}: ${reasonOf(answer)}`)
}

function refused(what: string, answer: LibpodAnswer): PlatformError {
  return new PlatformError('ERR_START_FAILED', `${what}: ${reasonOf(answer)}`)
}

function notStarted(answer: LibpodAnswer): PlatformError {
  if (!NOT_RUNNABLE.has(wire.causeOf(answer.body))) return refused('container not started', answer)
  const cause = new Error(reasonOf(answer))
  return new PlatformError('ERR_IMAGE', 'The program of the container image cannot be run.', { cause })
}

function attachment(socket: Duplex, output: (stream: LogLine['stream'], chunk: Buffer) => void): Attachment {
  const frames = new MultiplexedOutput(output)
  const ended = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => frames.write(chunk))
    socket.once('end', () => socket.destroy())
    // A broken connection ends: whether the container did too is the engine's to say.
    socket.on('error', () => resolve())
    socket.once('close', () => resolve())
  })
  return { ended, close: () => socket.destroy() }
}

function authHeader({ username, password }: RegistryCredentials): string {
  // The alphabet for addresses, but with padding, which Node.js leaves out.
  const text = Buffer.from(JSON.stringify({ username, password })).toString('base64')
  return text.replaceAll('+', '-').replaceAll('/', '_')
}
