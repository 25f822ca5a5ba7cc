import pino from 'pino'
import { startServer } from './app.ts'

const DRAIN_MS = 30_000

const logger = pino()
const server = await startServer({
  host: '127.0.0.1',
  port: Number(process.env['PORT'] ?? 3233),
  gatewayPort: Number(process.env['GATEWAY_PORT'] ?? 9001),
  data: process.env['DATA'] ?? 'stemcell-data',
  logger,
})
process.stdout.write(`${JSON.stringify({ url: server.url, apis: server.apis, key: server.key })}\n`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    logger.info({ signal }, 'stopping: finishing running activations')
    server.close(DRAIN_MS).then(
      () => process.exit(0),
      (err: unknown) => {
        logger.error({ err }, 'not closed cleanly')
        process.exit(1)
      },
    )
  })
}
