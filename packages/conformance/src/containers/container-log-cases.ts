import assert from 'node:assert/strict'
import type { CollectedLog } from '@stemcell/core'
import {
  exitOf,
  initBody,
  callOptions,
  ownerOf,
  rejectsWith,
  RunningAction,
  specFor,
  startAction,
  within,
  type ContainerCase,
} from './container-subject.ts'

const PRINTS = `function main({ lines = [], errors = [] }) {
  for (const line of lines) console.log(line)
  for (const line of errors) console.error(line)
  return {}
}`
const BIG_LINES = 200_000
const BIG = `function main() {
  for (let block = 0; block < ${BIG_LINES / 200}; block++) {
    let text = ''
    for (let i = 0; i < 200; i++) text += String(block * 200 + i).padStart(8, '0') + ' ${'x'.repeat(91)}\\n'
    process.stdout.write(text)
  }
  return {}
}`
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/

function textsOf(log: CollectedLog, stream: 'stdout' | 'stderr' = 'stdout'): string[] {
  return log.lines.filter((line) => line.stream === stream).map(({ text }) => text)
}

/** How an activation gets the lines it wrote. */
export const containerLogCases: readonly ContainerCase[] = [
  {
    id: 'containers.log-has-both-streams-in-order',
    async run(subject, context) {
      const action = await startAction(subject, context, PRINTS)
      const value = { lines: ['one', '', ' ü€ two ', 'three'], errors: ['bad', 'worse'] }
      const log = await action.logOf('a1', value)
      assert.deepEqual(textsOf(log), value.lines)
      assert.deepEqual(textsOf(log, 'stderr'), value.errors)
      assert.deepEqual({ complete: log.complete, truncated: log.truncated }, { complete: true, truncated: false })
      const times = log.lines.map(({ time }) => time)
      for (const time of times) assert.match(time, TIME)
      assert.deepEqual(times, [...times].sort())
    },
  },
  {
    id: 'containers.log-includes-the-initialisation',
    async run(subject, context) {
      const container = await subject.factory.create(specFor(subject, ownerOf(context)))
      const log = container.openLog('first', { limitBytes: 1_000 })
      const code = 'console.log("loaded"); function main() { console.log("ran"); return {} }'
      await container.init(initBody(code, 'first'), callOptions(context))
      await new RunningAction(container, context).result({}, 'first')
      assert.deepEqual(textsOf(await log.collect({ waitMs: context.patienceMs })), ['loaded', 'ran'])
    },
  },
  {
    id: 'containers.log-of-one-run-is-not-in-the-next',
    async run(subject, context) {
      const action = await startAction(subject, context, PRINTS)
      assert.deepEqual(textsOf(await action.logOf('a1', { lines: ['first'] })), ['first'])
      assert.deepEqual(textsOf(await action.logOf('a2', { lines: ['second'] })), ['second'])
    },
  },
  {
    id: 'containers.log-limit-counts-text-and-drops-the-rest',
    async run(subject, context) {
      const action = await startAction(subject, context, PRINTS)
      const lines = Array.from({ length: 20 }, (_, index) => `line ${index} `.padEnd(100, '.'))
      const cut = await action.logOf('a1', { lines }, 1_000)
      assert.equal(cut.truncated, true)
      assert.deepEqual(textsOf(cut).slice(0, 10), lines.slice(0, 10))
      assert.ok(textsOf(cut).join('').length <= 1_000, 'more text than the limit allows')
      const exact = await action.logOf('a2', { lines: lines.slice(0, 10) }, 1_000)
      assert.deepEqual(textsOf(exact), lines.slice(0, 10))
      assert.equal(exact.truncated, false)
    },
  },
  {
    id: 'containers.log-of-twenty-megabytes-is-whole',
    async run(subject, context) {
      const action = await startAction(subject, context, BIG)
      const log = await action.logOf('a1', {}, 33_554_432)
      assert.deepEqual({ complete: log.complete, truncated: log.truncated }, { complete: true, truncated: false })
      assert.equal(log.lines.length, BIG_LINES)
      const wrong = log.lines.findIndex(({ text }, index) => text.length !== 100 || Number(text.slice(0, 8)) !== index)
      assert.equal(wrong, -1, `line ${wrong} is out of order or damaged`)
    },
  },
  {
    id: 'containers.log-lines-belong-to-their-activation',
    skip: ({ capabilities }) => (capabilities.attributedLogs ? undefined : 'lines are not attributed'),
    async run(subject, context) {
      const code = `async function main({ who }) {
        for (let i = 0; i < 50; i++) {
          console.log(who + ' ' + i)
          await new Promise((resolve) => setTimeout(resolve, i % 3))
        }
        return {}
      }`
      const action = await startAction(subject, context, code, { maxConcurrent: 8 })
      const names = Array.from({ length: 8 }, (_, index) => `run${index}`)
      const logs = await Promise.all(names.map((who) => action.logOf(who, { who })))
      for (const [index, log] of logs.entries()) {
        assert.deepEqual(
          textsOf(log),
          Array.from({ length: 50 }, (_, line) => `run${index} ${line}`),
        )
        assert.equal(log.complete, true)
      }
    },
  },
  {
    id: 'containers.log-keeps-the-last-words',
    async run(subject, context) {
      const code = 'function main() { console.log("going"); console.error("gone"); process.exit(1) }'
      const action = await startAction(subject, context, code)
      const log = action.container.openLog('a1', { limitBytes: 1_000 })
      await rejectsWith(context, action.run({}, 'a1'), 'ERR_CONNECTION_LOST')
      await exitOf(action.container, context)
      const collected = await within(
        'the log ended',
        context,
        Promise.resolve(log.collect({ waitMs: 10 * context.patienceMs })),
      )
      assert.deepEqual([textsOf(collected), textsOf(collected, 'stderr')], [['going'], ['gone']])
    },
  },
  {
    id: 'containers.log-does-not-wait-beyond-its-time',
    async run(subject, context) {
      const action = await startAction(subject, context, 'function main() { return new Promise(() => {}) }')
      const unanswered = rejectsWith(context, action.run({}, 'a1'), 'ERR_TIMEOUT', 'ERR_CONNECTION_LOST')
      const collected = async (): Promise<void> => {
        for (const [id, waitMs] of [
          ['a2', 0],
          ['a3', 20],
        ] as const) {
          const log = action.container.openLog(id, { limitBytes: 1_000 })
          const { complete, lines } = await within(
            'collecting ended',
            context,
            Promise.resolve(log.collect({ waitMs })),
          )
          assert.deepEqual({ complete, lines }, { complete: false, lines: [] })
        }
        await action.container.destroy()
      }
      await Promise.all([unanswered, collected()])
    },
  },
]
