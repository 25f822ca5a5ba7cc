import { JsonText, type Activation, type StatusCode } from '@stemcell/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApiClient, errorOf } from '../api-client.ts'
import { OWNER, TestController } from '../test-controller.ts'

const NAMESPACE = OWNER.namespace
const ACTIVATIONS = '/api/v1/namespaces/_/activations'
const idOf = (index: number): string => index.toString(16).padStart(32, '0')

describe('records that cannot be shown', () => {
  let controller: TestController

  beforeEach(async () => {
    controller = await TestController.start()
  })

  afterEach(() => controller.stop())

  async function put(index: number, response: Activation['response']): Promise<unknown> {
    return controller.parts.activationStore.put({
      namespace: NAMESPACE,
      name: 'a',
      version: '0.0.1',
      subject: 'someone',
      activationId: idOf(index),
      start: index,
      end: index,
      duration: 0,
      publish: false,
      response,
      logs: [],
      annotations: [],
    })
  }

  it('are left out of listings with docs, and are a clear error by themselves', async () => {
    const depth = 200_000
    await put(1, { statusCode: 0 })
    await put(2, { statusCode: 9 as StatusCode })
    await put(3, { statusCode: 0, result: JsonText.trusted('['.repeat(depth) + ']'.repeat(depth)) })
    await put(4, { statusCode: 0 })
    const client = new ApiClient(controller)
    const listed = await client.send('GET', `${ACTIVATIONS}?docs=true`)
    expect(listed.status).toBe(200)
    const ids = (JSON.parse(listed.text) as { activationId: string }[]).map(({ activationId }) => activationId)
    expect(ids).toEqual([idOf(4), idOf(1)])
    for (const query of ['', '?count=true', '?name=a']) {
      expect([query, (await client.send('GET', ACTIVATIONS + query)).status]).toEqual([query, 200])
    }
    for (const index of [2, 3]) {
      for (const path of ['', '/result']) {
        const own = await client.send('GET', `${ACTIVATIONS}/${idOf(index)}${path}`)
        expect([index, own.status, errorOf(own)]).toEqual([index, 500, 'Resource is corrupted and cannot be read.'])
      }
    }
  })
})
