import { isPlatformError } from '@stemcell/core'
import { KeySpace } from '@stemcell/core/sorted-store'
import { ClassicLevel } from 'classic-level'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { join } from 'node:path'
import { COMMIT_KEY, CommitQueue, readCommit, type Change, type Operation } from '../src/commit-queue.ts'
import { openText } from '../src/sealed-value.ts'

describe('the commit queue', () => {
  let dir: string
  let db: ClassicLevel
  let commits: CommitQueue
  const marks: [commit: number, synced: number][] = []
  const failures: unknown[] = []

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stemcell-level-'))
    db = new ClassicLevel(dir)
    await db.open()
    commits = new CommitQueue(db, true, {
      written: () => undefined,
      committed: (commit, synced) => marks.push([commit, synced]),
      failed: (error) => failures.push(error),
      recount: async () => 40,
    })
    marks.length = failures.length = 0
  })

  afterEach(async () => {
    await db.close()
    await rm(dir, { recursive: true })
  })

  function putting(key: string, bytes = 1): Change {
    return { operations: [{ type: 'put', key, value: key }], counts: [['count', 1]], bytes, lasting: true }
  }

  it('writes the first change at once and all that came meanwhile together', async () => {
    const batch = vi.spyOn(db, 'batch')
    await Promise.all(Array.from({ length: 1000 }, (_, index) => commits.commit(putting(`k${index}`))))
    expect(batch).toHaveBeenCalledTimes(2)
    expect(await read('k999')).toBe('k999')
  })

  it('ends a group with the change that makes it large', async () => {
    const batch = vi.spyOn(db, 'batch')
    await Promise.all([1, 2, 3, 4, 5].map((index) => commits.commit(putting(`k${index}`, 3 * 1024 ** 2))))
    expect(batch).toHaveBeenCalledTimes(3)
  })

  it('judges the conditions of a change by what is written before it, also in the same group', async () => {
    const change = (value: string | undefined, next: string): Change => ({
      conditions: [{ key: 'edx', value }],
      operations: [{ type: 'put', key: 'edx', value: next }],
      counts: 'looked-up',
      bytes: 1,
      lasting: true,
    })
    const first = commits.commit(putting('busy'))
    const group = [change(undefined, 'a'), change(undefined, 'b'), change('a', 'c'), change('b', 'd'), change('c', 'e')]
    const outcomes = await Promise.all(group.map((one) => commits.commit(one)))
    expect([await first, ...outcomes]).toEqual([true, true, false, true, false, true])
    expect(await read('edx')).toBe('e')
    const batches = marks.length
    expect(await commits.commit(change('a', 'f'))).toBe(false)
    expect(marks).toHaveLength(batches)
    const removal = { ...change('e', ''), operations: [{ type: 'del', key: 'edx' } as const] }
    expect(await Promise.all([removal, change(undefined, 'g')].map((one) => commits.commit(one)))).toEqual([true, true])
    expect(await read('edx')).toBe('g')
  })

  it('refuses a change alone whose condition is on a damaged value', async () => {
    await db.put('edx', 'no digest')
    const change: Change = {
      conditions: [{ key: 'edx', value: 'a' }],
      operations: [{ type: 'del', key: 'edx' }],
      counts: 'looked-up',
      bytes: 1,
      lasting: true,
    }
    const outcomes = await Promise.allSettled(
      [putting('a'), putting('b'), change, putting('c')].map((one) => commits.commit(one)),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(await db.get('edx')).toBe('no digest')
  })

  it('looks which rows are there to know how many there are', async () => {
    const keys = new KeySpace('e')
    const row = (id: string, order: number): string => keys.row(id, { index: 'i', partition: 'p', order, place: 0 })
    const put = (id: string, order: number): Operation => ({ type: 'put', key: row(id, order), value: '1' })
    const del = (id: string, order: number): Operation => ({ type: 'del', key: row(id, order) })
    const commit = (...operations: Operation[]): Promise<boolean> =>
      commits.commit({ operations, counts: 'looked-up', bytes: 1, lasting: true })
    await Promise.all([commit(put('a', 1), put('b', 1)), commit(put('a', 1)), commit(put('a', 2), del('a', 1))])
    expect(await read(keys.rowCount('i', 'p'))).toBe('2')
    await Promise.all([commit(del('b', 1)), commit(del('b', 1)), commit(del('never', 1)), commit(put('c', 1))])
    expect(await read(keys.rowCount('i', 'p'))).toBe('2')
    await commit(del('c', 1), del('a', 2))
    expect(await db.get(keys.rowCount('i', 'p'))).toBeUndefined()
  })

  it('adds up what changes of one group add to a number, and drops a number that is none', async () => {
    await Promise.all([1, 2, 3, 4].map((index) => commits.commit(putting(`k${index}`))))
    expect(await read('count')).toBe('4')
    await commits.commit({ operations: [], counts: [['count', -3]], bytes: 0, lasting: true })
    expect(await read('count')).toBe('1')
    await commits.commit({ operations: [], counts: [['count', -1]], bytes: 0, lasting: true })
    expect(await db.get('count')).toBeUndefined()
  })

  it('counts anew where a number is damaged', async () => {
    await db.put('count', 'no number')
    await commits.commit(putting('k'))
    expect(await read('count')).toBe('41')
  })

  it('numbers what it writes, and says what was forced to the disk', async () => {
    await commits.commit(putting('a'))
    await commits.commit({ ...putting('b'), lasting: false })
    expect(marks).toEqual([
      [1, 1],
      [2, 1],
    ])
    commits.resume(7)
    await commits.commit({ ...putting('c'), lasting: false })
    expect(marks.at(-1)).toEqual([8, 7])
    expect(readCommit(await db.get(COMMIT_KEY))).toBe(8)
  })

  it('writes nothing more after a write that failed, until the database was opened anew', async () => {
    const full = new Error('no space left')
    const batch = db.batch.bind(db)
    const spy = vi.spyOn(db, 'batch').mockImplementation((() => {
      const made = batch()
      made.write = () => Promise.reject(full)
      return made
    }) as typeof db.batch)
    const outcomes = await Promise.allSettled([1, 2, 3].map((index) => commits.commit(putting(`k${index}`))))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    spy.mockRestore()
    expect(failures).toEqual([full])
    await expect(commits.commit(putting('later'))).rejects.toSatisfy((error: unknown) =>
      isPlatformError(error, 'ERR_UNAVAILABLE'),
    )
    expect([await db.get('later'), marks]).toEqual([undefined, []])
    commits.resume(0)
    await commits.commit(putting('later'))
    expect([await read('later'), await read('count')]).toEqual(['later', '1'])
  })

  it('refuses a change that cannot be written at all, and no other', async () => {
    const wrong = {
      ...putting('wrong'),
      operations: [{ type: 'put', key: 'wrong', value: undefined as never }] as const,
    }
    const outcomes = await Promise.allSettled(
      [putting('a'), putting('b'), wrong, putting('c')].map((one) => commits.commit(one)),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect([await read('count'), failures]).toEqual(['3', []])
  })

  async function read(key: string): Promise<string | undefined> {
    const sealed = await db.get(key)
    return sealed === undefined ? undefined : openText(key, sealed, () => key)
  }
})
