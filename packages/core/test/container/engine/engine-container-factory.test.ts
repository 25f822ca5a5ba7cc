import {
  adapterContext,
  PlatformError,
  VirtualClock,
  type Container,
  type ContainerCapabilities,
  type ContainerOwner,
  type ContainerSpec,
  type ContainerSummary,
} from '@stemcell/core'
import {
  EngineContainerFactory,
  type ContainerEngine,
  type EngineSession,
  type FactoryClosing,
  type ListedContainer,
  type StartContainer,
} from '@stemcell/core/container-engine'
import { describe, expect, it, vi } from 'vitest'

const OWNER = { platform: 'p', invoker: 'i' }
const SPEC: ContainerSpec = {
  owner: OWNER,
  kind: 'nodejs:20',
  image: 'image',
  userImage: false,
  memoryMb: 128,
  maxConcurrent: 1,
  environment: {},
  labels: {},
}
const CAPABILITIES: ContainerCapabilities = {
  suspend: false,
  memoryLimit: true,
  cpuLimit: true,
  images: true,
  attributedLogs: true,
  isolation: 'container',
}

/** A step that waits for the test. */
class Step {
  #arrive = (): void => undefined
  #go = (): void => undefined
  #error: Error | undefined
  readonly reached = new Promise<void>((resolve) => (this.#arrive = resolve))
  readonly #allowed = new Promise<void>((resolve) => (this.#go = resolve))

  pass(error?: Error): void {
    this.#error = error
    this.#go()
  }

  async take(): Promise<void> {
    this.#arrive()
    await this.#allowed
    if (this.#error) throw this.#error
  }
}

/** Its containers are names; tests say where it waits and what it throws. */
class FakeEngine implements ContainerEngine, EngineSession {
  readonly capabilities = CAPABILITIES
  readonly containers = new Set<string>()
  readonly removed: string[] = []
  connections = 0
  closed = 0
  closing: FactoryClosing | undefined
  connecting: Step | undefined
  making: Step | undefined
  listing: Step | undefined
  /** Of a container, while the engine is silent. */
  removing: ((name: string) => Promise<void>) | undefined
  #made = 0

  async connect(closing: FactoryClosing): Promise<EngineSession> {
    this.closing = closing
    await this.connecting?.take()
    this.connections++
    return this
  }

  create(_spec: ContainerSpec, _stop: AbortSignal, start: StartContainer): Promise<Container> {
    const name = `c${++this.#made}`
    return start(name, async (remove) => {
      this.containers.add(name)
      await this.making?.take()
      return { id: name, destroy: remove } as unknown as Container
    })
  }

  async list(owner: ContainerOwner): Promise<readonly ListedContainer[]> {
    expect(owner).toEqual(OWNER)
    const names = [...this.containers]
    await this.listing?.take()
    return names.map((name) => ({ name }))
  }

  summaryOf({ name }: ListedContainer): ContainerSummary {
    return { id: name, state: 'running', labels: {} }
  }

  async remove(name: string): Promise<void> {
    await this.removing?.(name)
    this.containers.delete(name)
    this.removed.push(name)
  }

  async reap(left: readonly ListedContainer[]): Promise<number> {
    for (const { name } of left) await this.remove(name)
    return left.length
  }

  close(): Promise<void> {
    this.closed++
    return Promise.resolve()
  }

  toPlatformError(error: unknown, what: string): PlatformError {
    if (error instanceof PlatformError) return error
    return new PlatformError('ERR_UNAVAILABLE', `${what}: the engine says ${(error as Error).message}`)
  }
}

function setUp(): { engine: FakeEngine; factory: EngineContainerFactory; clock: VirtualClock } {
  const engine = new FakeEngine()
  const clock = new VirtualClock()
  return { engine, clock, factory: new EngineContainerFactory(engine, adapterContext({ clock })) }
}

async function opened(): Promise<ReturnType<typeof setUp>> {
  const parts = setUp()
  await parts.factory.open()
  return parts
}

const code = (value: string): unknown => expect.objectContaining({ code: value })

describe('opening and closing', () => {
  it('connects once for all who open it, and again after a closing', async () => {
    const { engine, factory } = setUp()
    await Promise.all([factory.open(), factory.open()])
    await factory.open()
    expect(engine.connections).toBe(1)
    await Promise.all([factory.close(), factory.close()])
    expect(engine.closed).toBe(1)
    await factory.open()
    expect(engine.connections).toBe(2)
    await factory.close()
    expect(engine.closed).toBe(2)
  })

  it('tries again after a failure, of which everybody learns who waited', async () => {
    const { engine, factory } = setUp()
    engine.connecting = new Step()
    const attempts = Promise.allSettled([factory.open(), factory.open()])
    engine.connecting.pass(new PlatformError('ERR_CONFIG', 'on purpose'))
    expect(await attempts).toMatchObject([{ reason: { code: 'ERR_CONFIG' } }, { reason: { code: 'ERR_CONFIG' } }])
    engine.connecting = undefined
    await factory.open()
    expect(engine.connections).toBe(1)
  })

  it('refuses everything while it is not open', async () => {
    const { factory } = setUp()
    const refusals = async (): Promise<unknown> =>
      Promise.allSettled([factory.create(SPEC), factory.list(OWNER), factory.reap(OWNER)])
    const closed = { status: 'rejected', reason: { code: 'ERR_CLOSED' } }
    expect(await refusals()).toMatchObject([closed, closed, closed])
    await factory.open()
    await factory.close()
    expect(await refusals()).toMatchObject([closed, closed, closed])
  })

  it('does not wait for an engine that it was still connecting to, and closes what answers later', async () => {
    const { engine, factory } = setUp()
    const step = (engine.connecting = new Step())
    const opening = factory.open()
    await step.reached
    const closing = factory.close()
    expect(engine.closing?.begun.aborted).toBe(true)
    await expect(opening).rejects.toEqual(code('ERR_CLOSED'))
    await closing
    await expect(factory.list(OWNER)).rejects.toEqual(code('ERR_CLOSED'))
    engine.connecting = undefined
    await factory.open()
    step.pass()
    await vi.waitFor(() => expect([engine.connections, engine.closed]).toEqual([2, 1]))
    expect(await factory.list(OWNER)).toEqual([])
  })

  it('does not mind that what it was closed in fails later', async () => {
    const { engine, factory } = setUp()
    const step = (engine.connecting = new Step())
    const opening = factory.open()
    await step.reached
    const closing = factory.close()
    await expect(opening).rejects.toEqual(code('ERR_CLOSED'))
    await closing
    step.pass(new PlatformError('ERR_UNAVAILABLE', 'on purpose'))
    engine.connecting = undefined
    await factory.open()
    expect(engine.connections).toBe(1)
  })

  it('stays closed when it is closed in the turn in which it opens', async () => {
    const { engine, factory } = setUp()
    const opening = factory.open()
    await Promise.all([factory.close(), expect(opening).rejects.toEqual(code('ERR_CLOSED'))])
    await expect(factory.list(OWNER)).rejects.toEqual(code('ERR_CLOSED'))
    await vi.waitFor(() => expect(engine.closed).toBe(engine.connections))
  })

  it('opens again only when the closing is done', async () => {
    const { engine, factory } = await opened()
    const removing = new Step()
    engine.removing = () => removing.take()
    await factory.create(SPEC)
    const closing = factory.close()
    const opening = factory.open()
    await removing.reached
    expect([engine.connections, engine.closed]).toEqual([1, 0])
    removing.pass()
    await Promise.all([closing, opening])
    expect([engine.connections, engine.closed]).toEqual([2, 1])
  })

  it('destroys what it made and waits for starts, before the session is closed', async () => {
    const { engine, factory } = await opened()
    await factory.create(SPEC)
    const step = (engine.making = new Step())
    const late = factory.create(SPEC)
    await step.reached
    const closing = factory.close()
    expect([engine.closing?.begun.aborted, engine.closed]).toEqual([true, 0])
    step.pass()
    await Promise.all([late, closing])
    expect([engine.removed, [...engine.containers], engine.closed]).toEqual([['c1', 'c2'], [], 1])
  })

  it('tells the adapter when nobody waits for the engine any more', async () => {
    const { engine, factory, clock } = await opened()
    await factory.create(SPEC)
    const { overdue } = engine.closing!
    engine.removing = () => new Promise((resolve) => overdue.addEventListener('abort', () => resolve()))
    const closing = factory.close()
    await clock.advance(9_999)
    expect([overdue.aborted, engine.closed]).toEqual([false, 0])
    await clock.advance(1)
    await closing
    expect([overdue.aborted, engine.closed]).toEqual([true, 1])
  })

  it('closes the session although a container cannot be removed', async () => {
    const { engine, factory } = await opened()
    await factory.create(SPEC)
    engine.removing = () => Promise.reject(new Error('on purpose'))
    await factory.close()
    expect(engine.closed).toBe(1)
  })

  it('destroys the others, and closes the session, although the destruction of one fails', async () => {
    const { engine, factory } = await opened()
    const stubborn = await factory.create(SPEC)
    stubborn.destroy = () => Promise.reject(new Error('on purpose'))
    await factory.create(SPEC)
    await factory.close()
    expect([engine.removed, engine.closed]).toEqual([['c2'], 1])
  })
})

describe('making containers', () => {
  it('does not begin what nobody wants', async () => {
    const { engine, factory } = await opened()
    const reason = new Error('no longer')
    const refused = await factory.create(SPEC, { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'ERR_START_FAILED', cause: reason })
    expect(engine.containers.size).toBe(0)
  })

  it('does not start what was given up, or whose factory was closed, while its image came', async () => {
    const { engine, factory } = await opened()
    const image = new Step()
    engine.create = async (_spec, _stop, start) => {
      await image.take()
      return start('late', () => Promise.reject(new Error('was made')))
    }
    const abort = new AbortController()
    const outcomes = Promise.allSettled([factory.create(SPEC, { signal: abort.signal }), factory.create(SPEC)])
    await image.reached
    abort.abort()
    const closing = factory.close()
    image.pass()
    const failed = { status: 'rejected', reason: { code: 'ERR_START_FAILED' } }
    expect(await outcomes).toMatchObject([failed, failed])
    await closing
    expect(engine.removed).toEqual([])
  })

  it('removes what a failed start left, and says why it failed though that fails too', async () => {
    const { engine, factory } = await opened()
    const step = (engine.making = new Step())
    const first = factory.create(SPEC)
    step.pass(new PlatformError('ERR_IMAGE', 'on purpose'))
    await expect(first).rejects.toEqual(code('ERR_IMAGE'))
    expect([engine.removed, engine.containers.size]).toEqual([['c1'], 0])
    engine.removing = () => Promise.reject(new Error('the removal fails'))
    await expect(factory.create(SPEC)).rejects.toEqual(code('ERR_IMAGE'))
  })

  it('does not remove twice what the start removed itself', async () => {
    const { engine, factory } = await opened()
    engine.create = (_spec, _stop, start) =>
      start('own', async (remove) => {
        await remove()
        throw new PlatformError('ERR_START_FAILED', 'on purpose')
      })
    await expect(factory.create(SPEC)).rejects.toEqual(code('ERR_START_FAILED'))
    expect(engine.removed).toEqual(['own'])
  })
})

describe('listing and reaping', () => {
  it('reaps what others left, and neither what it made nor what it is making', async () => {
    const { engine, factory } = await opened()
    engine.containers.add('left')
    await factory.create(SPEC)
    const step = (engine.making = new Step())
    const making = factory.create(SPEC)
    await step.reached
    expect((await factory.list(OWNER)).map(({ id }) => id)).toEqual(['left', 'c1', 'c2'])
    expect(await factory.reap(OWNER)).toBe(1)
    expect([...engine.containers]).toEqual(['c1', 'c2'])
    step.pass()
    await making
  })

  it('leaves alone what is destroyed, or begun, while the engine makes its list', async () => {
    const { engine, factory } = await opened()
    const container = await factory.create(SPEC)
    const listing = (engine.listing = new Step())
    const reaping = factory.reap(OWNER)
    await listing.reached
    await container.destroy()
    listing.pass()
    expect(await reaping).toBe(0)
    expect(engine.removed).toEqual(['c1'])
    engine.list = async () => {
      const { id } = await factory.create(SPEC)
      return [{ name: id }]
    }
    expect(await factory.reap(OWNER)).toBe(0)
  })

  it('reaps what a container’s destruction did not remove', async () => {
    const { engine, factory } = await opened()
    const container = await factory.create(SPEC)
    engine.removing = () => Promise.reject(new Error('on purpose'))
    await container.destroy()
    engine.removing = undefined
    expect(await factory.reap(OWNER)).toBe(1)
    expect(engine.containers.size).toBe(0)
  })

  it('tells errors of the engine in the platform’s words', async () => {
    const { engine, factory } = await opened()
    engine.containers.add('left')
    const silent = expect.objectContaining({
      code: 'ERR_UNAVAILABLE',
      message: expect.stringMatching(/^(list|removal) of .*: the engine says no/) as string,
    }) as unknown
    engine.reap = () => Promise.reject(new Error('no'))
    await expect(factory.reap(OWNER)).rejects.toEqual(silent)
    engine.summaryOf = () => {
      throw new Error('no')
    }
    await expect(factory.list(OWNER)).rejects.toEqual(silent)
    engine.list = () => Promise.reject(new Error('no'))
    await expect(factory.reap(OWNER)).rejects.toEqual(silent)
    await expect(factory.list(OWNER)).rejects.toEqual(silent)
  })
})
