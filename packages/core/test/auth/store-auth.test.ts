import { beforeEach, describe, expect, it } from 'vitest'
import { addSubject, blockSubject, emptySubjectStore } from '@stemcell/conformance'
import { adapterContext } from '../../src/adapter.ts'
import { StoreAuth, storeAuth } from '../../src/auth/store-auth.ts'
import { PlatformError } from '../../src/errors.ts'
import { isPromise } from '../../src/lifecycle.ts'
import { ALL_RIGHTS, type Identity } from '../../src/model/identity.ts'
import type { IndexQuery } from '../../src/store/document-store.ts'
import type { SubjectStore } from '../../src/store/subject-store.ts'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

const uuid = '23bc46b1-71f6-4ed5-8c54-816aa4f8c502'
const key = 'k'.repeat(64)
const guest: Identity = {
  subject: 'guest',
  namespace: { name: 'guest', uuid },
  authkey: { uuid, key },
  rights: ALL_RIGHTS,
  limits: {},
}
const credentials = { scheme: 'basic', user: uuid, password: key } as const

/** The store, with its look-ups counted and, on demand, failing or held back. */
interface Watched {
  readonly store: SubjectStore
  lookups: number
  failure: Error | undefined
  before: Promise<void>
}

function watch(real: SubjectStore): Watched {
  const watched: Watched = {
    store: new Proxy(real, {
      get: (target, name) => {
        if (name === 'list') {
          return async (query: IndexQuery) => {
            watched.lookups++
            await watched.before
            if (watched.failure) throw watched.failure
            return target.list(query)
          }
        }
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    }),
    lookups: 0,
    failure: undefined,
    before: Promise.resolve(),
  }
  return watched
}

describe('StoreAuth', () => {
  let clock: VirtualClock
  let real: SubjectStore
  let watched: Watched
  let auth: StoreAuth

  beforeEach(async () => {
    clock = new VirtualClock()
    real = await emptySubjectStore()
    await addSubject(real, guest)
    watched = watch(real)
    auth = new StoreAuth(watched.store, { clock })
    await auth.open()
  })

  it('asks the store once in five minutes, then again', async () => {
    expect(await auth.authenticate(credentials)).toEqual(guest)
    await clock.advance(299_999)
    expect(auth.authenticate(credentials)).toEqual(guest)
    expect(watched.lookups).toBe(1)
    await clock.advance(1)
    expect(await auth.authenticate(credentials)).toEqual(guest)
    expect(watched.lookups).toBe(2)
  })

  it('counts the staleness from before the look-up', async () => {
    let release = (): void => undefined
    watched.before = new Promise((resolve) => {
      release = resolve
    })
    const pending = auth.authenticate(credentials)
    await clock.advance(60_000)
    release()
    await pending
    await clock.advance(240_000)
    expect(isPromise(auth.authenticate(credentials))).toBe(true)
  })

  it('looks up once for everybody who asks at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, async () => auth.authenticate(credentials)))
    expect(answers).toEqual(Array.from({ length: 20 }, () => guest))
    expect(watched.lookups).toBe(1)
  })

  it('remembers for ten seconds that credentials are unknown', async () => {
    const wrong = { ...credentials, password: 'x'.repeat(64) }
    expect(await auth.authenticate(wrong)).toBeUndefined()
    await clock.advance(9_999)
    expect(auth.authenticate(wrong)).toBeUndefined()
    expect(watched.lookups).toBe(1)
    await clock.advance(1)
    await auth.authenticate(wrong)
    expect(watched.lookups).toBe(2)
  })

  it('credentials that were right are wrong as soon as the subject is blocked, though they come again', async () => {
    const same = Object.freeze({ ...credentials })
    for (let time = 0; time < 3; time++) expect(await auth.authenticate(same)).toEqual(guest)
    await blockSubject(real, 'guest')
    auth.invalidate({ subject: 'guest' })
    expect(await auth.authenticate(same)).toBeUndefined()
    expect(await auth.authenticate(same)).toBeUndefined()
  })

  it('compares again what its caller has changed', async () => {
    const changed: { scheme: 'basic'; user: string; password: string } = { ...credentials }
    for (let time = 0; time < 3; time++) expect(await auth.authenticate(changed)).toEqual(guest)
    changed.password = 'x'.repeat(64)
    expect(await auth.authenticate(changed)).toBeUndefined()
  })

  it('finds a namespace that is made after it was asked for in vain', async () => {
    expect(await auth.identityOf('later')).toBeUndefined()
    await addSubject(real, {
      ...guest,
      subject: 'later',
      namespace: { name: 'later', uuid: 'u2' },
      authkey: { uuid: 'u2', key },
    })
    expect(auth.identityOf('later')).toBeUndefined()
    await clock.advance(10_000)
    expect((await auth.identityOf('later'))?.subject).toBe('later')
  })

  it('is not emptied by a flood of wrong keys', async () => {
    await auth.authenticate(credentials)
    for (let guess = 0; guess < 20_000; guess++) {
      await auth.authenticate({ ...credentials, user: `u${guess}`, password: `${guess}`.padStart(64, '0') })
    }
    expect(auth.authenticate(credentials)).toEqual(guest)
  })

  it('keeps no more identities than maxEntries', async () => {
    auth = new StoreAuth(watched.store, { clock, maxEntries: 1 })
    await auth.open()
    const other = { ...guest, subject: 'other', namespace: { name: 'other', uuid: 'u2' }, authkey: { uuid: 'u2', key } }
    await addSubject(real, other)
    await auth.authenticate(credentials)
    await auth.authenticate({ ...credentials, user: 'u2' })
    expect(isPromise(auth.authenticate(credentials))).toBe(true)
  })

  it.each([{ subject: 'guest' }, { namespace: 'guest' }, undefined])(
    'forgets at once on invalidate(%j)',
    async (changed) => {
      await auth.authenticate(credentials)
      await auth.identityOf('guest')
      await blockSubject(real, 'guest')
      auth.invalidate(changed)
      expect(await auth.authenticate(credentials)).toBeUndefined()
      expect(await auth.identityOf('guest')).toBeUndefined()
    },
  )

  it('keeps what an invalidation does not concern', async () => {
    await auth.authenticate(credentials)
    auth.invalidate({ subject: 'somebody', namespace: 'else' })
    expect(auth.authenticate(credentials)).toEqual(guest)
  })

  it('does not keep what was being loaded while it was invalidated', async () => {
    let release = (): void => undefined
    watched.before = new Promise((resolve) => {
      release = resolve
    })
    const stale = auth.authenticate(credentials)
    auth.invalidate({ subject: 'guest' })
    release()
    expect(await stale).toEqual(guest)
    await blockSubject(real, 'guest')
    expect(await auth.authenticate(credentials)).toBeUndefined()
  })

  it('passes a failure of the store on and does not remember it', async () => {
    watched.failure = new PlatformError('ERR_UNAVAILABLE', 'store is away')
    await expect(auth.authenticate(credentials)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await expect(auth.identityOf('guest')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    watched.failure = undefined
    expect(await auth.authenticate(credentials)).toEqual(guest)
  })

  it('treats limits that cannot be read as none', async () => {
    await real.put('guest/limits', { invocationsPerMinute: 'many' })
    expect((await auth.authenticate(credentials))?.limits).toEqual({})
  })

  it('does not take a key for a namespace, nor a namespace for a key', async () => {
    expect(await auth.identityOf(`${uuid}:${key}`)).toBeUndefined()
    const odd = `a:${'b'.repeat(64)}`
    await addSubject(real, {
      ...guest,
      subject: 'trick',
      namespace: { name: odd, uuid: 'u2' },
      authkey: { uuid: 'u2', key },
    })
    expect(await auth.authenticate({ scheme: 'basic', user: 'a', password: 'b'.repeat(64) })).toBeUndefined()
  })

  it('refuses impossible options with a message that names them', () => {
    expect(() => new StoreAuth(real, { maxStalenessMs: -1 })).toThrow(/option maxStalenessMs/)
    expect(() => new StoreAuth(real, { unknownStalenessMs: 0.5 })).toThrow(/option unknownStalenessMs/)
    expect(() => new StoreAuth(real, { maxEntries: 0 })).toThrow(/option maxEntries/)
  })

  it('is built by its adapter on the store of the platform', async () => {
    const built = storeAuth().build({ ...adapterContext({ clock }), subjectStore: real })
    await built.open()
    expect(await built.authenticate(credentials)).toEqual(guest)
  })
})
