import { assemble, type Platform } from '@stemcell/core'
import { processContainers } from '@stemcell/spi-process'
import { fastify, type FastifyInstance } from 'fastify'

/** An application with routes of its own, actions among them, and the whole REST API below `/api/v1`. */
export interface Embedded {
  readonly app: FastifyInstance
  readonly platform: Platform
}

export async function createApp(): Promise<Embedded> {
  const platform = await assemble({ containers: processContainers({}) })
  await platform.subjects.createUser('my-shop')
  const shop = await platform.client('my-shop')
  await shop.putAction('price', {
    exec: { kind: 'nodejs:default', code: 'function main({ pieces }) { return { price: pieces * 2 } }' },
  })

  const app = fastify()
  // `app.close()` waits for it, after the last request of the application.
  app.addHook('onClose', () => platform.close({ drainMs: 30_000 }))
  void app.register(async (api) => {
    // In this scope only: bodies of the API are the platform's to read, and stay as they were written.
    api.removeAllContentTypeParsers()
    api.addContentTypeParser('*', (_request, _payload, done) => done(null))
    api.all('/api/v1/*', (request, reply) => {
      reply.hijack()
      platform.handler(request.raw, reply.raw)
    })
  })
  app.get('/health', () => ({ ok: true }))
  app.post('/orders', async (request, reply) => {
    const { pieces } = request.body as { pieces?: unknown }
    const answer = await shop.request('POST', 'actions/price?blocking=true&result=true', { pieces: Number(pieces) })
    return reply.status(answer.status).send(answer.body)
  })
  return { app, platform }
}
