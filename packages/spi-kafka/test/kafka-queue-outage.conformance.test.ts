import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adapterContext, type Queue } from '@stemcell/core'
import { queueCases } from '@stemcell/conformance'
import { runConformance } from '@stemcell/conformance/vitest'
import { kafkaQueue, type KafkaQueue } from '@stemcell/spi-kafka'
import { afterAll, beforeAll } from 'vitest'
import { startKafkaBroker, type KafkaBroker } from '../../../scripts/services/kafka-broker.mjs'
import { stop } from '../../../scripts/services/service.mjs'
import { describeWith } from '../../../test/describe-with.ts'
import { freePort } from '../../../test/free-port.ts'
import { SeverableProxy } from '../../../test/severable-proxy.ts'

const SESSION_MS = 3_000

// A broker tells clients where it is: only one of the test's own says that it is behind something that can be cut.
describeWith('kafka', 'on a Kafka that can be cut off', () => {
  let folder = ''
  let broker: KafkaBroker | undefined
  let proxy: SeverableProxy | undefined
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemcell-kafka-'))
    const [port, controllerPort, behind] = [await freePort(), await freePort(), await freePort()]
    proxy = await SeverableProxy.to({ host: '127.0.0.1', port: behind })
    const direct = `PLAINTEXT://127.0.0.1:${port}`
    const properties = {
      listeners: `${direct},CUT://127.0.0.1:${behind},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `${direct},CUT://127.0.0.1:${proxy.port}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CUT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'PLAINTEXT',
    }
    broker = await startKafkaBroker(folder, { port, controllerPort, properties })
  }, 60_000)
  afterAll(async () => {
    if (broker) await stop(broker)
    await proxy?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const at = (port: number): KafkaQueue =>
    kafkaQueue({
      brokers: [`127.0.0.1:${port}`],
      sessionTimeoutMs: SESSION_MS,
      connectTimeoutMs: 3_000,
      requestTimeoutMs: 2_000,
      publishTimeoutMs: 3_000,
      subscribeTimeoutMs: 5_000,
    }).build(adapterContext())

  runConformance<Queue>(
    'Queue',
    'kafka that is cut off',
    queueCases.filter(({ needs }) => needs?.includes('disrupt')),
    {
      create: () => at(proxy!.port),
      another: () => at(broker!.port),
      disrupt: async () => proxy!.cut(),
      restore: async () => proxy!.mend(),
      leaseMs: SESSION_MS,
      patienceMs: 12_000,
    },
  )
})
