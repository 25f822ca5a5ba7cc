import { runRestConformance } from '@stemcell/conformance/vitest'
import { REST_CONTRACT, RestPlatform } from '@stemcell/conformance/rest'
import { afterAll, expect, it } from 'vitest'
import { alarms } from '../src/index.ts'

const area = REST_CONTRACT.filter(({ name }) => name === 'alarms')
let platform: RestPlatform

runRestConformance(
  'alarms',
  async () => {
    platform = await RestPlatform.start({ systemPackages: [alarms()] })
    return platform
  },
  area,
)
afterAll(() => platform.close())

it('the contract has rows about alarms', () => {
  expect(area.flatMap(({ rows }) => rows).length).toBeGreaterThan(50)
})
