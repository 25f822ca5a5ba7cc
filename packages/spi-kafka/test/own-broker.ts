import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startKafkaBroker, type KafkaBroker, type KafkaBrokerOptions } from '../../../scripts/services/kafka-broker.mjs'
import { stop } from '../../../scripts/services/service.mjs'

export interface OwnBroker {
  readonly address: string
  readonly folder: string
  stop(): Promise<void>
  /** With the data it had, on the port it had. */
  start(): Promise<void>
}

/** A broker for one test, which may do with it what it likes. */
export async function ownBroker(options: KafkaBrokerOptions = {}): Promise<OwnBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'stemcell-kafka-'))
  let running: KafkaBroker | undefined
  const { port, controllerPort } = (running = await startKafkaBroker(folder, options))
  const end = async (): Promise<void> => {
    if (running) await stop(running)
    running = undefined
  }
  onTestFinished(async () => {
    await end()
    await rm(folder, { recursive: true })
  })
  return {
    address: `127.0.0.1:${port}`,
    folder,
    stop: end,
    async start() {
      running = await startKafkaBroker(folder, { ...options, port, controllerPort })
    },
  }
}
