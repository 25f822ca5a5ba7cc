import assert from 'node:assert/strict'
import type { Container } from '@stemcell/core'
import { eventually } from '../kit/conformance-case.ts'
import {
  callOptions,
  exitOf,
  idsOf,
  initBody,
  ownerOf,
  rejectsWith,
  RunningAction,
  specFor,
  startAction,
  within,
  type ContainerCase,
} from './container-subject.ts'

const ECHO = 'function main(args) { return args }'
const MANY = 50
const AT_ONCE = 8

export const containerLifecycleCases: readonly ContainerCase[] = [
  {
    id: 'containers.unopened-factory-refuses',
    async run(subject, context) {
      const unopened = subject.another()
      await rejectsWith(context, unopened.create(specFor(subject, ownerOf(context))), 'ERR_CLOSED')
      await rejectsWith(context, unopened.list(ownerOf(context)), 'ERR_CLOSED')
      await rejectsWith(context, unopened.reap(ownerOf(context)), 'ERR_CLOSED')
    },
  },
  {
    id: 'containers.closed-factory-refuses-until-reopened',
    async run(subject, context) {
      await subject.factory.close()
      await rejectsWith(context, subject.factory.create(specFor(subject, ownerOf(context))), 'ERR_CLOSED')
      await subject.factory.close()
      await subject.factory.open()
      await subject.factory.open()
      const action = await startAction(subject, context, ECHO)
      assert.deepEqual(await action.result({ again: true }), { again: true })
    },
  },
  {
    id: 'containers.created-container-takes-init-at-once',
    async run(subject, context) {
      const container = await subject.factory.create(specFor(subject, ownerOf(context)))
      const { status } = await container.init(initBody(ECHO), callOptions(context))
      assert.equal(status, 200)
    },
  },
  {
    id: 'containers.unsupported-kind-is-refused',
    async run(subject, context) {
      const spec = specFor(subject, ownerOf(context), subject.unsupported)
      await rejectsWith(context, subject.factory.create(spec), 'ERR_UNSUPPORTED')
      assert.deepEqual(await idsOf(subject.factory, ownerOf(context)), [])
    },
  },
  {
    id: 'containers.refusal-names-what-it-refuses',
    async run(subject, context) {
      const { kind, image, ...spec } = specFor(subject, ownerOf(context), subject.unsupported)
      await assert.rejects(subject.factory.create({ ...spec, kind, image }), ({ message }: Error) => {
        assert.ok(message.includes(kind) || message.includes(image), `neither kind nor image is in "${message}"`)
        return true
      })
    },
  },
  {
    id: 'containers.aborted-start-leaves-nothing',
    async run(subject, context) {
      const owner = ownerOf(context)
      for (const turns of [0, 1, 10]) {
        const abort = new AbortController()
        const created = subject.factory.create(specFor(subject, owner), { signal: abort.signal })
        const settled = created.then(
          (container) => container,
          () => undefined,
        )
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
        abort.abort(new Error('no longer wanted'))
        // A start that was over before the abort is an ordinary container.
        const container = await within('the aborted start settled', context, settled)
        if (turns === 0) assert.equal(container, undefined, 'a start that was aborted at once succeeded')
        await container?.destroy()
      }
      await eventually(
        'nothing was left behind',
        context,
        async () => (await idsOf(subject.factory, owner)).length === 0,
      )
    },
  },
  {
    id: 'containers.fifty-in-parallel',
    async run(subject, context) {
      const owner = ownerOf(context)
      const made: Container[] = []
      let asked = 0
      const makeSome = async (): Promise<void> => {
        while (asked++ < MANY) made.push(await subject.factory.create(specFor(subject, owner)))
      }
      await Promise.all(Array.from({ length: AT_ONCE }, makeSome))
      assert.equal(new Set(made.map(({ id }) => id)).size, MANY, 'two containers have the same id')
      assert.deepEqual(await idsOf(subject.factory, owner), made.map(({ id }) => id).sort())
      for (const [index, container] of made.entries()) {
        await container.init(initBody(ECHO), callOptions(context))
        assert.deepEqual(await new RunningAction(container, context).result({ index }), { index })
      }
      await Promise.all(made.map((container) => container.destroy()))
      assert.deepEqual(await idsOf(subject.factory, owner), [])
    },
  },
  {
    id: 'containers.list-shows-only-own-labels',
    async run(subject, context) {
      const labels = { namespace: 'guest', action: 'guest/hello' }
      const mine = await subject.factory.create(specFor(subject, ownerOf(context), { labels }))
      await subject.factory.create(specFor(subject, ownerOf(context, 'invoker1')))
      const [found, ...others] = await subject.factory.list(ownerOf(context))
      assert.equal(found?.id, mine.id)
      assert.deepEqual(others, [])
      assert.equal(found.state, 'running')
      for (const [name, value] of Object.entries(labels)) assert.equal(found.labels[name], value)
    },
  },
  {
    id: 'containers.list-tells-the-suspended',
    skip: ({ capabilities }) => (capabilities.suspend ? undefined : 'cannot suspend'),
    async run(subject, context) {
      const { container } = await startAction(subject, context, ECHO)
      await container.suspend()
      assert.equal((await subject.factory.list(ownerOf(context)))[0]?.state, 'suspended')
      await container.resume()
      assert.equal((await subject.factory.list(ownerOf(context)))[0]?.state, 'running')
    },
  },
  {
    id: 'containers.reap-removes-what-others-left',
    async run(subject, context) {
      const earlier = subject.another()
      await earlier.open()
      try {
        const owner = ownerOf(context)
        const left = await earlier.create(specFor(subject, owner))
        const foreign = await earlier.create(specFor(subject, ownerOf(context, 'invoker1')))
        const own = await startAction(subject, context, ECHO)
        assert.deepEqual(await idsOf(subject.factory, owner), [left.id, own.container.id].sort())
        assert.equal(await subject.factory.reap(owner), 1)
        assert.deepEqual(await idsOf(subject.factory, owner), [own.container.id])
        await exitOf(left, context)
        assert.deepEqual(await own.result({ alive: true }), { alive: true })
        await foreign.init(initBody(ECHO), callOptions(context))
        assert.equal(await subject.factory.reap(owner), 0)
      } finally {
        await earlier.close()
      }
    },
  },
  {
    id: 'containers.close-destroys-all-of-its-own',
    async run(subject, context) {
      const other = subject.another()
      await other.open()
      try {
        const owner = ownerOf(context)
        const fresh = await subject.factory.create(specFor(subject, owner))
        const { container: used } = await startAction(subject, context, ECHO)
        const still = await other.create(specFor(subject, ownerOf(context, 'invoker1')))
        await subject.factory.close()
        assert.equal((await exitOf(fresh, context)).reason, 'destroyed')
        assert.equal((await exitOf(used, context)).reason, 'destroyed')
        assert.deepEqual(await idsOf(other, owner), [])
        assert.deepEqual(await idsOf(other, ownerOf(context, 'invoker1')), [still.id])
      } finally {
        await other.close()
      }
    },
  },
  {
    id: 'containers.close-destroys-those-that-had-ended',
    async run(subject, context) {
      const other = subject.another()
      await other.open()
      try {
        const owner = ownerOf(context)
        const ended = await startAction(subject, context, 'function main() { process.exit(3) }')
        await rejectsWith(context, ended.run(), 'ERR_CONNECTION_LOST')
        await exitOf(ended.container, context)
        await subject.factory.create(specFor(subject, owner))
        await subject.factory.close()
        assert.deepEqual(await idsOf(other, owner), [])
      } finally {
        await other.close()
      }
    },
  },
]
