import { expect, it } from 'vitest'
import { adapterContext } from '../../src/adapter.ts'
import { recordLogStore } from '../../src/log-store/record-log-store.ts'
import type { Activation } from '../../src/model/activation.ts'
import { ALL_RIGHTS, type Identity } from '../../src/model/identity.ts'

const user: Identity = {
  subject: 'guest',
  namespace: { name: 'guest', uuid: 'u' },
  authkey: { uuid: 'u', key: 'k' },
  rights: ALL_RIGHTS,
  limits: {},
}
const activation: Activation = {
  namespace: 'guest',
  name: 'hello',
  version: '0.0.1',
  subject: 'guest',
  activationId: '0'.repeat(32),
  start: 1,
  publish: false,
  response: { statusCode: 0 },
  logs: ['2024-05-01T10:11:12.123456789Z stdout: hi'],
  annotations: [],
}

it('puts the lines into the record and reads them from there', async () => {
  const store = recordLogStore().build(adapterContext())
  await store.open()
  expect(store.capabilities).toEqual({ collects: true })
  expect(await store.keep(activation, user, ['a', 'b'])).toEqual(['a', 'b'])
  expect(await store.fetch(activation.activationId, activation)).toEqual(activation.logs)
  expect(await store.fetch(activation.activationId, undefined)).toBeUndefined()
})

it('refuses to work when it is closed', async () => {
  const store = recordLogStore().build(adapterContext())
  await expect((async () => store.keep(activation, user, []))()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await store.open()
  await store.close()
  await expect(store.fetch(activation.activationId, activation)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})
