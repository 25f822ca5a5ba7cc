import assert from 'node:assert/strict'
import type { Container } from '@stemcell/core'
import { eventually, soon, whileCutOff } from '../kit/conformance-case.ts'
import { callOptions, idsOf, initBody, ownerOf, specFor, startAction, type ContainerCase } from './container-subject.ts'

/** Engines are slow and patience with them is long; a cable that is pulled need not be out for so long. */
const CUT_OFF_MS = 2500
const ECHO = 'function main(args) { return args }'

/** What becomes of a factory whose engine is out of reach for a while. */
export const containerOutageCases: readonly ContainerCase[] = [
  {
    id: 'containers.factory-says-when-its-engine-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 120_000,
    async run(subject, context) {
      const { factory } = subject
      const owner = ownerOf(context)
      const before = await startAction(subject, context, ECHO)
      await whileCutOff(context, 'list', () => factory.list(owner), CUT_OFF_MS)
      await soon('listing after the outage', context, () => factory.list(owner))
      assert.deepEqual(await idsOf(factory, owner), [before.container.id])
      const made: Container[] = []
      await whileCutOff(
        context,
        'create',
        async () => made.push(await factory.create(specFor(subject, owner))),
        CUT_OFF_MS,
      )
      await soon('creating after the outage', context, async () =>
        made.push(await factory.create(specFor(subject, owner))),
      )
      const { status } = await made.at(-1)!.init(initBody(ECHO), callOptions(context))
      assert.equal(status, 200)
      // What was made before is still there and answers; what was begun meanwhile and not handed over is gone.
      assert.deepEqual(await before.result({ still: 'there' }), { still: 'there' })
      const expected = [before.container, ...made].map(({ id }) => id).sort()
      await eventually('no container that nobody has', context, async () => {
        const found = await idsOf(factory, owner)
        return found.length === expected.length && found.every((id, index) => id === expected[index])
      })
    },
  },
]
