import { PlatformError, StoreAuth, VirtualClock, type Auth, type Credentials, type Identity } from '@stemcell/core'
import { authFixture } from '../auth/auth-fixture.ts'
import { authSubject, type AuthSubject } from '../auth/auth-cases.ts'
import { blockSubject, subjectStoreOf } from '../auth/subjects.ts'
import type { BrokenDoubles } from '../kit/bite-suite.ts'
import type { CaseHooks } from '../kit/case-hooks.ts'

type Basic = Extract<Credentials, { scheme: 'basic' }>

/** A store auth with one part replaced; `all` holds everybody the kit told it about. */
function broken(change: (real: StoreAuth, all: readonly Identity[]) => Partial<Auth>): () => Promise<AuthSubject> {
  return async () => {
    const fixture = authFixture()
    const store = await subjectStoreOf(fixture)
    const clock = new VirtualClock()
    const real = new StoreAuth(store, { clock })
    const auth: Auth = {
      capabilities: real.capabilities,
      open: () => real.open(),
      close: () => real.close(),
      authenticate: (credentials) => real.authenticate(credentials),
      identityOf: (namespace) => real.identityOf(namespace),
      invalidate: (changed) => real.invalidate(changed),
      ...change(real, [fixture.one, fixture.two, fixture.limited, fixture.blocked, ...fixture.ambiguous]),
    }
    const block = (_auth: Auth, { subject }: Identity): Promise<void> => blockSubject(store, subject)
    const blockAndWait = async (...which: Parameters<typeof block>): Promise<void> => {
      await block(...which)
      await clock.advance(real.capabilities.maxStalenessMs)
    }
    return authSubject(auth, fixture, blockAndWait, block)
  }
}

/** Replaces the answer to basic credentials by that of `find`. */
function finding(
  find: (credentials: Basic, all: readonly Identity[]) => Identity | undefined,
): () => Promise<AuthSubject> {
  return broken((real, all) => ({
    authenticate: (credentials) =>
      credentials.scheme === 'basic'
        ? (find(credentials, all) ?? real.authenticate(credentials))
        : real.authenticate(credentials),
  }))
}

const cutOff = new WeakSet<AuthSubject>()

/** Cuts doubles off from a backend that they do not have. */
export const authHooks: CaseHooks<AuthSubject> = {
  disrupt: async (subject) => void cutOff.add(subject),
  restore: async (subject) => void cutOff.delete(subject),
}

/** One that has a backend; while it is cut off, credentials are answered as `away` says. */
function backed(away: () => undefined): () => Promise<AuthSubject> {
  return async () => {
    const subject: AuthSubject = await broken((real) => ({
      authenticate: (credentials) => (cutOff.has(subject) ? away() : real.authenticate(credentials)),
      identityOf: (namespace) => (cutOff.has(subject) ? unavailable() : real.identityOf(namespace)),
    }))()
    return subject
  }
}

function unavailable(): never {
  throw new PlatformError('ERR_UNAVAILABLE', 'the simulated backend does not answer')
}

/** Keeps its promises, also when it is cut off. */
export const backedAuth = backed(unavailable)

export const authDoubles: BrokenDoubles<AuthSubject> = {
  'auth.knows-its-callers': broken((real) => ({
    authenticate: async (credentials) => {
      const identity = await real.authenticate(credentials)
      return identity && { ...identity, limits: {} }
    },
  })),
  'auth.tells-the-namespaces-of-a-subject-apart': finding(({ user }, all) => {
    const subject = all.find(({ authkey }) => authkey.uuid === user)?.subject
    return all.find((identity) => identity.subject === subject)
  }),
  'auth.refuses-wrong-keys': finding(({ user, password }, all) =>
    all.find(({ authkey }) => authkey.uuid === user && password.length === 64),
  ),
  'auth.refuses-malformed-credentials': finding(({ user, password }, all) =>
    all.find(({ authkey }) => authkey.uuid === user && password.startsWith(authkey.key)),
  ),
  'auth.refuses-blocked-callers': finding(({ user, password }, all) =>
    all.find(({ authkey }) => authkey.uuid === user && password === authkey.key),
  ),
  'auth.reports-ambiguous-credentials': finding(({ user, password }, all) =>
    all.find(({ authkey }) => authkey.uuid === user && password === authkey.key),
  ),
  'auth.answers-at-once-what-it-knows': broken((real) => ({
    identityOf: async (namespace) => real.identityOf(namespace),
  })),
  'auth.sees-changes-in-time': broken((real) => {
    const seen = new Map<string, Identity>()
    return {
      identityOf: async (namespace) => {
        const identity = seen.get(namespace) ?? (await real.identityOf(namespace))
        if (identity) seen.set(namespace, identity)
        return identity
      },
    }
  }),
  'auth.sees-at-once-what-it-is-told-of': broken((real) => ({
    invalidate: ({ subject }) => {
      if (subject !== undefined) real.invalidate({ subject })
    },
  })),
  'auth.refuses-schemes-it-does-not-declare': broken((real, all) => ({
    authenticate: (credentials) =>
      credentials.scheme === 'bearer'
        ? all.find(({ authkey }) => authkey.key === credentials.token)
        : real.authenticate(credentials),
  })),
  'auth.knows-who-owns-a-namespace': broken((_real, all) => ({
    identityOf: (namespace) => all.find((identity) => identity.namespace.name === namespace),
  })),
  'auth.refuses-when-closed': broken((_real, all) => ({
    identityOf: (namespace) => all.find((identity) => identity.namespace.name === namespace),
  })),
  'auth.opens-again': broken((real) => {
    let opened: Promise<void> | undefined
    return { open: () => (opened ??= real.open()) }
  }),
  // Refuses whom it cannot look up, as if he were unknown.
  'auth.says-when-its-backend-is-away': backed(() => undefined),
}
