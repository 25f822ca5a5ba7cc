import { mkdirSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { call, putAction } from './harness/api.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

let folder: TestFolder
let server: SpawnedServer
let traces: string

beforeAll(async () => {
  folder = new TestFolder()
  traces = folder.join('traces')
  mkdirSync(traces)
  server = await SpawnedServer.start(folder)
})

afterAll(async () => {
  await server.stop()
  await folder.remove()
})

/** Leaves a trace of each run that begins, under a name that nobody else may have left. */
const CODE = `const { mkdirSync } = require('node:fs')
  function main({ traces, trace, wish, ms }) {
    if (trace !== undefined) mkdirSync(traces + '/' + trace)
    if (wish === 'exit') process.exit(3)
    if (wish === 'kill') process.kill(process.pid, 'SIGKILL')
    if (wish === 'throw') setImmediate(() => { throw new Error('later') })
    if (wish === 'spin') for (const end = Date.now() + ms; Date.now() < end; );
    if (wish === 'wait') return new Promise((resolve) => setTimeout(() => resolve({ trace }), ms))
    return { trace }
  }`

interface Answered {
  readonly status: number
  readonly json: { readonly response: { readonly status: string; readonly result: { readonly trace?: string } } }
}

async function invoke(name: string, body: object): Promise<Answered> {
  const { status, json } = await call(server, 'POST', `actions/${name}?blocking=true`, { body: { traces, ...body } })
  return { status, json: json as Answered['json'] }
}

/** Calls the action until calls that come at once are sent behind each other. */
async function warmed(name: string, timeout = 60_000): Promise<void> {
  await putAction(server, name, CODE, { timeout })
  await eventually(
    'runs are sent behind each other',
    async () => {
      const answers = await Promise.all(Array.from({ length: 16 }, () => invoke(name, {})))
      return answers.some(({ json }) => JSON.stringify(json).includes('"reason":"behind"'))
    },
    60_000,
  )
}

it.each([
  ['ends its process', { wish: 'exit' }],
  ['is killed with its process', { wish: 'kill' }],
  ['does not come back, and exceeds its time', { wish: 'spin', ms: 20_000 }],
  ['exceeds its time', { wish: 'wait', ms: 20_000 }],
])('a run that %s takes none of those behind it along, and none of them runs twice', async (_what, bad) => {
  const name = `behind-${bad.wish}`
  await warmed(name, 1_000)
  for (let round = 0; round < 2; round++) {
    const others = Array.from({ length: 12 }, (_, n) => `${name}-${round}-${n}`)
    const [first, ...rest] = await Promise.all([invoke(name, bad), ...others.map((trace) => invoke(name, { trace }))])
    expect(first!.json.response.status).toBe('action developer error')
    expect(rest.map(({ json }) => json.response)).toEqual(
      others.map((trace) => expect.objectContaining({ status: 'success', result: { trace } })),
    )
    expect(readdirSync(traces)).toEqual(expect.arrayContaining(others))
  }
})

it('a run that takes longer than those before it keeps others for a moment only', async () => {
  await warmed('slower')
  const long = invoke('slower', { wish: 'wait', ms: 1_500, trace: 'long' })
  await eventually('the long one has begun', () => readdirSync(traces).includes('long'))
  const others = await Promise.all(Array.from({ length: 12 }, (_, n) => invoke('slower', { trace: `slower-${n}` })))
  expect(others.map(({ json }) => json.response.status)).toEqual(others.map(() => 'success'))
  expect((await long).json.response.status).toBe('success')
}, 60_000)
