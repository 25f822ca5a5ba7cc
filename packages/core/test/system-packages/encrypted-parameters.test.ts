import { expect, it } from 'vitest'
import { assemble } from '../../src/assembly/assemble.ts'
import { memoryContainers } from '../../src/container/memory-containers.ts'
import type { SystemPackage } from '../../src/system-packages/system-package.ts'

const teller: SystemPackage = {
  name: 'teller',
  actions: [{ name: 'tell', run: ({ parameters: { secret } }) => ({ secret: secret! }) }],
}

it('a system action sees in plain what the parameters of a binding are stored as', async () => {
  await using platform = await assemble({
    containers: memoryContainers(),
    systemPackages: [teller],
    parameterEncryption: { current: 'aes-256', keys: { 'aes-256': [Buffer.alloc(32, 1).toString('base64')] } },
  })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  const stored = await guest.request('PUT', 'packages/mine', {
    binding: { namespace: 'whisk.system', name: 'teller' },
    parameters: [{ key: 'secret', value: { word: 'swordfish' } }],
  })
  expect(JSON.stringify(stored.body)).not.toContain('swordfish')
  expect(await guest.invoke('mine/tell')).toMatchObject({ response: { result: { secret: { word: 'swordfish' } } } })
})
