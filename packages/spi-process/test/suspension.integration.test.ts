import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { openFactory, processesWith, run, start, temporaryFolder } from './harness.ts'

/** A shell that adds a byte to a file again and again; in the container's group or, with setsid, in a session of its own. */
const COUNTING = `
const { spawn } = require('node:child_process')
const count = (file) => 'while :; do printf x >> ' + file + '; sleep 0.01; done'
async function main({ folder, mark }) {
  const quiet = { stdio: 'ignore' }
  spawn('sh', ['-c', count(folder + '/group'), mark], quiet)
  spawn('sh', ['-c', count(folder + '/session'), mark], { ...quiet, detached: true })
  spawn('sh', ['-c', count(folder + '/stranger'), mark], { ...quiet, detached: true, env: { PATH: process.env.PATH } })
  spawn('sh', ['-c', 'setsid sh -c "' + count(folder + '/orphan') + '" ' + mark + ' & exit 0'], quiet)
  const { Worker } = require('node:worker_threads')
  new Worker(
    'const { spawn } = require("node:child_process"); const { args } = require("node:worker_threads").workerData; ' +
      'spawn("sh", args, { stdio: "ignore", detached: true, env: { PATH: process.env.PATH } })',
    { eval: true, workerData: { args: ['-c', count(folder + '/thread'), mark] } },
  )
  return {}
}`
const FILES = ['group', 'session', 'stranger', 'orphan', 'thread']

it('a suspended container is still with all that it started, wherever it went, and goes on with all of it', async () => {
  const factory = await openFactory()
  const folder = temporaryFolder()
  const mark = `m${randomBytes(6).toString('hex')}`
  const container = await start(factory, COUNTING)
  await run(container, { folder, mark })
  const sizes = (): number[] => FILES.map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
  const grown = (since: readonly number[]): boolean => sizes().every((size, at) => size > since[at]!)
  await vi.waitFor(() => expect(grown(FILES.map(() => 0))).toBe(true), 10_000)
  const states = (): string[] =>
    processesWith(mark).map((pid) => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]!)

  for (let round = 0; round < 3; round++) {
    await container.suspend()
    // D: a parent whose child was stopped before it became its program.
    expect(states().filter((state) => state !== 'T' && state !== 'D')).toEqual([])
    const before = sizes()
    // What is not stopped would have had many turns by the time others, started now, have had theirs.
    const other = await start(factory, 'function main() { return { done: true } }')
    expect(await run(other)).toEqual({ done: true })
    await other.destroy()
    expect(sizes()).toEqual(before)
    await container.resume()
    await vi.waitFor(() => expect(grown(before)).toBe(true), 10_000)
  }
  await container.suspend()
  await container.destroy()
}, 60_000)
