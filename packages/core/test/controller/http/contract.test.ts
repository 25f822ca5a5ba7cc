import { describe, expect, it } from 'vitest'
import { REST_CONTRACT } from '@stemcell/conformance/rest'

/** Sections of the interface that are about what HTTP shows, and how many facts each has at least. */
const AT_LEAST = { 1: 80, 2: 14, 3: 30, 4: 150, 5: 30, 6: 30, 7: 100, 8: 100, 9: 10, 10: 40, 11: 300, 12: 60, 13: 40 }

describe('the contract', () => {
  const rows = REST_CONTRACT.flatMap((area) => area.rows.map(({ name }) => ({ section: area.section, name })))

  it.each(Object.entries(AT_LEAST))('has rows about section %s: %i at least', (section, count) => {
    expect(rows.filter((row) => row.section === Number(section)).length).toBeGreaterThanOrEqual(count)
  })

  it('has at least 1000 rows, each with a name of its own', () => {
    const names = rows.map(({ name }) => name)
    expect(names.length).toBeGreaterThanOrEqual(1000)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })
})
