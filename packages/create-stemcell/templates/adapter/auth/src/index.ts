import {
  StaticAuth,
  type Adapter,
  type Auth,
  type AuthCapabilities,
  type Credentials,
  type Identity,
  type MaybePromise,
  type StaticIdentity,
} from '@stemcell/core'

export interface MyAuthOptions {
  /** Who may call: the backend of this template. */
  readonly users: readonly StaticIdentity[]
}

export const capabilities: AuthCapabilities = { schemes: ['basic'], maxStalenessMs: 0 }

/** Callers are those of the options. Replace the list by your directory; answer without a promise what is at hand. */
export class MyAuth implements Auth {
  readonly capabilities = capabilities
  readonly #list: StaticAuth

  constructor({ users }: MyAuthOptions) {
    this.#list = new StaticAuth(users)
  }

  async open(): Promise<void> {
    await this.#list.open()
  }

  async close(): Promise<void> {
    await this.#list.close()
  }

  authenticate(credentials: Credentials): MaybePromise<Identity | undefined> {
    return this.#list.authenticate(credentials)
  }

  identityOf(namespace: string): MaybePromise<Identity | undefined> {
    return this.#list.identityOf(namespace)
  }
}

/** For `assemble({ auth: myAuth({ users }) })`. */
export function myAuth(options: MyAuthOptions): Adapter<Auth> {
  return { name: '__NAME__', core: '^__VERSION__', build: () => new MyAuth(options) }
}
