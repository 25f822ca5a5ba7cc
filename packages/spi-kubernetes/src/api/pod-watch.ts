import type { Clock, Logger } from '@stemcell/core'
import { setMaxListeners } from 'node:events'
import { ApiRefusal, reasonOf } from './api-refusal.ts'
import type { Pod } from './pod.ts'
import type { Pods } from './pods.ts'

/** What is told of the pods that are watched. */
export interface PodListener {
  /** It was made, or is not what it was. */
  changed(pod: Pod): void
  /** There is no such pod any more; `pod` is the last that is known of it. */
  removed(pod: Pod): void
  /** The API server was away, and answers again. */
  reconnected(): void
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000
/** The server ends a watch after so long, and it goes on where it was. */
const WATCH_S = 280
/** It says once a minute how far it is; without that for so long the connection is dead. */
const SILENCE_MS = 150_000
/** A watch that ends sooner, and said nothing, is no better than none. */
const SHORTEST_MS = 1_000

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: Pod & { readonly code?: number; readonly reason?: string; readonly message?: string }
}

/**
 * One watch for all pods with the same labels, for as long as it is not closed: after an end it goes on from the last
 * version it has seen, and lists anew where the server has forgotten that version.
 */
export class PodWatch {
  readonly #pods: Pods
  readonly #selector: string
  readonly #listener: PodListener
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #closed = new AbortController()
  readonly #known = new Map<string, Pod>()
  #version: string | undefined
  #following: Promise<void> = Promise.resolve()

  constructor(pods: Pods, selector: string, listener: PodListener, clock: Clock, logger: Logger) {
    this.#pods = pods
    this.#selector = selector
    this.#listener = listener
    this.#clock = clock
    this.#logger = logger
    setMaxListeners(0, this.#closed.signal)
  }

  /** Resolves once pods that are made from now on are seen. Rejects as {@link Pods.list}. */
  async open(): Promise<void> {
    await this.#list()
    this.#following = this.#follow()
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#following
  }

  async #list(): Promise<void> {
    const { version, pods } = await this.#pods.list(this.#selector)
    this.#version = version
    const now = new Set(pods.map(({ metadata }) => metadata.uid))
    for (const pod of pods) this.#changed(pod)
    for (const [uid, pod] of this.#known) if (!now.has(uid)) this.#removed(pod)
  }

  async #follow(): Promise<void> {
    let isAway = false
    for (let pauseMs = FIRST_PAUSE_MS; !this.#closed.signal.aborted;) {
      const since = this.#clock.monotonic()
      const before = this.#version
      try {
        if (this.#version === undefined) await this.#list()
        await this.#watch(() => {
          if (!isAway) return
          isAway = false
          this.#logger.info({}, 'the Kubernetes API answers again')
          this.#listener.reconnected()
        })
        const isOfUse = before !== this.#version || this.#clock.monotonic() - since > SHORTEST_MS
        if (isOfUse) {
          pauseMs = FIRST_PAUSE_MS
          continue
        }
      } catch (error) {
        if (this.#closed.signal.aborted) return
        if (error instanceof ApiRefusal && error.status === 410) {
          this.#logger.debug({ reason: error.message }, 'the watch was too far behind: listing anew')
          this.#version = undefined
          // What was missed is only known to the list.
          if (before !== undefined) continue
        } else if (!isAway) {
          // What cannot be read may have been an end.
          if (error instanceof SyntaxError) this.#version = undefined
          this.#logger.warn({ reason: reasonOf(error) }, 'lost the watch of the pods; trying to have it again')
          isAway = true
        } else {
          this.#logger.debug({ reason: reasonOf(error) }, 'no watch of the pods yet')
        }
        const askedMs = error instanceof ApiRefusal ? (error.retryAfterS ?? 0) * 1_000 : 0
        pauseMs = Math.max(pauseMs, askedMs)
      }
      await this.#clock.sleep(pauseMs, this.#closed.signal)
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
    }
  }

  /** Resolves when the server ends it in good order. */
  async #watch(opened: () => void): Promise<void> {
    const stream = await this.#pods.watch(this.#selector, {
      version: this.#version!,
      seconds: WATCH_S,
      silenceMs: SILENCE_MS,
      signal: this.#closed.signal,
    })
    opened()
    let rest = ''
    stream.setEncoding('utf8')
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line !== '') this.#heard(JSON.parse(line) as WatchEvent)
    }
  }

  /** @throws ApiRefusal the server says that something is wrong. */
  #heard({ type, object }: WatchEvent): void {
    if (type === 'ERROR') throw new ApiRefusal(object.code ?? 500, JSON.stringify(object), undefined)
    this.#version = object.metadata.resourceVersion ?? this.#version
    if (type === 'BOOKMARK') return
    if (type === 'DELETED') this.#removed(object)
    else this.#changed(object)
  }

  #changed(pod: Pod): void {
    this.#known.set(pod.metadata.uid, pod)
    this.#listener.changed(pod)
  }

  #removed(pod: Pod): void {
    this.#known.delete(pod.metadata.uid)
    this.#listener.removed(pod)
  }
}
