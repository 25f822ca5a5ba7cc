import { afterEach, expect, it } from 'vitest'
import { sendRequest, type RawResponse } from '@stemcell/conformance/rest'
import type { InvokerStatus } from '../../../src/controller/operations/operational-routes.ts'
import { TestController } from '../test-controller.ts'

let controller: TestController
const statuses = new Map<string, InvokerStatus>()

afterEach(() => controller.stop())

async function get(path: string, states: Record<string, InvokerStatus>, readyFraction?: number): Promise<RawResponse> {
  statuses.clear()
  for (const [name, status] of Object.entries(states)) statuses.set(name, status)
  controller = await TestController.start({
    front: {
      operations: { invokers: () => statuses, inFlight: () => [['a1', 'guest/a@0.0.1']] },
      ...(readyFraction === undefined ? {} : { readyFraction }),
    },
  })
  return sendRequest(controller.baseUrl, { method: 'GET', path, headers: {} })
}

it('the state of each invoker is shown to anybody, with the CORS headers of the server', async () => {
  const { status, text, headers } = await get('/invokers', { 'invoker0/0': 'up', 'invoker1/1': 'unhealthy' })
  expect({ status, text }).toEqual({ status: 200, text: '{"invoker0/0":"up","invoker1/1":"unhealthy"}' })
  expect(headers['access-control-allow-methods']).toBe('OPTIONS, GET, POST')
})

it('the number of healthy invokers is a bare number', async () => {
  const { text, headers } = await get('/invokers/healthy/count', { a: 'up', b: 'down', c: 'up' })
  expect(text).toBe('2')
  expect(headers['content-type']).toBe('application/json')
})

it('all invokers up is ready', async () => {
  expect(await get('/invokers/ready', { a: 'up', b: 'up' })).toMatchObject({ status: 200, text: '{"healthy":"2/2"}' })
})

it('one invoker that is not up is not ready', async () => {
  expect(await get('/invokers/ready', { a: 'up', b: 'unresponsive' })).toMatchObject({
    status: 500,
    text: '{"unhealthy":"1/2"}',
  })
})

it('no invoker at all is not ready', async () => {
  expect(await get('/invokers/ready', {})).toMatchObject({ status: 500, text: '{"unhealthy":"0/0"}' })
})

it('a share of the invokers may be enough to be ready', async () => {
  expect((await get('/invokers/ready', { a: 'up', b: 'down' }, 0.5)).status).toBe(200)
})

it('activations in flight are shown with their action', async () => {
  expect(await get('/activation', {})).toMatchObject({ status: 200, text: '[["a1","guest/a@0.0.1"]]' })
})

it('the number of activations in flight is a bare number', async () => {
  expect(await get('/activation/count', {})).toMatchObject({ status: 200, text: '1' })
})

const AUTHORIZED = { authorization: `Basic ${Buffer.from('op:secret').toString('base64')}` }

async function disable(headers: Record<string, string>, operator?: { username: string; password: string }) {
  let disabled = 0
  controller = await TestController.start({
    front: { disable: () => disabled++, ...(operator && { operator }) },
  })
  const { status, text } = await sendRequest(controller.baseUrl, { method: 'POST', path: '/disable', headers })
  return { status, text, disabled }
}

it('the operator takes the controller out of service', async () => {
  const operator = { username: 'op', password: 'secret' }
  expect(await disable(AUTHORIZED, operator)).toEqual({ status: 200, text: 'controller is disabled', disabled: 1 })
})

it.each([
  ['a wrong password', AUTHORIZED, { username: 'op', password: 'other' }],
  ['no credentials', {}, { username: 'op', password: 'secret' }],
  [
    'no operator',
    { authorization: `Basic ${Buffer.from('controller.user:controller.pass').toString('base64')}` },
    undefined,
  ],
])('nobody else does: %s', async (_why, headers, operator) => {
  const { status, text, disabled } = await disable(headers, operator)
  expect({ status, disabled }).toEqual({ status: 401, disabled: 0 })
  expect(JSON.parse(text)).toMatchObject({ error: 'username or password are wrong.' })
})
