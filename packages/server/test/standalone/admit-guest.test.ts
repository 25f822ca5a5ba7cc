import { adapterContext, memorySubjectStore, SubjectAdministration, type AuthKey } from '@stemcell/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { admitGuest } from '../../src/standalone/admit-guest.ts'

const keyOf = (letter: string): AuthKey => ({
  uuid: '23bc46b1-71f6-4ed5-8c54-816aa4f8c502',
  key: letter.repeat(64),
})
const nothing = { given: undefined, kept: () => undefined }

let subjects: SubjectAdministration

beforeEach(async () => {
  const store = memorySubjectStore().build(adapterContext())
  await store.open()
  subjects = new SubjectAdministration(store, adapterContext())
})

describe('the guest', () => {
  it('gets a new key when there is none anywhere, and keeps it', async () => {
    const key = await admitGuest(subjects, nothing)
    expect(await subjects.getUser('guest')).toEqual(key)
    expect(await admitGuest(subjects, nothing)).toEqual(key)
  })

  it('has the key given, else the one it has, else the one kept', async () => {
    expect(await admitGuest(subjects, { given: undefined, kept: () => keyOf('k') })).toEqual(keyOf('k'))
    expect(await admitGuest(subjects, { given: keyOf('g'), kept: () => keyOf('k') })).toEqual(keyOf('g'))
    expect(await admitGuest(subjects, { given: undefined, kept: () => keyOf('k') })).toEqual(keyOf('g'))
    expect(await subjects.getUser('guest')).toEqual(keyOf('g'))
  })

  it('is not asked for a kept key that nobody needs', async () => {
    await admitGuest(subjects, { given: keyOf('g'), kept: () => undefined })
    const kept = (): AuthKey => {
      throw new Error('it is damaged')
    }
    expect(await admitGuest(subjects, { given: undefined, kept })).toEqual(keyOf('g'))
  })

  it('keeps limits and namespaces that an administrator has given it', async () => {
    await admitGuest(subjects, nothing)
    expect(await subjects.getLimits('guest')).toMatchObject({ concurrentInvocations: 1000 })
    await subjects.deleteLimits('guest')
    await subjects.setLimits('guest', { firesPerMinute: 1 })
    await subjects.createUser('guest', { namespace: 'other' })
    await admitGuest(subjects, { given: keyOf('g'), kept: () => undefined })
    expect(await subjects.getLimits('guest')).toEqual({ firesPerMinute: 1 })
    expect((await subjects.namespacesOf('guest')).map(({ namespace }) => namespace)).toEqual(['guest', 'other'])
  })

  it('stays blocked; a key given for it is then refused', async () => {
    const key = await admitGuest(subjects, nothing)
    await subjects.block('guest')
    expect(await admitGuest(subjects, nothing)).toEqual(key)
    await expect(subjects.whois(`${key.uuid}:${key.key}`)).rejects.toThrow('not recognized')
    await expect(admitGuest(subjects, { given: keyOf('g'), kept: () => undefined })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining('stemcell admin user unblock guest'),
    })
  })
})
