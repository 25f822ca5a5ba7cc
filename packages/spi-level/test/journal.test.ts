import { adapterContext, isPlatformError, type Activation, type Logger } from '@stemcell/core'
import fc from 'fast-check'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { levelStores, repairLevelStores } from '../src/index.ts'
import { encodeEntry, scanJournal, type JournalEntry } from '../src/journal/journal-entry.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => !/\p{Surrogate}/u.test(value))
const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.record({ type: fc.constant('put' as const), text }),
  fc.record({ type: fc.constant('provisional' as const), owner: text, text }),
  fc.record({ type: fc.constant('discarded' as const), key: text }),
  fc.record({ type: fc.constant('begin' as const), number: fc.nat() }),
)

const encoded = (entries: readonly JournalEntry[]): Buffer =>
  Buffer.concat(entries.map((item) => Buffer.from(encodeEntry(item))))

describe('the entries of a journal', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const bytes = encoded(entries)
        expect(scanJournal(bytes)).toEqual({ entries, damagedAt: [], wholeBytes: bytes.length, tornBytes: 0 })
      }),
    )
    const large: JournalEntry = { type: 'put', text: 'é\n'.repeat(100_000) }
    expect(scanJournal(encoded([large, large])).entries).toEqual([large, large])
  })

  it('are all there but the one that was being written, wherever the file ends', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), fc.nat(), (entries, cut) => {
        const bytes = encoded(entries)
        const whole = entries.map((_, index) => encoded(entries.slice(0, index + 1)).length)
        const end = cut % bytes.length
        const { entries: read, damagedAt, tornBytes } = scanJournal(bytes.subarray(0, end))
        const complete = whole.filter((length) => length <= end)
        expect(read).toEqual(entries.slice(0, complete.length))
        expect([damagedAt, tornBytes]).toEqual([[], end - (complete.at(-1) ?? 0)])
      }),
    )
  })

  it('are not taken for others when a byte changes, and those behind are found again', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 2, maxLength: 5 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (entries, place, by) => {
          const bytes = encoded(entries)
          const last = encoded(entries.slice(0, -1)).length
          const at = place % last
          bytes[at] = bytes[at]! ^ by
          const scanned = scanJournal(bytes)
          expect(scanned.damagedAt).toHaveLength(1)
          expect(scanned.entries.at(-1)).toEqual(entries.at(-1))
          for (const item of scanned.entries) expect(entries).toContainEqual(item)
        },
      ),
    )
  })
})

describe('the journal of a database', () => {
  let dir: string
  let journal: string
  const warnings: string[] = []
  const note = (_: object, message: string): void => void warnings.push(message)
  const logger: Logger = { debug: note, info: () => undefined, warn: note, error: note, child: () => logger }
  const context = adapterContext({ logger })

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'stemcell-journal-'))
    journal = join(dir, 'activations.journal')
    warnings.length = 0
  })

  afterEach(() => rmSync(dir, { recursive: true }))

  const store = () => levelStores({ dir }).activationStore.build(context)

  /** What a process leaves that was killed with these records in its journal. */
  async function killed(...entries: readonly Buffer[]): Promise<void> {
    const first = store()
    await first.open()
    await first.close()
    writeFileSync(journal, Buffer.concat(entries))
  }

  const put = (index: number): Buffer =>
    Buffer.from(encodeEntry({ type: 'put', text: JSON.stringify(activationOf(index)) }))

  it('is taken up by the next life, and empty afterwards', async () => {
    await killed(put(1), put(2), put(1))
    const next = store()
    await next.open()
    expect(await next.count({ namespace: 'ns' })).toBe(2)
    expect((await next.get('ns', activationOf(2).activationId))?.start).toBe(2)
    expect(existsSync(journal)).toBe(false)
    await next.close()
    expect(existsSync(journal)).toBe(false)
    expect(warnings).toEqual([])
  })

  it('outlives a clean end while it holds provisional records', async () => {
    const first = store()
    await first.open()
    await first.putProvisional('someone', activationOf(1))
    await first.close()
    expect(statSync(journal).mode & 0o777).toBe(0o600)
    const next = store()
    await next.open()
    expect(await next.finalizeOrphans('someone')).toBe(1)
    await next.close()
    expect(existsSync(journal)).toBe(false)
  })

  it('may end in the middle of an entry, which is dropped with a word in the log', async () => {
    await killed(put(1), put(2).subarray(0, 50))
    const next = store()
    await next.open()
    expect(await next.count({ namespace: 'ns' })).toBe(1)
    expect(warnings).toEqual(['the last entry of the journal was not finished, and is dropped'])
    await next.close()
  })

  it('that is damaged in the middle is refused and left as it is; the repair keeps what can be read', async () => {
    const spoilt = put(2)
    spoilt[30] = spoilt[30]! ^ 1
    await killed(put(1), spoilt, put(3))
    const before = readFileSync(journal)
    await expect(store().open()).rejects.toSatisfy(
      (error: unknown) =>
        isPlatformError(error, 'ERR_CORRUPT') &&
        [dir, `byte ${put(1).length}`, 'repairLevelStores'].every((part) => error.message.includes(part)),
    )
    expect(readFileSync(journal)).toEqual(before)
    expect(await repairLevelStores({ dir })).toEqual({
      documents: 0,
      activations: 2,
      lost: [`its journal of activation records cannot be read at byte ${put(1).length}`],
    })
    const next = store()
    await next.open()
    const found = await next.list({ namespace: 'ns', skip: 0, limit: 10, full: true })
    expect(found.map(({ start }) => start)).toEqual([3, 1])
    await next.close()
  })

  it('is not confused by what an earlier rotation left half-done', async () => {
    await killed(put(1))
    appendFileSync(`${journal}.new`, put(2).subarray(0, 20))
    const next = store()
    await next.open()
    expect(await next.count({ namespace: 'ns' })).toBe(1)
    await next.close()
    expect(existsSync(`${journal}.new`)).toBe(false)
  })
})

function activationOf(index: number): Activation {
  return {
    namespace: 'ns',
    name: 'a',
    version: '0.0.1',
    subject: 's',
    activationId: index.toString(16).padStart(32, '0'),
    start: index,
    publish: false,
    response: { statusCode: 0 },
    logs: [],
    annotations: [],
  }
}
