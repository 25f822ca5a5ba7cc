import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assemble, memoryContainers } from '@stemcell/core'
import { runSystemPackageConformance } from '@stemcell/conformance/node-test'
import { MyPackage, myPackage } from '../src/index.js'

runSystemPackageConformance('__NAME__', {
  create: () => new MyPackage({ greeting: 'Hello' }),
  samples: { greet: { name: 'you' } },
})

it('its actions are there for everybody', async () => {
  await using platform = await assemble({
    containers: memoryContainers(),
    systemPackages: [myPackage({ greeting: 'Hello' })],
  })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  const path = '/api/v1/namespaces/whisk.system/actions/my-package/greet?blocking=true&result=true'
  assert.deepEqual((await guest.request('POST', path, { name: 'you' })).body, { greeting: 'Hello, you' })
})
