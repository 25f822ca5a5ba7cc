import { createServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import {
  assemble,
  isPlatformError,
  localRateLimiter,
  memoryContainers,
  MemoryQueue,
  memoryQueue,
  PlatformError,
  RecordLogStore,
  tokens,
  type Adapter,
  type Queue,
  type RateLimiterContext,
} from '../../src/index.ts'

/** Notes when parts are opened and closed. */
function diary() {
  const entries: string[] = []
  class NotedQueue extends MemoryQueue {
    override async open(): Promise<void> {
      entries.push('open queue')
      await super.open()
    }
    override async close(): Promise<void> {
      entries.push('close queue')
      await super.close()
    }
  }
  class NotedLogs extends RecordLogStore {
    override async open(): Promise<void> {
      entries.push('open logs')
    }
    override async close(): Promise<void> {
      entries.push('close logs')
    }
  }
  return { entries, queue: new NotedQueue(), logStore: new NotedLogs() }
}

const failing: Adapter<RecordLogStore> = {
  name: 'logs-that-fail',
  core: '^0.1.0',
  build: () => {
    const logs = new RecordLogStore()
    logs.open = () =>
      Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'option url: nobody answers; start the log server'))
    return logs
  },
}

describe('assemble', () => {
  it('opens parts in the order of their dependencies and closes them in reverse', async () => {
    const { entries, queue, logStore } = diary()
    const platform = await assemble({ containers: memoryContainers(), queue, logStore })
    expect(entries).toEqual(['open queue', 'open logs'])
    await platform.close()
    expect(entries).toEqual(['open queue', 'open logs', 'close logs', 'close queue'])
  })

  it('closes what was opened when a part does not open, and names the part and its reason', async () => {
    const { entries, queue } = diary()
    const outcome = assemble({ containers: memoryContainers(), queue, logStore: failing })
    await expect(outcome).rejects.toThrow('logStore (logs-that-fail): option url: nobody answers; start the log server')
    await expect(outcome).rejects.toSatisfy((error) => isPlatformError(error, 'ERR_UNAVAILABLE'))
    expect(entries).toEqual(['open queue', 'close queue'])
  })

  it('refuses an adapter that was built for another core', async () => {
    const old: Adapter<Queue> = { ...memoryQueue(), name: 'old-queue', core: '^9.0.0' }
    await expect(assemble({ containers: memoryContainers(), queue: old })).rejects.toThrow(
      /old-queue was built for @stemcell\/core \^9\.0\.0, this is .*: install versions that fit/,
    )
  })

  it('gives each platform parts of its own', async () => {
    await using one = await assemble({ containers: memoryContainers() })
    await using two = await assemble({ containers: memoryContainers() })
    expect(one.use(tokens.QUEUE)).toBe(one.use(tokens.QUEUE))
    expect(one.use(tokens.QUEUE)).not.toBe(two.use(tokens.QUEUE))
  })

  it('serves the API on a port and frees it when closed', async () => {
    const platform = await assemble({ containers: memoryContainers() })
    const { url } = await platform.listen({ port: 0 })
    expect(await (await fetch(`${url}/ping`)).text()).toBe('pong')
    await platform.close()
    await expect(fetch(`${url}/ping`)).rejects.toThrow()
  })

  it('says which port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    await using platform = await assemble({ containers: memoryContainers() })
    await expect(platform.listen({ port })).rejects.toThrow(`127.0.0.1:${port} is in use`)
    taken.close()
  })

  it('has no client for a namespace that nobody owns', async () => {
    await using platform = await assemble({ containers: memoryContainers() })
    await expect(platform.client('nobody')).rejects.toThrow("no subject owns the namespace 'nobody'")
  })

  it('answers a subject made while it runs, and no longer one that was deleted', async () => {
    await using platform = await assemble({ containers: memoryContainers() })
    await expect(platform.client('later')).rejects.toThrow('no subject owns')
    await platform.subjects.createUser('later')
    const client = await platform.client('later')
    expect((await client.request('GET', '/api/v1/namespaces')).body).toEqual(['later'])
    await platform.subjects.deleteUser('later')
    expect((await client.request('GET', '/api/v1/namespaces')).status).toBe(401)
  })

  it('lets what runs finish before it closes, when given time', async () => {
    const platform = await assemble({ containers: memoryContainers() })
    await platform.subjects.createUser('guest')
    const guest = await platform.client('guest')
    const code = 'function main() { return new Promise((done) => setTimeout(() => done({ finished: true }), 200)) }'
    await guest.putAction('slow', { exec: { kind: 'nodejs:default', code } })
    const running = guest.invoke('slow')
    await expect.poll(async () => (await guest.request('GET', '/activation/count')).body).toBe(1)
    await platform.close({ drainMs: 5000 })
    expect(await running).toMatchObject({ response: { result: { finished: true } } })
  })

  it('accepts no activation while its invoker is disabled, and finishes what runs', async () => {
    await using platform = await assemble({ containers: memoryContainers() })
    await platform.subjects.createUser('guest')
    const guest = await platform.client('guest')
    const code = 'function main() { return new Promise((done) => setTimeout(() => done({ finished: true }), 1000)) }'
    await guest.putAction('slow', { exec: { kind: 'nodejs:default', code } })
    const running = guest.invoke('slow')
    await expect.poll(async () => (await guest.request('GET', '/activation/count')).body).toBe(1)
    await platform.invoker.disable()
    expect((await guest.request('GET', '/invokers')).body).toEqual({ invoker0: 'down' })
    expect((await guest.request('POST', 'actions/slow')).status).toBe(503)
    expect(await running).toMatchObject({ response: { result: { finished: true } } })
    await platform.invoker.enable()
    expect((await guest.request('GET', '/invokers')).body).toEqual({ invoker0: 'up' })
    expect(await guest.invoke('slow')).toMatchObject({ response: { result: { finished: true } } })
  })

  it('tells a rate limiter how many controllers there are', async () => {
    let controllers: RateLimiterContext['controllers']
    const limiter = localRateLimiter()
    const rateLimiter: typeof limiter = {
      ...limiter,
      build: (context) => {
        controllers = context.controllers
        return limiter.build(context)
      },
    }
    const platform = await assemble({ containers: memoryContainers(), rateLimiter })
    expect(controllers?.()).toBe(1)
    Object.defineProperty(platform.controller, 'clusterSize', { value: 3 })
    expect(controllers?.()).toBe(3)
    await platform.close()
  })
})
