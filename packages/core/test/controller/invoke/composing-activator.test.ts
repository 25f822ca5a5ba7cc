import { describe, expect, it, vi } from 'vitest'
import { isPlatformError, PlatformError } from '../../../src/errors.ts'
import type { Activation } from '../../../src/model/activation.ts'
import type { JsonValue } from '../../../src/model/json.ts'
import { MemoryActivationStore } from '../../../src/store/memory-activation-store.ts'
import { answerOf, ComposingRig } from './composing-rig.ts'

const echo = (args: JsonValue): JsonValue => args
const CUT_SHORT = { error: 'The controller stopped before the activation was finished.' }
const CUT_OFF = { error: 'The activation was ended before its next step: the platform is shutting down.' }

/** An action that ends when it is told to. */
function gate() {
  let open: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  let reached: () => void
  const running = new Promise<void>((resolve) => (reached = resolve))
  return {
    running,
    open: () => open(),
    script: async (args: JsonValue): Promise<JsonValue> => {
      reached()
      await opened
      return args
    },
  }
}

describe('a composing activator', () => {
  it('hands on what is neither sequence nor composition, as it is', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    const request = await rig.request('ns/a', { x: 1 })
    const { activation } = await rig.activator.activate(request)
    expect(rig.inner.steps[0]!.request).toBe(request)
    expect(answerOf(activation!).result).toEqual({ x: 1 })
  })

  it('answers a non-blocking request at once and goes on', async () => {
    const rig = await ComposingRig.start()
    const held = gate()
    await rig.action('ns/a', held.script)
    await rig.sequence('ns/seq', ['ns/a', 'ns/a'])
    const outcome = await rig.activate('ns/seq', { x: 1 }, { blocking: false })
    expect(Object.keys(outcome)).toEqual(['activationId'])
    expect(await rig.record(outcome.activationId)).toBeUndefined()
    held.open()
    await rig.activator.drain(1000)
    expect(answerOf((await rig.record(outcome.activationId))!)).toEqual({ statusCode: 0, result: { x: 1 } })
  })

  it('answers with the id alone when the wait is over, and goes on', async () => {
    const rig = await ComposingRig.start()
    const held = gate()
    await rig.action('ns/a', held.script)
    await rig.sequence('ns/seq', ['ns/a'])
    const asked = rig.activate('ns/seq', {}, { waitMs: 500 })
    await rig.clock.advance(500)
    const outcome = await asked
    expect(Object.keys(outcome)).toEqual(['activationId'])
    held.open()
    await rig.activator.drain(1000)
    expect((await rig.record(outcome.activationId))!.end).toBe(rig.clock.now())
  })

  it('leaves no timer behind once it is closed', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    await rig.invoke('ns/seq')
    await rig.activator.close()
    expect(rig.clock.nextDueMs).toBeUndefined()
  })

  it('settles the topmost only, once, however many steps there are', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.conductor('ns/c', () => ({ params: {} }))
    await rig.sequence('ns/inner', ['ns/a', 'ns/c'])
    await rig.sequence('ns/outer', ['ns/inner', 'ns/a'])
    let settled = 0
    await rig.invoke('ns/outer', {}, { onSettled: () => settled++ })
    expect(settled).toBe(1)
    expect(rig.inner.steps.map(({ request }) => request.onSettled)).toEqual([undefined, undefined, undefined])
  })

  it('counts a composite of a namespace as in flight until it has ended', async () => {
    const rig = await ComposingRig.start()
    const held = gate()
    await rig.action('ns/a', held.script)
    await rig.sequence('ns/inner', ['ns/a'])
    await rig.sequence('ns/seq', ['ns/inner'])
    const asked = rig.invoke('ns/seq')
    await held.running
    expect(rig.activator.inFlight('uuid-of-ns')).toBe(1)
    expect(rig.activator.inFlight('another')).toBe(0)
    held.open()
    await asked
    expect(rig.activator.inFlight('uuid-of-ns')).toBe(0)
  })

  it('lets many composites run at once without mixing them up', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', async (args) => {
      await rig.clock.sleep(10)
      return args
    })
    await rig.sequence('ns/seq', ['ns/a', 'ns/a'])
    const asked = Promise.all(Array.from({ length: 100 }, (_, i) => rig.invoke('ns/seq', { i })))
    await rig.clock.advance(20)
    const records = await asked
    expect(records.map((record) => answerOf(record).result)).toEqual(records.map((_, i) => ({ i })))
    const ids = records.flatMap(({ logs }) => logs)
    expect(new Set(ids).size).toBe(200)
  })
})

describe('the record of a composite', () => {
  it('is not stored for a namespace that stores none, even with extra logging', async () => {
    const rig = await ComposingRig.start({ userLimits: { storeActivations: false } })
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    const { activationId } = await rig.invoke('ns/seq', {}, { extraLogging: true })
    await rig.activator.close()
    expect(await rig.record(activationId)).toBeUndefined()
  })

  it.each([
    ['a success', { x: 1 }, {}, false],
    ['a success with extra logging', { x: 1 }, { extraLogging: true }, true],
    ['a failure', { error: 'no' }, {}, true],
    ['a success that nobody waits for', { x: 1 }, { blocking: false }, true],
  ])('of %s is stored as the level says', async (_, result, spec, stored) => {
    const rig = await ComposingRig.start({ storeLevels: { blocking: 'failures', nonBlocking: 'always' } })
    await rig.action('ns/a', () => result)
    await rig.sequence('ns/seq', ['ns/a'])
    const { activationId } = await rig.activate('ns/seq', {}, spec)
    await rig.activator.drain(1000)
    await rig.activator.close()
    expect((await rig.record(activationId)) !== undefined).toBe(stored)
  })

  it('is stored before the answer, again and again until the store takes it', async () => {
    const records = new FailingStore(3)
    const rig = await ComposingRig.start({ activationStore: records })
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    let answered = false
    const asked = rig.invoke('ns/seq').finally(() => (answered = true))
    await rig.clock.advance(100)
    expect([answered, records.attempts > 0]).toEqual([false, true])
    await rig.clock.advance(1000)
    expect(await rig.record((await asked).activationId)).toBeDefined()
    expect(records.attempts).toBe(4)
  })

  it('is written provisionally, with its steps so far, before the id is told; so are nested ones', async () => {
    const rig = await ComposingRig.start()
    const held = gate()
    await rig.action('ns/a', echo)
    await rig.action('ns/held', held.script)
    await rig.sequence('ns/inner', ['ns/a', 'ns/held', 'ns/a'])
    await rig.sequence('ns/outer', ['ns/a', 'ns/inner'])
    const { activationId } = await rig.activate('ns/outer', {}, { blocking: false })
    await held.running
    expect(await rig.record(activationId)).toBeUndefined()
    expect(await rig.records.finalizeOrphans('controller0')).toBe(2)
    const outer = (await rig.record(activationId))!
    expect(answerOf(outer)).toEqual({ statusCode: 3, result: CUT_SHORT })
    expect(outer.logs).toHaveLength(2)
    const inner = (await rig.record(outer.logs[1]!))!
    expect([answerOf(inner).result, inner.logs.length]).toEqual([CUT_SHORT, 1])
    held.open()
  })

  it('is written provisionally when the wait of a blocking caller is over, and not before', async () => {
    const rig = await ComposingRig.start()
    const putProvisional = vi.spyOn(rig.records, 'putProvisional')
    const held = gate()
    await rig.action('ns/held', held.script)
    await rig.sequence('ns/inner', ['ns/held'])
    await rig.sequence('ns/outer', ['ns/inner'])
    const asked = rig.activate('ns/outer', {}, { waitMs: 500 })
    await held.running
    await rig.clock.advance(499)
    expect(putProvisional).not.toHaveBeenCalled()
    await rig.clock.advance(1)
    const { activationId, activation } = await asked
    expect(activation).toBeUndefined()
    expect(putProvisional).toHaveBeenCalledTimes(2)
    held.open()
    await rig.clock.advance(0)
    expect((await rig.record(activationId))?.response.statusCode).toBe(0)
    expect(await rig.records.finalizeOrphans('controller0')).toBe(0)
  })

  it('that cannot be written provisionally keeps the id from being told', async () => {
    const rig = await ComposingRig.start()
    rig.records.putProvisional = () => {
      throw new PlatformError('ERR_UNAVAILABLE', 'down')
    }
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    await expect(rig.activate('ns/seq', {}, { blocking: false })).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  it('that turns out not to be wanted leaves no provisional one behind', async () => {
    const rig = await ComposingRig.start({ storeLevels: { blocking: 'always', nonBlocking: 'failures' } })
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    const { activationId } = await rig.activate('ns/seq', {}, { blocking: false })
    await rig.activator.drain(1000)
    await rig.activator.close()
    expect(await rig.records.finalizeOrphans('controller0')).toBe(0)
    expect(await rig.record(activationId)).toBeUndefined()
  })

  it('loses its result when it is too large for the store', async () => {
    const rig = await ComposingRig.start({ activationStore: new SmallStore() })
    await rig.action('ns/a', () => ({ large: 'x'.repeat(2000) }))
    await rig.sequence('ns/seq', ['ns/a'])
    const { activationId, response } = await rig.invoke('ns/seq')
    expect(response.statusCode).toBe(0)
    await rig.activator.close()
    expect(answerOf((await rig.record(activationId))!)).toEqual({
      statusCode: 1,
      result: { error: 'The activation record exceeded the allowed length of 1000 bytes.' },
    })
  })
})

describe('a composing activator that closes', () => {
  it('accepts nothing more, of any kind, and settles what it refuses', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    await rig.activator.drain(0)
    for (const name of ['ns/a', 'ns/seq']) {
      let settled = 0
      const refused = await rig.activate(name, {}, { onSettled: () => settled++ }).catch((error: unknown) => error)
      expect(isPlatformError(refused, 'ERR_UNAVAILABLE')).toBe(true)
      expect(settled).toBe(1)
    }
    expect(rig.inner.steps).toEqual([])
    rig.activator.open()
    expect(answerOf(await rig.invoke('ns/seq', { x: 1 })).result).toEqual({ x: 1 })
  })

  it('lets what runs come to its end while it drains', async () => {
    const rig = await ComposingRig.start()
    const held = gate()
    await rig.action('ns/a', held.script)
    await rig.sequence('ns/seq', ['ns/a', 'ns/a', 'ns/a'])
    const asked = rig.invoke('ns/seq', { x: 1 })
    await held.running
    const drained = rig.activator.drain(10_000)
    held.open()
    await drained
    expect(answerOf(await asked)).toEqual({ statusCode: 0, result: { x: 1 } })
  })

  it('starts no further step when the time to drain is over', async () => {
    const rig = await ComposingRig.start()
    const held = gate()
    await rig.action('ns/a', held.script)
    await rig.sequence('ns/inner', ['ns/a', 'ns/a'])
    await rig.conductor('ns/c', () => ({ action: 'inner' }))
    const asked = rig.invoke('ns/c')
    await held.running
    const drained = rig.activator.drain(1000)
    await rig.clock.advance(1000)
    await drained
    held.open()
    const record = await asked
    expect(answerOf(record)).toEqual({ statusCode: 3, result: CUT_OFF })
    expect(answerOf((await rig.record(record.logs[1]!))!)).toEqual({ statusCode: 3, result: CUT_OFF })
    expect(rig.inner.steps).toHaveLength(2)
  })

  it('ends with a record whatever still runs, nested ones too, and settles it once', async () => {
    const rig = await ComposingRig.start()
    const held = gate()
    await rig.action('ns/a', held.script)
    await rig.sequence('ns/inner', ['ns/a'])
    await rig.sequence('ns/outer', ['ns/inner'])
    let settled = 0
    const { activationId } = await rig.activate('ns/outer', {}, { blocking: false, onSettled: () => settled++ })
    await held.running
    await rig.activator.close()
    const outer = await rig.record(activationId)
    expect(answerOf(outer!)).toEqual({ statusCode: 3, result: CUT_OFF })
    expect(answerOf((await rig.record(outer!.logs[0]!))!)).toEqual({ statusCode: 3, result: CUT_OFF })
    held.open()
    await rig.clock.advance(1000)
    expect(settled).toBe(1)
    expect(await rig.record(activationId)).toEqual(outer)
  })

  it('gives up on a store that does not answer after a grace, and tells nobody of what has no record', async () => {
    const rig = await ComposingRig.start({ activationStore: new FailingStore(Infinity) })
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    const asked = expect(rig.activate('ns/seq')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await rig.clock.advance(0)
    let closed = false
    const closing = rig.activator.close().then(() => (closed = true))
    await rig.clock.advance(4_999)
    expect(closed).toBe(false)
    await rig.clock.advance(1)
    await closing
    expect(closed).toBe(true)
    await asked
  })
})

/** Refuses the first writes. */
class FailingStore extends MemoryActivationStore {
  attempts = 0
  readonly #failures: number
  constructor(failures: number) {
    super()
    this.#failures = failures
  }

  override async put(activation: Activation): Promise<'stored' | 'exists'> {
    if (this.attempts++ < this.#failures) throw new PlatformError('ERR_UNAVAILABLE', 'down')
    return super.put(activation)
  }
}

/** Takes only small records. */
class SmallStore extends MemoryActivationStore {
  override readonly capabilities = { durable: false, maxRecordBytes: 1000 }

  override async put(activation: Activation): Promise<'stored' | 'exists'> {
    if ((activation.response.result?.text.length ?? 0) > 1000) throw new PlatformError('ERR_TOO_LARGE', 'too large')
    return super.put(activation)
  }
}
