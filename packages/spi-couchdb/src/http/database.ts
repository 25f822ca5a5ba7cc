import { parseJson, PlatformError, type JsonObject, type JsonValue } from '@stemcell/core'
import { errorOf, Refused, type CouchClient, type CouchRequest } from './couch-client.ts'
import type { CouchReply } from './couch-node.ts'

/** Longer queries go into a body: servers and proxies bound the length of a URL. */
const LONGEST_QUERY = 4000

export type Query = Readonly<Record<string, JsonValue | undefined>>

/** Requests to one database of a server. Document ids are as CouchDB has them. */
export class Database {
  readonly name: string
  readonly #client: CouchClient
  readonly #until: number | undefined

  /** @param until monotonic ms by which every request must have its answer, see `CouchRequest`. */
  constructor(client: CouchClient, name: string, until?: number) {
    this.#client = client
    this.name = name
    this.#until = until
  }

  /** The same for requests that together take no longer than so many ms from now. */
  within(patienceMs: number): Database {
    return new Database(this.#client, this.name, this.#client.deadline(patienceMs))
  }

  /** A document, or undefined. @throws ERR_UNAVAILABLE */
  async get(id: string): Promise<JsonObject | undefined> {
    const reply = await this.#send({ method: 'GET', path: `/${encodeURIComponent(id)}`, repeatable: true })
    return reply.status === 404 ? this.#absent(reply) : this.#json<JsonObject>(reply)
  }

  /**
   * The present revision of a document, or undefined. Asked of the document itself: in a cluster as many nodes have a say
   * as took its last write, while `_all_docs` shows what one of them has.
   * @throws ERR_UNAVAILABLE
   */
  async revision(id: string): Promise<string | undefined> {
    const { status, etag } = await this.#send({
      method: 'HEAD',
      path: `/${encodeURIComponent(id)}`,
      repeatable: true,
    })
    if (status === 200 && etag !== undefined) return etag
    // The answer to HEAD has no body that says what is missing, or no tag that is a revision.
    const revision = (await this.get(id))?.['_rev']
    return typeof revision === 'string' ? revision : undefined
  }

  /** The bytes of an attachment, or undefined. @throws ERR_UNAVAILABLE */
  async getAttachment(id: string, name: string): Promise<Buffer | undefined> {
    const path = `/${encodeURIComponent(id)}/${encodeURIComponent(name)}`
    const reply = await this.#send({ method: 'GET', path, repeatable: true })
    return reply.status === 404 ? this.#absent(reply) : this.#expected(reply).body
  }

  /**
   * Writes a document that has its revision in it, if there is one.
   * @throws ERR_CONFLICT, ERR_TOO_LARGE, ERR_UNAVAILABLE
   */
  async put(id: string, body: string): Promise<string> {
    const reply = await this.#send({ method: 'PUT', path: `/${encodeURIComponent(id)}`, body, repeatable: false })
    this.#refuseConflict(reply, id)
    return this.#json<{ readonly rev: string }>(reply).rev
  }

  /** @throws ERR_CONFLICT, ERR_UNAVAILABLE */
  async delete(id: string, revision: string): Promise<void> {
    const path = `/${encodeURIComponent(id)}?rev=${encodeURIComponent(revision)}`
    const reply = await this.#send({ method: 'DELETE', path, repeatable: false })
    if (reply.status === 404) this.#absent(reply)
    if (reply.status === 404 || isMalformedRevision(reply)) throw conflict(id)
    this.#refuseConflict(reply, id)
    this.#expected(reply)
  }

  /** A request below the database that changes nothing, or may be repeated, answered with JSON. */
  async ask<T>(path: string, query: Query = {}, body?: JsonObject | string): Promise<T> {
    const parameters = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) parameters.set(name, JSON.stringify(value))
    }
    const text = typeof body === 'object' ? JSON.stringify(body) : body
    const request: CouchRequest = {
      method: text === undefined ? 'GET' : 'POST',
      path: `${path}${parameters.size > 0 ? `?${parameters.toString().replaceAll('+', '%20')}` : ''}`,
      body: text,
      repeatable: true,
    }
    return this.#answer<T>(request)
  }

  /** `_bulk_docs`; `repeated` when it was sent again and may have been executed twice. */
  async bulk<T>(body: string): Promise<{ readonly json: T; readonly repeated: boolean }> {
    let repeated = false
    const onRepeat = (): void => {
      repeated = true
    }
    const json = await this.#answer<T>({ method: 'POST', path: '/_bulk_docs', body, repeatable: true, onRepeat })
    return { json, repeated }
  }

  /** Rows of `_all_docs` or of a view for some keys, in the order of the keys. */
  async askKeys<T>(path: string, query: Query, keys: readonly JsonValue[]): Promise<T> {
    const short = encodeURIComponent(JSON.stringify(keys)).length < LONGEST_QUERY
    return short ? this.ask<T>(path, { ...query, keys: [...keys] }) : this.ask<T>(path, query, { keys: [...keys] })
  }

  /**
   * The answer to a request that may be repeated, which is done once when it is cut short: CouchDB begins to answer 200
   * before it has all rows, and when it fails then, puts an error behind those it had.
   */
  async #answer<T>(request: CouchRequest): Promise<T> {
    for (let isLast = false; ; isLast = true) {
      const reply = await this.#send(request)
      if (reply.status === 404) this.#absent(reply)
      const json = parsed<T>(this.#expected(reply))
      if (json !== undefined) return json
      if (isLast) throw this.#noJson()
      request.onRepeat?.()
    }
  }

  #send(request: CouchRequest): Promise<CouchReply> {
    const path = `/${encodeURIComponent(this.name)}${request.path}`
    return this.#client.send({ ...request, path, until: this.#until })
  }

  #refuseConflict(reply: CouchReply, id: string): void {
    // 412: an attachment to be kept went while it was written.
    if (reply.status === 409 || reply.status === 412) throw conflict(id)
  }

  #json<T>(reply: CouchReply): T {
    const json = parsed<T>(this.#expected(reply))
    if (json === undefined) throw this.#noJson()
    return json
  }

  #noJson(): PlatformError {
    return new PlatformError('ERR_UNAVAILABLE', `database '${this.name}': the answer of CouchDB is no JSON`)
  }

  #expected(reply: CouchReply): CouchReply {
    if (reply.status < 300) return reply
    const { error, reason } = errorOf(reply)
    const said = `database '${this.name}': CouchDB answers ${reply.status} ${error}: ${reason}`
    if (reply.status === 413) throw new PlatformError('ERR_TOO_LARGE', `${said}; see [couchdb] max_document_size`)
    throw new PlatformError('ERR_UNAVAILABLE', said, { cause: new Refused(reply.status) })
  }

  /** A document is not there; but when its database is not there either, that is another matter. */
  #absent(reply: CouchReply): undefined {
    const { reason } = errorOf(reply)
    if (/^(?:no_db_file|Database does not exist)/.test(reason)) {
      throw new PlatformError('ERR_UNAVAILABLE', `database '${this.name}' does not exist any more`)
    }
    return undefined
  }
}

/** Whoever brings a revision that CouchDB cannot even read has not the current one. */
function isMalformedRevision(reply: CouchReply): boolean {
  return reply.status === 400 && /rev/i.test(errorOf(reply).reason)
}

export function conflict(id: string): PlatformError {
  return new PlatformError('ERR_CONFLICT', `'${id}' has another revision`)
}

/** Undefined when it is no JSON. */
function parsed<T>({ body }: CouchReply): T | undefined {
  try {
    return parseJson(body.toString('utf8')) as T
  } catch {
    // What stands there is not repeated in an error: it may be anything.
    return undefined
  }
}
