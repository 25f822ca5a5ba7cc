import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { isPromise, type Auth, type AuthCapabilities, type Credentials, type Identity } from '@stemcell/core'
import type { AuthFixture } from './auth-fixture.ts'
import { soon, whileCutOff, type ConformanceCase } from '../kit/conformance-case.ts'
import { refuses } from '../stores/store-subject.ts'

/** An auth under test, the callers it was given, and how to change them. */
export interface AuthSubject {
  readonly capabilities: AuthCapabilities
  readonly auth: Auth
  readonly fixture: AuthFixture
  /** Blocks a caller in the backend, behind the auth's back, and then lets `maxStalenessMs` pass. */
  readonly blockAndWait: ((identity: Identity) => Promise<void>) | undefined
  /** The same without the wait. */
  readonly block: ((identity: Identity) => Promise<void>) | undefined
  open(): Promise<void>
  close(): Promise<void>
}

export function authSubject(
  auth: Auth,
  fixture: AuthFixture,
  blockAndWait?: (auth: Auth, identity: Identity) => Promise<void>,
  block?: (auth: Auth, identity: Identity) => Promise<void>,
): AuthSubject {
  return {
    auth,
    fixture,
    capabilities: auth.capabilities,
    blockAndWait: blockAndWait && ((identity) => blockAndWait(auth, identity)),
    block: block && ((identity) => block(auth, identity)),
    open: () => auth.open(),
    close: () => auth.close(),
  }
}

function basic(
  { authkey: { uuid, key } }: Identity,
  overrides: { user?: string; password?: string } = {},
): Credentials {
  return { scheme: 'basic', user: uuid, password: key, ...overrides }
}

function noBasic({ capabilities }: AuthSubject): string | undefined {
  return capabilities.schemes.includes('basic') ? undefined : 'does not understand the scheme basic'
}

const basicCases: readonly ConformanceCase<AuthSubject>[] = [
  {
    id: 'auth.knows-its-callers',
    async run({ auth, fixture: { one, limited } }) {
      assert.deepEqual(await auth.authenticate(basic(one)), one)
      assert.deepEqual(await auth.authenticate(basic(limited)), limited, 'limits belong to the identity')
      assert.deepEqual(await auth.authenticate(basic(one)), one, 'the answer changed when asked again')
    },
  },
  {
    id: 'auth.tells-the-namespaces-of-a-subject-apart',
    async run({ auth, fixture: { one, two } }) {
      assert.deepEqual(await auth.authenticate(basic(two)), two)
      assert.deepEqual(await auth.authenticate(basic(one)), one)
    },
  },
  {
    id: 'auth.refuses-wrong-keys',
    async run({ auth, fixture: { one, two } }) {
      const { key } = one.authkey
      const changed = (key.startsWith('A') ? 'B' : 'A') + key.slice(1)
      for (let round = 0; round < 2; round++) {
        assert.equal(await auth.authenticate(basic(one, { password: changed })), undefined)
        assert.equal(await auth.authenticate(basic(one, { password: two.authkey.key })), undefined)
        assert.equal(await auth.authenticate(basic(one, { user: randomUUID() })), undefined)
        // In the second round the right key has been seen.
        assert.deepEqual(await auth.authenticate(basic(one)), one)
      }
    },
  },
  {
    id: 'auth.refuses-malformed-credentials',
    async run({ auth, fixture: { one } }) {
      const { uuid, key } = one.authkey
      for (const credentials of [
        basic(one, { password: key.slice(0, 63) }),
        basic(one, { password: `${key}x` }),
        basic(one, { password: '' }),
        basic(one, { user: '' }),
        basic(one, { user: '__proto__' }),
        basic(one, { user: `${uuid}:`, password: key }),
        basic(one, { user: `${uuid}\u0000` }),
        basic(one, { user: 'x'.repeat(100_000) }),
        basic(one, { password: '\u00e4'.repeat(64) }),
        basic(one, { password: '\u00e4'.repeat(32) }),
      ]) {
        assert.equal(await auth.authenticate(credentials), undefined)
      }
    },
  },
  {
    id: 'auth.refuses-blocked-callers',
    async run({ auth, fixture: { blocked } }) {
      assert.equal(await auth.authenticate(basic(blocked)), undefined)
    },
  },
  {
    id: 'auth.reports-ambiguous-credentials',
    async run({ auth, fixture: { ambiguous } }) {
      await refuses('ERR_CORRUPT', () => auth.authenticate(basic(ambiguous[0])))
    },
  },
  {
    id: 'auth.answers-at-once-what-it-knows',
    skip: ({ capabilities }) => (capabilities.maxStalenessMs > 0 ? undefined : 'promises never to be stale'),
    async run({ auth, fixture: { one } }) {
      await auth.authenticate(basic(one))
      await auth.identityOf(one.namespace.name)
      assert.ok(!isPromise(auth.authenticate(basic(one))), 'authenticate answered with a promise')
      assert.ok(!isPromise(auth.identityOf(one.namespace.name)), 'identityOf answered with a promise')
    },
  },
  {
    id: 'auth.sees-changes-in-time',
    skip: ({ blockAndWait }) => (blockAndWait ? undefined : 'the callers of the subject cannot be changed'),
    async run({ auth, fixture: { one }, blockAndWait }) {
      await auth.authenticate(basic(one))
      await auth.identityOf(one.namespace.name)
      await blockAndWait!(one)
      assert.equal(await auth.authenticate(basic(one)), undefined)
      assert.equal(await auth.identityOf(one.namespace.name), undefined)
    },
  },
  {
    id: 'auth.sees-at-once-what-it-is-told-of',
    skip: ({ auth, block }) => {
      if (!auth.invalidate) return 'is not told of changes'
      return block ? undefined : 'the callers of the subject cannot be changed'
    },
    async run({ auth, fixture: { one, two, limited }, block }) {
      await auth.authenticate(basic(two))
      const changes = [
        [one, { subject: one.subject }],
        [limited, { namespace: limited.namespace.name }],
      ] as const
      for (const [identity, change] of changes) {
        const { name } = identity.namespace
        await auth.authenticate(basic(identity))
        await auth.identityOf(name)
        await block!(identity)
        auth.invalidate!(change)
        assert.equal(await auth.authenticate(basic(identity)), undefined)
        assert.equal(await auth.identityOf(name), undefined)
      }
      assert.equal(await auth.authenticate(basic(two)), undefined, 'of the same subject')
    },
  },
]

/** Every promise of the Auth SPI. */
export const authCases: readonly ConformanceCase<AuthSubject>[] = [
  ...basicCases.map((each): ConformanceCase<AuthSubject> => ({
    ...each,
    skip: (subject) => noBasic(subject) ?? each.skip?.(subject),
  })),
  {
    id: 'auth.refuses-schemes-it-does-not-declare',
    async run({ auth, fixture: { one } }) {
      const all: readonly Credentials[] = [basic(one), { scheme: 'bearer', token: one.authkey.key }]
      for (const credentials of all) {
        if (auth.capabilities.schemes.includes(credentials.scheme)) continue
        assert.equal(await auth.authenticate(credentials), undefined)
      }
      for (const scheme of auth.capabilities.schemes) assert.equal(scheme, scheme.toLowerCase())
    },
  },
  {
    id: 'auth.knows-who-owns-a-namespace',
    async run({ auth, fixture: { one, two, limited, blocked } }) {
      for (const identity of [one, two, limited, one]) {
        assert.deepEqual(await auth.identityOf(identity.namespace.name), identity)
      }
      for (const unknown of [`${one.namespace.name}x`, '', '__proto__', one.authkey.uuid]) {
        assert.equal(await auth.identityOf(unknown), undefined)
      }
      assert.equal(await auth.identityOf(`${one.authkey.uuid}:${one.authkey.key}`), undefined)
      assert.equal(await auth.identityOf(blocked.namespace.name), undefined, 'a blocked subject owns nothing')
    },
  },
  {
    id: 'auth.refuses-when-closed',
    async run({ auth, fixture: { one } }) {
      await auth.authenticate(basic(one))
      await auth.close()
      await auth.close()
      await refuses('ERR_CLOSED', () => auth.authenticate(basic(one)))
      await refuses('ERR_CLOSED', () => auth.identityOf(one.namespace.name))
    },
  },
  {
    id: 'auth.opens-again',
    async run({ auth, fixture: { one } }) {
      await auth.close()
      await Promise.all([auth.open(), auth.open()])
      assert.deepEqual(await auth.identityOf(one.namespace.name), one)
    },
  },
  {
    id: 'auth.says-when-its-backend-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run({ auth, fixture: { one, limited } }, context) {
      // Of callers of whom it knows nothing yet; who is not known is somebody else than who cannot be looked up.
      if (auth.capabilities.schemes.includes('basic')) {
        await whileCutOff(context, 'authenticate', () => auth.authenticate(basic(limited)))
        await soon('authenticating after the outage', context, async () => auth.authenticate(basic(limited)))
        assert.deepEqual(await auth.authenticate(basic(limited)), limited)
      }
      await whileCutOff(context, 'identityOf', () => auth.identityOf(one.namespace.name))
      await soon('looking up after the outage', context, async () => auth.identityOf(one.namespace.name))
      assert.deepEqual(await auth.identityOf(one.namespace.name), one)
    },
  },
]
