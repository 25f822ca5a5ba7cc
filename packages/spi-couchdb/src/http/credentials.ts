/** Name and password of an account, out of reach of logs: they are in no enumerable member. */
export class Credentials {
  readonly scheme: 'basic' | 'cookie'
  readonly #name: string
  readonly #password: string

  constructor(name: string, password: string, scheme: 'basic' | 'cookie') {
    this.#name = name
    this.#password = password
    this.scheme = scheme
  }

  get authorization(): string {
    return `Basic ${Buffer.from(`${this.#name}:${this.#password}`).toString('base64')}`
  }

  /** Body of the request that begins a session. */
  get sessionRequest(): string {
    return JSON.stringify({ name: this.#name, password: this.#password })
  }
}
