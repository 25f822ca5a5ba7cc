import { compareKeys, MemorySortedBackend } from '@stemcell/core/sorted-store'
import { describe, expect, it } from 'vitest'

const all = { gte: '', lt: '\u{10ffff}', reverse: false, skip: 0, limit: 100 }
const put = (key: string, value: string) => ({ type: 'put', key, value }) as const

describe('keys of a sorted backend', () => {
  it('are ordered as the bytes of their UTF-8', () => {
    const keys = ['', 'a', 'a\0', 'a\0b', 'a\u0001', 'ab', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}']
    const bytes = (key: string): Buffer => Buffer.from(key)
    expect(keys.toReversed().sort(compareKeys)).toEqual(keys)
    expect(keys.toReversed().sort((a, b) => Buffer.compare(bytes(a), bytes(b)))).toEqual(keys)
  })
})

describe('a batch', () => {
  it('writes nothing when one of its conditions does not hold', () => {
    const backend = new MemorySortedBackend()
    expect(backend.batch({ conditions: [{ key: 'a', value: undefined }], operations: [put('a', '1')] })).toBe(true)
    const conditions = [
      { key: 'a', value: '1' },
      { key: 'b', value: '1' },
    ]
    expect(backend.batch({ conditions, operations: [put('c', '1'), { type: 'del', key: 'a' }] })).toBe(false)
    expect(backend.range(all)).toEqual([['a', '1']])
  })
})

describe('a range', () => {
  it('is cut after it was turned round', () => {
    const backend = new MemorySortedBackend()
    backend.batch({ conditions: [], operations: ['d', 'a', 'c', 'b'].map((key) => put(key, key)) })
    const keys = (range: Partial<typeof all>): string[] => backend.range({ ...all, ...range }).map(([key]) => key)
    expect(keys({})).toEqual(['a', 'b', 'c', 'd'])
    expect(keys({ gte: 'b', lt: 'd' })).toEqual(['b', 'c'])
    expect(keys({ skip: 1, limit: 2 })).toEqual(['b', 'c'])
    expect(keys({ reverse: true, skip: 1, limit: 2 })).toEqual(['c', 'b'])
    expect(keys({ reverse: true, skip: 3, limit: 2 })).toEqual(['a'])
    expect(keys({ gte: 'c', lt: 'b' })).toEqual([])
    expect(backend.count({ gte: 'b', lt: 'd' })).toBe(2)
  })
})
