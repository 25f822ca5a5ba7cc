import { beforeEach, describe, expect, it } from 'vitest'
import { emptySubjectStore } from '@stemcell/conformance'
import { StoreAuth } from '../../src/auth/store-auth.ts'
import { SubjectAdministration } from '../../src/auth/subject-administration.ts'
import { authKeyText } from '../../src/model/identity.ts'
import type { SubjectStore } from '../../src/store/subject-store.ts'
import { SeededRandom } from '../../src/time/seeded-random.ts'

const uuid = '23bc46b1-71f6-4ed5-8c54-816aa4f8c502'
const key = '123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP'

describe('SubjectAdministration', () => {
  let store: SubjectStore
  let admin: SubjectAdministration
  let changes: object[]

  beforeEach(async () => {
    store = await emptySubjectStore()
    changes = []
    admin = new SubjectAdministration(store, {
      random: new SeededRandom(1),
      onChange: (changed) => changes.push(changed),
    })
  })

  it('creates a subject with a random key in a document of the known form', async () => {
    const issued = await admin.createUser('guest')
    expect(authKeyText(issued)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}:[A-Za-z0-9]{64}$/,
    )
    expect((await store.get('guest'))!.document).toEqual({
      subject: 'guest',
      namespaces: [{ name: 'guest', uuid: issued.uuid, key: issued.key }],
    })
    expect(await admin.getUser('guest')).toEqual(issued)
    expect(changes).toEqual([{ subject: 'guest', namespace: 'guest' }])
  })

  it('issues the key that is given', async () => {
    expect(await admin.createUser('guest', { auth: `${uuid}:${key}` })).toEqual({ uuid, key })
    const auth = new StoreAuth(store)
    await auth.open()
    expect((await auth.authenticate({ scheme: 'basic', user: uuid, password: key }))?.namespace.name).toBe('guest')
  })

  it('adds namespaces to a subject and lists them', async () => {
    const first = await admin.createUser('guest')
    const second = await admin.createUser('guest', { namespace: 'lab' })
    expect(await admin.namespacesOf('guest')).toEqual([
      { namespace: 'guest', authkey: first },
      { namespace: 'lab', authkey: second },
    ])
    expect(await admin.getUser('guest', 'lab')).toEqual(second)
  })

  it('revokes a key by issuing another', async () => {
    const old = await admin.createUser('guest')
    await expect(admin.createUser('guest')).rejects.toThrow(/^Namespace already exists$/)
    const issued = await admin.createUser('guest', { revoke: true })
    expect(issued).not.toEqual(old)
    expect(await admin.namespacesOf('guest')).toEqual([{ namespace: 'guest', authkey: issued }])
    await expect(admin.whois(authKeyText(old))).rejects.toThrow(/^Subject id is not recognized$/)
  })

  it.each([
    ['four', {}, 'Subject name must be at least 5 characters'],
    ['  four  ', {}, 'Subject name must be at least 5 characters'],
    ['guest/limits', {}, 'Subject name must not contain a slash'],
    ['guest', { namespace: ' ' }, 'Namespace must not be empty'],
    ['guest', { auth: `nonsense:${key}` }, 'authorization id is not a valid UUID'],
    ['guest', { auth: key }, 'authorization id is not a valid UUID'],
    ['guest', { auth: `${uuid}:short` }, 'authorization key must be at least 64 characters long'],
    ['guest', { auth: `${uuid}:${key}x` }, 'authorization key must be exactly 64 characters long'],
  ])("refuses to create '%s' with %j: %s", async (subject, options, message) => {
    await expect(admin.createUser(subject, options)).rejects.toMatchObject({ reason: 'invalid', message })
    expect(changes).toEqual([])
  })

  it('deletes a namespace or the whole subject', async () => {
    await admin.createUser('guest')
    await admin.createUser('guest', { namespace: 'lab' })
    expect(await admin.deleteUser('guest', 'lab')).toBe('namespace')
    expect((await admin.namespacesOf('guest')).map(({ namespace }) => namespace)).toEqual(['guest'])
    await expect(admin.deleteUser('guest', 'lab')).rejects.toThrow(/^Namespace "lab" does not exist for "guest"$/)
    expect(await admin.deleteUser('guest')).toBe('subject')
    await expect(admin.deleteUser('guest')).rejects.toThrow(/^Subject id is not recognized$/)
  })

  it('says which namespace is missing', async () => {
    await admin.createUser('guest')
    await expect(admin.getUser('guest', 'lab')).rejects.toThrow(/^namespace "lab" not found for "guest"$/)
    await expect(admin.getUser('nobody')).rejects.toThrow(/^Subject id is not recognized$/)
  })

  it('blocks and unblocks', async () => {
    const issued = await admin.createUser('guest')
    await admin.block('guest')
    await expect(admin.whois(authKeyText(issued))).rejects.toThrow(/^Subject id is not recognized$/)
    await expect(admin.createUser('guest', { namespace: 'lab' })).rejects.toMatchObject({
      reason: 'blocked',
      message: 'The subject you want to edit is blocked',
    })
    await admin.unblock('guest')
    expect(await admin.whois(authKeyText(issued))).toEqual({ subject: 'guest', namespace: 'guest' })
    expect((await store.get('guest'))!.document).not.toHaveProperty('blocked')
    await expect(admin.block('nobody')).rejects.toThrow(/^Subject id is not recognized$/)
  })

  it.each(['', 'nonsense', `${uuid}:`, ':', `${uuid}:${key}`])("does not recognise '%s'", async (auth) => {
    await expect(admin.whois(auth)).rejects.toThrow(/^Subject id is not recognized$/)
  })

  it('lists who may act in a namespace', async () => {
    const one = await admin.createUser('guest', { namespace: 'shared' })
    const two = await admin.createUser('other', { namespace: 'shared' })
    expect(await admin.listNamespace('shared')).toEqual([
      { subject: 'guest', authkey: one },
      { subject: 'other', authkey: two },
    ])
    expect(await admin.listNamespace('shared', 1)).toHaveLength(1)
    await expect(admin.listNamespace('void')).rejects.toThrow(/^no identities found for namespace "void"$/)
  })

  it('sets limits one over the other, shows and deletes them', async () => {
    expect(await admin.getLimits('guest')).toBeUndefined()
    await admin.setLimits('guest', { invocationsPerMinute: 5, allowedKinds: ['nodejs:20'] })
    await admin.setLimits('guest', { invocationsPerMinute: 0, maxPayloadSize: '2 MB' })
    expect(await admin.getLimits('guest')).toEqual({
      invocationsPerMinute: 0,
      allowedKinds: ['nodejs:20'],
      maxPayloadSize: '2 MB',
    })
    expect(await admin.deleteLimits('guest')).toBe(true)
    expect(await admin.deleteLimits('guest')).toBe(false)
    expect(await admin.getLimits('guest')).toBeUndefined()
    expect(changes).toEqual([{ namespace: 'guest' }, { namespace: 'guest' }, { namespace: 'guest' }])
  })

  it('refuses limits of a wrong name or type', async () => {
    const wrong = { invocationsPerSecond: 1 } as object
    await expect(admin.setLimits('guest', wrong)).rejects.toThrow(/invocationsPerSecond/)
    await expect(admin.setLimits('guest', { firesPerMinute: 1.5 })).rejects.toThrow(/^limit firesPerMinute: /)
    await expect(admin.setLimits('guest', { maxPayloadSize: 'huge' })).rejects.toThrow(/^limit maxPayloadSize: /)
  })

  it('does not take the limits document for a subject', async () => {
    await admin.setLimits('guest', { firesPerMinute: 1 })
    await expect(admin.block('guest/limits')).rejects.toThrow(/^Subject id is not recognized$/)
    await expect(admin.namespacesOf('guest/limits')).rejects.toThrow(/^Subject id is not recognized$/)
  })

  it('loses no namespace when several are added at once', async () => {
    await admin.createUser('guest')
    await Promise.all(['a', 'b', 'c', 'd'].map((namespace) => admin.createUser('guest', { namespace })))
    const names = (await admin.namespacesOf('guest')).map(({ namespace }) => namespace)
    expect(names.toSorted()).toEqual(['a', 'b', 'c', 'd', 'guest'])
  })
})
