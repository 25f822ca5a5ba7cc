import type { JsonObject, JsonValue } from '@stemcell/core'
import { randomBytes } from 'node:crypto'

/** A server for tests, spoken to without the package under test. Everything made through it goes with `drop`. */
export class TestServer {
  readonly #url: URL
  readonly #databases = new Set<string>()

  constructor(address: string) {
    this.#url = new URL(address)
  }

  /** Names for three databases that nobody else has. */
  databases(): { readonly entities: string; readonly subjects: string; readonly activations: string } {
    const prefix = `t${randomBytes(8).toString('hex')}`
    const names = { entities: `${prefix}_whisks`, subjects: `${prefix}_subjects`, activations: `${prefix}_activations` }
    this.own(Object.values(names))
    return names
  }

  /** Databases that somebody else makes and nobody else has. */
  own(names: Iterable<string>): void {
    for (const name of names) this.#databases.add(name)
  }

  /** An answer of the server; its text as JSON. */
  async ask(
    method: string,
    path: string,
    body?: JsonValue,
  ): Promise<{ readonly status: number; readonly json: JsonObject }> {
    const { origin, username, password } = this.#url
    const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    const reply = await fetch(`${origin}/${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(account).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: reply.status, json: (await reply.json()) as JsonObject }
  }

  /** Puts documents with an `_id`, as some other program would. */
  async fill(database: string, documents: readonly JsonObject[]): Promise<void> {
    await this.ask('PUT', database)
    const { status, json } = await this.ask('POST', `${database}/_bulk_docs`, { docs: [...documents] })
    const failed = Array.isArray(json) ? json.filter((row: JsonObject) => row['error'] !== undefined) : [json]
    if (status >= 300 || failed.length > 0) throw new Error(`not filled: ${status} ${JSON.stringify(failed)}`)
  }

  /** Whether documents can be removed without a trace. */
  async canPurge(): Promise<boolean> {
    const { entities: name } = this.databases()
    await this.ask('PUT', name)
    const { status } = await this.ask('POST', `${name}/_purge`, {})
    await this.drop([name])
    return status < 300
  }

  async drop(names: Iterable<string> = this.#databases): Promise<void> {
    for (const name of names) {
      await this.ask('DELETE', name)
      this.#databases.delete(name)
    }
  }
}
