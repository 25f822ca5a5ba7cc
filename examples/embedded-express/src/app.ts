import { assemble, type Platform } from '@stemcell/core'
import { processContainers } from '@stemcell/spi-process'
import express, { type Express } from 'express'

/** An application with routes of its own, actions among them, and the whole REST API below `/api/v1`. */
export interface Embedded {
  readonly app: Express
  readonly platform: Platform
}

export async function createApp(): Promise<Embedded> {
  const platform = await assemble({ containers: processContainers({}) })
  await platform.subjects.createUser('my-shop')
  const shop = await platform.client('my-shop')
  await shop.putAction('price', {
    exec: { kind: 'nodejs:default', code: 'function main({ pieces }) { return { price: pieces * 2 } }' },
  })

  const app = express()
  // Before any parser: bodies of the API are the platform's to read, and stay as they were written.
  app.use('/api/v1', platform.handler)
  app.use(express.json())
  app.get('/health', (_request, response) => {
    response.json({ ok: true })
  })
  // The application's own route runs an action, without a port or a key in between.
  app.post('/orders', async (request, response) => {
    const answer = await shop.request('POST', 'actions/price?blocking=true&result=true', {
      pieces: Number((request.body as { pieces?: unknown }).pieces),
    })
    response.status(answer.status).json(answer.body)
  })
  return { app, platform }
}
