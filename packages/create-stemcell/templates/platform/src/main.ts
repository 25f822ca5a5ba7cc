import pino from 'pino'
import { startPlatform } from './platform.js'

const DRAIN_MS = 30_000

const logger = pino()
const platform = await startPlatform({ data: process.env['DATA'] ?? 'stemcell-data', logger })
const { url } = await platform.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 3233) })
logger.info({ url }, 'ready')

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    logger.info({ signal }, 'finishing what runs')
    platform.close({ drainMs: DRAIN_MS }).then(
      () => process.exit(0),
      (err: unknown) => {
        logger.error({ err }, 'not closed cleanly')
        process.exit(1)
      },
    )
  })
}
