import { adapterContext, isPlatformError, type Activation, type Logger } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fillDisk, smallDisk, type SmallDisk } from '../../../test/small-disk.ts'

const probe = smallDisk('1m')
probe?.remove()

describe.skipIf(!probe)('a disk that is full for a while', () => {
  let disk: SmallDisk
  const lines: string[] = []
  const note = (_: object, message: string): void => void lines.push(message)
  const logger: Logger = { debug: () => undefined, info: note, warn: note, error: note, child: () => logger }
  const context = adapterContext({ logger })

  beforeEach(() => {
    disk = smallDisk('6m')!
    lines.length = 0
  })

  afterEach(() => disk.remove())

  const storesIn = (dir: string) => {
    const stores = levelStores({ dir })
    return { entities: stores.entityStore.build(context), activations: stores.activationStore.build(context) }
  }

  /** What a power switch would leave of the folder while the stores are open: opened elsewhere, as it is locked here. */
  async function afterKill<T>(look: (stores: ReturnType<typeof storesIn>) => Promise<T>): Promise<T> {
    const copy = mkdtempSync(join(tmpdir(), 'stemcell-killed-'))
    cpSync(join(disk.dir, 'data'), copy, { recursive: true })
    const stores = storesIn(copy)
    try {
      await Promise.all([stores.entities.open(), stores.activations.open()])
      return await look(stores)
    } finally {
      await Promise.all([stores.entities.close(), stores.activations.close()])
      rmSync(copy, { recursive: true })
    }
  }

  const unavailable = (error: unknown): boolean => isPlatformError(error, 'ERR_UNAVAILABLE')
  const action = (name: string, bytes = 0) => ({
    namespace: 'ns',
    name,
    updated: 1,
    exec: { kind: 'x', code: 'x'.repeat(bytes) },
  })

  it.each([100, 3_000, 100_000])('loses nothing that was written after it, of %i bytes each', async (bytes) => {
    const { entities } = storesIn(join(disk.dir, 'data'))
    await entities.open()
    const told = new Set<string>()
    const put = async (name: string, size = bytes): Promise<void> => {
      await entities.put(`ns/${name}`, action(name, size))
      told.add(`ns/${name}`)
    }
    await put('first')
    const empty = fillDisk(disk.dir, 300_000)
    let refused = 0
    // Of different sizes, so that some are written in part and others not at all.
    for (let index = 0; refused < 5 && index < 5_000; index++) {
      await put(`before${index}`, index % 7 === 0 ? 20_000 : bytes).catch((error: unknown) => {
        if (!unavailable(error)) throw error
        refused++
      })
    }
    expect(refused).toBe(5)
    expect((await entities.get('ns/first'))?.document['name'], 'reads go on').toBe('first')
    expect(lines).toContain('a write failed: nothing is written until the database is reopened')

    disk.resize('64m')
    await vi.waitFor(() => put('healed'), { timeout: 10_000, interval: 50 })
    for (let index = 0; index < 90; index++) await put(`after${index}`, 50)
    empty()

    await afterKill(async ({ entities: next }) => {
      const found = new Set<string>()
      for await (const { id } of next.scan()) found.add(id)
      expect([...told].filter((id) => !found.has(id))).toEqual([])
    })
    await entities.close()
  })

  it('is noticed by itself once there is room again, and named in the log', async () => {
    const { entities } = storesIn(join(disk.dir, 'data'))
    await entities.open()
    const empty = fillDisk(disk.dir)
    await expect(
      (async () => {
        for (let index = 0; index < 100; index++) await entities.put(`ns/a${index}`, action(`a${index}`, 5_000))
      })(),
    ).rejects.toSatisfy(unavailable)
    empty()
    await vi.waitUntil(() => lines.includes('the database was reopened and is intact; writes continue'), 10_000)
    await entities.put('ns/b', action('b'))
    await entities.close()
  })

  it.each([1, 12])('loses no activation record that was told, %i at a time', async (together) => {
    const { activations } = storesIn(join(disk.dir, 'data'))
    await activations.open()
    const told: string[] = []
    const put = async (index: number): Promise<void> => {
      const records = Array.from({ length: together }, (_, place) => recordOf(index * together + place))
      for (const record of records) await activations.putProvisional('owner', { ...record, logs: ['provisional'] })
      if (together === 1) await activations.put(records[0]!)
      else await activations.putAll!(records)
      told.push(...records.map(({ activationId }) => activationId))
    }
    await put(0)
    fillDisk(disk.dir, 200_000)
    let refused = 0
    for (let index = 1; refused < 20 && index < 5_000; index++) {
      await put(index).catch((error: unknown) => {
        if (!unavailable(error)) throw error
        refused++
      })
    }
    expect(refused).toBe(20)
    disk.resize('64m')
    await vi.waitFor(() => put(10_000), { timeout: 10_000, interval: 50 })
    for (let index = 10_001; index < 10_100; index++) await put(index)

    const missing = async (store: typeof activations): Promise<string[]> => {
      const found = await Promise.all(told.map(async (id) => [id, await store.get('ns', id)] as const))
      return found
        .filter(([, record]) => record?.logs[0] === undefined || record.logs[0] === 'provisional')
        .map(([id]) => id)
    }
    expect(await missing(activations)).toEqual([])
    await afterKill(async ({ activations: next }) => expect(await missing(next)).toEqual([]))
    await activations.close()
  })

  it('still full at the end does not keep anybody from closing, and nothing told is gone', async () => {
    const { entities, activations } = storesIn(join(disk.dir, 'data'))
    await Promise.all([entities.open(), activations.open()])
    await activations.put(recordOf(1))
    fillDisk(disk.dir)
    await expect(
      (async () => {
        for (let index = 0; index < 100; index++) await entities.put(`ns/a${index}`, action(`a${index}`, 5_000))
      })(),
    ).rejects.toSatisfy(unavailable)
    await Promise.all([entities.close(), activations.close()])
    disk.resize('64m')
    const next = storesIn(join(disk.dir, 'data'))
    await next.activations.open()
    expect((await next.activations.get('ns', recordOf(1).activationId))?.start).toBe(1)
    await next.activations.close()
  })
})

function recordOf(index: number): Activation {
  return {
    namespace: 'ns',
    name: 'a',
    version: '0.0.1',
    subject: 's',
    activationId: index.toString(16).padStart(32, '0'),
    start: index,
    publish: false,
    response: { statusCode: 0 },
    logs: ['x'.repeat(1_000)],
    annotations: [],
  }
}
