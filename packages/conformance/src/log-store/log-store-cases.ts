import assert from 'node:assert/strict'
import { ALL_RIGHTS, type Activation, type Identity, type LogStore } from '@stemcell/core'
import { createHash } from 'node:crypto'
import { eventually, soon, whileCutOff, type ConformanceCase } from '../kit/conformance-case.ts'
import { refuses } from '../stores/store-subject.ts'

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function caller(name: string): Identity {
  const uuid = `${idOf(name).slice(0, 8)}-0000-4000-8000-000000000000`
  return {
    subject: name,
    namespace: { name, uuid },
    authkey: { uuid, key: 'k'.repeat(64) },
    rights: ALL_RIGHTS,
    limits: {},
  }
}

function activationOf(user: Identity, text: string): Activation {
  return {
    namespace: user.namespace.name,
    name: 'a',
    version: '0.0.1',
    subject: user.subject,
    activationId: idOf(`${user.namespace.name} ${text}`),
    start: 1_700_000_000_000,
    end: 1_700_000_001_000,
    duration: 1000,
    publish: false,
    response: { statusCode: 0 },
    logs: [],
    annotations: [],
  }
}

function keepsNothing({ capabilities }: LogStore): string | undefined {
  return capabilities.collects ? undefined : 'does not collect; lines are gathered by other means'
}

/** Keeps lines, makes the record as the invoker does, and fetches as the controller does. */
async function roundTrip(
  store: LogStore,
  activation: Activation,
  user: Identity,
  lines: readonly string[],
): Promise<readonly string[] | undefined> {
  const logs = await store.keep(activation, user, lines)
  return store.fetch(activation.activationId, { ...activation, logs }, user)
}

const line = (text: string, stream = 'stdout'): string => `2024-05-01T10:11:12.123456789Z ${stream}: ${text}`

/** Every promise of the LogStore SPI. */
export const logStoreCases: readonly ConformanceCase<LogStore>[] = [
  {
    id: 'log.lines-are-fetched-as-they-were-kept',
    skip: keepsNothing,
    async run(store, context) {
      const user = caller(context.uniqueName)
      const activation = activationOf(user, '1')
      const lines = [
        line('first'),
        line('to stderr', 'stderr'),
        line('first'),
        line(''),
        line('é 日本 😀 "quoted" \\ {"a":1}\tx'),
        line('x'.repeat(100_000)),
      ]
      const logs = await store.keep(activation, user, lines)
      const record = { ...activation, logs }
      // A backend of logs may take its time until what it took can be found.
      await eventually('the lines', context, async () => {
        const found = await store.fetch(activation.activationId, record, user)
        return found?.length === lines.length
      })
      assert.deepEqual(await store.fetch(activation.activationId, record, user), lines)
    },
  },
  {
    id: 'log.no-lines-are-none',
    skip: keepsNothing,
    async run(store, { uniqueName }) {
      const user = caller(uniqueName)
      assert.deepEqual((await roundTrip(store, activationOf(user, '1'), user, [])) ?? [], [])
    },
  },
  {
    id: 'log.activations-are-separate',
    skip: keepsNothing,
    async run(store, context) {
      const user = caller(context.uniqueName)
      const activations = Array.from({ length: 20 }, (_, index) => activationOf(user, String(index)))
      const records = await Promise.all(
        activations.map(async (activation) => ({
          ...activation,
          logs: await store.keep(activation, user, [line(activation.activationId)]),
        })),
      )
      for (const record of records) {
        const { activationId } = record
        await eventually('the line', context, async () => (await store.fetch(activationId, record, user))?.length === 1)
        assert.deepEqual(await store.fetch(activationId, record, user), [line(activationId)])
      }
    },
  },
  {
    id: 'log.what-nobody-kept-is-undefined-or-empty',
    async run(store, { uniqueName }) {
      const user = caller(uniqueName)
      const found = await store.fetch(idOf('never'), undefined, user)
      assert.ok(found === undefined || found.length === 0, `found ${JSON.stringify(found)}`)
    },
  },
  {
    id: 'log.another-namespace-gets-nothing',
    skip: keepsNothing,
    async run(store, context) {
      const user = caller(context.uniqueName)
      const activation = activationOf(user, '1')
      const logs = await store.keep(activation, user, [line('mine')])
      await eventually('the line', context, async () => {
        return (await store.fetch(activation.activationId, { ...activation, logs }, user))?.length === 1
      })
      const stranger = caller(`${context.uniqueName}-2`)
      const found = await store.fetch(activation.activationId, undefined, stranger)
      assert.ok(found === undefined || found.length === 0, 'the lines of another namespace were given away')
    },
  },
  {
    id: 'log.refuses-when-closed',
    async run(store, { uniqueName }) {
      const user = caller(uniqueName)
      const activation = activationOf(user, '1')
      await store.close()
      if (store.capabilities.collects) await refuses('ERR_CLOSED', () => store.keep(activation, user, [line('x')]))
      await refuses('ERR_CLOSED', () => store.fetch(activation.activationId, activation, user))
    },
  },
  {
    id: 'log.opens-and-closes-repeatedly',
    async run(store, { uniqueName }) {
      await Promise.all([store.open(), store.open()])
      await Promise.all([store.close(), store.close()])
      await store.close()
      await store.open()
      const user = caller(uniqueName)
      await store.fetch(idOf('never'), undefined, user)
    },
  },
  {
    id: 'log.says-when-its-backend-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(store, context) {
      const user = caller(context.uniqueName)
      const activation = activationOf(user, '1')
      await whileCutOff(context, 'fetch', () => store.fetch(activation.activationId, undefined, user))
      await soon('fetching after the outage', context, () => store.fetch(activation.activationId, undefined, user))
    },
  },
]
