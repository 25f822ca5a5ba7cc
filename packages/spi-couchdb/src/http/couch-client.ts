import { PlatformError, type AdapterContext } from '@stemcell/core'
import type { CouchSettings } from '../couch-stores-options.ts'
import { isNotSent, isTimeout, toPlatformError } from './couch-error.ts'
import { CouchNode, type CouchReply, type NodeRequest } from './couch-node.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

export interface CouchRequest extends NodeRequest {
  /** May be sent again when it is not known whether it was executed. */
  readonly repeatable: boolean
  /** Called when it is sent again although it may have been executed. */
  readonly onRepeat?: () => void
  /** Monotonic ms: there must be an answer by then, from whichever node, or none at all. */
  readonly until?: number | undefined
}

/**
 * Requests to a server, or to the nodes of a cluster: one is used until it fails, then the next. A request that
 * certainly was not executed is sent again, one that may have been only when it is repeatable; pauses grow.
 */
export class CouchClient {
  readonly nodes: readonly CouchNode[]
  readonly #context: AdapterContext
  readonly #settings: CouchSettings
  readonly #closing = new AbortController()
  #current = 0

  constructor(settings: CouchSettings, context: AdapterContext) {
    this.#settings = settings
    this.#context = context
    this.nodes = settings.nodes.map((url) => new CouchNode(url, settings))
  }

  /** The node in use. */
  get currentNode(): CouchNode {
    return this.nodes[this.#current]!
  }

  /**
   * The answer: a success, or a refusal of this request (4xx), which the caller knows how to read.
   * @throws ERR_UNAVAILABLE no node answered, or none was able to; of a request that is not repeatable the outcome may
   * be unknown.
   */
  async send(request: CouchRequest): Promise<CouchReply> {
    let slow = 0
    for (let failures = 1; ; failures++) {
      const node = this.currentNode
      const outcome = await this.#attempt(node, request, this.#patience(request, slow))
      if ('reply' in outcome) return outcome.reply
      if (outcome.cure !== 'credentials' && this.currentNode === node) {
        this.#current = (this.#current + 1) % this.nodes.length
      }
      const isUnknown = outcome.cure === 'unknown' || outcome.cure === 'patience'
      const again = outcome.cure === 'send again' || (isUnknown && request.repeatable)
      if (outcome.cure === 'patience') slow++
      // Every node is asked at least once, the first round without a pause; one that was too slow is not asked again.
      const enough = failures >= Math.max(this.nodes.length, this.#settings.retries + 1) || slow >= this.nodes.length
      if (!again || enough || this.#isOver(request) || this.#closing.signal.aborted) throw outcome.failure
      if (isUnknown) request.onRepeat?.()
      this.#context.logger.debug({ node: node.origin, failures, err: outcome.failure }, 'CouchDB is asked again')
      if (failures < this.nodes.length) continue
      const { until } = request
      await this.pause(failures, {
        wishMs: outcome.retryAfterMs,
        ...(until === undefined ? {} : { mostMs: until - this.#context.clock.monotonic() }),
      })
      if (this.#isOver(request)) throw outcome.failure
    }
  }

  /** From now on a request is sent once; those that wait to be sent again fail. */
  giveUp(): void {
    this.#closing.abort()
  }

  /** Requests that run are finished. */
  async close(): Promise<void> {
    this.giveUp()
    await Promise.all(this.nodes.map((node) => node.close()))
  }

  /** Monotonic ms, so far from now. */
  deadline(afterMs: number): number {
    return this.#context.clock.monotonic() + afterMs
  }

  #isOver({ until }: CouchRequest): boolean {
    return until !== undefined && this.#context.clock.monotonic() >= until
  }

  /** How long one node is waited for: what is left is shared out among those that were not too slow yet. */
  #patience({ until }: CouchRequest, slow: number): number {
    const { requestTimeoutMs } = this.#settings
    if (until === undefined) return requestTimeoutMs
    const left = Math.max(0, until - this.#context.clock.monotonic())
    return Math.min(requestTimeoutMs, left / Math.max(1, this.nodes.length - slow))
  }

  async #attempt(node: CouchNode, request: CouchRequest, patienceMs: number): Promise<Outcome> {
    const timeout = new AbortController()
    const timer = this.#context.clock.setTimer(patienceMs, () => timeout.abort())
    try {
      const reply = await node.send(request, timeout.signal)
      const { status, retryAfterMs } = reply
      if (status === 401 || status === 403) return { cure: 'credentials', failure: refusal(node, reply) }
      if (status === 429) return { cure: 'send again', failure: refusal(node, reply), retryAfterMs }
      return status < 500 ? { reply } : { cure: 'unknown', failure: refusal(node, reply), retryAfterMs }
    } catch (error) {
      const cure = isNotSent(error) ? 'send again' : isTimeout(error) ? 'patience' : 'unknown'
      return { cure, failure: toPlatformError(error, node.origin) }
    } finally {
      timer.cancel()
    }
  }

  /** After so many failures, no longer than `mostMs`. Of clients that failed together not all come back together. */
  pause(failures: number, { wishMs, mostMs = LONGEST_PAUSE_MS }: Pause = {}): Promise<void> {
    const { clock, random } = this.#context
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(0, mostMs), wishMs ?? FIRST_PAUSE_MS * 2 ** failures)
    return clock.sleep(pauseMs / 2 + random.below(Math.ceil(pauseMs / 2) + 1), this.#closing.signal)
  }
}

interface Pause {
  /** What the server asked for. */
  readonly wishMs?: number | undefined
  readonly mostMs?: number
}

type Outcome =
  | { readonly reply: CouchReply }
  | {
      /** What may help: sending it again, nothing as long as the credentials stay, more time, or nobody knows. */
      readonly cure: 'send again' | 'credentials' | 'patience' | 'unknown'
      readonly failure: unknown
      readonly retryAfterMs?: number | undefined
    }

/** What an answer says in CouchDB's way, for messages: never more than its two short texts. */
export function errorOf({ body }: Pick<CouchReply, 'body'>): { readonly error: string; readonly reason: string } {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    // A proxy in between answers in its own way.
    json = undefined
  }
  const member = (name: string): string => {
    const value: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined
    return typeof value === 'string' ? value.slice(0, 200) : ''
  }
  return { error: member('error'), reason: member('reason') }
}

/** The cause of an error that neither another node nor a repetition would cure: the server understood, and refused. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number) {
    super(`refused with status ${status}`)
    this.status = status
  }
}

function refusal(node: CouchNode, reply: CouchReply): PlatformError {
  const { status } = reply
  const { error, reason } = errorOf(reply)
  const said = [error, reason].filter(Boolean).join(': ')
  const isAccount = status === 401 || status === 403
  const what = isAccount ? 'refuses the account' : 'cannot serve a request'
  const message = `CouchDB at ${node.origin} ${what} (${status}${said && ` ${said}`})`
  return new PlatformError('ERR_UNAVAILABLE', message, isAccount ? { cause: new Refused(status) } : {})
}
