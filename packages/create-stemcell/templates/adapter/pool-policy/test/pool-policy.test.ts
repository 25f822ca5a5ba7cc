import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assemble, memoryContainers } from '@stemcell/core'
import { MyPoolPolicy, myPoolPolicy } from '../src/index.js'

describe('the policy', () => {
  const policy = new MyPoolPolicy({ keepMs: 60_000 })
  const container = (memoryMb: number) => ({ key: 'a', memoryMb, idleSinceMs: 0 })

  it('keeps small containers longer', () => {
    assert.equal(policy.keepAlive(container(256)).destroyAfterMs, 60_000)
    assert.equal(policy.keepAlive(container(512)).destroyAfterMs, 30_000)
  })

  it('lets the largest go first, and nothing when nothing is idle', () => {
    const idle = [container(128), container(512), container(256)]
    assert.equal(policy.victim(idle), idle[1])
    assert.equal(policy.victim([]), undefined)
  })

  it('waits for a busy container only while that is quicker than a new one', () => {
    assert.equal(policy.reuseWait({ runMs: 10, ahead: 0, slots: 1, startMs: 100 }), 100)
    assert.equal(policy.reuseWait({ runMs: 1000, ahead: 0, slots: 1, startMs: 100 }), 0)
  })

  it('is what a platform keeps its containers by', async () => {
    await using platform = await assemble({
      containers: memoryContainers(),
      poolPolicy: myPoolPolicy({ keepMs: 60_000 }),
    })
    await platform.subjects.createUser('guest')
    const guest = await platform.client('guest')
    await guest.putAction('a', { exec: { kind: 'nodejs:default', code: 'function main() { return { ok: true } }' } })
    for (let run = 0; run < 3; run++) assert.match(JSON.stringify(await guest.invoke('a')), /"success":true/)
  })
})
