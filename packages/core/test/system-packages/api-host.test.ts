import { afterEach, expect, it } from 'vitest'
import { assemble } from '../../src/assembly/assemble.ts'
import type { Platform } from '../../src/assembly/platform.ts'
import { memoryContainers } from '../../src/container/memory-containers.ts'
import type { SystemPackage } from '../../src/system-packages/system-package.ts'

const where: SystemPackage = {
  name: 'where',
  actions: [{ name: 'api', run: ({ apiHost }) => ({ apiHost }) }],
}
const PATH = '/api/v1/namespaces/whisk.system/actions/where/api?blocking=true&result=true'

let platform: Platform
afterEach(() => platform.close())

async function answer(): Promise<unknown> {
  return (await (await platform.client('guest')).request('POST', PATH, {})).body
}

it('a system action is told what actions are told about where the API is', async () => {
  platform = await assemble({
    containers: memoryContainers(),
    systemPackages: [where],
    apiHost: 'https://api.example.org',
  })
  await platform.subjects.createUser('guest')
  expect(await answer()).toEqual({ apiHost: 'https://api.example.org' })
})

it('a system action is told the port when nothing else is said, and nothing before there is one', async () => {
  platform = await assemble({ containers: memoryContainers(), systemPackages: [where] })
  await platform.subjects.createUser('guest')
  expect(await answer()).toEqual({ apiHost: '' })
  const { url } = await platform.listen({ port: 0 })
  expect(await answer()).toEqual({ apiHost: url })
})
