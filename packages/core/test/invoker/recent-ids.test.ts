import { expect, it } from 'vitest'
import { RecentIds } from '../../src/invoker/recent-ids.ts'

it('remembers at least as many of the last ids as it was told, and never more than twice as many', () => {
  const count = 20
  const recent = new RecentIds(count)
  for (let added = 1; added <= 10 * count; added++) {
    recent.add(`id ${added}`)
    const known = Array.from({ length: added }, (_, index) => added - index).map((id) => recent.has(`id ${id}`))
    expect(known.slice(0, count)).not.toContain(false)
    expect(known.slice(2 * count)).not.toContain(true)
  }
  expect(recent.has('never added')).toBe(false)
})
