import { ClassicLevel } from 'classic-level'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { join } from 'node:path'
import { CommitQueue, type Change } from '../src/commit-queue.ts'

describe('the commit queue', () => {
  let dir: string
  let db: ClassicLevel
  let commits: CommitQueue

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stemcell-level-'))
    db = new ClassicLevel(dir)
    await db.open()
    commits = new CommitQueue(db, true)
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
    expect(await db.get('k999')).toBe('k999')
  })

  it('ends a group with the change that makes it large', async () => {
    const batch = vi.spyOn(db, 'batch')
    await Promise.all([1, 2, 3, 4, 5].map((index) => commits.commit(putting(`k${index}`, 3 * 1024 ** 2))))
    expect(batch).toHaveBeenCalledTimes(3)
  })

  it('adds up what changes of one group add to a number, and drops a number that is none', async () => {
    await Promise.all([1, 2, 3, 4].map((index) => commits.commit(putting(`k${index}`))))
    expect(await db.get('count')).toBe('4')
    await commits.commit({ operations: [], counts: [['count', -3]], bytes: 0, lasting: true })
    expect(await db.get('count')).toBe('1')
    await commits.commit({ operations: [], counts: [['count', -1]], bytes: 0, lasting: true })
    expect(await db.get('count')).toBeUndefined()
  })

  it('rejects what could not be written, and goes on with what comes later', async () => {
    await db.close()
    const outcomes = await Promise.allSettled([1, 2, 3].map((index) => commits.commit(putting(`k${index}`))))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await db.open()
    await commits.commit(putting('later'))
    expect(await db.get('later')).toBe('later')
    expect(await db.get('count')).toBe('1')
  })
})
