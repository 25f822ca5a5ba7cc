import { SeededRandom } from '@stemcell/core'
import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { callers, deploy, startsOf, type Told } from './conservation/workload.ts'
import { call } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { processesOf } from './harness/processes-of.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

const ROUNDS = 4
const CALLERS = 24
/** So few that some always wait for a slot. */
const CONFIG = { invoker: { userMemoryMb: 768 } }

interface StoredRecord {
  readonly activationId: string
  readonly response: { readonly status: string; readonly result?: { readonly error?: string } }
  readonly logs: readonly string[]
}

let folder: TestFolder
let server: SpawnedServer | undefined

beforeEach(() => {
  folder = new TestFolder()
})
// Fails when a process is left.
afterEach(async () => {
  await server?.stop('SIGKILL')
  await folder.remove()
})

/** Every record of the namespace, as listings show them. */
async function listed(server: SpawnedServer): Promise<StoredRecord[]> {
  const records: StoredRecord[] = []
  for (;;) {
    const page = await call(server, 'GET', `activations?docs=true&limit=200&skip=${records.length}`)
    const found = page.json as unknown as StoredRecord[]
    records.push(...found)
    if (found.length < 200) return records
  }
}

describe('a server that is killed in the middle of everything', () => {
  it.each([11, 12])(
    'leaves one record of each activation that a client was told of (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed)
      const startsFile = folder.join('starts')
      writeFileSync(startsFile, '')
      const told: Told[] = []
      let cutShort = 0
      for (let round = 0; round < ROUNDS; round++) {
        server = await SpawnedServer.start(folder, { config: CONFIG })
        if (round === 0) await deploy(server, startsFile)
        const [least, delayMs] = [20 + random.below(60), random.below(40)]
        let answers = 0
        const asked = callers(server, { count: CALLERS, startsFile, random, onAnswer: () => answers++ })
        await eventually('some answers', () => answers >= least, 30_000)
        const at = performance.now() + delayMs
        await eventually('the moment', () => performance.now() >= at)
        await server.stop('SIGKILL')
        told.push(...(await asked))
        await eventually('every process to be gone', () => processesOf(folder.marker).length === 0)
      }

      server = await SpawnedServer.start(folder, { config: CONFIG })
      const records = await listed(server)
      const byId = new Map(records.map((record) => [record.activationId, record]))
      expect(records).toHaveLength(byId.size)
      expect(told.length).toBeGreaterThan(ROUNDS * 20)
      for (const { activationId, what, response } of told) {
        const { status, json } = await call(server, 'GET', `activations/${activationId}`)
        expect([what, activationId, status]).toEqual([what, activationId, 200])
        const record = json as unknown as StoredRecord
        expect(byId.get(activationId)).toEqual(record)
        if (response !== undefined) expect([what, record.response]).toEqual([what, response])
        if (record.response.result?.error === 'The controller stopped before the activation was finished.') cutShort++
      }
      // Steps and activations of rules are told of by the records that list them.
      for (const { logs } of records) {
        for (const id of logs.flatMap(idsIn)) expect([id, byId.has(id)]).toEqual([id, true])
      }
      expect(cutShort, 'no kill met an activation that was under way').toBeGreaterThan(0)
      for (const [id, starts] of startsOf(startsFile)) expect([id, starts]).toEqual([id, 1])
      expect(await server.stop()).toEqual({ code: 0, signal: null })
    },
    180_000,
  )
})

/** The logs of a composite are ids; those of a trigger, one JSON object for each rule. */
function idsIn(line: string): string[] {
  if (/^[0-9a-f]{32}$/.test(line)) return [line]
  const id = /^\{.*"activationId":"([0-9a-f]{32})"/.exec(line)?.[1]
  return id === undefined ? [] : [id]
}
