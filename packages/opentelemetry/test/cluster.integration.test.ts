import {
  assembleController,
  assembleInvoker,
  memoryContainers,
  type ControllerNode,
  type InvokerNode,
} from '@stemcell/core'
import { redisQueue, redisStores } from '@stemcell/spi-redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { removeKeys, uniquePrefix } from '../../spi-redis/test/redis-keys.ts'
import { openTelemetry, type Telemetry } from '../src/index.ts'
import { Receiver } from './receiver.ts'

describeWith('redis', 'a trace over controller, queue, invoker and action', (url) => {
  const keyPrefix = uniquePrefix()
  const options = { url, keyPrefix }
  let receiver: Receiver
  let telemetries: Telemetry[] = []
  let controller: ControllerNode
  let invoker: InvokerNode

  beforeAll(async () => {
    receiver = await Receiver.start()
    // As in processes of their own: neither knows of the other.
    telemetries = ['controller', 'invoker'].map((instance) =>
      openTelemetry({ endpoint: receiver.url, exportIntervalMs: 20, metrics: false }, { instance }),
    )
    const [ofController, ofInvoker] = telemetries
    controller = await assembleController({
      queue: redisQueue(options),
      ...redisStores(options),
      controllerId: 'c0',
      observers: ofController!.observers,
      tracer: ofController!.tracer!,
    })
    const { entityStore, activationStore } = redisStores(options)
    invoker = await assembleInvoker({
      queue: redisQueue(options),
      entityStore,
      activationStore,
      containers: memoryContainers(),
      invokerInstance: { uniqueName: 'left' },
      observers: ofInvoker!.observers,
      apiHost: '',
    })
    await controller.subjects.createUser('guest')
  }, 60_000)

  afterAll(async () => {
    await controller?.close()
    await invoker?.close()
    await Promise.all(telemetries.map((telemetry) => telemetry.close()))
    await receiver.close()
    await removeKeys(url, keyPrefix)
  })

  it('is one trace, of spans that two processes sent', async () => {
    const guest = await controller.client('guest')
    const code = 'function main() { return { parent: process.env.__OW_TRACEPARENT } }'
    await guest.putAction('env', { exec: { kind: 'nodejs:20', code } })
    const { body } = await guest.request('POST', 'actions/env?blocking=true&result=true', {})
    const { parent } = body as { parent: string }
    const [, traceId, spanId] = parent.split('-')
    const ours = () => receiver.spans.filter((span) => span.traceId === traceId)
    const wanted = ['admission', 'place', 'activation', 'queue', 'acquire', 'init', 'run', 'logs', 'store', 'answer']
    await eventually(
      () =>
        `all of ${wanted.join(', ')}, not only ${ours()
          .map(({ name }) => name)
          .join(', ')}`,
      () => wanted.every((name) => ours().some((span) => span.name === name)),
    )
    await eventually('the request', () => ours().some(({ name }) => name.startsWith('POST ')))
    const activation = ours().find(({ name }) => name === 'activation')!
    expect(activation.spanId).toBe(spanId)
    expect(activation.instance).toBe('invoker')
    const request = ours().find(({ name }) => name.startsWith('POST '))!
    expect(request.instance).toBe('controller')
    expect(activation.parentSpanId).toBe(request.spanId)
    const queue = ours().find(({ name }) => name === 'queue')!
    const place = ours().find(({ name }) => name === 'place')!
    // One begins where the other ends, though two processes tell of them.
    expect(Math.abs(queue.begin - place.end)).toBeLessThan(1)
  })
})
