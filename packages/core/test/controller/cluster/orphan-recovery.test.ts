import { afterEach, describe, expect, it, vi } from 'vitest'
import { OrphanRecovery } from '../../../src/controller/cluster/orphan-recovery.ts'
import {
  MemoryActivationStore,
  PlatformError,
  silentLogger,
  VirtualClock,
  type Activation,
} from '../../../src/index.ts'

function provisional(activationId: string): Activation {
  return {
    namespace: 'guest',
    name: 'hello',
    version: '0.0.1',
    subject: 'guest',
    activationId,
    start: 1,
    end: 1,
    duration: 0,
    publish: false,
    response: { statusCode: 3 },
    logs: [],
    annotations: [],
  }
}

class Rig {
  readonly clock = new VirtualClock()
  readonly store = new MemoryActivationStore()
  readonly living = new Set<string>()
  responsible = true
  readonly orphans = new OrphanRecovery({
    activationStore: this.store,
    clock: this.clock,
    logger: silentLogger,
    mayLive: (controllerId) => this.living.has(controllerId),
    isResponsible: () => this.responsible,
  })

  /** With provisional records of two controllers and an invoker. */
  async open(): Promise<void> {
    await this.store.open()
    for (const owner of ['controllera', 'controllerb', 'invoker0']) this.store.putProvisional(owner, provisional(owner))
    this.orphans.open()
  }

  async records(): Promise<string[]> {
    const records = await this.store.list({ namespace: 'guest', skip: 0, limit: 10, full: true })
    return records.map(({ activationId }) => activationId).sort()
  }
}

let rig: Rig
afterEach(() => rig.orphans.close())

async function openRig(): Promise<Rig> {
  rig = new Rig()
  await rig.open()
  return rig
}

describe('an orphan of a dead controller', () => {
  it('gets its final record, and records of living controllers and of invokers stay provisional', async () => {
    const { orphans, living } = await openRig()
    living.add('b')
    await orphans.look()
    expect(await rig.records()).toEqual(['controllera'])
    expect(await rig.store.owners()).toEqual(['controllerb', 'invoker0'])
  })

  it('is looked for every half minute', async () => {
    const { clock, living } = await openRig()
    living.add('a').add('b')
    await clock.advance(30_000)
    expect(await rig.records()).toEqual([])
    living.delete('b')
    await clock.advance(29_999)
    expect(await rig.records()).toEqual([])
    await clock.advance(1)
    expect(await rig.records()).toEqual(['controllerb'])
  })

  it('is left to the controller that is responsible', async () => {
    const { orphans } = await openRig()
    rig.responsible = false
    await orphans.look()
    expect(await rig.records()).toEqual([])
  })

  it('is looked for again when the store did not answer', async () => {
    const { orphans, clock, store } = await openRig()
    const finalizeOrphans = vi
      .spyOn(store, 'finalizeOrphans')
      .mockRejectedValueOnce(new PlatformError('ERR_UNAVAILABLE', 'down'))
    await orphans.look()
    expect(await rig.records()).toEqual([])
    await clock.advance(30_000)
    expect(await rig.records()).toEqual(['controllera', 'controllerb'])
    expect(finalizeOrphans).toHaveBeenCalledTimes(3)
  })
})
