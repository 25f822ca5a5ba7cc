import {
  LogDemultiplexer,
  isPlatformError,
  PlatformError,
  randomText,
  type AdapterContext,
  type Container,
  type ContainerCapabilities,
  type ContainerFactory,
  type ContainerOwner,
  type ContainerSpec,
  type ContainerSummary,
} from '@stemcell/core'
import { runtimeClient } from '@stemcell/core/runtime-client'
import { PREINSTALLED, preinstalledPackages } from '@stemcell/runtime-nodejs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ContainerRegistry, type ContainerRecord } from './container-registry.ts'
import { Guardian } from './guardian.ts'
import { hostPythons, type HostPython } from './host-pythons.ts'
import { memoryFlags } from './memory/memory-flags.ts'
import { MemoryWatch } from './memory/memory-watch.ts'
import { offerPackages } from './offer-packages.ts'
import { ProcessContainer } from './process-container.ts'
import type { ProcessContainersSettings } from './process-containers-options.ts'
import { ProcessFreezer } from './process-freezer.ts'
import { ProcessSweeper } from './process-sweeper.ts'
import { hasProc, isStopped, signalTo, startOf } from './process-table.ts'
import { LIFELINE_FD, RuntimeProcess } from './runtime-process.ts'
import { runtimeProgram } from './runtime-program.ts'

/** Makes each container as a child process that runs a runtime on a unix socket. */
export class ProcessContainerFactory implements ContainerFactory {
  readonly capabilities: ContainerCapabilities = {
    suspend: true,
    memoryLimit: hasProc,
    cpuLimit: false,
    images: false,
    attributedLogs: true,
    isolation: 'process',
  }
  readonly #settings: ProcessContainersSettings
  readonly #context: AdapterContext
  readonly #watch: MemoryWatch
  readonly #sweeper: ProcessSweeper
  readonly #guardian = new Guardian()
  readonly #own = new Map<string, ProcessContainer>()
  #pythons: readonly HostPython[] | undefined
  #registry: ContainerRegistry | undefined
  #closing: Promise<void> | undefined

  constructor(settings: ProcessContainersSettings, context: AdapterContext) {
    this.#settings = settings
    this.#context = context
    this.#watch = new MemoryWatch(context.clock, settings.memoryCheckMs, context.logger)
    this.#sweeper = new ProcessSweeper(context.clock, context.logger)
  }

  async open(): Promise<void> {
    await this.#closing
    if (this.#registry) return
    if (process.platform === 'win32') {
      throw new PlatformError(
        'ERR_CONFIG',
        '@stemcell/spi-process needs Linux or macOS: choose another containers adapter',
      )
    }
    const { logger, random } = this.#context
    const root = resolve(this.#settings.dir ?? join(tmpdir(), `stemcell-${process.getuid?.() ?? 0}`))
    const registry = new ContainerRegistry(root, randomText(random, 8))
    registry.open(process.pid, startOf(process.pid) ?? '')
    this.#offerPackages(registry.folder)
    this.#guardian.start(registry, logger)
    this.#registry = registry
    logger.warn({ isolation: 'process' }, 'actions run as processes of this user: for trusted code only')
  }

  close(): Promise<void> {
    const registry = this.#registry
    this.#registry = undefined
    if (registry) this.#closing = this.#close(registry)
    return this.#closing ?? Promise.resolve()
  }

  async create(spec: ContainerSpec, options: { readonly signal?: AbortSignal } = {}): Promise<Container> {
    const registry = this.#opened()
    runtimeProgram(spec)
    if (options.signal?.aborted) {
      throw new PlatformError('ERR_START_FAILED', 'the start was aborted', { cause: options.signal.reason })
    }
    const container = await this.#start(registry, spec)
    try {
      await container.ready(this.#settings.startTimeoutMs, options.signal)
      return container
    } catch (error) {
      await container.destroy()
      throw error
    }
  }

  async list(owner: ContainerOwner): Promise<readonly ContainerSummary[]> {
    return this.#opened()
      .owned(owner)
      .map(({ id, labels, pid, start }) => ({ id, labels, state: stateOf(pid, start) }))
  }

  async reap(owner: ContainerOwner): Promise<number> {
    const registry = this.#opened()
    const left = registry.owned(owner).filter(({ id }) => !this.#own.has(id))
    await Promise.all(left.map((record) => this.#reap(registry, record)))
    registry.removeEmpty((pid, start) => startOf(pid) === start)
    return left.length
  }

  #offerPackages(folder: string): void {
    const packages = preinstalledPackages()
    try {
      offerPackages(folder, packages, this.#settings.packagesDir)
    } catch (error) {
      throw new PlatformError('ERR_CONFIG', '@stemcell/spi-process: packagesDir is unusable: name a readable folder', {
        cause: error,
      })
    }
    const missing = PREINSTALLED.filter((name) => packages[name] === undefined)
    if (missing.length > 0) {
      this.#context.logger.warn({ missing }, 'packages that actions expect are not installed: run npm install')
    }
  }

  async #start(registry: ContainerRegistry, spec: ContainerSpec): Promise<ProcessContainer> {
    const { clock, random } = this.#context
    const id = randomText(random, 12)
    const token = randomText(random, 24)
    const logs = new LogDemultiplexer({ kind: 'attributed', token }, clock)
    let process: RuntimeProcess | undefined
    let socket: string
    try {
      const folders = registry.prepare(id)
      socket = folders.socket
      process = new RuntimeProcess(this.#command(registry, id, spec, socket, folders.work, token), logs, clock)
      registry.record(id, process.pid, startOf(process.pid) ?? '', spec)
    } catch (cause) {
      // No descriptors, no memory, no room on the disk: nothing stays behind that nobody knows of.
      process?.signal('SIGKILL')
      await process?.exited
      await registry.removeContainer(id)
      if (isPlatformError(cause)) throw cause
      throw new PlatformError('ERR_START_FAILED', 'the process cannot be started', { cause })
    }
    const container = new ProcessContainer({
      id,
      process,
      logs,
      client: runtimeClient({
        own: true,
        endpoint: { socketPath: socket },
        maxConcurrent: spec.maxConcurrent,
        clock,
        log: logs,
      }),
      freezer: new ProcessFreezer(process.pid, registry.mark(id), clock),
      limitBytes: spec.memoryMb * 1024 * 1024,
      cleanUp: () => this.#cleanUp(registry, container),
    })
    this.#own.set(id, container)
    if (this.capabilities.memoryLimit) this.#watch.add(container)
    return container
  }

  #command(
    registry: ContainerRegistry,
    id: string,
    spec: ContainerSpec,
    socket: string,
    work: string,
    token: string,
  ): ConstructorParameters<typeof RuntimeProcess>[0] {
    const { node = process.execPath, path, packagesDir, openFiles } = this.#settings
    const program = runtimeProgram(spec)
    const [markName = '', markValue = ''] = registry.mark(id).split('=', 2)
    return {
      node,
      args: [...memoryFlags(spec.memoryMb), ...program, '--socket', socket, '--lifeline', String(LIFELINE_FD)],
      cwd: work,
      openFiles,
      environment: {
        LANG: 'C.UTF-8',
        ...(packagesDir !== undefined && { NODE_PATH: packagesDir }),
        ...(spec.maxConcurrent > 1 && { __OW_ALLOW_CONCURRENT: 'true' }),
        PATH: path,
        HOME: work,
        TMPDIR: work,
        ...spec.environment,
        STEMCELL_PYTHON: this.#pythonFor(spec.kind),
        STEMCELL_LOGS: 'attributed',
        STEMCELL_LOG_TOKEN: token,
        // What is in the pipes by then is read in the same turn as the answer.
        STEMCELL_LOG_END: 'printed',
        [markName]: markValue,
      },
    }
  }

  /** A kind that names a version this machine lacks runs on the one that the settings name, as `python:3` does. */
  #pythonFor(kind: string): string {
    const [, version] = /^python:(3\.\d+)$/.exec(kind) ?? []
    if (version === undefined) return this.#settings.python
    this.#pythons ??= hostPythons(this.#settings)
    return this.#pythons.find((one) => one.version === version)?.program ?? this.#settings.python
  }

  async #cleanUp(registry: ContainerRegistry, container: ProcessContainer): Promise<void> {
    const { id } = container
    this.#watch.delete(container)
    try {
      await this.#sweeper.sweep(registry.mark(id))
      await registry.removeContainer(id)
    } catch (err) {
      this.#context.logger.warn({ err, container: id }, 'container could not be removed completely')
    }
    this.#own.delete(id)
  }

  async #reap(registry: ContainerRegistry, { folder, mark, pid, start }: ContainerRecord): Promise<void> {
    // A later process may have the id now; its group is not ours to kill.
    const now = startOf(pid)
    if (now === undefined || now === start) signalTo(-pid, 'SIGKILL')
    await this.#sweeper.sweep(mark)
    await this.#sweeper.ended(pid, start)
    await registry.remove(folder)
  }

  async #close(registry: ContainerRegistry): Promise<void> {
    await Promise.all(Array.from(this.#own.values(), (container) => container.destroy()))
    await this.#guardian.stop()
    await registry.close()
  }

  #opened(): ContainerRegistry {
    if (!this.#registry) throw new PlatformError('ERR_CLOSED', 'the container factory is not open')
    return this.#registry
  }
}

function stateOf(pid: number, start: string): ContainerSummary['state'] {
  if (startOf(pid) !== start) return 'dead'
  return isStopped(pid) ? 'suspended' : 'running'
}
