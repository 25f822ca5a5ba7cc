import { adapterContext, isPlatformError } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { buildPackage, spawnWriter, type Writer } from './spawn-writer.ts'

const context = adapterContext()

describe('a database whose process is killed', () => {
  let dir: string
  let writer: Writer | undefined

  beforeAll(buildPackage, 120_000)

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stemcell-level-'))
  })

  afterEach(async () => {
    await writer?.kill()
    writer = undefined
    await rm(dir, { recursive: true })
  })

  async function writing(lines: number): Promise<Writer> {
    const spawned = spawnWriter(dir)
    writer = spawned
    await vi.waitUntil(() => spawned.lines.length >= lines, { timeout: 15_000, interval: 5 })
    return spawned
  }

  it('holds every acknowledged write, and nothing by halves', { timeout: 60_000 }, async () => {
    for (const lines of [50, 700]) {
      const killed = await writing(lines)
      await killed.kill()
      const printed = killed.lines
      const stores = levelStores({ dir })
      const entities = stores.entityStore.build(context)
      const activations = stores.activationStore.build(context)
      await Promise.all([entities.open(), activations.open()])
      try {
        expect(await activations.finalizeOrphans('writer')).toBeGreaterThan(0)
        const told = new Set(printed)
        for (const [kind, id, revision] of printed.map((line) => line.split(' '))) {
          if (kind === 'e') expect((await entities.get(id!))?.revision).toBe(revision)
          if (kind !== 'f') continue
          const record = await activations.get('ns', id!)
          expect(record?.activationId).toBe(id)
          if (told.has(`a ${id}`)) expect(record?.logs).not.toEqual(['provisional'])
        }

        const stored: string[] = []
        for await (const { id } of entities.scan()) {
          const code = await entities.readAttachment(id, 'code')
          expect(Buffer.from(code!).equals(Buffer.alloc(20_000, `${id.slice('ns/a'.length)};`))).toBe(true)
          stored.push(id)
        }
        const listed = (await entities.list({ index: 'actions', partition: 'ns', documents: true })).map(({ id }) => id)
        expect(listed.sort()).toEqual(stored.sort())
        expect(await entities.count({ index: 'actions', partition: 'ns' })).toBe(stored.length)

        const page = { namespace: 'ns', skip: 0, limit: 1_000_000, full: true } as const
        const records = await activations.list(page)
        expect(await activations.list({ ...page, name: 'a' })).toHaveLength(records.length)
        expect(await activations.count({ namespace: 'ns' })).toBe(records.length)
        expect(printed.length).toBeGreaterThanOrEqual(lines)
      } finally {
        await Promise.all([entities.close(), activations.close()])
        await rm(dir, { recursive: true })
      }
    }
    dir = await mkdtemp(join(tmpdir(), 'stemcell-level-'))
  })

  it('names the folder and the process that holds it, until that one is gone', async () => {
    const holder = await writing(1)
    const store = levelStores({ dir }).entityStore.build(context)
    await expect(store.open()).rejects.toSatisfy(
      (error: unknown) =>
        isPlatformError(error, 'ERR_CONFIG') &&
        error.message.includes(dir) &&
        error.message.includes(`process ${holder.process.pid}`),
    )
    await holder.kill()
    expect(existsSync(join(dir, 'stemcell.pid')), 'the killed process left its word').toBe(true)
    await store.open()
    await store.close()
    expect(existsSync(join(dir, 'stemcell.pid'))).toBe(false)
  })
})
