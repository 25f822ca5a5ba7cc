import { KeySpace, MemorySortedBackend, type SortedBackend, type SortedOperation } from '@stemcell/core/sorted-store'
import fc from 'fast-check'
import { expect } from 'vitest'

const keys = new KeySpace('e')
const id = fc.constantFrom('a', 'a b', 'a/b', 'b', 'é', '\uffff', '😀', 'n\0l', '\ud800')
const key = fc.oneof(
  id.map((one) => keys.document(one)),
  fc
    .tuple(id, fc.constantFrom('', 'p', 'p\0'), fc.nat(3))
    .map(([one, partition, order]) => keys.row(one, { index: 'i', partition, order, place: 0 })),
)
const text = fc.constantFrom('', '1', 'é😀', '"text"')
const put = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, value: text }),
  fc.record({
    type: fc.constant('put' as const),
    key: id.map((one) => keys.attachment(one, 'code')),
    value: fc.uint8Array({ maxLength: 5 }),
  }),
)
const del = fc.record({ type: fc.constant('del' as const), key })
const batch = fc.record({
  conditions: fc.array(fc.record({ key, value: fc.option(text, { nil: undefined }) }), { maxLength: 2 }),
  operations: fc.uniqueArray(fc.oneof<fc.Arbitrary<SortedOperation>[]>(put, del), {
    maxLength: 6,
    selector: ({ key: named }) => named,
  }),
})
const bound = fc.oneof(key, fc.constantFrom(keys.all('documents').gte, keys.all('rows').gte, keys.all('rows').lt))
const range = fc.record({
  gte: bound,
  lt: bound,
  reverse: fc.boolean(),
  skip: fc.nat(4),
  limit: fc.constantFrom(0, 1, 2, 1000, Number.MAX_SAFE_INTEGER),
})
const partitions = ['', 'p', 'p\0'].map((partition) => {
  const prefix = keys.rows('i', partition)
  return { gte: `${prefix}${'0'.repeat(16)}`, lt: `${prefix}:` }
})

/** Shows that a backend answers whatever is written and asked as the one in memory does. */
export async function expectAgreement(create: () => Promise<SortedBackend>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(batch, { minLength: 1, maxLength: 8 }),
      fc.array(range, { maxLength: 8 }),
      async (batches, ranges) => {
        const reference = new MemorySortedBackend()
        const backend = await create()
        await backend.open()
        try {
          for (const one of batches) expect(await backend.batch(one)).toBe(reference.batch(one))
          for (const one of ranges.filter(({ gte }) => gte.charAt(1) !== 'b')) {
            const wanted = { ...one, lt: one.lt.charAt(1) === 'd' ? keys.all('documents').lt : one.lt }
            expect(await backend.range(wanted)).toEqual(reference.range(wanted))
            expect(await backend.count(wanted)).toBe(reference.count(wanted))
          }
          for (const one of partitions) expect(await backend.count(one)).toBe(reference.count(one))
          const named = batches.flatMap(({ operations }) => operations.map((operation) => operation.key))
          for (const one of named) {
            const [found, expected] = [await backend.get(one), reference.get(one)]
            expect(typeof found === 'object' ? [...found] : found).toEqual(
              typeof expected === 'object' ? [...expected] : expected,
            )
          }
          const texts = named.filter((one) => one.charAt(1) !== 'b')
          if (texts.length > 0) expect(await backend.getMany?.(texts)).toEqual(texts.map((one) => reference.get(one)))
        } finally {
          await backend.close()
        }
      },
    ),
    { numRuns },
  )
}
