import assert from 'node:assert/strict'
import {
  compareKeys,
  KeySpace,
  type FoundValue,
  type KeyRange,
  type SortedBackend,
  type SortedCondition,
  type SortedOperation,
  type SortedRange,
} from '@stemcell/core/sorted-store'
import type { ConformanceCase } from '../kit/conformance-case.ts'

const ALL = { reverse: false, skip: 0, limit: Number.MAX_SAFE_INTEGER } as const
const COMPETITORS = 20

/** Keys of one case, as the stores make them: a backend may look at what kind of key it is given. */
class Keys {
  readonly #space = new KeySpace('e')
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  document(id: string): string {
    return this.#space.document(`${this.#name}/${id}`)
  }

  attachment(id: string): string {
    return this.#space.attachment(`${this.#name}/${id}`, 'code')
  }

  row(order: number, id = 'x'): string {
    return this.#space.row(id, { index: 'kit', partition: this.#name, order, place: 0 })
  }

  /** Of all documents. */
  get documents(): KeyRange {
    const prefix = this.#space.document(`${this.#name}/`)
    return { gte: prefix, lt: `${prefix.slice(0, -1)}0` }
  }

  /** Of all rows. */
  get rows(): KeyRange {
    const prefix = this.#space.rows('kit', this.#name)
    return { gte: prefix + '0'.repeat(16), lt: `${prefix}:` }
  }
}

const put = (key: string, value: string | Uint8Array): SortedOperation => ({ type: 'put', key, value })

async function write(
  backend: SortedBackend,
  operations: readonly SortedOperation[],
  conditions: readonly SortedCondition[] = [],
): Promise<boolean> {
  return backend.batch({ conditions, operations })
}

async function read(backend: SortedBackend, range: KeyRange & Partial<SortedRange>): Promise<string[]> {
  return (await backend.range({ ...ALL, ...range })).map(([key]) => key)
}

function bytesOf(value: FoundValue | undefined): number[] {
  assert.ok(value instanceof Uint8Array, `expected bytes, got ${typeof value}`)
  return [...value]
}

/** Every promise of the SortedBackend SPI that shows without damage. */
export const sortedBackendCases: readonly ConformanceCase<SortedBackend>[] = [
  {
    id: 'sorted-backend.values-come-back-as-they-were-put',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const texts = { empty: '', short: '{"a":1}', foreign: 'é 日本 😀 "\\\n\u0001', long: 'x'.repeat(1_000_000) }
      const bytes = { none: [], all: Array.from({ length: 256 }, (_, index) => index), text: [...Buffer.from('é')] }
      const operations = [
        ...Object.entries(texts).map(([id, text]) => put(keys.document(id), text)),
        ...Object.entries(bytes).map(([id, list]) => put(keys.attachment(id), Uint8Array.from(list))),
      ]
      assert.equal(await write(backend, operations), true)
      for (const [id, text] of Object.entries(texts))
        assert.ok((await backend.get(keys.document(id))) === text, `the text '${id}' is another`)
      for (const [id, list] of Object.entries(bytes))
        assert.deepEqual(bytesOf(await backend.get(keys.attachment(id))), list)
      const found = await backend.range({ ...ALL, ...keys.documents })
      assert.deepEqual(Object.fromEntries(found), Object.fromEntries(operations.slice(0, 4).map((one) => entry(one))))
    },
  },
  {
    id: 'sorted-backend.what-is-not-there-is-undefined',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      await write(backend, [put(keys.document('a'), '1')])
      assert.equal(await backend.get(keys.document('b')), undefined)
      assert.equal(await backend.get(keys.attachment('a')), undefined)
      await write(backend, [{ type: 'del', key: keys.document('a') }])
      assert.equal(await backend.get(keys.document('a')), undefined)
      assert.deepEqual(await read(backend, keys.documents), [])
    },
  },
  {
    id: 'sorted-backend.bytes-are-the-callers-own',
    async run(backend, { uniqueName }) {
      const key = new Keys(uniqueName).attachment('a')
      await write(backend, [put(key, Uint8Array.of(1, 2, 3))])
      const first = await backend.get(key)
      assert.ok(first instanceof Uint8Array)
      first.fill(9)
      assert.deepEqual(bytesOf(await backend.get(key)), [1, 2, 3])
    },
  },
  {
    id: 'sorted-backend.keys-are-ordered-by-their-bytes',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const ids = ['', 'a', 'a\0', 'a\0b', 'a\u0001', 'ab', 'Z', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}']
      const wanted = ids.map((id) => keys.document(id)).sort(compareKeys)
      await write(
        backend,
        wanted.toReversed().map((key) => put(key, '1')),
      )
      assert.deepEqual(await read(backend, keys.documents), wanted)
    },
  },
  {
    id: 'sorted-backend.ranges-begin-with-their-first-key-and-end-before-their-last',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const rows = [1, 2, 3, 4].map((order) => keys.row(order))
      await write(
        backend,
        rows.map((key) => put(key, '{}')),
      )
      assert.deepEqual(await read(backend, { gte: rows[1]!, lt: rows[3]! }), rows.slice(1, 3))
      assert.deepEqual(await read(backend, { gte: rows[2]!, lt: rows[2]! }), [])
      assert.deepEqual(await read(backend, { gte: rows[2]!, lt: rows[0]! }), [])
      assert.deepEqual(await read(backend, keys.rows), rows)
    },
  },
  {
    id: 'sorted-backend.a-range-is-turned-round-before-it-is-cut',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const rows = [1, 2, 3, 4, 5].map((order) => keys.row(order))
      await write(
        backend,
        rows.map((key) => put(key, '{}')),
      )
      const cut = (part: Partial<SortedRange>): Promise<string[]> => read(backend, { ...keys.rows, ...part })
      const of = (...places: number[]): string[] => places.map((place) => rows[place]!)
      assert.deepEqual(await cut({ skip: 1, limit: 2 }), of(1, 2))
      assert.deepEqual(await cut({ reverse: true }), of(4, 3, 2, 1, 0))
      assert.deepEqual(await cut({ reverse: true, skip: 1, limit: 2 }), of(3, 2))
      assert.deepEqual(await cut({ reverse: true, skip: 4, limit: 2 }), of(0))
      assert.deepEqual(await cut({ skip: 5 }), [])
      assert.deepEqual(await cut({ limit: 0 }), [])
    },
  },
  {
    id: 'sorted-backend.counts-are-those-of-ranges',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const rows = [1, 2, 3, 4].map((order) => keys.row(order))
      const counted = async (): Promise<number[]> => [
        await backend.count(keys.rows),
        await backend.count({ gte: rows[1]!, lt: rows[3]! }),
        await backend.count({ gte: rows[3]!, lt: rows[1]! }),
        await backend.count(keys.documents),
      ]
      assert.deepEqual(await counted(), [0, 0, 0, 0])
      await write(
        backend,
        [...rows, keys.document('a')].map((key) => put(key, '1')),
      )
      assert.deepEqual(await counted(), [4, 2, 0, 1])
      // What is there already is not counted again, nor is what is not there taken off.
      await write(backend, [put(rows[0]!, '2'), { type: 'del', key: rows[1]! }, { type: 'del', key: keys.row(9) }])
      assert.deepEqual(await counted(), [3, 1, 0, 1])
    },
  },
  {
    id: 'sorted-backend.a-batch-is-written-when-all-conditions-hold-and-not-otherwise',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const [a, b, c] = [keys.document('a'), keys.document('b'), keys.document('c')]
      await write(backend, [put(a, '1')])
      const holds = { key: a, value: '1' }
      const change: SortedOperation[] = [put(b, '2'), { type: 'del', key: a }]
      const failing: SortedCondition[][] = [
        [holds, { key: b, value: '2' }],
        [{ key: c, value: '' }, holds],
        [{ key: a, value: undefined }],
        [{ key: a, value: '1 ' }],
        [{ key: a, value: '' }],
      ]
      for (const conditions of failing) {
        assert.equal(await write(backend, change, conditions), false, JSON.stringify(conditions))
        assert.deepEqual(await read(backend, keys.documents), [a])
      }
      assert.equal(await write(backend, change, [holds, { key: c, value: undefined }]), true)
      assert.deepEqual(await read(backend, keys.documents), [b])
    },
  },
  {
    id: 'sorted-backend.of-batches-that-compete-one-wins',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const key = keys.document('a')
      const outcomes = await Promise.all(
        Array.from({ length: COMPETITORS }, (_, index) =>
          write(backend, [put(key, String(index)), put(keys.row(index), '{}')], [{ key, value: undefined }]),
        ),
      )
      assert.equal(outcomes.filter(Boolean).length, 1, 'one batch must win, and one alone')
      const winner = outcomes.indexOf(true)
      assert.equal(await backend.get(key), String(winner))
      assert.deepEqual(await read(backend, keys.rows), [keys.row(winner)])
    },
  },
  {
    id: 'sorted-backend.removing-what-is-not-there-is-no-error',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const operations = [{ type: 'del', key: keys.document('a') } as const, put(keys.document('b'), '1')]
      assert.equal(await write(backend, operations), true)
      assert.deepEqual(await read(backend, keys.documents), [keys.document('b')])
    },
  },
  {
    id: 'sorted-backend.reads-see-what-was-said-to-be-written',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      for (let round = 1; round <= 50; round++) {
        await write(backend, [put(keys.document('a'), String(round)), put(keys.row(round), '{}')])
        assert.equal(await backend.get(keys.document('a')), String(round))
        assert.equal((await read(backend, keys.rows)).length, round)
        assert.equal(await backend.count(keys.rows), round)
      }
    },
  },
  {
    id: 'sorted-backend.no-read-sees-a-part-of-a-batch',
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const both = [keys.row(1), keys.row(2)]
      let isWriting = true
      const writer = (async (): Promise<void> => {
        for (let round = 0; round < 100; round++) {
          await write(
            backend,
            both.map((key): SortedOperation => (round % 2 === 0 ? put(key, '{}') : { type: 'del', key })),
          )
        }
        isWriting = false
      })()
      while (isWriting) {
        const found = (await read(backend, keys.rows)).length
        assert.ok(found === 0 || found === 2, 'a range shows one of two keys that are written together')
        await new Promise((resolve) => setImmediate(resolve))
      }
      await writer
    },
  },
  {
    id: 'sorted-backend.many-values-come-in-the-order-of-their-keys',
    skip: (backend) => (backend.getMany ? undefined : 'has no getMany'),
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      await write(
        backend,
        ['a', 'b', 'c'].map((id) => put(keys.document(id), id)),
      )
      const asked = ['c', 'none', 'a', 'c'].map((id) => keys.document(id))
      assert.deepEqual(await backend.getMany!(asked), ['c', undefined, 'a', 'c'])
      assert.deepEqual(await backend.getMany!([]), [])
    },
  },
  {
    id: 'sorted-backend.a-view-is-of-one-moment',
    skip: (backend) => (backend.view ? undefined : 'has no view'),
    async run(backend, { uniqueName }) {
      const keys = new Keys(uniqueName)
      const key = keys.document('a')
      await write(backend, [put(key, '1')])
      await backend.view!(async (reads) => {
        assert.equal(await reads.get(key), '1')
        await write(backend, [put(key, '2'), put(keys.document('b'), '2')])
        assert.equal(await reads.get(key), '1')
        assert.deepEqual(await reads.range({ ...ALL, ...keys.documents }), [[key, '1']])
        assert.equal(await backend.get(key), '2', 'a read beside the view')
      })
      assert.equal(await backend.count(keys.documents), 2)
    },
  },
  {
    id: 'sorted-backend.what-was-written-is-there-for-others',
    needs: ['another'],
    skip: ({ durable }) => (durable ? undefined : 'keeps nothing beyond itself'),
    async run(backend, context) {
      const keys = new Keys(context.uniqueName)
      await write(backend, [put(keys.document('a'), '1'), put(keys.row(1), '{}')])
      const other = await context.another()
      assert.equal(await other.get(keys.document('a')), '1')
      assert.equal(await other.count(keys.rows), 1)
    },
  },
]

function entry(operation: SortedOperation): [string, string | Uint8Array] {
  assert.ok(operation.type === 'put')
  return [operation.key, operation.value]
}
