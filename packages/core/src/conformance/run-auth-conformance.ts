import type { Auth, AuthCapabilities } from '../auth/auth.ts'
import type { Identity } from '../model/identity.ts'
import { authCases, authSubject } from './auth-cases.ts'
import { authFixture, type AuthFixture } from './auth-fixture.ts'
import { runConformance, type ConformanceOptions } from './run-conformance.ts'

export interface AuthConformanceOptions extends Omit<ConformanceOptions<Auth>, 'create' | 'destroy'> {
  readonly capabilities: AuthCapabilities
  /** Returns a new, unopened auth whose backend knows the fixture. */
  readonly create: (fixture: AuthFixture) => Auth | Promise<Auth>
  readonly destroy?: (auth: Auth) => Promise<void>
  /** Blocks a caller in the backend, behind the auth's back, and lets `maxStalenessMs` pass. */
  readonly blockAndWait?: (auth: Auth, identity: Identity) => Promise<void>
  /** The same without the wait, for an auth with `invalidate`. */
  readonly block?: (auth: Auth, identity: Identity) => Promise<void>
}

/** Tests an implementation of Auth with vitest. */
export function runAuthConformance(name: string, options: AuthConformanceOptions): void {
  const { create, destroy, blockAndWait, block, ...rest } = options
  runConformance('Auth', name, authCases, {
    ...rest,
    create: async () => {
      const fixture = authFixture()
      return authSubject(await create(fixture), fixture, blockAndWait, block)
    },
    ...(destroy ? { destroy: ({ auth }) => destroy(auth) } : {}),
  })
}
