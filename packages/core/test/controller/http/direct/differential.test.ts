import { expect, it } from 'vitest'
import { SeededRandom } from '../../../../src/time/seeded-random.ts'
import { ByteServers } from './byte-servers.ts'
import { generatedConnection } from './generated-requests.ts'

/** More of them: STEMCELL_FUZZ_CONNECTIONS=10000000. */
const CONNECTIONS = Number(process.env['STEMCELL_FUZZ_CONNECTIONS'] ?? 4000)
const SEED = Number(process.env['STEMCELL_FUZZ_SEED'] ?? 1)

it(
  'whatever comes on a connection means what it means to node:http alone',
  async () => {
    const servers = new ByteServers()
    const random = new SeededRandom(SEED)
    for (let count = 0; count < CONNECTIONS; count++) {
      const pieces = generatedConnection(random)
      const { node, direct } = await servers.send(pieces)
      const shown = JSON.stringify(pieces.map((piece) => piece.toString('latin1')))
      expect(direct.understood, shown).toEqual(node.understood)
      // node:http drops the answer before a fault that came with the request.
      expect(direct.statuses.includes(400), shown).toBe(node.statuses.includes(400))
    }
    // Otherwise the one is not compared with the other.
    expect(servers.direct).toBeGreaterThan(CONNECTIONS / 10)
  },
  CONNECTIONS * 100,
)
