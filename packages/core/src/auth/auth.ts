import type { AdapterContext } from '../adapter.ts'
import type { Lifecycle, MaybePromise } from '../lifecycle.ts'
import type { Identity } from '../model/identity.ts'
import type { SubjectStore } from '../store/subject-store.ts'

/**
 * Auth SPI: who is calling. Both look-ups lie on the path of every request: an implementation caches, and answers
 * without a promise what it has at hand. How stale an answer may be is stated in `capabilities.maxStalenessMs`.
 */
export interface Auth extends Lifecycle {
  readonly capabilities: AuthCapabilities

  /**
   * The identity behind the credentials; undefined when they are unknown, malformed, blocked, or of a scheme that is
   * not declared. Which of these it was is not revealed. Comparison of secrets takes constant time.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   * @throws ERR_CORRUPT the credentials match more than one namespace.
   */
  authenticate(credentials: Credentials): MaybePromise<Identity | undefined>

  /**
   * The identity that owns a namespace, for web actions and everything else that runs on the owner's account.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  identityOf(namespace: string): MaybePromise<Identity | undefined>

  /**
   * Somebody changed a subject or the limits of a namespace: what is remembered of them is forgotten, so that the next
   * answer is that of the backend. One that remembers nothing, or nothing that changes, does without.
   */
  invalidate?(changed: SubjectChange): void
}

/** What was changed; with neither: anything. */
export interface SubjectChange {
  readonly subject?: string
  readonly namespace?: string
}

/** What an auth promises beyond its methods. */
export interface AuthCapabilities {
  /** Lower-case names of the HTTP authentication schemes understood, e.g. `basic`. */
  readonly schemes: readonly string[]
  /** A change to a subject of which it is not told is seen after this time at the latest. 0: at once. */
  readonly maxStalenessMs: number
}

/** What a request says of its caller, taken apart by its scheme. */
export type Credentials =
  | { readonly scheme: 'basic'; readonly user: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string }

/** What the assembly hands to an auth adapter. The store is opened and closed by the platform, not by the adapter. */
export interface AuthContext extends AdapterContext {
  readonly subjectStore: SubjectStore
}
