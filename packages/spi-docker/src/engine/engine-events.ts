import type { Clock, Logger } from '@stemcell/core'
import type Dockerode from 'dockerode'
import type { Readable } from 'node:stream'
import { factoryFilter } from './container-labels.ts'
import { reasonOf } from './to-platform-error.ts'

export interface EngineEvent {
  readonly id: string
  readonly action: 'die' | 'oom' | 'destroy'
  /** Of `die`. */
  readonly exitCode?: number
}

export interface EventListener {
  heard(event: EngineEvent): void
  /** The engine answers again. What happened meanwhile was not heard. */
  reconnected(): void
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

/** One stream for all containers of a factory, opened again whenever it breaks. */
export class EngineEvents {
  readonly #docker: Dockerode
  readonly #factory: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listener: EventListener
  readonly #closed = new AbortController()
  #stream: Readable | undefined

  constructor(docker: Dockerode, factory: string, clock: Clock, logger: Logger, listener: EventListener) {
    this.#docker = docker
    this.#factory = factory
    this.#clock = clock
    this.#logger = logger
    this.#listener = listener
  }

  /** Resolves once events are heard; rejects with the driver's error. */
  async open(): Promise<void> {
    const stream = await this.#connect()
    void this.#follow(stream)
  }

  close(): void {
    this.#closed.abort()
    this.#stream?.destroy()
  }

  async #connect(): Promise<Readable> {
    const stream = (await this.#docker.getEvents({
      filters: { type: ['container'], event: ['die', 'oom', 'destroy'], label: [factoryFilter(this.#factory)] },
    })) as Readable
    this.#stream = stream
    if (this.#closed.signal.aborted) stream.destroy()
    return stream
  }

  async #follow(first: Readable): Promise<void> {
    for (let stream: Readable | undefined = first; stream;) {
      await this.#read(stream)
      if (this.#closed.signal.aborted) return
      this.#logger.warn({}, 'lost the engine; trying to reach it again')
      stream = await this.#reconnect()
      if (!stream) return
      this.#logger.info({}, 'the engine answers again')
      this.#listener.reconnected()
    }
  }

  async #reconnect(): Promise<Readable | undefined> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      await this.#clock.sleep(pauseMs, this.#closed.signal)
      if (this.#closed.signal.aborted) return undefined
      try {
        return await this.#connect()
      } catch (error) {
        this.#logger.debug({ reason: reasonOf(error) }, 'the engine does not answer yet')
      }
    }
  }

  /** Resolves at the end of the stream, whatever ended it. */
  #read(stream: Readable): Promise<void> {
    return new Promise((resolve) => {
      let rest = ''
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        try {
          for (const line of lines) if (line.trim() !== '') this.#heard(line)
        } catch (error) {
          // What cannot be read may have been an end: reconnecting looks at every container.
          stream.destroy(error instanceof Error ? error : new Error(String(error)))
        }
      })
      stream.on('error', (error) => this.#logger.debug({ reason: reasonOf(error) }, 'the event stream broke'))
      stream.once('close', resolve)
    })
  }

  #heard(line: string): void {
    const { Action: action, Actor: actor } = JSON.parse(line) as {
      readonly Action: string
      readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
    }
    if (action !== 'die' && action !== 'oom' && action !== 'destroy') return
    const exitCode = actor.Attributes['exitCode']
    this.#listener.heard({ id: actor.ID, action, ...(exitCode !== undefined && { exitCode: Number(exitCode) }) })
  }
}
