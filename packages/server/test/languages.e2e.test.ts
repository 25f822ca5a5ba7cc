import { expect, it } from 'vitest'
import { ACTION_PATH } from '../../../test/test-with.ts'
import { call, invokeOnce } from './harness/api.ts'
import { useServer } from './harness/use-server.ts'
import { Actions } from './languages/actions.ts'
import { nativeCases } from './languages/native-cases.ts'
import { nodejsCases } from './languages/nodejs-cases.ts'
import { pythonCases } from './languages/python-cases.ts'

const actions = new Actions(useServer())

nodejsCases(actions)
pythonCases(actions, ACTION_PATH)
nativeCases(actions)

it('an image of the user is refused when it is invoked, and it is said why', async () => {
  await actions.put('image', { kind: 'blackbox', image: 'somebody/image' })
  const { status, record } = await invokeOnce(actions.server, 'image')
  expect(status).toBe(502)
  expect(record.response.status).toBe('action developer error')
  expect(JSON.stringify(record.response.result)).toMatch(
    /processes here, not in images: 'somebody\/image' is not one of/,
  )
})

it('the server lists its kinds', async () => {
  const { json } = await call(actions.server, 'GET', '/', { auth: null })
  const kinds = Object.values(json['runtimes'] as Record<string, readonly { kind: string; default: boolean }[]>).flat()
  expect(kinds.map(({ kind }) => kind)).toEqual(['nodejs:18', 'nodejs:20', 'python:3'])
})
