import { adapterContext } from '@stemcell/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ApiServer } from '../src/api/api-server.ts'
import { toPlatformError } from '../src/api/api-refusal.ts'
import { SmallApiServer } from './small-api-server.ts'

const { clock } = adapterContext()
let small: SmallApiServer
let api: ApiServer

beforeEach(async () => {
  small = await new SmallApiServer().listen()
  api = new ApiServer(small.access(), 5_000, clock)
})
afterEach(async () => {
  await api.close()
  await small.close()
})

it('asks below the path of its server, with the token', async () => {
  small.json({ one: 1 })
  expect(await api.call('GET', '/api/v1/pods', { query: { a: 'b c' } })).toEqual({ one: 1 })
  expect(small.requests).toEqual(['/base/api/v1/pods?a=b+c'])
  expect(small.tokens).toEqual(['Bearer token'])
})

it('reads its token again when the server believes it no more, and asks once more', async () => {
  await api.close()
  let token = 'old'
  api = new ApiServer(
    small.access(() => token),
    5_000,
    clock,
  )
  small.next((_request, response) => {
    token = 'new'
    response.writeHead(401).end('{"message":"Unauthorized"}')
  })
  small.json({ fine: true })
  expect(await api.call('GET', '/x')).toEqual({ fine: true })
  small.json({}, 401).json({ message: 'Unauthorized' }, 401)
  await expect(api.call('GET', '/x')).rejects.toMatchObject({ status: 401, message: 'Unauthorized' })
  expect(small.tokens).toEqual(['Bearer old', 'Bearer new', 'Bearer new', 'Bearer new'])
})

it('asks a busy server again when it says, and gives up when its time is over', async () => {
  small.json({}, 429, { 'retry-after': '1' }).json({ fine: true })
  expect(await api.call('GET', '/x')).toEqual({ fine: true })
  small.json({ message: 'busy' }, 429, { 'retry-after': '60' })
  const error: unknown = await api.call('GET', '/x').catch((one: unknown) => one)
  expect(toPlatformError(error, 'a call', 'ERR_START_FAILED')).toMatchObject({
    code: 'ERR_UNAVAILABLE',
    message: 'a call: Kubernetes refused: busy',
  })
})

it('tells a refusal from silence', async () => {
  small.json({ message: 'pods "a" is forbidden', reason: 'Forbidden' }, 403)
  const refusal: unknown = await api.call('GET', '/x').catch((one: unknown) => one)
  expect(toPlatformError(refusal, 'pod', 'ERR_START_FAILED').code).toBe('ERR_START_FAILED')
  small.next((_request, response) => void response.writeHead(502).end('<html>a proxy</html>'))
  const proxy: unknown = await api.call('GET', '/x').catch((one: unknown) => one)
  expect(toPlatformError(proxy, 'pod', 'ERR_START_FAILED')).toMatchObject({
    code: 'ERR_UNAVAILABLE',
    message: 'pod: Kubernetes refused: HTTP 502: <html>a proxy</html>',
  })
  small.next(() => undefined)
  const silence: unknown = await api.call('GET', '/x', { timeoutMs: 50 }).catch((one: unknown) => one)
  expect(toPlatformError(silence, 'pod', 'ERR_START_FAILED')).toMatchObject({
    code: 'ERR_UNAVAILABLE',
    message: 'pod: the Kubernetes API does not answer: no answer in time',
  })
})
