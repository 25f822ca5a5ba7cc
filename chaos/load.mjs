// A steady load on the API of a cluster, and a book of every activation id that a caller was told.
import { Agent, request } from 'undici'

/** Each run notes its own activation id, so that it shows how often user code was started. */
const NOTE = `require('fs').appendFileSync(args.ledger, process.env.__OW_ACTIVATION_ID + '\\n')`

const ACTIONS = {
  quick: `${NOTE}; return { n: args.n }`,
  slow: `${NOTE}; return new Promise((resolve) => setTimeout(() => resolve({ n: args.n }), 300))`,
  prints: `${NOTE}; for (let line = 0; line < 20; line++) console.log('line', line, args.n); return { n: args.n }`,
  fails: `${NOTE}; throw new Error('as it should')`,
}
const SEQUENCE = ['quick', 'prints']
const NO_ANSWER = new Set(['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE', 'UND_ERR_HEADERS_TIMEOUT'])

export class Load {
  /** Ids that were told, with how. */
  accepted = new Map()
  /** Requests by what came of them. */
  outcomes = {}
  #agent = new Agent({ connections: 64, headersTimeout: 90_000, bodyTimeout: 90_000 })
  #stopping = false
  #callers = []

  /** @param {{ controllers: { url?: string, running: boolean }[], authorization: string, ledger: string, random: () => number }} options */
  constructor({ controllers, authorization, ledger, random }) {
    this.controllers = controllers
    this.headers = { authorization, 'content-type': 'application/json' }
    this.ledger = ledger
    this.random = random
  }

  /** Writes what is going to be called. */
  async prepare() {
    const [{ url }] = this.controllers
    const put = async (kind, name, body) => {
      const answer = await this.#send('PUT', url, `${kind}/${name}?overwrite=true`, body)
      if (answer.status !== 200) throw new Error(`${kind} ${name}: ${answer.status} ${JSON.stringify(answer.body)}`)
    }
    const limits = { timeout: 3000, memory: 128 }
    for (const [name, body] of Object.entries(ACTIONS)) {
      const code = `async function main(args) { ${body} }`
      await put('actions', name, { exec: { kind: 'nodejs:20', code }, limits })
    }
    await put('actions', 'both', {
      exec: { kind: 'sequence', components: SEQUENCE.map((name) => `/_/${name}`) },
      limits,
    })
  }

  start(callers) {
    for (let caller = 0; caller < callers; caller++) this.#callers.push(this.#call())
  }

  /** Resolves when every caller has its last answer. */
  async stop() {
    this.#stopping = true
    await Promise.all(this.#callers)
  }

  async close() {
    await this.#agent.close()
  }

  async #call() {
    for (let n = 0; !this.#stopping; n++) {
      const draw = this.random()
      const name =
        draw < 0.35 ? 'quick' : draw < 0.55 ? 'slow' : draw < 0.75 ? 'prints' : draw < 0.85 ? 'fails' : 'both'
      const blocking = this.random() < 0.5
      const { url } = this.controllers[Math.floor(this.random() * this.controllers.length)]
      try {
        const { status, body } = await this.#send('POST', url, `actions/${name}?blocking=${blocking}`, {
          n,
          ledger: this.ledger,
        })
        this.#count(status)
        if (body?.activationId !== undefined) this.accepted.set(body.activationId, { name, blocking, status })
        if (status === 429 || status === 503) await pause(100)
      } catch (error) {
        const code = error.code ?? error.cause?.code
        if (!NO_ANSWER.has(code)) throw error
        this.#count(code)
        await pause(100)
      }
    }
  }

  #count(outcome) {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1
  }

  async #send(method, url, path, body) {
    const response = await request(`${url}/api/v1/namespaces/_/${path}`, {
      method,
      headers: this.headers,
      body: JSON.stringify(body),
      dispatcher: this.#agent,
    })
    const text = await response.body.text()
    return { status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) }
  }
}

/** What a client does that was refused: not a wait for anything. */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
