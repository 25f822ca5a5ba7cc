import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { startPlatform } from '../src/platform.js'

const data = await mkdtemp(join(tmpdir(), 'platform-'))
after(() => rm(data, { recursive: true, force: true }))

it('runs an action, and has it still after a restart', async () => {
  {
    await using platform = await startPlatform({ data })
    const guest = await platform.client('guest')
    const code = 'function main({ name }) { return { greeting: `Hello, ${name}` } }'
    await guest.putAction('greet', { exec: { kind: 'nodejs:default', code } })
    assert.match(JSON.stringify(await guest.invoke('greet', { name: 'you' })), /Hello, you/)
    const metrics = await platform.fetch(new Request('http://localhost/metrics'))
    assert.match(await metrics.text(), /openwhisk_action_activations_total\{.*action="greet".*\} 1/)
  }
  await using platform = await startPlatform({ data })
  const guest = await platform.client('guest')
  assert.match(JSON.stringify(await guest.invoke('greet', { name: 'again' })), /Hello, again/)
})
