import { PlatformError, silentLogger, type JsonValue } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { expireRecords } from '../src/activations/activation-expiry.ts'
import { BY_START_VIEW, UNUSUAL_BY_START_VIEW } from '../src/design/activation-design.ts'
import { countRange, readRange, type ViewRange } from '../src/documents/read-view.ts'
import { Refused } from '../src/http/couch-client.ts'
import type { Database, Query } from '../src/http/database.ts'
import { textOf } from './text-of.ts'

const NAMES = ['ab', 'ab\u200d', 'abé', 'abe\u0301', 'ac'] as const
const RANGE = { path: BY_START_VIEW, unusualPath: UNUSUAL_BY_START_VIEW }

interface Row {
  readonly id: string
  readonly key: readonly [string, number]
  readonly value: null
}

const { compare } = new Intl.Collator('en')

/**
 * A view as a cluster of CouchDB 3.5 answers it, which the stand-in does not: texts are compared by the rules of
 * Unicode, and groups whose keys compare as equal are put together under one of them.
 */
class ClusterViews {
  readonly rows: Row[] = []
  hasUnusual = true

  add(name: string, count: number): void {
    for (let index = 0; index < count; index++) {
      this.rows.push({ id: `${name}/${index}`, key: [name, index], value: null })
    }
  }

  async ask(path: string, query: Query): Promise<{ readonly rows: readonly unknown[] }> {
    const isUnusual = path === UNUSUAL_BY_START_VIEW
    if (isUnusual && !this.hasUnusual) {
      throw new PlatformError('ERR_UNAVAILABLE', 'missing', { cause: new Refused(404) })
    }
    const ordered = this.rows
      .filter(({ key }) => !isUnusual || /[^ -~]/.test(key[0]))
      .filter(({ key }) => isWithin(key, query))
      .sort((a, b) => compare(a.key[0], b.key[0]) || a.key[1] - b.key[1] || (a.id < b.id ? -1 : 1))
    if (query['reduce'] === false) {
      const { skip = 0, limit = ordered.length } = query as { skip?: number; limit?: number }
      const inOrder = query['descending'] === true ? ordered.toReversed() : ordered
      return { rows: inOrder.slice(skip, skip + limit) }
    }
    if (query['group_level'] === undefined) return { rows: [{ key: null, value: ordered.length }] }
    const groups: { key: string[]; value: number }[] = []
    for (const { key } of ordered) {
      const group = groups.find((one) => compare(one.key[0]!, key[0]) === 0)
      if (group) group.value++
      else groups.push({ key: [key[0]], value: 1 })
    }
    return { rows: groups }
  }

  async askKeys(_path: string, _query: Query, keys: readonly JsonValue[]): Promise<unknown> {
    return { rows: keys.map((id) => ({ id, value: { rev: '1-a' } })) }
  }
}

function isWithin(key: Row['key'], { startkey, endkey, descending }: Query): boolean {
  const [low, high] = (descending === true ? [endkey, startkey] : [startkey, endkey]) as [JsonValue, JsonValue]
  const after = (bound: JsonValue | undefined): number => {
    if (!Array.isArray(bound)) return 0
    const [name, start] = bound
    const byName = compare(key[0], textOf(name))
    if (byName !== 0 || start === undefined) return byName
    return typeof start === 'number' ? key[1] - start : -1
  }
  return (low === undefined || after(low) >= 0) && (high === undefined || after(high) <= 0)
}

function clusterOf(counts: readonly number[], hasUnusual: boolean): { views: ClusterViews; database: Database } {
  const views = new ClusterViews()
  for (const [index, count] of counts.entries()) views.add(NAMES[index]!, count)
  views.hasUnusual = hasUnusual
  return { views, database: views as unknown as Database }
}

describe.each([true, false])('names that a cluster takes for one (with the own view: %s)', (hasUnusual) => {
  const counts = [5, 3, 4, 2, 1]

  it('the double does what the cluster does', async () => {
    const { views } = clusterOf(counts, hasUnusual)
    expect((await views.ask(BY_START_VIEW, { reduce: true, group_level: 1 })).rows).toHaveLength(3)
  })

  it.each(NAMES.map((name, index) => [name, counts[index]!] as const))('%j is counted alone', async (name, count) => {
    const { database } = clusterOf(counts, hasUnusual)
    expect(await countRange(database, { ...RANGE, partition: name })).toBe(count)
    expect(await countRange(database, { ...RANGE, partition: name, from: 1 })).toBe(count - 1)
  })

  it.each(NAMES.map((name, index) => [name, counts[index]!] as const))('%j is paged alone', async (name, count) => {
    const { database } = clusterOf(counts, hasUnusual)
    const range: ViewRange = { ...RANGE, partition: name }
    for (let skip = 0; skip <= count; skip++) {
      const rows = await readRange(database, { ...range, skip, limit: 2, descending: true })
      const expected = Array.from({ length: count }, (_, index) => `${name}/${count - 1 - index}`)
      expect(rows.map(({ id }) => id)).toEqual(expected.slice(skip, skip + 2))
    }
  })

  it.each([
    [5, 3, 4, 2, 1],
    [1, 5, 1, 5, 5],
    [2, 2, 2, 2, 2],
  ])('each keeps its own number of records (%i, %i, %i, %i, %i)', async (...sizes) => {
    const { views, database } = clusterOf(sizes, hasUnusual)
    const remove = async (_: Database, doomed: readonly { readonly id: string }[]): Promise<number> => {
      const ids = new Set(doomed.map(({ id }) => id))
      views.rows.splice(0, views.rows.length, ...views.rows.filter(({ id }) => !ids.has(id)))
      return ids.size
    }
    const expire = (): Promise<number> => expireRecords(database, { maxPerNamespace: 3 }, remove, silentLogger)
    while ((await expire()) > 0);
    const left = NAMES.map((name) => views.rows.filter(({ key }) => key[0] === name).length)
    expect(left).toEqual(sizes.map((size) => Math.min(3, size)))
  })
})

it('a name of printable ASCII costs no more rows than it has', async () => {
  const { views, database } = clusterOf([5], true)
  const asked: Query[] = []
  const ask = views.ask.bind(views)
  views.ask = (path, query) => {
    asked.push(query)
    return ask(path, query)
  }
  expect(await countRange(database, { ...RANGE, partition: 'ab' })).toBe(5)
  expect(await readRange(database, { ...RANGE, partition: 'ab', skip: 2, limit: 2 })).toHaveLength(2)
  expect(asked.filter(({ reduce }) => reduce === false)).toEqual([expect.objectContaining({ skip: 2, limit: 2 })])
})
