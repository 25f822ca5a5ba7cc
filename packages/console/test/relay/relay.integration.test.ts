import {
  assembleController,
  assembleInvoker,
  memoryContainers,
  silentLogger,
  tokens,
  type ControllerNode,
  type InvokerNode,
} from '@stemcell/core'
import { redisQueue, redisStores } from '@stemcell/spi-redis'
import { afterAll, beforeAll, it } from 'vitest'
import { describeWith } from '../../../../test/describe-with.ts'
import { eventually } from '../../../../test/eventually.ts'
import { removeKeys, uniquePrefix } from '../../../spi-redis/test/redis-keys.ts'
import { createConsole, createInvokerRelay, type Console, type InvokerRelay } from '../../src/index.ts'

const operator = { username: 'operator', password: 'secret' }

describeWith('redis', 'the console of a cluster', (url) => {
  const keyPrefix = uniquePrefix()
  const options = { url, keyPrefix }
  const names = ['left', 'right']
  let controller: ControllerNode
  let console: Console
  let invokers: { readonly node: InvokerNode; readonly relay: InvokerRelay }[] = []
  let address: string

  beforeAll(async () => {
    console = createConsole({ operator })
    controller = await assembleController({
      queue: redisQueue(options),
      ...redisStores(options),
      controllerId: 'c0',
      mounts: [console.mount],
      observers: console.observers,
    })
    console.watch({
      controller: controller.controller,
      cluster: { queue: controller.use(tokens.QUEUE), logger: silentLogger },
    })
    const { entityStore, activationStore } = redisStores(options)
    invokers = await Promise.all(
      names.map(async (uniqueName) => {
        const relay = createInvokerRelay()
        const node = await assembleInvoker({
          queue: redisQueue(options),
          entityStore,
          activationStore,
          containers: memoryContainers(),
          invokerInstance: { uniqueName },
          observers: { invoker: relay.observer },
          apiHost: '',
        })
        await relay.open({ invoker: node.invoker, queue: node.use(tokens.QUEUE), logger: silentLogger })
        return { node, relay }
      }),
    )
    ;({ url: address } = await controller.listen({ port: 0 }))
    await controller.subjects.createUser('guest')
  }, 60_000)

  afterAll(async () => {
    console.close()
    await Promise.all(invokers.map(async ({ node, relay }) => (await relay.close(), node.close())))
    await controller.close()
    await removeKeys(url, keyPrefix)
  })

  it('shows the pools of invokers in other processes, and which activation is where', async () => {
    const authorization = `Basic ${Buffer.from('operator:secret').toString('base64')}`
    const abort = new AbortController()
    const response = await fetch(`${address}/console/operator/stream`, {
      headers: { authorization },
      signal: abort.signal,
    })
    let text = ''
    const reading = (async () => {
      for await (const part of response.body!.pipeThrough(new TextDecoderStream())) text += part
    })().catch(() => undefined)
    const guest = await controller.client('guest')
    await guest.putAction('hi', { exec: { kind: 'nodejs:20', code: 'function main() { return { hi: true } }' } })
    await eventually('both invokers', () => text.includes('"invoker":0,') && text.includes('"invoker":1,'))
    await eventually('an invocation', async () => {
      const answer = await guest.request('POST', 'actions/hi?blocking=true', {})
      return answer.status === 200
    })
    await eventually('its container', () => text.includes('"action":"guest/hi"'))
    await eventually('its point', () => /"ended":\[[1-9]/.test(text))
    abort.abort()
    await reading
  })
})
