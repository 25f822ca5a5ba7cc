import { runRestConformance } from '@stemcell/conformance/vitest'
import { REST_CONTRACT, RestPlatform } from '@stemcell/conformance/rest'
import { afterAll } from 'vitest'
import { gateway } from '../src/index.ts'

let platform: RestPlatform | undefined
afterAll(() => platform?.close())

runRestConformance(
  'gateway',
  async () => (platform = await RestPlatform.start({ systemPackages: [gateway({ port: 0 })] })),
  REST_CONTRACT.filter(({ section }) => section === 12),
)
