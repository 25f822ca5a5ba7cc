import { afterAll } from 'vitest'
import { RestPlatform } from '../../src/conformance/rest/rest-platform.ts'
import { runRestConformance } from '../../src/conformance/rest/run-rest-conformance.ts'

let platform: RestPlatform | undefined
afterAll(() => platform?.close())

runRestConformance('stores in memory', async () => (platform = await RestPlatform.start()))
