import { adapterContext, isPlatformError, type ErrorCode } from '@stemcell/core'
import { levelStores, repairLevelStores } from '@stemcell/spi-level'
import { ClassicLevel } from 'classic-level'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const context = adapterContext()
const holder = 'stemcell.pid'

describe('opening a database', () => {
  let base: string
  let dir: string

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'stemcell-level-'))
    dir = join(base, 'data', 'stores')
  })

  afterEach(async () => {
    await rm(base, { recursive: true })
  })

  function entities(options: { sync?: boolean } = {}) {
    return levelStores({ dir, ...options }).entityStore.build(context)
  }

  async function refused(code: ErrorCode, ...parts: string[]): Promise<void> {
    const error = await entities()
      .open()
      .then(
        () => undefined,
        (reason: unknown) => reason,
      )
    if (!isPlatformError(error, code)) throw new Error(`expected ${code}, got ${String(error)}`)
    for (const part of [dir, ...parts]) expect(error.message).toContain(part)
  }

  async function written(change: (db: ClassicLevel) => Promise<void>): Promise<void> {
    const store = entities()
    await store.open()
    await store.put('ns/a', { namespace: 'ns', name: 'a', updated: 1, exec: { kind: 'x' } })
    await store.close()
    const db = new ClassicLevel(dir)
    await change(db)
    await db.close()
  }

  it('makes a folder that only its user can read', async () => {
    const store = entities()
    await store.open()
    await store.close()
    expect((await stat(dir)).mode & 0o777).toBe(0o700)
  })

  it('refuses a file in place of the folder, naming it and what to do', async () => {
    await writeFile(join(base, 'data'), '')
    await refused('ERR_CONFIG', "option 'dir'", 'ENOTDIR', 'name a folder')
  })

  it('refuses a folder in which no file can be made, even by root', async () => {
    dir = '/proc'
    await refused('ERR_CONFIG', "option 'dir'", 'name a folder')
  })

  it('refuses a newer format, naming both versions and what to do, and leaves it as it is', async () => {
    await written((db) => db.put('mformat', '7'))
    await refused('ERR_CONFIG', 'format 7', 'up to 5', 'upgrade')
    const db = new ClassicLevel(dir)
    expect(await db.get('mformat')).toBe('7')
    await db.close()
    expect(existsSync(join(dir, holder))).toBe(false)
  })

  it('refuses an unreadable format', async () => {
    await written((db) => db.put('mformat', 'x'))
    await refused('ERR_CORRUPT', 'repairLevelStores')
  })

  it('refuses the database of another program', async () => {
    const db = new ClassicLevel(dir)
    await db.put('a', 'b')
    await db.close()
    await refused('ERR_CONFIG', 'another program', 'empty folder')
  })

  it('refuses a damaged database and names the way out, which works', async () => {
    await written((db) => db.compactRange('', '\u{10ffff}'))
    const files = await readdir(dir)
    await truncate(
      join(
        dir,
        files.find((file) => file.startsWith('MANIFEST-'))!,
      ),
      3,
    )
    await refused('ERR_CORRUPT', 'backup', 'repairLevelStores')
    expect(await repairLevelStores({ dir })).toEqual({ documents: 1, activations: 0, lost: [] })
    await expectOneAction()
  })

  it('refuses a database that lost its table of contents rather than starting an empty one', async () => {
    await written(async () => undefined)
    await rm(join(dir, 'CURRENT'))
    await refused('ERR_CORRUPT', 'CURRENT', 'backup')
    await repairLevelStores({ dir })
    await expectOneAction()
  })

  it('refuses a database whose list of tables is gone as damaged, which a repair mends', async () => {
    await written((db) => db.compactRange('', '\u{10ffff}'))
    const list = (await readdir(dir)).find((file) => file.startsWith('MANIFEST-'))!
    await rm(join(dir, list))
    await refused('ERR_CORRUPT', `names ${list}, which is gone`, 'repairLevelStores')
    expect(await repairLevelStores({ dir })).toEqual({ documents: 1, activations: 0, lost: [] })
    await expectOneAction()
  })

  it('refuses a folder of which a file cannot be read', async () => {
    await written((db) => db.compactRange('', '\u{10ffff}'))
    const table = (await readdir(dir)).find((file) => file.endsWith('.ldb'))!
    await rm(join(dir, table))
    await mkdir(join(dir, table))
    await refused('ERR_CONFIG', 'EISDIR', 'may create, read and write')
  })

  it.each([
    ['nothing', ''],
    ['zeros', '\0'.repeat(16)],
    ['a line break', '\n'],
    ['the name of a folder', '.\n'],
    ['a name outside', '../stores/MANIFEST-000002\n'],
    ['no line break', 'MANIFEST-000002'],
  ])('refuses a database whose CURRENT holds %s as damaged', async (_what, text) => {
    await written(async () => undefined)
    await writeFile(join(dir, 'CURRENT'), text)
    await refused('ERR_CORRUPT', 'damaged', 'repairLevelStores')
    await repairLevelStores({ dir })
    await expectOneAction()
  })

  it('refuses to repair what is in use', async () => {
    const store = entities()
    await store.open()
    await expect(repairLevelStores({ dir })).rejects.toSatisfy(
      (error: unknown) => isPlatformError(error, 'ERR_CONFIG') && error.message.includes('in use'),
    )
    await store.close()
  })

  it('repair drops what cannot be read and says so', async () => {
    await written(async (db) => {
      await db.put('edns/broken', 'no record')
      await db.put('adns/broken', '{}')
    })
    const report = await repairLevelStores({ dir })
    expect(report).toEqual({ documents: 1, activations: 0, lost: ['ns/broken', 'ns/broken'] })
    await expectOneAction()
  })

  it('a document that cannot be read is ERR_CORRUPT and names its id', async () => {
    await written((db) => db.put('edns/a', 'no record'))
    const store = entities()
    await store.open()
    await expect(store.get('ns/a')).rejects.toSatisfy(
      (error: unknown) => isPlatformError(error, 'ERR_CORRUPT') && error.message.includes('ns/a'),
    )
    await store.close()
  })

  it('is shared by stores made apart, also through another path, and closed by the last of them', async () => {
    const stores = levelStores({ dir })
    const first = stores.entityStore.build(context)
    await first.open()
    await symlink(dir, join(base, 'link'))
    const second = levelStores({ dir: join(base, 'link') }).subjectStore.build(context)
    await second.open()
    await first.close()
    await second.put('someone', { subject: 'someone' })
    expect(existsSync(join(dir, holder))).toBe(true)
    await second.close()
    expect(existsSync(join(dir, holder))).toBe(false)
  })

  it('refuses other options for a folder that is open, naming the option', async () => {
    const first = entities({ sync: true })
    await first.open()
    await expect(entities({ sync: false }).open()).rejects.toSatisfy(
      (error: unknown) => isPlatformError(error, 'ERR_CONFIG') && error.message.includes("option 'sync'"),
    )
    await first.close()
  })

  it('can be tried again after a refusal', async () => {
    await writeFile(join(base, 'data'), '')
    const store = entities()
    await expect(store.open()).rejects.toThrow('ENOTDIR')
    await rm(join(base, 'data'))
    await store.open()
    await store.close()
  })

  it('closes what is being opened', async () => {
    const store = entities()
    const opening = store.open()
    await store.close()
    await opening
    await expect(store.get('a')).rejects.toSatisfy((error: unknown) => isPlatformError(error, 'ERR_CLOSED'))
    expect(existsSync(join(dir, holder))).toBe(false)
  })

  async function expectOneAction(): Promise<void> {
    const store = entities()
    await store.open()
    const query = { index: 'actions', partition: 'ns' }
    expect((await store.list({ ...query, documents: true })).map(({ stored }) => stored?.document['name'])).toEqual([
      'a',
    ])
    expect(await store.count(query)).toBe(1)
    await store.close()
  }
})
