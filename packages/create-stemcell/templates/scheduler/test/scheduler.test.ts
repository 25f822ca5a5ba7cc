import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assemble, memoryContainers } from '@stemcell/core'
import { runLoadBalancerConformance } from '@stemcell/conformance/node-test'
import { MyScheduler, myScheduler } from '../src/index.js'

runLoadBalancerConformance('__NAME__', { create: () => new MyScheduler() })

it('a platform places its activations by it', async () => {
  await using platform = await assemble({ containers: memoryContainers(), loadBalancer: myScheduler() })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  await guest.putAction('a', { exec: { kind: 'nodejs:default', code: 'function main() { return { placed: true } }' } })
  assert.match(JSON.stringify(await guest.invoke('a')), /"placed":true/)
})
