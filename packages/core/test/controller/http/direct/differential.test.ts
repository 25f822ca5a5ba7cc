import { expect, it } from 'vitest'
import { SeededRandom } from '../../../../src/time/seeded-random.ts'
import { ByteServers } from './byte-servers.ts'
import { generatedConnection } from './generated-requests.ts'

/** More of them: STEMCELL_FUZZ_CONNECTIONS=10000000. */
const CONNECTIONS = Number(process.env['STEMCELL_FUZZ_CONNECTIONS'] ?? 4000)
const SEED = Number(process.env['STEMCELL_FUZZ_SEED'] ?? 1)

/** They take longer, and differ only in how they are read. */
const REAL_CONNECTIONS = CONNECTIONS / 8

it.each([
  ['within the process', CONNECTIONS],
  ['of the operating system', REAL_CONNECTIONS],
] as const)(
  'whatever comes on a connection %s means what it means to node:http alone',
  async (_kind, connections) => {
    const servers = new ByteServers()
    if (connections === REAL_CONNECTIONS) await servers.listen()
    const random = new SeededRandom(SEED)
    let cut = 0
    for (let count = 0; count < connections; count++) {
      const pieces = generatedConnection(random)
      const { node, direct } = await servers.send(pieces)
      const shown = JSON.stringify(pieces.map((piece) => piece.toString('latin1')))
      if (connections === REAL_CONNECTIONS) {
        // A connection that is being cut is read as far as its bytes were there.
        const read = Math.min(direct.understood.length, node.understood.length)
        expect(direct.understood.slice(0, read), shown).toEqual(node.understood.slice(0, read))
        if (direct.understood.length !== node.understood.length) cut++
        continue
      }
      expect(direct.understood, shown).toEqual(node.understood)
      // node:http drops the answer before a fault that came with the request.
      expect(direct.statuses.includes(400), shown).toBe(node.statuses.includes(400))
    }
    // Otherwise the one is not compared with the other.
    expect(servers.direct).toBeGreaterThan(connections / 10)
    expect(cut).toBeLessThan(connections / 100)
    await servers.close()
  },
  CONNECTIONS * 100,
)
