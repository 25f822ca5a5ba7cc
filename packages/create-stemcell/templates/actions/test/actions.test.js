// The actions on a platform in this process: no server, no port. Each runs in a process of its own, as it would there.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assemble } from '@stemcell/core'
import { processContainers } from '@stemcell/spi-process'
import { actions } from '../actions.js'

describe('the actions', () => {
  let platform
  let guest

  before(async () => {
    platform = await assemble({ containers: processContainers({}) })
    await platform.subjects.createUser('guest')
    guest = await platform.client('guest')
    for (const [name, action] of Object.entries(actions)) await guest.putAction(name, action)
  })

  after(() => platform.close())

  it('hello greets by name', async () => {
    const { response } = await guest.invoke('hello', { name: 'you' })
    assert.deepEqual(response.result, { greeting: 'Hello, you' })
  })

  it('hello greets whom it does not know', async () => {
    const { response } = await guest.invoke('hello')
    assert.deepEqual(response.result, { greeting: 'Hello, stranger' })
  })

  it('hello answers over the web', async () => {
    const answer = await platform.fetch(new Request('http://localhost/api/v1/web/guest/default/hello.json?name=web'))
    assert.deepEqual(await answer.json(), { greeting: 'Hello, web' })
  })
})
