import { describe, expect, it } from 'vitest'
import {
  adapterContext,
  isPlatformError,
  PlatformError,
  SeededRandom,
  simulatedContainers,
  VirtualClock,
  type ContainerBehaviour,
  type ContainerFactory,
  type ContainerSpec,
} from '@stemcell/core'

const OPTIONS = { timeoutMs: 1_000, maxReplyBytes: 100, truncateAtBytes: 10 }
const SPEC: ContainerSpec = {
  owner: { platform: 'p', invoker: '0' },
  kind: 'anything:1',
  image: 'any',
  userImage: false,
  memoryMb: 256,
  maxConcurrent: 1,
  environment: {},
  labels: {},
}

async function simulated(
  behaviour: ContainerBehaviour,
  totalMemoryMb?: number,
): Promise<[ContainerFactory, VirtualClock]> {
  const clock = new VirtualClock()
  const adapter = simulatedContainers({ clock, behaviour, ...(totalMemoryMb !== undefined && { totalMemoryMb }) })
  const factory = adapter.build(adapterContext({ random: new SeededRandom(1) }))
  await factory.open()
  return [factory, clock]
}

describe('simulatedContainers', () => {
  it('takes as long as the script says, on the injected clock', async () => {
    const [factory, clock] = await simulated({
      create: () => ({ delayMs: 300 }),
      init: () => ({ delayMs: 20 }),
      run: ({ runsBefore }) => ({ delayMs: 5, body: `{"n":${runsBefore}}` }),
    })
    const started = clock.monotonic()
    const creating = factory.create(SPEC)
    await clock.advance(300)
    const container = await creating
    const initialising = container.init('{"value":{}}', OPTIONS)
    await clock.advance(20)
    expect((await initialising).status).toBe(200)
    for (const n of [0, 1]) {
      const running = container.run('{}', OPTIONS)
      await clock.advance(5)
      expect((await running).body).toBe(`{"n":${n}}`)
    }
    expect(clock.monotonic() - started).toBe(330)
  })

  it('acts out failures of starts', async () => {
    const failure = new PlatformError('ERR_IMAGE', 'no such image')
    const [factory] = await simulated({ create: () => ({ failure }) })
    await expect(factory.create(SPEC)).rejects.toBe(failure)
    expect(await factory.list(SPEC.owner)).toEqual([])
  })

  it('acts out calls that are not reached, lost, never answered, or end the container', async () => {
    const [factory, clock] = await simulated({
      run: ({ body }) => JSON.parse(body) as object,
    })
    const container = await factory.create(SPEC)
    const run = (answer: object): Promise<unknown> => container.run(JSON.stringify(answer), OPTIONS)
    await expect(run({ failure: 'not-reached' })).rejects.toSatisfy((e) => isPlatformError(e, 'ERR_NOT_REACHED'))
    await expect(run({ failure: 'connection-lost' })).rejects.toSatisfy((e) =>
      isPlatformError(e, 'ERR_CONNECTION_LOST'),
    )
    const silent = expect(run({ failure: 'never-answers' })).rejects.toSatisfy((e) => isPlatformError(e, 'ERR_TIMEOUT'))
    await clock.advance(1_000)
    await silent
    const exit = { reason: 'out-of-memory', exitCode: 137 }
    await expect(run({ exit })).rejects.toSatisfy((e) => isPlatformError(e, 'ERR_CONNECTION_LOST'))
    expect(await container.exited).toEqual(exit)
  })

  it('writes the scripted logs into the log of the activation', async () => {
    const [factory] = await simulated({ run: () => ({ logs: [{ text: 'out' }, { stream: 'stderr', text: 'err' }] }) })
    const container = await factory.create({ ...SPEC, maxConcurrent: 2 })
    const [a, b] = ['a', 'b'].map((id) => container.openLog(id, { limitBytes: 100 }))
    await container.run('{"activation_id":"b"}', OPTIONS)
    expect((await b!.collect({ waitMs: 1_000 })).lines.map(({ stream, text }) => [stream, text])).toEqual([
      ['stdout', 'out'],
      ['stderr', 'err'],
    ])
    expect((await a!.collect({ waitMs: 0 })).lines).toEqual([])
  })

  it('ends by itself when told to, and refuses starts beyond its memory', async () => {
    const [factory, clock] = await simulated({ create: () => ({ exit: { reason: 'lost', afterMs: 50 } }) }, 512)
    const [first] = await Promise.all([factory.create(SPEC), factory.create(SPEC)])
    await expect(factory.create(SPEC)).rejects.toSatisfy((e) => isPlatformError(e, 'ERR_START_FAILED'))
    await clock.advance(50)
    expect(await first.exited).toEqual({ reason: 'lost' })
    await factory.create(SPEC)
  })

  it('holds calls to a suspended container until it is resumed', async () => {
    const [factory, clock] = await simulated({ resume: () => ({ delayMs: 10 }) })
    const container = await factory.create(SPEC)
    await container.suspend()
    const late = expect(container.run('{}', { ...OPTIONS, timeoutMs: 5 })).rejects.toThrow('5 ms')
    await clock.advance(5)
    await late
    const run = container.run('{}', OPTIONS)
    const resuming = container.resume()
    await clock.advance(10)
    await resuming
    expect((await run).status).toBe(200)
  })
})
