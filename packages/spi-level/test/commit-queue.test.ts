import { isPlatformError } from '@stemcell/core'
import { ClassicLevel } from 'classic-level'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { join } from 'node:path'
import { COMMIT_KEY, CommitQueue, readCommit, type Change } from '../src/commit-queue.ts'
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
