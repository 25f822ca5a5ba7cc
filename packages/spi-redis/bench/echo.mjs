// The other end of the round trip: answers each message of `<prefix>-ping` on `<prefix>-pong`.
// node echo.mjs ours|raw URL PREFIX; says "ready" once it listens.
import { adapterContext, bytesBody } from '@stemcell/core'
import { redisQueue } from '@stemcell/spi-redis'
import { Redis } from 'ioredis'

const [kind, url, prefix] = process.argv.slice(2)

if (kind === 'ours') {
  const queue = redisQueue({ url, keyPrefix: prefix }).build(adapterContext())
  await queue.open()
  await queue.subscribe('ping', { group: 'echo', concurrency: 64 }, ({ body }) =>
    queue.publish('pong', bytesBody(body.bytes())),
  )
  process.send('ready')
} else {
  await rawConsumer(url, `${prefix}-ping`, (body, writer) => writer.xadd(`${prefix}-pong`, '*', 'b', body))
}

async function rawConsumer(url, stream, handle) {
  const [reader, writer] = [new Redis(url), new Redis(url)]
  await writer.xgroup('CREATE', stream, 'g', '$', 'MKSTREAM')
  process.send('ready')
  for (;;) {
    const reply = await reader.xreadgroupBuffer('GROUP', 'g', 'c', 'COUNT', 32, 'BLOCK', 0, 'STREAMS', stream, '>')
    for (const [id, [, body]] of reply[0][1]) {
      void handle(body, writer)
      void writer.xack(stream, 'g', id)
    }
  }
}
