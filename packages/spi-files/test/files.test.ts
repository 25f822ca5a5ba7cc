import { adapterContext, isPlatformError, type Logger } from '@stemcell/core'
import { fileLogStore, type FileLogStore, type FileLogStoreOptions } from '@stemcell/spi-files'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { activationOf, GUEST, line } from './activations.ts'

let dir: string
let said: string[]
const stores: FileLogStore[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stemcell-logs-'))
  said = []
})

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()))
  rmSync(dir, { recursive: true, force: true })
})

async function openStore(options: Partial<FileLogStoreOptions> = {}): Promise<FileLogStore> {
  const note = (_: object, message: string): void => void said.push(message)
  const logger: Logger = { debug: () => undefined, info: note, warn: note, error: note, child: () => logger }
  const store = fileLogStore({ dir, inRecords: false, ...options }).build(adapterContext({ logger }))
  stores.push(store)
  await store.open()
  return store
}

const filesOf = (end: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith(end))
    .toSorted()
    .map((name) => join(dir, name))

const keep = (store: FileLogStore, number: number, ...lines: string[]) => store.keep(activationOf(number), GUEST, lines)
const fetch = (store: FileLogStore, number: number) =>
  store.fetch(activationOf(number).activationId, activationOf(number), GUEST)

describe('files of logs', () => {
  it('have a line of JSON for each line, with OpenWhisk’s fields, and are nobody else’s to read', async () => {
    const store = await openStore()
    expect(await keep(store, 1, line('hello'), line('"no"\n', 'stderr'), 'a notice')).toEqual([])
    const [log, ...others] = filesOf('.log')
    expect(others).toEqual([])
    expect(log).toMatch(/\/userlogs-\d+\.log$/)
    const owner = {
      activationId: '00000000000000000000000000000001',
      action: 'guest/p/a',
      namespace: 'guest',
      namespaceId: GUEST.namespace.uuid,
    }
    const time = '2024-05-01T10:11:12.123456789Z'
    expect(
      readFileSync(log!, 'utf8')
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text) as unknown),
    ).toEqual([
      { time, stream: 'stdout', log: 'hello', ...owner },
      { time, stream: 'stderr', log: '"no"\n', ...owner },
      { log: 'a notice', ...owner },
    ])
    expect(statSync(log!).mode & 0o077).toBe(0)
  })

  it('are followed by others when they are full, and the oldest go', async () => {
    const store = await openStore({ maxFileBytes: 4096, maxFiles: 3 })
    for (let number = 0; number < 60; number++) await keep(store, number, line('x'.repeat(700)))
    expect(filesOf('.log')).toHaveLength(3)
    expect(filesOf('.index')).toHaveLength(3)
    for (const file of filesOf('.log')) expect(statSync(file).size).toBeLessThanOrEqual(4096)
    expect(await fetch(store, 59)).toEqual([line('x'.repeat(700))])
    expect(await fetch(store, 0)).toEqual([])
    expect(await store.fetch(activationOf(0).activationId, undefined, GUEST)).toBeUndefined()
  })

  it('that are longer than a file may be are whole in one of their own', async () => {
    const store = await openStore({ maxFileBytes: 1024 })
    const lines = Array.from({ length: 500 }, (_, index) => line(`${index} ${'é😀'.repeat(100)}`))
    await keep(store, 1, line('before'))
    await keep(store, 2, ...lines)
    await keep(store, 3, line('after'))
    expect(await fetch(store, 2)).toEqual(lines)
    expect(await fetch(store, 3)).toEqual([line('after')])
  })

  it('go away and come while they are read: a reader gets the whole log or none', async () => {
    const store = await openStore({ maxFileBytes: 2048, maxFiles: 2 })
    const lines = (number: number): string[] => [line(`${number} a`), line('x'.repeat(300)), line(`${number} z`)]
    let kept = -1
    let read = 0
    const writing = (async () => {
      for (let number = 0; number < 400; number++) {
        await keep(store, number, ...lines(number))
        kept = number
      }
    })()
    const reading = async (): Promise<void> => {
      while (kept < 399) {
        const number = Math.max(0, kept - (read % 12))
        const found = await fetch(store, number)
        if (found!.length > 0) expect(found).toEqual(lines(number))
        read++
      }
    }
    await Promise.all([writing, reading(), reading()])
    expect(read).toBeGreaterThan(20)
    expect(await fetch(store, 399)).toEqual(lines(399))
  })

  it('that somebody removed or moved are begun anew, and those that were moved away stay whole', async () => {
    const store = await openStore()
    await keep(store, 1, line('one'))
    for (const file of [...filesOf('.log'), ...filesOf('.index')]) rmSync(file)
    await keep(store, 2, line('two'))
    expect(await fetch(store, 1)).toEqual([])
    expect(await fetch(store, 2)).toEqual([line('two')])
  })

  it('of several processes lie in one folder, each its own, and all of them are read', async () => {
    const [one, two] = [await openStore(), await openStore()]
    await Promise.all(
      Array.from({ length: 50 }, (_, number) => keep(number % 2 === 0 ? one : two, number, line(`${number}`))),
    )
    expect(filesOf('.log')).toHaveLength(2)
    for (let number = 0; number < 50; number++) expect(await fetch(one, number)).toEqual([line(`${number}`)])
  })

  it('are read by the next process, also what was written after the index, and not what was torn', async () => {
    const store = await openStore()
    for (let number = 0; number < 10; number++) await keep(store, number, line(`${number}`), line('end'))
    await store.close()
    const [log, index] = [filesOf('.log')[0]!, filesOf('.index')[0]!]
    // A crash: the last entries of the index are missing, and a line has no end.
    truncateSync(index, 24 * 7)
    appendFileSync(log, '{"time":"2024","stream":"stdout","log":"half')
    const next = await openStore()
    for (let number = 0; number < 10; number++)
      expect(await fetch(next, number)).toEqual([line(`${number}`), line('end')])
    await keep(next, 10, line('new'))
    expect(await fetch(next, 10)).toEqual([line('new')])
    expect(filesOf('.log')).toHaveLength(2)
  })

  it.each<readonly [string, (index: string) => void]>([
    ['is gone', (index) => rmSync(index)],
    ['is empty', (index) => truncateSync(index, 0)],
    ['is torn', (index) => truncateSync(index, 24 * 3 + 11)],
    ['is full of zeros', (index) => writeFileSync(index, Buffer.alloc(24 * 5))],
    [
      'tells of more than there is',
      (index) => {
        const bytes = readFileSync(index)
        for (let at = 20; at < bytes.length; at += 24) bytes.writeUInt32BE(0xffff_ffff, at)
        writeFileSync(index, bytes)
      },
    ],
    ['is full of noise', (index) => writeFileSync(index, Buffer.alloc(24 * 5, 0xa7))],
    [
      'tells of wrong places',
      (index) => {
        const bytes = readFileSync(index)
        for (let at = 16; at < bytes.length; at += 24) bytes.writeUInt32BE(bytes.readUInt32BE(at) + 5, at)
        writeFileSync(index, bytes)
      },
    ],
  ])('are read when their index %s', async (_what, damage) => {
    const store = await openStore()
    for (let number = 0; number < 5; number++) await keep(store, number, line(`${number}`), line('end', 'stderr'))
    damage(filesOf('.index')[0]!)
    for (let number = 0; number < 5; number++) {
      expect(await fetch(store, number)).toEqual([line(`${number}`), line('end', 'stderr')])
    }
  })

  it('with a damaged line give the others, and the operator is told which file it is', async () => {
    const store = await openStore()
    await keep(store, 1, line('first'), line('second'), line('third'))
    const log = filesOf('.log')[0]!
    writeFileSync(log, readFileSync(log, 'utf8').replace('"second"', '"seco\u0000'))
    expect(await fetch(store, 1)).toEqual([line('first'), line('third')])
    expect(said).toContain('damaged lines in a file of logs')
  })

  it('do not give away lines that pretend to be another activation’s', async () => {
    const store = await openStore()
    const { activationId } = activationOf(7)
    const forged = JSON.stringify({ log: 'forged', activationId, namespaceId: GUEST.namespace.uuid })
    await keep(store, 1, line(forged), forged, line(`"activationId":"${activationId}"`))
    for (const index of filesOf('.index')) rmSync(index)
    expect(await fetch(store, 7)).toEqual([])
    expect(await fetch(store, 1)).toEqual([line(forged), forged, line(`"activationId":"${activationId}"`)])
  })

  it('beside records: the record has the lines, and a silent activation does not open a file', async () => {
    const store = await openStore({ inRecords: true })
    expect(await keep(store, 1)).toEqual([])
    expect(filesOf('.log')).toEqual([])
    expect(await keep(store, 2, line('hi'))).toEqual([line('hi')])
    expect(await store.fetch('x', activationOf(2, [line('hi')]), GUEST)).toEqual([line('hi')])
    // Where records of some activations are not wanted, the files still have their lines.
    expect(await store.fetch(activationOf(2).activationId, undefined, GUEST)).toEqual([line('hi')])
  })

  it('in a folder that is none are refused with its name', async () => {
    writeFileSync(join(dir, 'file'), '')
    const refused = await fileLogStore({ dir: join(dir, 'file', 'logs') })
      .build(adapterContext())
      .open()
      .catch((error: unknown) => error)
    if (!isPlatformError(refused, 'ERR_UNAVAILABLE')) throw new Error(`not refused: ${String(refused)}`)
    expect(refused.message).toContain(join(dir, 'file', 'logs'))
  })
})
