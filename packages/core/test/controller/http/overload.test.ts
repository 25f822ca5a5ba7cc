import { afterEach, describe, expect, it } from 'vitest'
import { PlatformError } from '../../../src/errors.ts'
import { silentLogger, type Logger } from '../../../src/log.ts'
import { ENTITY_INDEXES } from '../../../src/store/entity-store.ts'
import { MemoryDocumentStore } from '../../../src/store/memory-document-store.ts'
import { ACTIONS, ApiClient } from '../api-client.ts'
import { TestController } from '../test-controller.ts'
import { WebPlatform } from '../web/web-platform.ts'

/** Keeps every line. */
function listening(): {
  readonly lines: { readonly fields: object; readonly message: string }[]
  readonly logger: Logger
} {
  const lines: { readonly fields: object; readonly message: string }[] = []
  const keep = (fields: object, message: string): void => void lines.push({ fields, message })
  const logger: Logger = { ...silentLogger, info: keep, warn: keep, error: keep, child: () => logger }
  return { lines, logger }
}

const SLOW = `function main({ ms = 20 }) { return new Promise((done) => setTimeout(() => done({}), ms)) }`

describe('a platform that is asked for more than it can do', () => {
  let web: WebPlatform | undefined
  afterEach(() => web?.close())

  it('serves one caller of a quiet namespace, whatever 160 callers of another want', { timeout: 60_000 }, async () => {
    web = await WebPlatform.start({ maxWaiting: 64, invoker: { userMemoryMb: 512 } })
    for (const of of ['owner', 'other']) await web.putAction('slow', { of, code: SLOW })
    const noisy = await web.platform.client('owner')
    const quiet = await web.platform.client('other')
    let isOver = false
    const refused = { count: 0 }
    const callers = Array.from({ length: 160 }, async () => {
      while (!isOver) {
        const { status, headers } = await noisy.request('POST', 'actions/slow?blocking=true', {})
        if (status === 200) continue
        expect(status).toBe(503)
        expect(headers['retry-after']).toBe('1')
        refused.count++
        // It comes back sooner than it was told to.
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })
    await expect.poll(() => refused.count, { timeout: 20_000 }).toBeGreaterThan(100)
    const statuses: number[] = []
    for (let call = 0; call < 20; call++) {
      statuses.push((await quiet.request('POST', 'actions/slow?blocking=true', {})).status)
    }
    isOver = true
    await Promise.all(callers)
    expect(statuses).toEqual(statuses.map(() => 200))
  })

  it('says one line of each refusal, without a stack', async () => {
    const { lines, logger } = listening()
    web = await WebPlatform.start({ maxWaiting: 0, invoker: { userMemoryMb: 256 }, logger })
    await web.putAction('slow', { code: SLOW })
    const sequence = { exec: { kind: 'sequence', components: ['/_/slow'] } }
    const client = await web.platform.client('owner')
    await client.putAction('sequence', sequence)
    const slow = client.request('POST', 'actions/slow?blocking=true', { ms: 1500 })
    await expect.poll(async () => (await client.request('POST', 'actions/slow', {})).status).toBe(503)
    lines.length = 0
    expect((await client.request('POST', 'actions/slow', {})).status).toBe(503)
    const { status, headers } = await web.send({ method: 'GET', path: '/api/v1/web/owner/default/slow', headers: [] })
    expect({ status, again: headers['retry-after'] }).toEqual({ status: 503, again: '1' })
    await client.request('POST', 'actions/sequence?blocking=true', {})
    expect(lines.map(({ message }) => message)).toEqual(Array.from({ length: 3 }, () => 'activation refused'))
    for (const { fields } of lines) {
      expect(fields).toEqual({
        namespace: 'owner',
        transactionId: expect.any(String) as string,
        reason: 'the waiting room is full',
      })
    }
    expect((await slow).status).toBe(200)
  })
})

it('a part that is unavailable costs one line for each request, without a stack', async () => {
  class FailingStore extends MemoryDocumentStore {
    override get(): ReturnType<MemoryDocumentStore['get']> {
      const cause = new Error('no route to host')
      return Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'the store does not answer', { cause }))
    }
  }
  const { lines, logger } = listening()
  const controller = await TestController.start({ parts: { entityStore: new FailingStore(ENTITY_INDEXES), logger } })
  try {
    const { status, headers } = await new ApiClient(controller).send('GET', `${ACTIONS}/a`)
    expect({ status, again: headers['retry-after'] }).toEqual({ status: 503, again: '1' })
    expect(lines).toEqual([
      {
        message: 'request refused, a part of the platform is unavailable',
        fields: {
          code: 'ERR_UNAVAILABLE',
          reason: 'the store does not answer',
          cause: 'no route to host',
          transactionId: expect.any(String) as string,
        },
      },
    ])
  } finally {
    await controller.stop()
  }
})
