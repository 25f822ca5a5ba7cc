import { afterEach, describe, expect, it } from 'vitest'
import {
  adapterContext,
  assemble,
  assembleController,
  assembleInvoker,
  LeastLoadedBalancer,
  leastLoadedBalancer,
  memoryContainers,
  memoryEntityStore,
  MemoryQueue,
  memoryQueue,
  memorySubjectStore,
  tokens,
  type Adapter,
  type Platform,
  type PlatformOptions,
  type Queue,
} from '../../src/index.ts'

const opened: Platform[] = []

afterEach(async () => {
  for (const platform of opened.splice(0)) await platform.close()
})

/** As a caller without types may write it. */
async function start(options: unknown): Promise<Platform> {
  const platform = await assemble(options as PlatformOptions)
  opened.push(platform)
  return platform
}

const containers = memoryContainers()

async function refusalOf(options: unknown): Promise<unknown> {
  return start(options).then(
    () => 'it was assembled',
    (error: unknown) => error,
  )
}

const config = (...texts: string[]): object => ({
  code: 'ERR_CONFIG',
  message: expect.stringMatching(
    new RegExp(texts.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*')),
  ) as string,
})

function adapter(build: () => unknown, more: object = {}): Adapter<never> {
  return { name: 'own', core: '^0.1.0', build: build as () => never, ...more }
}

describe('options that are wrong are refused with the option and the fix:', () => {
  it.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['give an object of options, not undefined']],
    ['null', null, ['give an object of options, not null']],
    ['a text', 'memory', ['give an object of options, not a string']],
    ['a list', [], ['give an object of options, not a list']],
    ['no containers', {}, ['containers: is needed', 'memoryContainers()']],
    ['a misspelt part', { contaners: containers }, ['"contaners"', 'did you mean "containers"']],
    ['a misspelt setting', { containers, maxWaitng: 1 }, ['"maxWaitng"', 'did you mean "maxWaiting"']],
    ['a setting without its unit', { containers, limits: { timeout: {} } }, ['limits', 'did you mean "timeoutMs"']],
    ['a misspelt setting of the invoker', { containers, invoker: { userMemory: 1 } }, ['did you mean "userMemoryMb"']],
    [
      'all stores for one',
      { containers, entityStore: { entityStore: memoryEntityStore(), subjectStore: memorySubjectStore() } },
      ['entityStore: holds entityStore, subjectStore', 'spread'],
    ],
    [
      'stores for a queue',
      { containers, queue: { entityStore: memoryEntityStore() } },
      ['queue: holds entityStore', 'memoryQueue()'],
    ],
    ['the name of a package', { containers: '@stemcell/spi-docker' }, ['containers: is a string', 'import']],
    ['a promise', { containers: Promise.resolve(containers) }, ['containers: is a promise: await it']],
    ['an empty object', { containers: {} }, ['containers: is no adapter, and has no create()']],
    ['a number', { containers, queue: 3 }, ['queue: is a number', 'memoryQueue()']],
    ['null for a part', { containers, auth: null }, ['auth: is null', 'storeAuth()']],
    ['a list of parts', { containers: [containers] }, ['containers: is a list']],
    [
      'the factory itself',
      { containers: memoryContainers },
      ['containers: is the function memoryContainers', 'call it'],
    ],
    [
      'the class',
      { containers, loadBalancer: LeastLoadedBalancer },
      ['loadBalancer: is the function LeastLoadedBalancer'],
    ],
    ['an adapter without a name', { containers: { build: () => undefined, core: '*' } }, ['containers: has no name']],
    [
      'an adapter for no core',
      { containers: adapter(() => undefined, { core: undefined }) },
      ['containers (own)', 'range of core versions'],
    ],
    [
      'an adapter for another core',
      { containers: adapter(() => undefined, { core: '^9.0.0' }) },
      ['own was built for @stemcell/core ^9.0.0'],
    ],
    [
      'an adapter that builds by a text',
      { containers: { ...adapter(() => undefined), build: 'x' } },
      ['its build is a string'],
    ],
    [
      'a build that throws',
      {
        containers,
        queue: adapter(() => {
          throw new TypeError('no url')
        }),
      },
      ['queue (own): its build() failed: no url'],
    ],
    [
      'a build that promises',
      { containers, queue: adapter(() => Promise.resolve()) },
      ['queue (own)', 'returned a promise', 'open()'],
    ],
    [
      'a build that makes nothing',
      { containers, queue: adapter(() => undefined) },
      ['queue (own)', 'returned undefined'],
    ],
    [
      'a build that makes something else',
      {
        containers,
        queue: adapter(() => ({
          publish() {
            return 1
          },
        })),
      },
      ['queue (own)', 'ensureTopic()'],
    ],
    ['a limit that is a number', { containers, limits: { timeoutMs: 4 } }, ['limits.timeoutMs', '{ min, std, max }']],
    [
      'limits out of order',
      { containers, limits: { timeoutMs: { min: 400_000 } } },
      ['limits.timeoutMs', 'order min, std, max', '400000'],
    ],
    ['a standard beyond its bound', { containers, limits: { memoryMb: { std: 1024 } } }, ['limits.memoryMb', 'order']],
    ['a limit that is NaN', { containers, limits: { memoryMb: { max: Number.NaN } } }, ['limits.memoryMb.max', 'NaN']],
    ['a limit below 0', { containers, limits: { invocationsPerMinute: -1 } }, ['limits.invocationsPerMinute', '>=0']],
    [
      'a limit that is a text',
      { containers, limits: { maxPayloadBytes: '1 MB' } },
      ['limits.maxPayloadBytes', 'number'],
    ],
    ['limits that are no object', { containers, limits: 5 }, ['limits']],
    ['half a container start', { containers, invoker: { maxParallelStarts: 0.5 } }, ['invoker.maxParallelStarts']],
    ['no memory', { containers, invoker: { userMemoryMb: 0 } }, ['invoker.userMemoryMb', '>=1']],
    ['endless memory', { containers, invoker: { userMemoryMb: Number.POSITIVE_INFINITY } }, ['invoker.userMemoryMb']],
    ['a waiting room below 0', { containers, maxWaiting: -1 }, ['maxWaiting', '>=0']],
    [
      'an environment of numbers',
      { containers, invoker: { extraEnvironment: { A: 1 } } },
      ['invoker.extraEnvironment.A'],
    ],
    ['an unknown level', { containers, storeLevels: { blocking: 'never' } }, ['storeLevels.blocking', 'failures']],
    ['a switch that is a text', { containers, userEvents: 'yes' }, ['userEvents', 'boolean']],
    [
      'an observer of unknown things',
      { containers, observers: { controler: {} } },
      ['observers', 'did you mean "controller"'],
    ],
    [
      'an observer that is no function',
      { containers, observers: { controller: { placed: 1 } } },
      ['observers.controller.placed', 'function'],
    ],
    [
      'a logger that cannot write',
      { containers, logger: { info: () => undefined } },
      ['logger', '{ debug, info, warn, error, child }'],
    ],
    [
      'a logger without children',
      {
        containers,
        logger: {
          debug() {
            return 1
          },
          info() {
            return 1
          },
          warn() {
            return 1
          },
          error() {
            return 1
          },
        },
      },
      ['logger: has no child()'],
    ],
    ['a logger by name', { containers, logger: 'console' }, ['logger: is a string']],
    ['a clock that does not tick', { containers, clock: { now: () => 0 } }, ['clock.monotonic', 'give a function']],
    [
      'a route without a slash',
      { containers, routes: [{ method: 'GET', path: 'x', auth: 'none', handle: () => undefined }] },
      ['routes.0.path', 'slash'],
    ],
    ['a controller called by a blank', { containers, controllerId: 'a b' }, ['controllerId']],
    ['a build of nothing', { containers, build: {} }, ['build.date']],
    ['no time to open', { containers, openTimeoutMs: 0 }, ['openTimeoutMs']],
    ['a broken manifest', { containers, manifest: { runtimes: 3 } }, ['runtimes']],
    [
      'a queue for shorter messages',
      { containers, queue: memoryQueue({ maxBodyBytes: 1000 }) },
      ['queue (@stemcell/core', '1000 bytes', 'maxBodyBytes', 'limits.maxPayloadBytes'],
    ],
  ])('%s', async (_what, options, texts) => {
    expect(await refusalOf(options)).toMatchObject(config(...texts))
  })

  it('an open that never settles, within its time; what was opened is closed again', async () => {
    const closed: string[] = []
    const entityStore = (memoryEntityStore() as { build: (context: never) => object }).build({} as never)
    Object.assign(entityStore, { close: () => Promise.resolve(closed.push('entityStore')) })
    const queue = Object.assign(new MemoryQueue(), { open: () => new Promise<void>(() => undefined) })
    const stuck: Adapter<Queue> = { name: 'stuck', core: '*', build: () => queue }
    expect(await refusalOf({ containers, entityStore, queue: stuck, openTimeoutMs: 50 })).toMatchObject(
      config('queue (stuck): its open() did not settle within 50 ms', 'openTimeoutMs'),
    )
    expect(closed).toEqual(['entityStore'])
  })

  it('an instance that another platform uses, until that one is closed', async () => {
    const queue = new MemoryQueue()
    const first = await start({ containers, queue })
    expect(await refusalOf({ containers, queue })).toMatchObject(config('queue', 'the same instance', 'adapter'))
    await first.subjects.createUser('guest')
    const guest = await first.client('guest')
    expect((await guest.request('GET', 'actions')).status).toBe(200)
    await first.close()
    await (await start({ containers, queue })).close()
  })

  it('an instance of what is a node’s own, given to two nodes of a cluster; what is behind them may be shared', async () => {
    const queue = new MemoryQueue()
    const loadBalancer = new LeastLoadedBalancer()
    await using first = await assembleController({ queue, loadBalancer, controllerId: '0' })
    const second = { queue, loadBalancer, controllerId: '1' }
    await expect(assembleController(second)).rejects.toMatchObject(config('loadBalancer', 'the same instance'))
    expect(await refusalOf({ containers, queue })).toMatchObject(config('queue', 'the same instance'))

    const factory = containers.build(adapterContext())
    const invoker = { queue, containers: factory, apiHost: '' }
    await using third = await assembleInvoker({ ...invoker, invokerInstance: { id: 0 } })
    const refused = assembleInvoker({ ...invoker, invokerInstance: { id: 1 } })
    await expect(refused).rejects.toMatchObject(config('containers', 'the same instance'))

    await Promise.all([first.close(), third.close()])
    await (await assembleController({ queue, loadBalancer, controllerId: '1' })).close()
    await start({ containers: factory, queue })
  })

  it('an adapter whose build hands out the same instance to two platforms', async () => {
    const queue = new MemoryQueue()
    const same = adapter(() => queue)
    await start({ containers, queue: same })
    expect(await refusalOf({ containers, queue: same })).toMatchObject(config('queue (own)', 'the same instance'))
  })

  it('those of a controller and of an invoker alone', async () => {
    await expect(assembleController({ limit: {} } as never)).rejects.toMatchObject(
      config('assembleController', 'limits'),
    )
    await expect(assembleInvoker({ containers } as never)).rejects.toMatchObject(config('invokerInstance'))
    await expect(assembleInvoker({ containers, invokerInstance: { id: -1 }, apiHost: '' })).rejects.toMatchObject(
      config('invokerInstance.id'),
    )
    await expect(assembleInvoker({ containers, invokerInstance: { id: 0 } } as never)).rejects.toMatchObject(
      config('apiHost'),
    )
  })
})

describe('options that are right', () => {
  it('may be limits of which some is left out: the rest is the system’s, and the standard follows its bounds', async () => {
    const platform = await start({
      containers,
      limits: { timeoutMs: { max: 3000 }, memoryMb: { min: 300 }, logsMb: {}, concurrency: undefined },
    })
    expect(platform.use(tokens.LIMITS)).toMatchObject({
      timeoutMs: { min: 100, std: 3000, max: 3000 },
      memoryMb: { min: 300, std: 300, max: 512 },
      logsMb: { min: 0, std: 10, max: 10 },
      concurrency: { min: 1, std: 1, max: 1 },
      invocationsPerMinute: 60,
    })
  })

  it('may be the console, which is given the message first', async () => {
    const lines: unknown[][] = []
    const own = Object.create(console) as Console
    for (const level of ['debug', 'info', 'warn', 'error'] as const) own[level] = (...line) => void lines.push(line)
    await start({ containers, logger: own, loadBalancer: { name: 'bad', place: () => ({ invoker: 9 }) } })
    expect(lines).toContainEqual(['activation records are removed by age or number', expect.any(Object)])
  })

  it('may be undefined where they may be left out', async () => {
    await start({ containers, queue: undefined, limits: undefined, logger: undefined, apiHost: undefined })
  })

  it('may be one adapter for several platforms', async () => {
    const loadBalancer = leastLoadedBalancer()
    await Promise.all([start({ containers, loadBalancer }), start({ containers, loadBalancer })])
  })
})

describe('an address to listen on', () => {
  it.each<[unknown, string]>([
    [undefined, 'listen: options: Invalid input'],
    [{}, 'listen: port: '],
    [{ port: '3233' }, 'listen: port: '],
    [{ port: 70_000 }, 'listen: port: '],
    [{ port: -1 }, 'listen: port: '],
    [{ port: 1.5 }, 'listen: port: '],
    [{ port: 0, host: '' }, 'listen: host: '],
    [{ prot: 0 }, 'did you mean "port"?'],
    [{ port: 0, host: 'no host' }, 'http: no host:0 cannot be used'],
    [{ port: 0, host: '203.0.113.7' }, 'http: 203.0.113.7:0 cannot be used (EADDRNOTAVAIL)'],
  ])('is refused as %j', async (address, text) => {
    const platform = await start({ containers })
    await expect(platform.listen(address as { port: number })).rejects.toMatchObject(config(text))
  })
})

describe('a platform that is closed', () => {
  it('says so to whoever asks it for anything', async () => {
    const platform = await start({ containers })
    await platform.subjects.createUser('guest')
    const guest = await platform.client('guest')
    await platform.close()
    const closed = { code: 'ERR_CLOSED' }
    await expect(platform.listen({ port: 0 })).rejects.toMatchObject(closed)
    await expect(platform.client('guest')).rejects.toMatchObject(closed)
    await expect(guest.request('GET', 'actions')).rejects.toMatchObject(closed)
    expect(() => platform.use(tokens.QUEUE)).toThrow(expect.objectContaining(closed))
    await expect(platform.invoker.enable()).rejects.toMatchObject(closed)
    await expect(platform.invoker.disable()).rejects.toMatchObject(closed)
    await expect(platform.invoker.drain(0)).rejects.toMatchObject(closed)
    await expect(platform.close()).resolves.toBeUndefined()
  })
})
