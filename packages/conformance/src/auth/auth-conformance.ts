import type { Auth, AuthCapabilities, Identity } from '@stemcell/core'
import { authCases, authSubject } from './auth-cases.ts'
import { authFixture, type AuthFixture } from './auth-fixture.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { caseSuite, type ConformanceOptions, type UsedNames } from '../kit/case-suite.ts'

export interface AuthConformanceOptions extends Omit<ConformanceOptions<Auth>, 'create' | 'destroy'> {
  readonly capabilities: AuthCapabilities
  /** Returns a new, unopened auth whose backend knows the fixture. */
  readonly create: (fixture: AuthFixture) => Auth | Promise<Auth>
  readonly destroy?: (auth: Auth, used: UsedNames) => Promise<void>
  /** Blocks a caller in the backend, behind the auth's back, and lets `maxStalenessMs` pass. */
  readonly blockAndWait?: (auth: Auth, identity: Identity) => Promise<void>
  /** The same without the wait, for an auth with `invalidate`. */
  readonly block?: (auth: Auth, identity: Identity) => Promise<void>
  /** See `CaseHooks`. */
  readonly disrupt?: (auth: Auth) => Promise<void>
  readonly restore?: (auth: Auth) => Promise<void>
}

/** Tests an implementation of Auth. */
export function authConformance(name: string, options: AuthConformanceOptions): ConformanceSuite {
  const { create, destroy, blockAndWait, block, disrupt, restore, ...rest } = options
  return caseSuite('Auth', name, authCases, {
    ...rest,
    create: async () => {
      const fixture = authFixture()
      return authSubject(await create(fixture), fixture, blockAndWait, block)
    },
    ...(disrupt && { disrupt: ({ auth }) => disrupt(auth) }),
    ...(restore && { restore: ({ auth }) => restore(auth) }),
    ...(destroy ? { destroy: ({ auth }, used) => destroy(auth, used) } : {}),
  })
}
