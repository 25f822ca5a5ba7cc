import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJsonObject, type JsonValue } from '../../../../src/model/json.ts'
import { ComposingRig } from '../composing-rig.ts'

/** A component: an atomic action by its index, or a sequence of components. */
type Tree = number | readonly Tree[]

/** What the atomic actions do; the last two end a sequence. */
const ATOMS: readonly ((args: JsonValue) => JsonValue)[] = [
  (args) => args,
  (args) => ({ n: numberOf(args) + 1 }),
  (args) => ({ n: (numberOf(args) * 3) % 1009, seen: true }),
  (args) => (Array.isArray(args) ? { n: args.length } : [args]),
  () => ({}),
  (args) => (numberOf(args) % 5 === 0 ? { error: numberOf(args) } : args),
  (args) => ({ error: args }),
]

function numberOf(args: JsonValue): number {
  const n = isJsonObject(args) ? args['n'] : undefined
  return typeof n === 'number' ? n : 0
}

const tree = fc.letrec<{ tree: Tree; sequence: Tree[] }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, fc.integer({ min: 0, max: ATOMS.length - 1 }), tie('sequence')),
  sequence: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
}))

interface Folded {
  readonly value: JsonValue
  readonly stopped: boolean
  readonly runs: number
}

/** The atomic functions one after the other, until one errs. */
function fold(component: Tree, value: JsonValue): Folded {
  if (typeof component === 'number') {
    const result = ATOMS[component]!(value)
    return { value: result, stopped: isJsonObject(result) && 'error' in result, runs: 1 }
  }
  let state: Folded = { value, stopped: false, runs: 0 }
  for (const part of component) {
    const next = fold(part, state.value)
    state = { ...next, runs: state.runs + next.runs }
    if (state.stopped) break
  }
  return state
}

describe('nested sequences', () => {
  it('do what their atomic functions do one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(tree.sequence, fc.integer({ min: 0, max: 50 }), async (components, n) => {
        const rig = await ComposingRig.start({ maxLength: 10_000 })
        for (const [index, atom] of ATOMS.entries()) await rig.action(`ns/atom${index}`, atom)
        let sequences = 0
        const define = async (component: Tree): Promise<string> => {
          if (typeof component === 'number') return `ns/atom${component}`
          const names: string[] = []
          for (const part of component) names.push(await define(part))
          const name = `ns/seq${sequences++}`
          await rig.sequence(name, names)
          return name
        }
        const record = await rig.invoke(await define(components), { n })
        const expected = fold(components, { n })
        expect(record.response.result!.value).toEqual(expected.value)
        expect(record.response.statusCode).toBe(expected.stopped ? 1 : 0)
        expect(rig.inner.steps).toHaveLength(expected.runs)
      }),
      { numRuns: 200 },
    )
  })
})
