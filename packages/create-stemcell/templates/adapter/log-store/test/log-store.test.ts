import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assemble, memoryContainers } from '@stemcell/core'
import { myLogStore } from '../src/index.js'

it('the logs of an activation are found here, and are not in its record', async () => {
  await using platform = await assemble({
    containers: memoryContainers(),
    logStore: myLogStore({ maxActivations: 10 }),
  })
  await platform.subjects.createUser('guest')
  await platform.subjects.createUser('other')
  const guest = await platform.client('guest')
  const other = await platform.client('other')
  const code = "function main() { console.log('seen'); return {} }"
  await guest.putAction('speak', { exec: { kind: 'nodejs:default', code } })
  const { activationId, logs } = await guest.invoke('speak')
  assert.deepEqual(logs, [])
  const shown = await guest.request('GET', `activations/${String(activationId)}/logs`)
  assert.equal(shown.status, 200)
  assert.match(JSON.stringify(shown.body), /stdout: seen/)
  assert.equal((await other.request('GET', `activations/${String(activationId)}/logs`)).status, 404)
})
