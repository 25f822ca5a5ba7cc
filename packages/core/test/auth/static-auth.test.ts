import { expect, it } from 'vitest'
import { adapterContext } from '../../src/adapter.ts'
import { StaticAuth, staticAuth } from '../../src/auth/static-auth.ts'

const uuid = '23bc46b1-71f6-4ed5-8c54-816aa4f8c502'
const key = 'k'.repeat(64)

it('fills in what a short entry leaves out, and answers without a promise', async () => {
  const auth = staticAuth([{ namespace: 'guest', auth: `${uuid}:${key}` }]).build(adapterContext())
  await auth.open()
  expect(auth.authenticate({ scheme: 'basic', user: uuid, password: key })).toEqual({
    subject: 'guest',
    namespace: { name: 'guest', uuid },
    authkey: { uuid, key },
    rights: ['READ', 'PUT', 'DELETE', 'ACTIVATE'],
    limits: {},
  })
})

it.each(['', uuid, `:${key}`, `${uuid}:${key}x`, `${uuid}:short`])(
  "refuses the auth '%s' without repeating it",
  (auth) => {
    const build = (): StaticAuth => new StaticAuth([{ namespace: 'guest', auth }])
    expect(build).toThrow("staticAuth: option [0].auth must be 'uuid:key' with a key of 64 characters")
  },
)
