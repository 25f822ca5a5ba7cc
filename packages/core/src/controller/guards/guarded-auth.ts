import type { Auth, AuthCapabilities, Credentials, SubjectChange } from '../../auth/auth.ts'
import type { MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import type { Identity } from '../../model/identity.ts'
import { firstFault, watchPromise, type OnFault } from '../../plug-in/first-fault.ts'
import { askPlugIn } from './plug-in-failed.ts'

const REFUSAL = 'caller-undetermined'

/** Believes an auth plug-in only what is an identity. */
export class GuardedAuth implements Auth {
  readonly #auth: Auth
  readonly #onFault: OnFault
  /** Identities that were looked at: plug-ins answer with the same ones again. */
  readonly #sound = new WeakSet<object>()

  constructor(auth: Auth, logger: Logger) {
    this.#auth = auth
    this.#onFault = firstFault(logger, 'auth')
  }

  get capabilities(): AuthCapabilities {
    return this.#auth.capabilities
  }

  open(): Promise<void> {
    return this.#auth.open()
  }

  close(): Promise<void> {
    return this.#auth.close()
  }

  authenticate(credentials: Credentials): MaybePromise<Identity | undefined> {
    return askPlugIn(() => this.#auth.authenticate(credentials), this.#check, REFUSAL, this.#onFault)
  }

  identityOf(namespace: string): MaybePromise<Identity | undefined> {
    return askPlugIn(() => this.#auth.identityOf(namespace), this.#check, REFUSAL, this.#onFault)
  }

  invalidate(changed: SubjectChange): void {
    try {
      watchPromise(this.#auth.invalidate?.(changed), this.#onFault)
    } catch (err) {
      this.#onFault(err)
    }
  }

  readonly #check = (identity: Identity | undefined): Identity | undefined => {
    if (identity === undefined) return undefined
    if (typeof identity === 'object' && identity !== null) {
      if (this.#sound.has(identity)) return identity
      if (isIdentity(identity)) {
        this.#sound.add(identity)
        return identity
      }
    }
    throw new TypeError('the answer is neither undefined nor an identity')
  }
}

function isIdentity({ subject, namespace, authkey, rights, limits }: Partial<Identity>): boolean {
  return (
    typeof subject === 'string' &&
    typeof namespace?.name === 'string' &&
    typeof namespace.uuid === 'string' &&
    typeof authkey?.uuid === 'string' &&
    typeof authkey.key === 'string' &&
    Array.isArray(rights) &&
    typeof limits === 'object' &&
    limits !== null
  )
}
