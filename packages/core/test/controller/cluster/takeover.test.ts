import { afterEach, describe, expect, it } from 'vitest'
import { ClusterState } from '../../../src/controller/cluster/cluster-state.ts'
import { Takeover, TAKEOVER_AFTER_MS, type Placeable } from '../../../src/controller/cluster/takeover.ts'
import {
  adapterContext,
  LeastLoadedBalancer,
  MemoryActivationStore,
  MemoryQueue,
  PlatformError,
  SeededRandom,
  silentLogger,
  VirtualClock,
  type Delivery,
} from '../../../src/index.ts'
import { readAcknowledgement } from '../../../src/messages/acknowledgement.ts'
import {
  activationBody,
  readActivationMessage,
  type ActivationMessage,
} from '../../../src/messages/activation-message.ts'
import { MB } from '../../../src/model/byte-size.ts'

const ID = '0123456789abcdef0123456789abcdef'
const placeable: Placeable = {
  request: {
    namespace: 'guest',
    action: 'guest/hello',
    version: '0.0.1',
    kind: 'nodejs:20',
    memoryMb: 256,
    maxConcurrent: 1,
    blackbox: false,
  },
  repeatable: false,
}
const message: ActivationMessage = {
  transaction: { id: 't', start: 1 },
  action: { path: 'guest', name: 'hello', version: '0.0.1' },
  user: {
    subject: 'guest',
    namespace: { name: 'guest', uuid: 'u-1' },
    authkey: { uuid: 'u-1', key: 'k'.repeat(64) },
    rights: ['ACTIVATE'],
    limits: {},
  },
  activationId: ID,
  controllerId: '7',
  blocking: true,
  initArgs: [],
  lockedArgs: {},
}

class Rig {
  readonly clock = new VirtualClock()
  readonly context = { ...adapterContext(), clock: this.clock }
  readonly queue = new MemoryQueue({}, this.context)
  readonly store = new MemoryActivationStore()
  readonly cluster = new ClusterState(new SeededRandom(1))
  readonly received: ActivationMessage[] = []
  readonly told: ReturnType<typeof readAcknowledgement>[] = []
  readonly takeover: Takeover
  found: Placeable | undefined = placeable
  placement = (): Promise<Placeable | undefined> => Promise.resolve(this.found)

  constructor() {
    this.takeover = new Takeover({
      queue: this.queue,
      cluster: this.cluster,
      activationStore: this.store,
      clock: this.clock,
      logger: silentLogger,
      loadBalancer: new LeastLoadedBalancer(),
      placementOf: () => this.placement(),
      isResponsible: () => true,
    })
  }

  async open(): Promise<void> {
    await this.queue.open()
    await this.store.open()
    const take = (into: (delivery: Delivery) => void) => (delivery: Delivery) => into(delivery)
    await this.queue.subscribe(
      'invoker1',
      { group: 'invoker1', concurrency: 1 },
      take(({ body }) => {
        this.received.push(readActivationMessage(body))
      }),
    )
    await this.queue.subscribe(
      'completed7',
      { group: 'completed7', concurrency: 1 },
      take(({ body }) => {
        this.told.push(readAcknowledgement(body))
      }),
    )
    this.ping(0)
    this.ping(1)
    this.takeover.open()
  }

  ping(id: number): void {
    this.cluster.ping(
      { instance: { id, userMemoryBytes: 512 * MB, tags: [], dedicatedNamespaces: [] }, enabled: true },
      this.clock.monotonic(),
    )
  }

  /** Invoker 0 is silent, 1 lives; a second passes at a time. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await this.clock.advance(1_000)
      this.ping(1)
      this.cluster.watch(this.clock.monotonic())
    }
  }
}

/** Sends the message to invoker 0, which had it in hand `attempts` times before it died. */
async function sendToTheDead(rig: Rig, attempts: number): Promise<void> {
  const dying = await rig.queue.subscribe(
    'invoker0',
    { group: 'invoker0', concurrency: 1, redeliverAfterMs: 1 },
    () => {
      throw new Error('the invoker dies')
    },
  )
  if (attempts === 0) await dying.close()
  await rig.queue.publish('invoker0', activationBody(message))
  if (attempts > 0) {
    await rig.clock.advance(1)
    await dying.close()
  }
}

const rigs: Rig[] = []
async function openRig(): Promise<Rig> {
  const rig = new Rig()
  rigs.push(rig)
  await rig.open()
  return rig
}
afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    await rig.takeover.close()
    await rig.queue.close()
  }
})

describe('what was sent to an invoker that is gone', () => {
  it('goes to another one when it was never handed out', async () => {
    const rig = await openRig()
    await sendToTheDead(rig, 0)
    await rig.pass(TAKEOVER_AFTER_MS - 2_000)
    expect(rig.received).toEqual([])
    await rig.pass(5_000)
    expect(rig.received.map(({ activationId }) => activationId)).toEqual([ID])
    expect(rig.told).toEqual([])
  })

  it('ends with one record when it may have been started, and its controller is told', async () => {
    const rig = await openRig()
    await sendToTheDead(rig, 1)
    await rig.pass(TAKEOVER_AFTER_MS + 3_000)
    expect(rig.received).toEqual([])
    const record = await rig.store.get('guest', ID)
    expect(record?.response.statusCode).toBe(3)
    expect(record?.response.result?.text).toContain('its invoker is gone')
    expect(rig.told).toMatchObject([
      { activationId: ID, response: { activationId: ID }, completion: { systemError: true } },
    ])
  })

  it('is sent to another one even then when the action bears it', async () => {
    const rig = await openRig()
    rig.found = { ...placeable, repeatable: true }
    await sendToTheDead(rig, 1)
    await rig.pass(TAKEOVER_AFTER_MS + 3_000)
    expect(rig.received.map(({ activationId }) => activationId)).toEqual([ID])
  })

  it('leaves a record alone that is there already', async () => {
    const rig = await openRig()
    await sendToTheDead(rig, 1)
    await rig.pass(1_000)
    const stored = { ...(await recordBy(rig)), response: { statusCode: 0 as const } }
    await rig.store.put(stored)
    await rig.pass(TAKEOVER_AFTER_MS + 3_000)
    expect((await rig.store.get('guest', ID))?.response.statusCode).toBe(0)
    expect(rig.told).toMatchObject([{ activationId: ID, response: 'stored' }])
  })

  it('ends with a record when the action is gone, too', async () => {
    const rig = await openRig()
    rig.found = undefined
    await sendToTheDead(rig, 0)
    await rig.pass(TAKEOVER_AFTER_MS + 3_000)
    expect((await rig.store.get('guest', ID))?.response.result?.text).toContain('was not started')
  })

  it.each([
    ['the store answers', (): Promise<Placeable | undefined> => Promise.resolve(placeable)],
    ['the store is away', () => Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'away'))],
  ])('goes back untouched when the invoker returns while its action is read, and %s', async (_, answer) => {
    const rig = await openRig()
    await sendToTheDead(rig, 0)
    rig.placement = async () => {
      await rig.clock.sleep(5_000)
      return answer()
    }
    await rig.pass(TAKEOVER_AFTER_MS + 3_000)
    rig.ping(0)
    const attempts: number[] = []
    await rig.queue.subscribe('invoker0', { group: 'invoker0', concurrency: 1 }, ({ attempt }) => {
      attempts.push(attempt)
    })
    for (let passed = 0; passed < 10; passed++) {
      rig.ping(0)
      await rig.pass(1_000)
    }
    expect([attempts, rig.received, rig.told]).toEqual([[1], [], []])
  })

  it('is left to the invoker once it is back', async () => {
    const rig = await openRig()
    await sendToTheDead(rig, 0)
    await rig.pass(TAKEOVER_AFTER_MS + 3_000)
    rig.ping(0)
    await rig.pass(2_000)
    const back: string[] = []
    await rig.queue.subscribe('invoker0', { group: 'invoker0', concurrency: 1 }, ({ body }) => {
      back.push(readActivationMessage(body).activationId)
    })
    for (let count = 0; count < 8; count++) {
      await rig.queue.publish('invoker0', activationBody({ ...message, activationId: `${count}`.repeat(32) }))
    }
    await rig.clock.advance(1)
    expect(back).toHaveLength(8)
  })
})

async function recordBy(rig: Rig) {
  return {
    namespace: 'guest',
    name: 'hello',
    version: '0.0.1',
    subject: 'guest',
    activationId: ID,
    start: rig.clock.now(),
    end: rig.clock.now(),
    duration: 0,
    publish: false,
    logs: [],
    annotations: [],
  }
}
