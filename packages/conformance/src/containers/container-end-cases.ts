import assert from 'node:assert/strict'
import type { Container } from '@stemcell/core'
import { eventually, type CaseContext } from '../kit/conformance-case.ts'
import {
  exitOf,
  idsOf,
  ownerOf,
  rejectsWith,
  specFor,
  startAction,
  within,
  type ContainerCase,
  type ContainerSubject,
} from './container-subject.ts'

const ECHO = 'function main(args) { return args }'
const NEVER = 'function main() { console.log("started"); return new Promise(() => setInterval(() => {}, 1000)) }'
/** Counts ticks, and keeps the silences between two of them: after which tick, how many milliseconds. */
const TICKING = `
  let ticks = 0, last = performance.now()
  const silences = []
  function tick() {
    const now = performance.now()
    if (now - last > 20) silences.push([ticks, now - last])
    ticks++
    last = now
  }`
const COUNTS = `${TICKING}; setInterval(tick, 1); function main() { return { ticks, silences } }`
/** The action's child counts, in a session of its own. */
const CHILD_COUNTS = `
  const { spawn } = require('node:child_process')
  const { existsSync, mkdtempSync, readFileSync } = require('node:fs')
  const file = require('node:path').join(mkdtempSync(require('node:os').tmpdir() + '/ticks-'), 'ticks')
  const child = ${JSON.stringify(`${TICKING}
    const { renameSync, writeFileSync } = require('node:fs')
    const [, file] = process.argv
    setInterval(() => {
      tick()
      writeFileSync(file + '.new', JSON.stringify({ ticks, silences }))
      renameSync(file + '.new', file)
    }, 1)`)}
  spawn(process.execPath, ['-e', child, file], { stdio: 'ignore', detached: true })
  function main() { return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { ticks: 0, silences: [] } }`
const HOARDS = `const kept = []
  function main({ mb }) { for (let i = 0; i < mb; i++) kept.push(Buffer.alloc(1048576, 1)); return { mb } }`
const TICKS = 60

type Silence = readonly [afterTick: number, ms: number]

/**
 * A suspended container is silent for at least as long as it was suspended. It measures its silences itself: how long
 * the platform needs to suspend and to resume on a busy machine plays no part.
 */
async function isSilentWhileSuspended(subject: ContainerSubject, context: CaseContext, code: string): Promise<void> {
  const still = await startAction(subject, context, code)
  const going = await startAction(subject, context, code)
  const ticksOf = async (action: typeof still): Promise<number> => Number((await action.result())['ticks'])
  await eventually('the action counts', context, async () => (await ticksOf(still)) > 0)
  const before = await ticksOf(still)
  await still.container.suspend()
  const suspended = performance.now()
  const start = await ticksOf(going)
  await eventually('the other container counted on', context, async () => (await ticksOf(going)) > start + TICKS)
  const ms = performance.now() - suspended
  await still.container.resume()
  await eventually('it counts again', context, async () => (await ticksOf(still)) > before + TICKS)
  const silences = (await still.result())['silences'] as Silence[]
  const longest = Math.max(0, ...silences.filter(([tick]) => tick >= before).map(([, silence]) => silence))
  assert.ok(longest > ms - 10, `suspended for ${ms} ms, a container was silent for ${longest} ms at most`)
}

/** How containers stop, for a while or for good. */
export const containerEndCases: readonly ContainerCase[] = [
  {
    id: 'containers.destroy-works-in-every-state',
    async run(subject, context) {
      const owner = ownerOf(context)
      const fresh = await subject.factory.create(specFor(subject, owner))
      const { container: used } = await startAction(subject, context, ECHO)
      const { container: suspended } = await startAction(subject, context, ECHO)
      if (subject.capabilities.suspend) await suspended.suspend()
      const exited = await startAction(subject, context, 'function main() { process.exit(3) }')
      await rejectsWith(context, exited.run(), 'ERR_CONNECTION_LOST')
      await exitOf(exited.container, context)
      const all: Container[] = [fresh, used, suspended, exited.container]
      await within('all were destroyed', context, Promise.all(all.map((container) => container.destroy())))
      for (const container of [fresh, used, suspended]) {
        assert.equal((await exitOf(container, context)).reason, 'destroyed')
      }
      assert.equal((await exitOf(exited.container, context)).reason, 'exited')
      await within('destroyed twice', context, Promise.all(all.map((container) => container.destroy())))
      assert.deepEqual(await idsOf(subject.factory, owner), [])
    },
  },
  {
    id: 'containers.destroy-interrupts-a-run',
    async run(subject, context) {
      const action = await startAction(subject, context, NEVER)
      const log = action.container.openLog('a1', { limitBytes: 1_000 })
      const run = action.run({}, 'a1', { timeoutMs: 10 * context.patienceMs })
      const failed = rejectsWith(context, run, 'ERR_CONNECTION_LOST')
      const destroyed = async (): Promise<void> => {
        const { lines } = await log.collect({ waitMs: 50 })
        assert.ok(lines.length <= 1)
        await within('destroyed during a run', context, action.container.destroy())
      }
      await Promise.all([failed, destroyed()])
      assert.equal((await exitOf(action.container, context)).reason, 'destroyed')
    },
  },
  {
    id: 'containers.exit-code-is-reported',
    async run(subject, context) {
      const action = await startAction(subject, context, 'function main() { process.exit(7) }')
      await rejectsWith(context, action.run(), 'ERR_CONNECTION_LOST')
      const { reason, exitCode } = await exitOf(action.container, context)
      assert.deepEqual({ reason, exitCode }, { reason: 'exited', exitCode: 7 })
    },
  },
  {
    id: 'containers.gone-container-is-not-reached',
    async run(subject, context) {
      const action = await startAction(subject, context, ECHO)
      await action.container.destroy()
      await rejectsWith(context, action.run(), 'ERR_NOT_REACHED')
    },
  },
  {
    id: 'containers.silent-run-times-out',
    async run(subject, context) {
      const action = await startAction(subject, context, NEVER)
      await rejectsWith(context, action.run({}, 'a1', { timeoutMs: 100 }), 'ERR_TIMEOUT')
      await within('destroyed after a time-out', context, action.container.destroy())
    },
  },
  {
    id: 'containers.suspended-container-uses-no-cpu',
    skip: ({ capabilities }) => (capabilities.suspend ? undefined : 'cannot suspend'),
    run: (subject, context) => isSilentWhileSuspended(subject, context, COUNTS),
  },
  {
    id: 'containers.suspended-children-use-no-cpu',
    skip: ({ capabilities: { suspend, isolation } }) =>
      suspend && isolation !== 'none' ? undefined : 'cannot suspend, or has no processes',
    run: (subject, context) => isSilentWhileSuspended(subject, context, CHILD_COUNTS),
  },
  {
    id: 'containers.suspend-undeclared-is-refused',
    skip: ({ capabilities }) => (capabilities.suspend ? 'can suspend' : undefined),
    async run(subject, context) {
      const { container } = await startAction(subject, context, ECHO)
      await rejectsWith(context, container.suspend(), 'ERR_UNSUPPORTED')
    },
  },
  {
    id: 'containers.memory-limit-kills-and-says-so',
    skip: ({ capabilities }) => (capabilities.memoryLimit ? undefined : 'memory is not limited'),
    async run(subject, context) {
      const action = await startAction(subject, context, HOARDS, { memoryMb: 128 })
      assert.deepEqual(await action.result({ mb: 32 }), { mb: 32 }, 'memory within the limit is not available')
      await rejectsWith(context, action.run({ mb: 4_096 }), 'ERR_CONNECTION_LOST')
      assert.equal((await exitOf(action.container, context)).reason, 'out-of-memory')
    },
  },
]
