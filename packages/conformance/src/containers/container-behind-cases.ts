import assert from 'node:assert/strict'
import type { RuntimeReply } from '@stemcell/core'
import type { CaseContext } from '../kit/conformance-case.ts'
import {
  exitOf,
  rejectsWith,
  startAction,
  within,
  type ContainerCase,
  type RunningAction,
} from './container-subject.ts'

/** Counts its runs as they begin; some take so long, some end the process. */
const COUNTS = `let begun = 0
  async function main({ holdMs, exit }) {
    const n = ++begun
    if (exit) process.exit(1)
    if (holdMs) await new Promise((resolve) => setTimeout(resolve, holdMs))
    return { n, begun }
  }`
const HOLD_MS = 300

interface Sent {
  readonly reply: Promise<RuntimeReply>
  /** It was told that it may have begun. */
  told: boolean
}

function sendBehind(action: RunningAction, value: object, activationId: string, timeoutMs?: number): Sent {
  const behind = (): void => {
    sent.told = true
  }
  const options = timeoutMs === undefined ? { behind } : { behind, timeoutMs }
  const sent: Sent = { reply: action.run(value, activationId, options), told: false }
  sent.reply.catch(() => undefined)
  return sent
}

async function answer(context: CaseContext, what: string, reply: Promise<RuntimeReply>): Promise<unknown> {
  return JSON.parse((await within(what, context, reply)).body)
}

/** Runs that wait in the runtime for others. A container that takes none back is never sent any. */
export const containerBehindCases: readonly ContainerCase[] = [
  {
    id: 'containers.runs-sent-behind-others-begin-one-after-the-other',
    async run(subject, context) {
      const action = await startAction(subject, context, COUNTS)
      if (!action.container.recall) return
      const first = action.run({ holdMs: HOLD_MS }, 'a1')
      const second = sendBehind(action, { holdMs: HOLD_MS }, 'a2')
      const third = sendBehind(action, {}, 'a3')
      assert.deepEqual(await answer(context, 'the first run', first), { n: 1, begun: 1 })
      assert.deepEqual([second.told, third.told], [true, false], 'told of their turns')
      assert.deepEqual(await answer(context, 'the second run', second.reply), { n: 2, begun: 2 })
      assert.deepEqual(await answer(context, 'the third run', third.reply), { n: 3, begun: 3 })
      assert.equal(third.told, true, 'told of its turn')
    },
  },
  {
    id: 'containers.runs-sent-behind-others-have-their-time-from-when-they-begin',
    async run(subject, context) {
      const action = await startAction(subject, context, COUNTS)
      if (!action.container.recall) return
      const first = action.run({ holdMs: HOLD_MS }, 'a1')
      const second = sendBehind(action, {}, 'a2', HOLD_MS / 2).reply
      assert.deepEqual(await answer(context, 'the first run', first), { n: 1, begun: 1 })
      assert.deepEqual(await answer(context, 'the second run', second), { n: 2, begun: 2 })
    },
  },
  {
    id: 'containers.recalled-runs-never-begin',
    async run(subject, context) {
      const action = await startAction(subject, context, COUNTS)
      if (!action.container.recall) return
      const first = action.run({ holdMs: HOLD_MS }, 'a1')
      const others = [sendBehind(action, {}, 'a2'), sendBehind(action, {}, 'a3')]
      action.container.recall()
      for (const { reply } of others) await rejectsWith(context, reply, 'ERR_RECALLED')
      assert.deepEqual(await answer(context, 'the run in progress', first), { n: 1, begun: 1 })
      assert.deepEqual(await action.result({}, 'a4'), { n: 2, begun: 2 }, 'one that was asked back has begun')
    },
  },
  {
    id: 'containers.end-tells-which-runs-had-not-begun',
    async run(subject, context) {
      const action = await startAction(subject, context, COUNTS)
      if (!action.container.recall) return
      const first = action.run({}, 'a1')
      const last = sendBehind(action, { exit: true }, 'a2')
      const after = [sendBehind(action, {}, 'a3'), sendBehind(action, {}, 'a4')]
      assert.deepEqual(await answer(context, 'the run before the end', first), { n: 1, begun: 1 })
      // A runtime beside the program of the action outlives it, and answers for it.
      const outlived = await within('the end', context, Promise.allSettled([last.reply]))
      if (outlived[0].status === 'fulfilled') return
      await rejectsWith(context, last.reply, 'ERR_CONNECTION_LOST')
      for (const { reply } of after) await rejectsWith(context, reply, 'ERR_NOT_REACHED')
      await exitOf(action.container, context)
    },
  },
  {
    id: 'containers.destroy-tells-which-runs-had-not-begun',
    async run(subject, context) {
      const action = await startAction(subject, context, COUNTS)
      if (!action.container.recall) return
      const first = action.run({ holdMs: 100 * context.patienceMs }, 'a1', { timeoutMs: 100 * context.patienceMs })
      const interrupted = rejectsWith(context, first, 'ERR_CONNECTION_LOST')
      const behind = sendBehind(action, {}, 'a2')
      await action.container.openLog('a9', { limitBytes: 1 }).collect({ waitMs: 20 })
      await within('destroyed with a run behind another', context, action.container.destroy())
      await interrupted
      await rejectsWith(context, behind.reply, 'ERR_NOT_REACHED')
    },
  },
]
