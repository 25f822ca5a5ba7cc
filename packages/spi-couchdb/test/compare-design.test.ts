import { describe, expect, it } from 'vitest'
import { compareDesign, DESIGN_VERSION, newDesign } from '../src/design/compare-design.ts'
import type { DesignDocument } from '../src/design/database-design.ts'

const WANTED: DesignDocument = {
  name: 'whisks.v2.1.0',
  required: true,
  views: { a: { map: 'function (doc) { emit(1) }', reduce: '_count' }, b: { map: 'function (doc) { emit(2) }' } },
}
const ours = newDesign(WANTED)
const theirs = { language: 'javascript', views: { a: { map: 'other', reduce: '_count' }, b: { map: 'other' } } }

describe('a stored design document', () => {
  it('that is missing is made as a whole', () => {
    expect(compareDesign(WANTED, undefined)).toMatchObject({ state: 'outdated', document: ours })
  })

  it('of the present version fits', () => {
    expect(compareDesign(WANTED, { ...ours, _id: '_design/x', _rev: '1-a' })).toEqual({ state: 'fits' })
  })

  it('of OpenWhisk fits by the names of its views', () => {
    expect(compareDesign(WANTED, theirs)).toEqual({ state: 'fits' })
  })

  it('of OpenWhisk gets what it lacks, and keeps the rest', () => {
    const { b: _, ...rest } = theirs.views
    const stored = { ...theirs, _rev: '3-c', extra: true, views: { ...rest, z: { map: 'z' } } }
    expect(compareDesign(WANTED, stored)).toEqual({
      state: 'outdated',
      lacks: ['view b'],
      document: { ...stored, views: { ...stored.views, b: WANTED.views!['b'] } },
    })
  })

  it('of OpenWhisk whose view does not count gets one that does', () => {
    const stored = { ...theirs, views: { ...theirs.views, a: { map: 'other' } } }
    expect(compareDesign(WANTED, stored)).toMatchObject({
      lacks: ['view a'],
      document: { views: { a: WANTED.views!['a']! } },
    })
  })

  it('of an older version is brought up to date', () => {
    const older = { ...ours, _rev: '1-a', stemcell: { design: 0 }, views: { ...WANTED.views, a: { map: 'older' } } }
    const verdict = compareDesign(WANTED, older)
    expect(verdict).toEqual({ state: 'outdated', lacks: ['view a'], document: { ...ours, _rev: '1-a' } })
  })

  it('of a newer version is left alone', () => {
    const newer = { ...ours, stemcell: { design: DESIGN_VERSION + 1 } }
    expect(compareDesign(WANTED, newer)).toEqual({ state: 'newer', version: DESIGN_VERSION + 1 })
  })
})
